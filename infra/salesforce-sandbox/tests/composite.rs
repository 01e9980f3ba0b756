//! Composite, collections, graph.

use serde_json::{Value, json};

use crate::client::{Client, column, data};

fn step(method: &str, path: &str, reference_id: &str, body: Value) -> Value {
    let mut step = json!({"method": method, "url": data(path), "referenceId": reference_id});
    if !body.is_null() {
        step["body"] = body;
    }
    step
}

/// The Contact, Case and Task of one call from an unknown phone number.
fn bundle(key: &str) -> Vec<Value> {
    vec![
        step("POST", "sobjects/Contact", "c", json!({"LastName": "Roe"})),
        step("POST", "sobjects/Case", "k", json!({"ContactId": "@{c.id}", "Subject": "From @{c.id}"})),
        step("POST", "sobjects/Task", "t", json!({"WhoId": "@{c.id}", "WhatId": "@{k.id}", "Aircall_Key__c": key})),
    ]
}

async fn composite(org: &Client, all_or_none: bool, steps: Vec<Value>) -> Vec<Value> {
    let body = json!({"allOrNone": all_or_none, "collateSubrequests": false, "compositeRequest": steps});
    let answer = org.post(&data("composite"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["compositeResponse"].as_array().unwrap().clone()
}

fn outcome(response: &Value) -> (u64, &str) {
    (response["httpStatusCode"].as_u64().unwrap(), response["body"][0]["errorCode"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn later_subrequests_can_use_earlier_responses() {
    let org = Client::new();
    let responses = composite(&org, true, bundle("call-1")).await;
    assert_eq!(responses.iter().map(outcome).collect::<Vec<_>>(), [(201, ""); 3]);
    let (contact, case, task) = (org.only("Contact"), org.only("Case"), org.only("Task"));
    assert_eq!((&task["WhoId"], &task["WhatId"]), (&contact["Id"], &case["Id"]));
    assert_eq!(case["Subject"], json!(format!("From {}", contact["Id"].as_str().unwrap())));
    assert_eq!(
        responses[0]["httpHeaders"]["Location"],
        json!(data(&format!("sobjects/Contact/{}", contact["Id"].as_str().unwrap())))
    );
    assert_eq!((&responses[2]["referenceId"], &responses[2]["body"]["success"]), (&json!("t"), &json!(true)));
}

#[tokio::test]
async fn all_or_none_rolls_everything_back() {
    let org = Client::new();
    composite(&org, true, bundle("call-1")).await;
    let again = composite(&org, true, bundle("call-1")).await;
    let outcomes: Vec<_> = again.iter().map(outcome).collect();
    assert_eq!(outcomes, [(400, "PROCESSING_HALTED"), (400, "PROCESSING_HALTED"), (400, "DUPLICATE_VALUE")]);
    let message = "The transaction was rolled back since another operation in the same transaction failed.";
    assert_eq!(again[0]["body"][0]["message"], message);
    assert_eq!(["Contact", "Case", "Task"].map(|sobject| org.org.records(sobject).len()), [1, 1, 1]);
    // The rollback restores the state before: the key is still used.
    assert_eq!(org.create("Task", json!({"Aircall_Key__c": "call-1"})).await.code(), "DUPLICATE_VALUE");
}

#[tokio::test]
async fn without_all_or_none_only_dependent_subrequests_halt() {
    let org = Client::new();
    let mut steps = bundle("call-1");
    steps[0]["body"] = json!({});
    steps.push(step("POST", "sobjects/Task", "other", json!({"Subject": "Alone"})));
    let responses = composite(&org, false, steps).await;
    let outcomes: Vec<_> = responses.iter().map(outcome).collect();
    let halted = (400, "PROCESSING_HALTED");
    assert_eq!(outcomes, [(400, "REQUIRED_FIELD_MISSING"), halted, halted, (201, "")]);
    let message = responses[1]["body"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("Invalid reference specified. No value for c.id found in c."), "{message}");
}

#[tokio::test]
async fn later_subrequests_use_query_results_and_halt_if_these_are_empty() {
    let org = Client::new();
    org.seed("Contact", json!({"LastName": "Roe"}));
    let query = |sobject: &str, reference_id: &str| {
        step("GET", &format!("query?q=SELECT+Id+FROM+{sobject}"), reference_id, Value::Null)
    };
    let task = |reference: &str, field: &str| json!({field: format!("@{{{reference}.records[0].Id}}")});
    let steps = vec![
        query("Contact", "q"),
        query("Case", "none"),
        step("POST", "sobjects/Task", "with", task("q", "WhoId")),
        step("POST", "sobjects/Task", "without", task("none", "WhatId")),
        step("GET", "sobjects/Contact/@{q.records[0].Id}?fields=LastName", "read", Value::Null),
    ];
    let responses = composite(&org, false, steps).await;
    let statuses: Vec<_> = responses.iter().map(outcome).collect();
    assert_eq!(statuses, [(200, ""), (200, ""), (201, ""), (400, "PROCESSING_HALTED"), (200, "")]);
    assert_eq!(org.only("Task")["WhoId"], org.only("Contact")["Id"]);
    assert_eq!(responses[4]["body"]["LastName"], "Roe");
}

#[tokio::test]
async fn subrequests_can_set_all_but_reserved_headers() {
    let rules = json!({"duplicate_rules": [{"sobject": "Contact", "fields": ["LastName"], "action": "alert"}]});
    let org = Client::with(rules);
    org.seed("Contact", json!({"LastName": "Roe"}));
    let mut one = step("POST", "sobjects/Contact", "c", json!({"LastName": "Roe"}));
    let refused = composite(&org, false, vec![one.clone()]).await;
    assert_eq!(outcome(&refused[0]), (400, "DUPLICATES_DETECTED"));
    one["httpHeaders"] = json!({"Sforce-Duplicate-Rule-Header": "allowSave=true"});
    assert_eq!(outcome(&composite(&org, false, vec![one.clone()]).await[0]), (201, ""));
    one["httpHeaders"] = json!({"Authorization": "Bearer other"});
    assert_eq!(org.post(&data("composite"), json!({"compositeRequest": [one]})).await.status, 400);
}

#[tokio::test]
async fn a_composite_above_its_limits_is_refused() {
    let org = Client::new();
    let steps = |count: usize, path: &str| -> Value {
        (0..count).map(|at| step("GET", path, &format!("r{at}"), Value::Null)).collect()
    };
    let queries = |count| steps(count, "query?q=SELECT+COUNT()+FROM+Task");
    let address = data("composite");
    let post = |steps: Value| org.post(&address, json!({"compositeRequest": steps}));
    assert_eq!(post(steps(25, "sobjects/Task")).await.status, 200);
    assert_eq!(post(steps(26, "sobjects/Task")).await.code(), "LIMIT_EXCEEDED");
    assert_eq!(post(queries(5)).await.status, 200);
    assert_eq!(post(queries(6)).await.code(), "LIMIT_EXCEEDED");
    let search = post(steps(1, "search?q=FIND+%7Bjane%7D")).await;
    assert_eq!(outcome(&search.body["compositeResponse"][0]), (404, "NOT_FOUND"));
    let twice = json!([step("GET", "limits", "same", Value::Null), step("GET", "limits", "same", Value::Null)]);
    assert_eq!(post(twice).await.status, 400);
}

#[tokio::test]
async fn all_or_none_rolls_back_a_collection_whose_response_says_success() {
    let org = Client::new();
    let record = |key: &str| json!({"attributes": {"type": "Task"}, "Aircall_Key__c": key});
    let collection = json!({"allOrNone": false, "records": [record("call-1"), record("call-1")]});
    let steps = vec![
        step("POST", "composite/sobjects", "tasks", collection),
        step("POST", "sobjects/Contact", "c", json!({"LastName": "Roe"})),
    ];
    let responses = composite(&org, true, steps).await;
    assert_eq!(column(&responses[0]["body"], "success"), ["true", "false"]);
    assert_eq!(outcome(&responses[0]).0, 200);
    assert_eq!(outcome(&responses[1]), (400, "PROCESSING_HALTED"));
    assert!(org.org.records("Task").is_empty() && org.org.records("Contact").is_empty());
}

fn tasks(keys: &[&str]) -> Vec<Value> {
    keys.iter().map(|key| json!({"attributes": {"type": "Task"}, "Aircall_Key__c": key, "Subject": "x"})).collect()
}

#[tokio::test]
async fn an_invalid_record_in_a_collection_does_not_affect_the_others() {
    let org = Client::new();
    let mut records = tasks(&["call-1", "call-2", "call-3"]);
    records[1]["CallType"] = json!("Sideways");
    let answer = org.post(&data("composite/sobjects"), json!({"records": records})).await;
    assert_eq!(
        (answer.status, column(&answer.body, "success")),
        (200, ["true", "false", "true"].map(Into::into).to_vec())
    );
    let error = &answer.body[1]["errors"][0];
    assert_eq!(error["statusCode"], "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    assert_eq!((&error["fields"], &error["errorCode"]), (&json!(["CallType"]), &Value::Null));
    assert_eq!(org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn with_all_or_none_an_invalid_record_rolls_back_the_collection() {
    let org = Client::new();
    let body = json!({"allOrNone": true, "records": tasks(&["call-1", "call-1"])});
    let answer = org.post(&data("composite/sobjects/"), body).await;
    let code = |at: usize| answer.body[at]["errors"][0]["statusCode"].clone();
    assert_eq!((code(0), code(1)), (json!("ALL_OR_NONE_OPERATION_ROLLED_BACK"), json!("DUPLICATE_VALUE")));
    assert!(org.org.records("Task").is_empty());
}

#[tokio::test]
async fn collections_update_delete_and_read() {
    let org = Client::new();
    let created = org.post(&data("composite/sobjects"), json!({"records": tasks(&["a1", "a2"])})).await;
    let ids = column(&created.body, "id");
    let change = |id: &str| json!({"attributes": {"type": "Task"}, "id": id, "Subject": "y"});
    let unknown = Client::new().seed("Task", json!({}));
    let records = json!([change(&ids[0]), change(&unknown)]);
    let updated = org.patch(&data("composite/sobjects"), json!({"records": records})).await;
    assert_eq!(column(&updated.body, "success"), ["true", "false"]);
    assert_eq!(updated.body[1]["errors"][0]["statusCode"], "INVALID_CROSS_REFERENCE_KEY");
    let read = org.get(&data(&format!("composite/sobjects/Task?ids={},{unknown}&fields=Subject", ids.join(",")))).await;
    assert_eq!(column(&json!(read.body.as_array().unwrap()[..2]), "Subject"), ["y", "x"]);
    assert_eq!(read.body[2], Value::Null);
    let deleted = org.delete(&data(&format!("composite/sobjects?ids={}&allOrNone=true", ids.join(",")))).await;
    assert_eq!(column(&deleted.body, "success"), ["true", "true"]);
    assert_eq!(org.query("SELECT COUNT() FROM Task").await.body["totalSize"], 0);
}

#[tokio::test]
async fn collections_upsert_by_key() {
    let org = Client::new();
    org.seed("Task", json!({"Aircall_Key__c": "call-1"}));
    let body = json!({"allOrNone": false, "records": tasks(&["call-1", "call-2", "call-3", "call-3"])});
    let answer = org.patch(&data("composite/sobjects/Task/Aircall_Key__c"), body).await;
    assert_eq!(column(&answer.body, "created"), ["false", "true", "null", "null"]);
    assert_eq!(answer.body[3]["errors"][0]["message"], "Duplicate external id specified: call-3");
    assert_eq!(org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_rolled_back_upsert_created_nothing() {
    let org = Client::new();
    org.seed("Task", json!({"Aircall_Key__c": "call-1"}));
    let mut records = tasks(&["call-1", "call-2", "call-3"]);
    records[2]["CallType"] = json!("Sideways");
    let path = "composite/sobjects/Task/Aircall_Key__c";
    let body = |all_or_none: bool| json!({"allOrNone": all_or_none, "records": records});
    let step = step("PATCH", path, "tasks", body(true));
    let inside = composite(&org, false, vec![step]).await;
    for results in [org.patch(&data(path), body(true)).await.body, inside[0]["body"].clone()] {
        assert_eq!(column(&results, "success"), ["false"; 3]);
        assert_eq!(column(&results, "created"), ["false"; 3]);
        let code = |at: usize| results[at]["errors"][0]["statusCode"].clone();
        let rolled_back = json!("ALL_OR_NONE_OPERATION_ROLLED_BACK");
        assert_eq!(
            [code(0), code(1), code(2)],
            [rolled_back.clone(), rolled_back, json!("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")]
        );
    }
    assert_eq!(org.org.records("Task").len(), 1);
    let each = org.patch(&data(path), body(false)).await;
    assert_eq!(column(&each.body, "created"), ["false", "true", "null"]);
}

#[tokio::test]
async fn a_collection_has_at_most_two_hundred_records() {
    let org = Client::new();
    let keys: Vec<String> = (0..201).map(|at| format!("call-{at}")).collect();
    let records =
        |count: usize| json!({"records": tasks(&keys.iter().take(count).map(String::as_str).collect::<Vec<_>>())});
    assert_eq!(org.post(&data("composite/sobjects"), records(201)).await.code(), "EXCEEDED_ID_LIMIT");
    assert_eq!(org.post(&data("composite/sobjects"), records(200)).await.status, 200);
    assert_eq!(org.org.records("Task").len(), 200);
}

#[tokio::test]
async fn each_graph_is_a_transaction() {
    let org = Client::new();
    org.seed("Task", json!({"Aircall_Key__c": "call-1"}));
    let mut second = bundle("call-2");
    // The nodes of a graph can be in any order.
    second.reverse();
    let graphs = json!({"graphs": [{"graphId": "one", "compositeRequest": bundle("call-1")},
        {"graphId": "two", "compositeRequest": second}]});
    let answer = org.post(&data("composite/graph"), graphs).await;
    assert_eq!(column(&answer.body["graphs"], "isSuccessful"), ["false", "true"]);
    assert_eq!((org.org.records("Contact").len(), org.org.records("Task").len()), (1, 2));
    assert_eq!(answer.headers["sforce-limit-info"], "api-usage=1/100000");
}

#[tokio::test]
async fn graphs_have_limits() {
    let org = Client::new();
    let graphs = |count: usize, nodes: usize| -> Value {
        let nodes = |graph: usize| -> Vec<Value> {
            (0..nodes).map(|at| step("POST", "sobjects/Task", &format!("n{graph}_{at}"), json!({"Nope": 1}))).collect()
        };
        (0..count).map(|at| json!({"graphId": format!("g{at}"), "compositeRequest": nodes(at)})).collect()
    };
    let address = data("composite/graph");
    let post = |graphs: Value| org.post(&address, json!({"graphs": graphs}));
    assert_eq!(post(graphs(76, 1)).await.code(), "LIMIT_EXCEEDED");
    assert_eq!(post(graphs(1, 501)).await.code(), "LIMIT_EXCEEDED");
    let failed = post(graphs(16, 1)).await.body;
    let codes =
        |at: usize| failed["graphs"][at]["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"].clone();
    assert_eq!((codes(13), codes(14)), (json!("INVALID_FIELD"), json!("PROCESSING_HALTED")));
    let query =
        json!([{"graphId": "q", "compositeRequest": [step("GET", "query?q=SELECT+Id+FROM+Task", "q", Value::Null)]}]);
    assert_eq!(post(query).await.body["graphs"][0]["isSuccessful"], false);
}

#[tokio::test]
async fn each_update_in_a_composite_has_its_own_condition() {
    let org = Client::new();
    let task = || org.seed("Task", json!({"LastModifiedDate": "2026-03-01T10:00:00.000+0000"}));
    let update = |id: &str, reference_id: &str, since: &str| {
        let mut step = step("PATCH", &format!("sobjects/Task/{id}"), reference_id, json!({"Subject": "Call"}));
        step["httpHeaders"] = json!({"If-Unmodified-Since": since});
        step
    };
    let (one, other) = (task(), task());
    let (same, earlier) = ("Sun, 01 Mar 2026 10:00:00 GMT", "Sun, 01 Mar 2026 09:00:00 GMT");
    let responses = composite(&org, false, vec![update(&one, "one", earlier), update(&other, "other", same)]).await;
    assert_eq!(responses.iter().map(outcome).collect::<Vec<_>>(), [(412, ""), (204, "")]);
}
