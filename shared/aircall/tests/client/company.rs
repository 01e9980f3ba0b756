//! Credentials, the company, its numbers and users, the rate limit.

use std::time::Duration;

use aircall::client::{Credentials, Error, Reason};
use aircall_sandbox::{Options, ResetUnit};
use rules::LineId;
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, api_key};

#[tokio::test]
async fn both_credentials_are_taken() {
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
async fn the_company_is_told() {
    let company = Sandbox::start().await.client().company().await.unwrap();
    assert_eq!((company.name.as_str(), company.id), ("Example Company", None));
}

#[tokio::test]
async fn numbers_come_with_their_time_zones() {
    let numbers = Sandbox::start().await.client().lines().await.unwrap();
    assert_eq!(numbers.len(), 3);
    let support = &numbers[1];
    assert_eq!((support.id, support.name.as_deref()), (LineId(1002), Some("Support line")));
    assert_eq!(support.digits.as_deref(), Some("+33 1 99 00 01 00"));
    assert_eq!((support.time_zone.as_deref(), support.open), (Some("Europe/Paris"), Some(true)));
}

#[tokio::test]
async fn numbers_come_from_all_pages() {
    let sandbox = Sandbox::start().await;
    let many: Vec<Value> = (1..=120).map(|id| json!({"id": id})).collect();
    sandbox.control("numbers", json!(many)).await;
    let numbers = sandbox.client().lines().await.unwrap();
    let ids: Vec<u64> = numbers.iter().map(|number| number.id.0).collect();
    assert_eq!(ids, (1..=120).chain(1001..=1003).collect::<Vec<_>>());
}

#[tokio::test]
async fn users_come_with_their_e_mails() {
    let users = Sandbox::start().await.client().users().await.unwrap();
    let robin = users.iter().find(|user| user.id == Some(2002)).unwrap();
    assert_eq!((robin.name.as_deref(), robin.email.as_deref()), (Some("Robin Rep"), Some("robin.rep@example.com")));
    assert_eq!(users.len(), 3);
}

#[tokio::test]
async fn the_rate_limit_says_when() {
    for reset_unit in [ResetUnit::Seconds, ResetUnit::Milliseconds] {
        let client = Sandbox::with(Options { rate_limit: 1, reset_unit, ..Options::default() }).await.client();
        client.ping().await.unwrap();
        let Err(Error::Retry { after: Some(after), reason: Reason::RateLimited }) = client.ping().await else {
            panic!("there is no limit");
        };
        assert!((Duration::from_secs(50)..=Duration::from_secs(61)).contains(&after), "{after:?}");
    }
}

#[tokio::test]
async fn no_secret_shows() {
    let sandbox = Sandbox::start().await;
    let (id, token) = (sandbox.company.api_id(), sandbox.company.api_token());
    let shown = format!("{:?} {:?}", sandbox.client(), sandbox.app());
    assert!(!shown.contains(&id) && !shown.contains(&token), "{shown}");
    assert!(shown.contains("ApiKey") && shown.contains("OAuth"), "{shown}");
}
