"""The alarms of the translated template: what each watches, when it goes off, and whom it tells; the dashboard."""

import json

from conftest import assert_detects, create, put
from test_functions import FUNCTIONS, differences, without
from translate import ACCOUNT, REGION

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
# Three of the last five minutes.
MINUTES = {"Period": 60, "EvaluationPeriods": 5, "DatapointsToAlarm": 3}
ONCE = {"Period": 60, "EvaluationPeriods": 1}
AGE = "ApproximateAgeOfOldestMessage"
VISIBLE = "ApproximateNumberOfMessagesVisible"


def own(stack):
    """The namespace of the program's metrics."""
    return f"AircallSalesforce/{stack.name}"


def above(threshold, periods=MINUTES, missing="notBreaching"):
    """When an alarm goes off."""
    comparison = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": threshold}
    return periods | comparison | {"TreatMissingData": missing}


def metric(namespace, name, statistic, **dimensions):
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    named = {"Namespace": namespace, "MetricName": name, kind: statistic}
    return named | ({"Dimensions": dimensions_of(dimensions)} if dimensions else {})


def dimensions_of(values):
    return [{"Name": name, "Value": value} for name, value in values.items()]


def of_queue(queue, name):
    return metric("AWS/SQS", name, "Maximum", QueueName=f"{{{queue}.QueueName}}")


def of_function(function, name, statistic="Sum"):
    return metric("AWS/Lambda", name, statistic, FunctionName=f"{{{function}}}")


def alarms(stack):
    """Each alarm: what it watches, and when it goes off."""
    expected = {
        "EventsAgeAlarm": of_queue("EventsQueue", AGE) | above(60),
        "WritesAgeAlarm": of_queue("WritesQueue", AGE) | above(180),
        "PendingAgeAlarm": metric(own(stack), "OldestOverdueSeconds", "Maximum") | above(300),
        "SweepAlarm": metric(own(stack), "OldestOverdueSeconds", "SampleCount")
        | above(1, {"Period": 60, "EvaluationPeriods": 5}, "breaching")
        | {"ComparisonOperator": "LessThanThreshold"},
        "EventsDeadLetterAlarm": of_queue("EventsDeadLetterQueue", VISIBLE) | above(0, ONCE),
        "WritesDeadLetterAlarm": of_queue("WritesDeadLetterQueue", VISIBLE) | above(0, ONCE),
        "RetriesDeadLetterAlarm": of_queue("RetriesDeadLetterQueue", VISIBLE) | above(0, ONCE),
        "EventsGivenUpAlarm": metric(own(stack), "EventsGivenUp", "Sum")
        | above(0, {"Period": 300, "EvaluationPeriods": 1}),
        "WakeUpsGivenUpAlarm": metric(own(stack), "WakeUpsGivenUp", "Sum")
        | above(0, {"Period": 300, "EvaluationPeriods": 1}),
        "BackfillsFailedAlarm": metric(own(stack), "BackfillsFailed", "Sum")
        | above(0, {"Period": 300, "EvaluationPeriods": 1}),
        "ReconnectsNeededAlarm": metric(own(stack), "ReconnectsNeeded", "Sum")
        | above(0, {"Period": 300, "EvaluationPeriods": 1}),
        "AppsUninstalledAlarm": metric(own(stack), "AppsUninstalled", "Sum")
        | above(0, {"Period": 300, "EvaluationPeriods": 1}),
        "AircallAccountsRefusedAlarm": metric(own(stack), "AircallAccountsRefused", "Sum")
        | above(0, {"Period": 300, "EvaluationPeriods": 1}),
        "AircallAccountsUnheardAlarm": metric(own(stack), "AircallAccountsUnheard", "Sum")
        | above(0, {"Period": 3600, "EvaluationPeriods": 1}),
        "WebhooksNotRepairedAlarm": metric(own(stack), "WebhooksNotRepaired", "Sum")
        | above(0, {"Period": 900, "EvaluationPeriods": 2}),
        "WebhooksRepairedAlarm": metric(own(stack), "WebhooksRepaired", "Sum")
        | above(0, {"Period": 300, "EvaluationPeriods": 1}),
        "IntakeLatencyAlarm": of_function("IntakeFunction", "Duration", "p99") | above(2500),
        "ApiErrorsAlarm": metric(own(stack), "ApiErrors", "Sum") | above(0),
        "ApiThrottlesAlarm": metric(own(stack), "ApiThrottles", "Sum") | above(0),
    }
    for function, (_, timeout) in FUNCTIONS.items():
        name = function.removesuffix("Function")
        expected[f"{name}ErrorsAlarm"] = of_function(function, "Errors") | above(0)
        expected[f"{name}ThrottlesAlarm"] = of_function(function, "Throttles") | above(0)
        # That of intake is narrower, because Aircall does not wait as long.
        if name != "Intake":
            expected[f"{name}DurationAlarm"] = of_function(function, "Duration", "p90") | above(timeout * 900)
    return expected


