//! Size limits: the maximum is accepted, one more is refused. `composite.rs` tests those of composites.

use serde_json::{Value, json};

use crate::client::{Client, Response, data, encode};

#[tokio::test]
async fn a_statement_has_at_most_a_hundred_thousand_characters() {
    let org = Client::new();
    let query = |filler: usize| {
        let step = json!({"method": "GET", "referenceId": "q",
            "url": data(&format!("query?q={}", encode(&format!("SELECT Id FROM Task{}", " ".repeat(filler)))))});
        json!({"compositeRequest": [step]})
    };
    let length = "SELECT Id FROM Task".len();
    let outcome = |answer: Response| {
        let response = &answer.body["compositeResponse"][0];
        (response["httpStatusCode"].clone(), response["body"][0]["errorCode"].clone())
    };
    let at_most = org.post(&data("composite"), query(100_000 - length)).await;
    assert_eq!(outcome(at_most), (json!(200), Value::Null));
    let more = org.post(&data("composite"), query(100_001 - length)).await;
    assert_eq!(outcome(more), (json!(400), json!("MALFORMED_QUERY")));
}

#[tokio::test]
async fn a_string_literal_has_at_most_four_thousand_characters() {
    let org = Client::new();
    let query = |length: usize| format!("SELECT Id FROM Task WHERE Subject = '{}'", "é".repeat(length));
    let short = |length| format!("SELECT Id FROM Task WHERE Subject IN ('a', '{}')", "x".repeat(length));
    assert_eq!(org.query(&short(4_000)).await.status, 200);
    assert_eq!(org.query(&short(4_001)).await.code(), "MALFORMED_QUERY");
    // In a URI, characters that must be encoded reach the limit of the URI first.
    assert_eq!(org.query(&query(4_000)).await.status, 414);
}

#[tokio::test]
async fn a_uri_alone_and_with_headers_has_at_most_sixteen_kilobytes() {
    let org = Client::new();
    let path = data("query?q=SELECT+Id+FROM+Task");
    let filled = |length: usize| format!("{path}{}", "+".repeat(length - path.len()));
    assert_eq!(org.get(&filled(15_000)).await.status, 200);
    let code = |answer: &Response| (answer.status, answer.code().to_owned());
    assert_eq!(code(&org.get(&filled(16_384)).await), (431, "REQUEST_HEADER_FIELDS_TOO_LARGE".to_owned()));
    assert_eq!(code(&org.get(&filled(16_385)).await), (414, "URI_TOO_LONG".to_owned()));
    let header = "x".repeat(16_384 - 1_000);
    let answer = org.send("GET", &filled(1_000), None, &[("x-filler", &header)]).await;
    assert_eq!(answer.status, 431);
    // Inside a composite, a URI is part of the body.
    let step = json!({"method": "GET", "referenceId": "q", "url": filled(50_000)});
    let answer = org.post(&data("composite"), json!({"compositeRequest": [step]})).await;
    assert_eq!(answer.body["compositeResponse"][0]["httpStatusCode"], 200);
}

#[tokio::test]
async fn a_collection_has_at_most_ten_chunks() {
    let org = Client::new();
    let records = |runs: usize| -> Value {
        let task = json!({"attributes": {"type": "Task"}});
        let contact = json!({"attributes": {"type": "Contact"}, "LastName": "Roe"});
        (0..runs).flat_map(|at| vec![if at % 2 == 0 { task.clone() } else { contact.clone() }; 2]).collect()
    };
    let address = data("composite/sobjects");
    let post = |runs| org.post(&address, json!({"records": records(runs)}));
    assert_eq!(post(11).await.code(), "LIMIT_EXCEEDED");
    assert!(org.org.records("Task").is_empty());
    assert_eq!(post(10).await.status, 200);
    assert_eq!((org.org.records("Task").len(), org.org.records("Contact").len()), (10, 10));
}

#[tokio::test]
async fn one_request_deletes_at_most_two_hundred_records() {
    let org = Client::new();
    let ids: Vec<String> = (0..201).map(|_| org.seed("Task", json!({}))).collect();
    let delete = |count: usize| data(&format!("composite/sobjects?ids={}", ids[..count].join(",")));
    assert_eq!(org.delete(&delete(201)).await.code(), "EXCEEDED_ID_LIMIT");
    assert_eq!(org.delete(&delete(200)).await.body.as_array().unwrap().len(), 200);
}

