//! Collections, composites and graphs.

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{id, ok, org, sent};
use crate::{
    ApiUsage, Atomicity, Error, ErrorCode, Graph, Kind, Record, Refusal, Reply, SObject, Soql, Subrequest, Transport,
    Update,
};

const HALTED: &str = "The transaction was rolled back since another operation in the same transaction failed.";

fn task(key: &str) -> Record {
    Record::new(SObject::Task).with("Aircall_Key__c", key)
}

fn change(task: &str, subject: &str) -> Update {
    Update {
        record: Record::new(SObject::Task).with("Id", id(task)).with("Subject", subject),
        unmodified_since: Some("2026-11-22T17:36:26Z".parse().unwrap()),
    }
}

#[tokio::test]
async fn one_refused_record_does_not_affect_the_others() {
    let results = json!([
        {"id": "00TVr00000m4eGC", "success": true, "errors": []},
        {"success": false, "errors": [{"statusCode": "DUPLICATE_VALUE", "fields": [], "message":
            "duplicate value found: Aircall_Key__c duplicates value on record with id: 00TVr00000m4eGD"}]}]);
    let (server, client) = org("POST", "composite/sobjects", ok(&results)).await;
    let answer = client.create(&[task("call-1"), task("call-2")], Atomicity::EachAlone).await.unwrap();
    assert_eq!(answer.calls, 1);
    let saved = answer.value;
    assert_eq!(saved[0], Ok(id("00TVr00000m4eGC")));
    let refusal = saved[1].as_ref().unwrap_err();
    assert_eq!((refusal.kind(), refusal.cause().records[0]), (Kind::AlreadyLogged, id("00TVr00000m4eGD")));
    assert_eq!(refusal.usage(), Some(ApiUsage { used: 18, limit: 15000 }));
    assert_eq!(
        sent(&server).await,
        json!({"allOrNone": false, "records": [
            {"attributes": {"type": "Task"}, "Aircall_Key__c": "call-1"},
            {"attributes": {"type": "Task"}, "Aircall_Key__c": "call-2"}]})
    );
}

#[tokio::test]
async fn an_update_is_sent_to_its_record_with_its_condition() {
    let (server, client) = org("PATCH", "sobjects/Task/00TVr00000m4eGCMAY", ResponseTemplate::new(204)).await;
    let reply = client.update(&[change("00TVr00000m4eGC", "Call")]).await.unwrap();
    assert_eq!((reply.value, reply.calls), (vec![Ok(())], 1));
    assert_eq!(sent(&server).await, json!({"Subject": "Call"}));
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["if-unmodified-since"], "Sun, 22 Nov 2026 17:36:26 GMT");
}

#[tokio::test]
async fn several_updates_are_one_composite_with_a_condition_each() {
    let results = json!({"compositeResponse": [
        {"referenceId": "u0", "httpStatusCode": 204, "body": null},
        {"referenceId": "u1", "httpStatusCode": 412, "body": null}]});
    let (server, client) = org("POST", "composite", ok(&results)).await;
    let updates = [change("00TVr00000m4eGC", "One"), change("00TVr00000m4eGD", "Other")];
    let saved = client.update(&updates).await.unwrap().value;
    assert!(saved[0].is_ok() && saved[1].as_ref().is_err_and(Refusal::was_modified));
    let sent = sent(&server).await;
    assert_eq!(sent["allOrNone"], false);
    assert_eq!(
        sent["compositeRequest"][0],
        json!({"method": "PATCH", "url": "/services/data/v66.0/sobjects/Task/00TVr00000m4eGCMAY", "referenceId": "u0",
            "httpHeaders": {"If-Unmodified-Since": "Sun, 22 Nov 2026 17:36:26 GMT"}, "body": {"Subject": "One"}})
    );
}