def expressions(stack):
    """Alarms on an expression, with what it is made of."""
    return {
        "EventsFailingAlarm": (
            "IF(received >= 10 AND FILL(deleted, 0) < received / 2, 1, 0)",
            {
                name: ("AWS/SQS", f"NumberOfMessages{name.title()}", {"QueueName": "{EventsQueue.QueueName}"}, 60)
                for name in ("received", "deleted")
            },
        ),
        "CallsFailedAlarm": (
            "IF(failed >= 50, failed / (failed + FILL(logged, 0)), 0)",
            {name: (own(stack), f"Calls{name.title()}", {}, 900) for name in ("failed", "logged")},
        ),
        "EventsUnreadableAlarm": (
            "IF(unreadable >= 10, unreadable / (unreadable + FILL(received, 0)), 0)",
            {name: (own(stack), f"Events{name.title()}", {}, 3600) for name in ("unreadable", "received")},
        ),
        "EventsUnreadableDailyAlarm": (
            "unreadable / (unreadable + FILL(received, 0))",
            {name: (own(stack), f"Events{name.title()}", {}, 86400) for name in ("unreadable", "received")},
        ),
    }


def bad_alarms(stack):
    given = stack.parameters["AlarmTopicArn"]
    actions = {"AlarmActions": [given or "{AlarmTopic}"]}
    expected = {key: alarm | actions for key, alarm in alarms(stack).items()}
    found = stack.of_type("AWS::CloudWatch::Alarm")
    for key, alarm in found.items():
        assert alarm["AlarmDescription"].endswith("."), key
    simple = {key: without(alarm, {"AlarmDescription"}) for key, alarm in found.items() if key not in expressions(stack)}
    problems = differences(simple, expected)
    for key, (expression, parts) in expressions(stack).items():
        alarm = found[key]
        result, *metrics = alarm["Metrics"]
        if result["Expression"] != expression or alarm["AlarmActions"] != actions["AlarmActions"]:
            problems.append(f"{key} has another expression or topic")
        if {each["Id"]: part(each) for each in metrics} != parts:
            problems.append(f"{key} has other metrics")
    return problems


