//! Searches, queries and descriptions.

use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{id, ok, org, sent};
use crate::{ApiUsage, CallerFields, Error, KeyField, PhoneTerm, SObject, Soql, Sosl, Transport};

fn cases() -> Soql {
    Soql::open_cases(&[id("003Vr00000m4eGC")]).remove(0)
}

#[tokio::test]
async fn a_search_returns_records_and_api_usage() {
    let body =
        json!({"searchRecords": [{"attributes": {"type": "Lead"}, "Id": "00QVr00000m4eGC", "Name": "Jane Roe"}]});
    let (server, client) = org("GET", "search", ok(&body)).await;
    let sosl = Sosl::phones(&[PhoneTerm::prefix("14155550132").unwrap()], &CallerFields::new(false)).remove(0);
    let answer = client.search(&sosl).await.unwrap();
    assert_eq!(answer.value[0].sobject(), Some(SObject::Lead));
    assert_eq!((answer.usage, answer.calls), (Some(ApiUsage { used: 18, limit: 15000 }), 1));
    let request = &server.received_requests().await.unwrap()[0];
    let (_, q) = request.url.query_pairs().next().unwrap();
    assert_eq!(q, sosl.as_str());
}

#[tokio::test]
async fn a_query_reads_all_pages() {
    let first = json!({"totalSize": 2, "done": false, "nextRecordsUrl": "/services/data/v66.0/query/01gxx-2000",
        "records": [{"Id": "500Vr00000m4eGC"}]});
    let (server, client) = org("GET", "query", ok(&first)).await;
    let second = json!({"totalSize": 2, "done": true, "records": [{"Id": "500Vr00000m4eGD"}]});
    Mock::given(method("GET"))
        .and(path("/services/data/v66.0/query/01gxx-2000"))
        .respond_with(ResponseTemplate::new(200).set_body_json(second))
        .mount(&server)
        .await;
    let answer = client.query(&cases()).await.unwrap();
    assert_eq!((answer.value.iter().filter_map(crate::Record::id).count(), answer.calls), (2, 2));
    assert_eq!(answer.usage, Some(ApiUsage { used: 18, limit: 15000 }));
}

#[tokio::test]
async fn a_query_reads_at_most_ten_pages() {
    let page = json!({"nextRecordsUrl": "/services/data/v66.0/query", "records": [{"Id": "500Vr00000m4eGC"}]});
    let (server, client) = org("GET", "query", ok(&page)).await;
    let answer = client.query(&cases()).await.unwrap();
    assert_eq!((answer.value.len(), answer.calls), (10, 10));
    assert_eq!(server.received_requests().await.unwrap().len(), 10);
}

#[tokio::test]
async fn the_token_is_never_sent_to_another_host() {
    for next in ["https://other.example.com/services/data/v66.0/query/1", "//other.example.com/1"] {
        let page = json!({"nextRecordsUrl": next, "records": []});
        let (_server, client) = org("GET", "query", ok(&page)).await;
        assert_eq!(client.query(&cases()).await, Err(Error::Unanswered(Transport::Unreadable)));
    }
}

#[tokio::test]
async fn a_long_query_is_sent_in_the_body_of_a_composite() {
    let page = json!({"totalSize": 1, "done": true, "records": [{"Id": "00TVr00000m4eGC"}]});
    let answer = json!({"compositeResponse": [
        {"body": page, "httpHeaders": {}, "httpStatusCode": 200, "referenceId": "q"}]});
    let (server, client) = org("POST", "composite", ok(&answer)).await;
    let keys: Vec<_> = (0..400).map(|n| format!("call-{n:010}")).collect();
    let soql = Soql::tasks_by_key(KeyField::AircallKey, &keys, None).remove(0);
    let answer = client.query(&soql).await.unwrap();
    assert_eq!((answer.value.len(), answer.calls), (1, 1));
    let url = sent(&server).await["compositeRequest"][0]["url"].as_str().unwrap().to_owned();
    assert!(url.len() > 8_000 && url.starts_with("/services/data/v66.0/query?q=SELECT+Id"));
}

#[tokio::test]
async fn a_description_lists_each_field() {
    let field = json!({"name": "Aircall_Key__c", "type": "string", "length": 64, "createable": true,
        "updateable": true, "nillable": true, "defaultedOnCreate": false, "unique": true, "externalId": true,
        "label": "Aircall Key"});
    let body = json!({"name": "Task", "createable": true, "queryable": true, "fields": [field]});
    let (_server, client) = org("GET", "sobjects/Task/describe", ok(&body)).await;
    let task = client.describe(SObject::Task).await.unwrap().value;
    let field = &task.fields["Aircall_Key__c"];
    assert!(task.createable && field.unique && field.external_id);
    assert_eq!((field.kind.as_str(), field.length), ("string", 64));
}
