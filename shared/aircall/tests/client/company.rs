//! Credentials, the company, its lines and users, and the rate limit.

use std::time::Duration;

use aircall::client::{Credentials, Error, Reason};
use aircall_sandbox::{Options, ResetUnit};
use rules::{E164, LineId, OwnLines};
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, api_key};

#[tokio::test]
async fn both_kinds_of_credentials_are_accepted() {
    let sandbox = Sandbox::start().await;
    assert_eq!(sandbox.client().ping().await, Ok(()));
    assert_eq!(sandbox.app().ping().await, Ok(()));
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let sandbox = Sandbox::start().await;
    let message = "Forbidden".to_owned();
    for wrong in [
        api_key(&sandbox.company.api_id(), "wrong"),
        api_key("", ""),
        Credentials::OAuth { access_token: "wrong".into() },
    ] {
        let client = sandbox.client_with(wrong);
        assert_eq!(client.ping().await, Err(Error::Refused { message: message.clone() }));
        assert_eq!(client.lines().await.unwrap_err(), Error::Refused { message: message.clone() });
    }
    let pasted = Credentials::OAuth { access_token: "two\nlines".into() };
    assert!(matches!(sandbox.client_with(pasted).ping().await, Err(Error::Refused { .. })));
}

#[tokio::test]
async fn the_company_has_a_name_and_no_documented_id() {
    let company = Sandbox::start().await.client().company().await.unwrap();
    assert_eq!((company.name.as_str(), company.id), ("Example Company", None));
}

#[tokio::test]
async fn lines_have_their_time_zones() {
    let lines = Sandbox::start().await.client().lines().await.unwrap();
    assert_eq!(lines.len(), 3);
    let support = &lines[1];
    assert_eq!((support.id, support.name.as_deref()), (LineId(1002), Some("Support line")));
    assert_eq!(support.digits.as_deref(), Some("+33 1 99 00 01 00"));
    assert_eq!((support.time_zone.as_deref(), support.open), (Some("Europe/Paris"), Some(true)));
}

#[tokio::test]
async fn lines_of_all_pages_are_listed() {
    let sandbox = Sandbox::start().await;
    let many: Vec<Value> = (1..=120).map(|id| json!({"id": id})).collect();
    sandbox.control("numbers", json!(many)).await;
    let lines = sandbox.client().lines().await.unwrap();
    let ids: Vec<u64> = lines.iter().map(|line| line.id.0).collect();
    assert_eq!(ids, (1..=120).chain(1001..=1003).collect::<Vec<_>>());
}

#[tokio::test]
async fn own_lines_are_those_with_a_phone_number() {
    let sandbox = Sandbox::start().await;
    let unusual = json!([{"id": 1, "digits": null}, {"id": 2, "digits": "3030"}, {"id": 3, "digits": "442079460101"}]);
    sandbox.control("numbers", unusual).await;
    let lines = sandbox.client().own_lines().await.unwrap();
    let expected = ["+442079460101", "+14155550100", "+33199000100", "+442079460100"];
    let expected: OwnLines = expected.into_iter().map(|phone| E164::parse(phone).unwrap()).collect();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn users_have_their_e_mail_addresses() {
    let users = Sandbox::start().await.client().users().await.unwrap();
    let robin = users.iter().find(|user| user.id == Some(2002)).unwrap();
    assert_eq!((robin.name.as_deref(), robin.email.as_deref()), (Some("Robin Rep"), Some("robin.rep@example.com")));
    assert_eq!(users.len(), 3);
}

#[tokio::test]
async fn a_user_is_found_by_id() {
    let client = Sandbox::start().await.client();
    let kim = client.user(2003).await.unwrap().unwrap();
    assert_eq!((kim.id, kim.email.as_deref()), (Some(2003), Some("kim.temp@example.com")));
    assert_eq!(client.user(9999).await, Ok(None));
}

#[tokio::test]
async fn a_rate_limited_request_says_when_to_retry() {
    for reset_unit in [ResetUnit::Seconds, ResetUnit::Milliseconds] {
        let client = Sandbox::with(Options { rate_limit: 1, reset_unit, ..Options::default() }).await.client();
        client.ping().await.unwrap();
        let Err(Error::Retry { after: Some(after), reason: Reason::RateLimited }) = client.ping().await else {
            panic!("the rate limit was not applied");
        };
        assert!((Duration::from_secs(50)..=Duration::from_secs(61)).contains(&after), "{after:?}");
    }
}

#[tokio::test]
async fn debug_output_shows_no_secrets() {
    let sandbox = Sandbox::start().await;
    let (id, token) = (sandbox.company.api_id(), sandbox.company.api_token());
    let shown = format!("{:?} {:?}", sandbox.client(), sandbox.app());
    assert!(!shown.contains(&id) && !shown.contains(&token), "{shown}");
    assert!(shown.contains("ApiKey") && shown.contains("OAuth"), "{shown}");
}