def part(metric):
    stat = metric["MetricStat"]
    named = stat["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in named.get("Dimensions", [])}
    assert (stat["Stat"], metric["ReturnData"]) == ("Sum", False)
    return named["Namespace"], named["MetricName"], dimensions, stat["Period"]


def test_alarms_watch_their_metric_and_notify_one_topic(stack):
    assert bad_alarms(stack) == []
    assert bad_alarms(create(AlarmTopicArn=TOPIC)) == []


def test_every_dead_letter_queue_has_an_alarm(stack):
    queues = stack.of_type("AWS::SQS::Queue").values()
    dead = {queue["RedrivePolicy"]["deadLetterTargetArn"] for queue in queues if "RedrivePolicy" in queue}
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()
    watched = {alarm["Dimensions"][0]["Value"] for alarm in alarms if alarm.get("MetricName") == VISIBLE}
    assert {arn.replace(".Arn}", ".QueueName}") for arn in dead} == watched


def test_changes_of_alarms_are_detected():
    alarm = ("Resources", "ReconnectsNeededAlarm", "Properties")
    assert_detects(
        bad_alarms, f"ReconnectsNeededAlarm has the AlarmActions ['{TOPIC}']", sam=put(*alarm, "AlarmActions", [TOPIC])
    )
    dimensions = [{"Name": "Tenant", "Value": "a"}]
    assert_detects(
        bad_alarms, f"ReconnectsNeededAlarm has the Dimensions {dimensions}", sam=put(*alarm, "Dimensions", dimensions)
    )
    share = ("Resources", "CallsFailedAlarm", "Properties", "Metrics")
    assert_detects(
        bad_alarms, "CallsFailedAlarm has another expression or topic", sam=put(*share, 0, "Expression", "failed")
    )
    assert_detects(bad_alarms, "CallsFailedAlarm has other metrics", sam=put(*share, 1, "MetricStat", "Period", 60))


def test_the_stack_makes_a_topic_and_a_subscription_on_demand():
    def made(**parameters):
        stack = create(**parameters)
        return stack.of_type("AWS::SNS::Topic"), stack.of_type("AWS::SNS::Subscription")

    topic = {"AlarmTopic": {}}
    email = {"TopicArn": "{AlarmTopic}", "Protocol": "email", "Endpoint": "operator@example.com"}
    assert made() == (topic, {})
    assert made(AlarmEmail="operator@example.com") == (topic, {"AlarmSubscription": email})
    assert made(AlarmTopicArn=TOPIC) == ({}, {})


def test_the_access_log_is_counted_by_status(stack):
    found = {}
    for key, log_filter in stack.of_type("AWS::Logs::MetricFilter").items():
        (counted,) = log_filter["MetricTransformations"]
        assert (log_filter["LogGroupName"], counted["MetricValue"]) == ("{ApiLogGroup}", "1"), key
        assert counted["MetricNamespace"] == own(stack), key
        found[counted["MetricName"]] = log_filter["FilterPattern"]
    webhook = '($.routeKey = "ANY /webhooks*")'
    assert found == {
        "ApiErrors": f'{{ ($.status = "5*") && ({webhook} || ($.status != "503")) }}',
        "ApiThrottles": f'{{ ($.status = "429") && ({webhook} || ($.integrationStatus = "-")) }}',
    }


def graphs(stack):
    """The metrics of each graph, without abbreviations: `.` repeats the value before, `...` all but the last."""
    (dashboard,) = stack.of_type("AWS::CloudWatch::Dashboard").values()
    found = {}
    for widget in json.loads(dashboard["DashboardBody"])["widgets"]:
        last, metrics = [], []
        for names in widget["properties"]["metrics"]:
            if isinstance(names[0], dict):
                metrics.append(names[0]["expression"])
                continue
            if names[0] == "...":
                names = [*last[:-1], names[1]]
            last = [before if name == "." else name for name, before in zip(names, last or names, strict=False)]
            last += names[len(last) :]
            metrics.append(tuple(last))
        found[widget["properties"]["title"]] = metrics
    return found


def undrawn(stack):
    """Metrics of alarms that no graph shows."""
    drawn = {metric for metrics in graphs(stack).values() for metric in metrics}
    watched = set()
    for key, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        if key not in expressions(stack):
            dimensions = [value for pair in alarm.get("Dimensions", []) for value in (pair["Name"], pair["Value"])]
            watched.add((alarm["Namespace"], alarm["MetricName"], *dimensions))
    return sorted(watched - drawn)


def test_the_dashboard_draws_what_the_alarms_watch(stack):
    # The API's own metric shows its errors.
    assert undrawn(stack) == [(own(stack), "ApiErrors")]
    assert ("AWS/ApiGateway", "5xx", "ApiId", "{HttpApi}") in graphs(stack)["What does the API answer?"]


def test_what_the_dashboard_does_not_draw_is_detected():
    def another(template):
        template["Resources"]["SweepAlarm"]["Properties"]["MetricName"] = "Sweeps"

    stack = create(sam=another)
    assert (own(stack), "Sweeps") in undrawn(stack)
