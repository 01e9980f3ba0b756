//! The API that reads phone fields.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use rules::phone::Country;
use serde_json::{Value, json};
use store::{Known, OrgFacts};

use crate::fixture::{Fixture, Response, START, cookie};

async fn read(f: &Fixture, request: Value) -> Response {
    f.send(Method::POST, "/api/phones", request.to_string()).await
}

fn number(e164: &str, sure: bool, because: &str) -> Value {
    json!({ "e164": e164, "sure": sure, "because": because })
}

/// Stores the org's country.
async fn set_country(f: &Fixture, country: &str) {
    f.connect().await;
    let facts = f.tenants.get(&f.tenant).await.unwrap().unwrap().facts;
    let country = Some(Known { value: Country::of_address(country), at: Timestamp::now() });
    let facts = OrgFacts { country, ..facts };
    let known = f.tenants.get(&f.tenant).await.unwrap().unwrap();
    f.tenants.set_facts(&store::Tenant { facts, ..known }).await.unwrap();
}

#[tokio::test]
async fn it_says_which_numbers_a_field_means_and_how_sure_each_is() {
    let f = Fixture::new().await;
    set_country(&f, "US").await;
    f.merge_call(7, START, json!({})).await;
    let text = "(415) 555-0132 x12 / 0664 1234567, +33 6 12 34 56 78";
    let line = number(
        "+436641234567",
        true,
        "It is written without a country code, and is a number of the line's country, +43.",
    );
    let org = number(
        "+14155550132",
        true,
        "It is written without a country code, and is a number of the Salesforce org's country, +1.",
    );
    let code = number("+33612345678", true, "It is written with its country code.");
    for id in [json!(397_375), json!("397375")] {
        let answer = read(&f, json!({ "text": text, "line": id })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.body, json!({ "numbers": [org, line, code], "ignored": ["12 is an extension."] }));
    }
    // Without its line, the Austrian number is a guess.
    let guess =
        number("+436641234567", false, "It is written without a country code: that it is a number of +43 is a guess.");
    for request in [json!({ "text": text }), json!({ "text": text, "line": null }), json!({ "text": text, "line": 1 })]
    {
        assert_eq!(read(&f, request).await.body["numbers"], json!([org, code, guess]));
    }
}

#[tokio::test]
async fn a_field_without_a_number_has_none() {
    let f = Fixture::new().await;
    for (text, ignored) in [
        ("", json!([])),
        ("Jane Roe", json!([])),
        ("anonymous", json!(["anonymous stands for a number that is withheld."])),
        ("+1 (999) 999-9999", json!(["+19999999999 is one repeated digit, which stands for no number."])),
        ("112", json!(["112 is too short for a phone number."])),
    ] {
        let answer = read(&f, json!({ "text": text })).await;
        assert_eq!(answer.body, json!({ "numbers": [], "ignored": ignored }), "{text}");
    }
}

#[tokio::test]
async fn an_invalid_request_is_refused() {
    let f = Fixture::new().await;
    for request in [
        json!([]),
        json!({}),
        json!({"text": null}),
        json!({"text": 336}),
        json!({"text": "1", "line": "abc"}),
        json!({"text": "1", "line": -1}),
        json!({"text": "1", "line": "007"}),
        json!({"text": "1", "lines": 1}),
    ] {
        read(&f, request).await.check_error(StatusCode::BAD_REQUEST, "not_json");
    }
    let long = read(&f, json!({"text": "é".repeat(1_001)})).await;
    long.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
    assert_eq!(long.body["error"]["parameter"], "text");
    assert_eq!(read(&f, json!({"text": "é".repeat(1_000)})).await.status, StatusCode::OK);
    let endless = read(&f, json!({"text": "1".repeat(20_000)})).await;
    endless.check_error(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
}

#[tokio::test]
async fn another_tenants_lines_do_not_count() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({})).await;
    let request = json!({"text": "0664 1234567", "line": 397_375}).to_string();
    let other = f.send_as(&cookie("two"), Method::POST, "/api/phones", request).await;
    assert_eq!(other.body["numbers"], json!([]));
}
