"""The queues of the translated template: who may not use them."""

from conftest import assert_detects, put

ONLY_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def without_tls(stack):
    """Queues that accept requests without TLS."""
    covered = set()
    for policy in stack.of_type("AWS::SQS::QueuePolicy").values():
        if ONLY_TLS in policy["PolicyDocument"]["Statement"]:
            covered |= set(policy["Queues"])
    return sorted(stack.of_type("AWS::SQS::Queue").keys() - {queue.strip("{}") for queue in covered})


def test_every_queue_refuses_requests_without_tls(stack):
    assert without_tls(stack) == []
    # They allow nothing to anybody: that is up to the roles.
    (policy,) = stack.of_type("AWS::SQS::QueuePolicy").values()
    assert policy["PolicyDocument"] == {"Version": "2012-10-17", "Statement": [ONLY_TLS]}


def test_a_queue_without_the_policy_is_detected():
    queues = ("Resources", "QueuePolicy", "Properties", "Queues")
    assert_detects(without_tls, "EventsQueue", sam=put(*queues, 0, None))