/// `count` graphs of `nodes` nodes, each of which refers to the previous one if they are `chained`.
fn graphs(count: usize, nodes: usize, chained: bool) -> Value {
    let node = |at: usize| {
        let subject = if chained && at > 0 { format!("@{{n{}.id}}", at - 1) } else { "Call".to_owned() };
        let body = json!({"Subject": subject});
        json!({"method": "POST", "url": data("sobjects/Task"), "referenceId": format!("n{at}"), "body": body})
    };
    let graph =
        |at: usize| json!({"graphId": format!("g{at}"), "compositeRequest": (0..nodes).map(node).collect::<Vec<_>>()});
    json!({"graphs": (0..count).map(graph).collect::<Vec<_>>()})
}

#[tokio::test]
async fn graphs_have_limits_of_number_size_and_depth() {
    let org = Client::new();
    let address = data("composite/graph");
    let post = |graphs| org.post(&address, graphs);
    for (largest, too_large) in [
        (graphs(75, 1, false), graphs(76, 1, false)),
        (graphs(2, 250, false), graphs(3, 167, false)),
        (graphs(1, 15, true), graphs(2, 16, true)),
    ] {
        let before = org.org.records("Task").len();
        assert_eq!(post(too_large).await.code(), "LIMIT_EXCEEDED");
        assert_eq!(org.org.records("Task").len(), before, "no node was run");
        let answer = post(largest).await;
        assert_eq!((answer.status, &answer.body["graphs"][0]["isSuccessful"]), (200, &json!(true)));
    }
    let twice =
        post(json!({"graphs": [{"graphId": "g", "compositeRequest": []}, {"graphId": "g", "compositeRequest": []}]}));
    assert_eq!(twice.await.status, 400);
}

#[tokio::test]
async fn graphs_have_at_most_fifteen_kinds_of_node_by_method_and_object() {
    let org = Client::new();
    let id = org.seed("Task", json!({}));
    let objects = ["Contact", "Lead", "Account", "Case", "Opportunity", "Event", "UpsertTable__c", "User"];
    let node = |method: &str, path: String, at: usize| json!({"method": method, "url": data(&path), "referenceId": format!("n{at}"), "body": {}});
    let mut nodes: Vec<Value> = Vec::new();
    for at in 0..200 {
        nodes.push(node("PATCH", format!("sobjects/Task/{id}"), at));
    }
    for (at, object) in (200..).zip(objects.iter().cycle().take(14)) {
        nodes.push(node(if at < 208 { "POST" } else { "DELETE" }, format!("sobjects/{object}"), at));
    }
    let post = |nodes: &[Value]| {
        let body = json!({"graphs": [{"graphId": "g", "compositeRequest": nodes}]});
        async { org.post(&data("composite/graph"), body).await }
    };
    assert_eq!(post(&nodes).await.status, 200);
    nodes.push(node("DELETE", format!("sobjects/Task/{id}"), 999));
    assert_eq!(post(&nodes).await.code(), "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn every_response_has_the_api_usage() {
    let org = Client::new();
    let task = data("sobjects/Task");
    let xml = [("content-type", "application/xml")];
    let mut answers = vec![
        org.get(&data("limits")).await,
        org.get(&data("nowhere")).await,
        org.get(&data("query?q=nonsense")).await,
        org.get("/services/data/v99.0/limits").await,
        org.post(&task, json!({})).await,
        org.post(&task, json!({"Nope": 1})).await,
        org.get(&data(&"x".repeat(20_000))).await,
        org.send("PATCH", &task, None, &xml).await,
    ];
    org.set(json!({"daily_api_limit": 1})).await;
    answers.push(org.get(&data("limits")).await);
    for answer in &answers {
        let usage = answer.headers.get("sforce-limit-info").unwrap_or_else(|| panic!("{}: none", answer.status));
        let (used, limit) = usage.to_str().unwrap().strip_prefix("api-usage=").unwrap().split_once('/').unwrap();
        assert!(used.parse::<u64>().unwrap() > 0 && limit.parse::<u64>().unwrap() > 0, "{usage:?}");
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 404, 400, 404, 201, 400, 414, 405, 403]);
}

#[tokio::test]
async fn excessive_nesting_is_refused() {
    let org = Client::new();
    let nested = |open: &str, close: &str| format!("{}Name = 'x'{}", open.repeat(2_000), close.repeat(2_000));
    for (open, close) in [("(", ")"), ("NOT ", "")] {
        let soql = format!("SELECT Id FROM Account WHERE {}", nested(open, close));
        assert_eq!(org.query(&soql).await.code(), "MALFORMED_QUERY");
    }
    let sosl = format!("FIND {{{}name{}}}", "(".repeat(1_900), ")".repeat(1_900));
    assert_eq!(org.search(&sosl).await.code(), "MALFORMED_SEARCH");
}