#[tokio::test]
async fn the_refusal_of_a_single_update_concerns_the_record_unless_it_names_the_session_or_the_org() {
    let error = |code: &str| json!([{"errorCode": code, "message": "No."}]);
    for (status, body, is_records) in [
        (412, json!(null), true),
        (404, error("ENTITY_IS_DELETED"), true),
        (400, error("FIELD_CUSTOM_VALIDATION_EXCEPTION"), true),
        (404, json!("<html>Moved</html>"), false),
        (401, error("INVALID_SESSION_ID"), false),
        (403, error("REQUEST_LIMIT_EXCEEDED"), false),
        (503, error("SERVER_UNAVAILABLE"), false),
    ] {
        let response = ResponseTemplate::new(status).set_body_json(&body);
        let (_server, client) = org("PATCH", "sobjects/Task/00TVr00000m4eGCMAY", response).await;
        let answer = client.update(&[change("00TVr00000m4eGC", "Call")]).await;
        assert_eq!(answer.is_ok(), is_records, "{status} {body}");
    }
}

#[tokio::test]
async fn requests_beyond_a_limit_are_not_sent() {
    let (server, client) = org("POST", "composite/sobjects", ok(&json!([]))).await;
    let none = Reply { value: Vec::new(), usage: None, calls: 0 };
    assert_eq!(client.create(&[], Atomicity::EachAlone).await.unwrap(), none);
    assert_eq!(client.composite(&[], Atomicity::EachAlone).await.unwrap().calls, 0);
    assert_eq!(client.graph(&[]).await.unwrap().calls, 0);
    let many = vec![task("call-1"); 201];
    let create = |n: usize| Subrequest::create(&format!("t{n}"), task("call-1"));
    let query = |n: usize| Subrequest::query(&format!("q{n}"), &Soql::open_cases(&[id("003Vr00000m4eGC")])[0]);
    let each = Atomicity::EachAlone;
    let errors = [
        client.create(&many, each).await.unwrap_err(),
        client.update(&[Update { record: task("no id"), unmodified_since: None }]).await.unwrap_err(),
        client.update(&vec![change("00TVr00000m4eGC", "Call"); 26]).await.unwrap_err(),
        client.update(&vec![change("00TVr00000m4eGC", "see @{c.id}"); 2]).await.unwrap_err(),
        client.composite(&(0..26).map(create).collect::<Vec<_>>(), each).await.unwrap_err(),
        client.composite(&(0..6).map(query).collect::<Vec<_>>(), each).await.unwrap_err(),
        client.composite(&[create(1), create(1)], each).await.unwrap_err(),
        client.composite(&[Subrequest::create("a-b", task("x"))], each).await.unwrap_err(),
        client.graph(&[Graph { id: "g".to_owned(), subrequests: vec![query(1)] }]).await.unwrap_err(),
        client.graph(&vec![Graph { id: "g".to_owned(), subrequests: Vec::new() }; 76]).await.unwrap_err(),
        client.graph(&[Graph { id: "g".to_owned(), subrequests: (0..501).map(create).collect() }]).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::Malformed(_)) && error.kind() == Kind::Fail, "{error}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_collection_with_a_missing_result_is_unanswered() {
    for results in [json!([]), json!([{"success": true}]), json!({"records": []})] {
        let (_server, client) = org("POST", "composite/sobjects", ok(&results)).await;
        let error = client.create(&[task("call-1")], Atomicity::EachAlone).await.unwrap_err();
        assert_eq!(error, Error::Unanswered(Transport::Unreadable));
    }
}

