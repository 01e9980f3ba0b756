//! Which company an Aircall account belongs to.

use axum::http::{Method, StatusCode};
use serde_json::json;
use store::{AircallConnection, CompanySigns};

use super::aircall::fault;
use crate::fixture::Fixture;

/// Renames the sandbox's company.
async fn rename(f: &Fixture, name: &str) {
    let url = format!("{}/_sandbox/company", f.vendors.aircall_url);
    let renamed = reqwest::Client::new().put(url).json(&json!({ "name": name })).send().await.unwrap();
    assert!(renamed.status().is_success());
}

/// The next request for the company, the lines and the users answers as another company with the same name.
async fn be_another_company(f: &Fixture) {
    let company = json!({ "company": { "name": "Example Company" } });
    let numbers = json!({ "numbers": [{ "id": 7001, "digits": "+1 212 555 0100" }] });
    let users = json!({ "users": [{ "id": 8001, "name": "Pat Other", "email": "pat@example.com" }] });
    for (path, body) in [("/v1/company", company), ("/v1/numbers", numbers), ("/v2/users", users)] {
        fault(f, json!({ "method": "GET", "path": path, "status": 200, "body": body })).await;
    }
}

/// Changes what is stored of the connection.
async fn store(f: &Fixture, change: impl FnOnce(&mut AircallConnection)) {
    let mut connection = f.stored(&f.tenant).await.aircall.unwrap();
    change(&mut connection);
    f.tenants.connect_aircall(&f.tenant, &connection).await.unwrap();
}

#[tokio::test]
async fn the_key_of_another_company_does_not_replace_the_account_even_if_it_has_the_same_name() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    be_another_company(&f).await;
    let answer = f.connect_aircall().await;
    answer.check_error(StatusCode::CONFLICT, "other_company");
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn a_renamed_company_is_the_same() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    rename(&f, "Renamed Company").await;
    let answer = f.connect_aircall().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["aircall"]["company_name"], "Renamed Company");
    f.check_connected(&f.stored(&f.tenant).await);
}

#[tokio::test]
async fn a_company_that_an_earlier_version_connected_is_known_by_its_lines_phone_numbers() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    let forget = |connection: &mut AircallConnection| {
        connection.signs = CompanySigns::default();
        connection.subscription = None;
    };
    store(&f, forget).await;
    be_another_company(&f).await;
    f.connect_aircall().await.check_error(StatusCode::CONFLICT, "other_company");
    rename(&f, "Renamed Company").await;
    assert_eq!(f.connect_aircall().await.status, StatusCode::OK);
    assert!(!f.stored(&f.tenant).await.aircall.unwrap().signs.lines.is_empty());
}

#[tokio::test]
async fn nothing_is_replaced_while_the_company_cannot_be_recognised() {
    let f = Fixture::new().await.with_tenant().await;
    f.connect_aircall().await;
    store(&f, |connection| connection.signs.users = [9].into()).await;
    fault(&f, json!({ "path": "/v1/numbers", "status": 500 })).await;
    fault(&f, json!({ "path": "/v2/users", "status": 500 })).await;
    f.connect_aircall().await.check_error(StatusCode::SERVICE_UNAVAILABLE, "aircall_unavailable");
    f.check_connected(&f.stored(&f.tenant).await);
    assert_eq!(f.send(Method::GET, "/api/connections", "").await.body["aircall"]["company_name"], "Example Company");
}