#[tokio::test]
async fn composite_results_come_in_the_order_of_the_requests() {
    let page = json!({"totalSize": 0, "done": true, "records": []});
    let answer = json!({"compositeResponse": [
        {"body": {"id": "003Vr00000m4eGC", "success": true, "errors": []}, "httpStatusCode": 201, "referenceId": "c"},
        {"body": {"id": "00TVr00000m4eGC", "success": true, "errors": []}, "httpStatusCode": 201, "referenceId": "t"},
        {"body": page, "httpHeaders": {}, "httpStatusCode": 200, "referenceId": "q"}]});
    let (server, client) = org("POST", "composite", ok(&answer)).await;
    let contact = id("003Vr00000m4eGC");
    let requests = [
        Subrequest::create("c", Record::new(SObject::Contact).with("LastName", "Roe")),
        Subrequest::query("q", &Soql::open_cases(&[contact])[0]),
        Subrequest::create("t", task("call-1")),
    ];
    let results = client.composite(&requests, Atomicity::EachAlone).await.unwrap().value;
    assert_eq!(results[0].id().unwrap(), contact);
    assert!(results[1].page().unwrap().records.is_empty());
    assert_eq!(results[2].id(), Ok(id("00TVr00000m4eGC")));
    assert!(results.iter().all(|result| result.done().is_ok()));
    let body = sent(&server).await;
    assert_eq!((&body["allOrNone"], &body["collateSubrequests"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn the_cause_of_a_rollback_is_not_a_consequence() {
    let answer = json!({"compositeResponse": [
        {"body": [{"errorCode": "PROCESSING_HALTED", "message": HALTED}], "httpStatusCode": 400, "referenceId": "c"},
        {"body": [{"errorCode": "DUPLICATE_VALUE", "message": "duplicate value found"}], "httpStatusCode": 400,
            "referenceId": "t"}]});
    let (_server, client) = org("POST", "composite", ok(&answer)).await;
    let requests = [
        Subrequest::create("c", Record::new(SObject::Contact)),
        Subrequest::create("t", task("call-1")).link("WhoId", "c"),
    ];
    let results = client.composite(&requests, Atomicity::AllOrNone).await.unwrap().value;
    let refusals: Vec<_> = results.iter().filter_map(|result| result.done().err()).collect();
    assert_eq!(
        refusals.iter().map(|refusal| (refusal.code(), refusal.is_consequence())).collect::<Vec<_>>(),
        [(&ErrorCode::ProcessingHalted, true), (&ErrorCode::DuplicateValue, false)]
    );
}

#[tokio::test]
async fn each_graph_succeeds_or_fails_on_its_own() {
    let answer = json!({"graphs": [
        {"graphId": "call-2", "isSuccessful": false, "graphResponse": {"compositeResponse": [
            {"body": [{"errorCode": "PROCESSING_HALTED", "message": HALTED}], "httpStatusCode": 400, "referenceId": "c"},
            {"body": [{"errorCode": "STRING_TOO_LONG", "message": "Subject: data value too large", "fields": ["Subject"]}],
                "httpStatusCode": 400, "referenceId": "t"}]}},
        {"graphId": "call-1", "isSuccessful": true, "graphResponse": {"compositeResponse": [
            {"body": {"id": "003Vr00000m4eGC", "success": true, "errors": []}, "httpStatusCode": 201, "referenceId": "c"},
            {"body": {"id": "00TVr00000m4eGC", "success": true, "errors": []}, "httpStatusCode": 201,
                "referenceId": "t"}]}}]});
    let (server, client) = org("POST", "composite/graph", ok(&answer)).await;
    let graph = |id: &str| Graph {
        id: id.to_owned(),
        subrequests: vec![
            Subrequest::create("c", Record::new(SObject::Contact)),
            Subrequest::create("t", task(id)).link("WhoId", "c"),
        ],
    };
    let results = client.graph(&[graph("call-1"), graph("call-2")]).await.unwrap().value;
    assert!(results[0].is_successful && results[0].results[1].id().unwrap() == id("00TVr00000m4eGC"));
    assert!(!results[1].is_successful);
    assert_eq!(results[1].results[1].done().unwrap_err().cause().fields, ["Subject"]);
    assert_eq!(sent(&server).await["graphs"][1]["compositeRequest"][1]["body"]["WhoId"], "@{c.id}");
}
