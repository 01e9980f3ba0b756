//! Tenant isolation: a tenant's data is reachable only with that tenant's session and webhook token.

use local::demo::bodies::CallBody;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::TestEnv;

/// Two tenants; the first has a call.
async fn two_tenants() -> (TestEnv, TestEnv, CallBody) {
    let (one, other) = (TestEnv::new().await, TestEnv::new().await);
    for env in [&one, &other] {
        env.contact("Lou Sample", "+33639980001");
    }
    let call = CallBody::inbound(1);
    one.end([&call]).await;
    assert_eq!(one.activity(&call.key()).await["state"], "logged");
    (one, other, call)
}

#[tokio::test]
async fn a_call_of_one_tenant_is_invisible_to_another() {
    let (one, other, call) = two_tenants().await;
    assert!(other.entries().await.is_empty());
    let answer = other.admin(Method::GET, &format!("/api/activity/{}", call.key())).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(other.records("Task").is_empty());
    // The same call id names a different call for the other tenant.
    other.end([&call.clone().from("+33 6 39 98 00 02")]).await;
    assert_eq!(one.activity(&call.key()).await["external_number"], "+33639980001");
    assert_eq!(other.activity(&call.key()).await["external_number"], "+33639980002");
}

#[tokio::test]
async fn a_cursor_of_one_tenants_log_is_refused_for_another_tenant() {
    let (one, other, _) = two_tenants().await;
    one.end([&CallBody::inbound(2)]).await;
    let page = one.admin(Method::GET, "/api/activity?limit=1").send().await.unwrap();
    let page: Value = page.json().await.unwrap();
    let cursor = page["next_cursor"].as_str().expect("a second page");
    let answer = other.admin(Method::GET, &format!("/api/activity?cursor={cursor}")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn settings_are_each_tenants_own() {
    let (one, other, _) = two_tenants().await;
    let before = other.settings().await;
    one.put_settings(json!({"unknown_number": "create_lead"})).await;
    assert_eq!(one.settings().await["unknown_number"], "create_lead");
    assert_eq!(other.settings().await, before);
}

#[tokio::test]
async fn a_webhook_token_is_valid_for_its_own_tenant_only() {
    let (one, other, call) = two_tenants().await;
    let body = call.clone().token(&one.tenant.webhook_token).event("call.ended").to_string();
    let answer = other.post_raw(body).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    other.wait_until_idle().await;
    assert!(other.entries().await.is_empty());
}

#[tokio::test]
async fn the_console_api_refuses_requests_without_a_valid_session() {
    let (one, other, call) = two_tenants().await;
    let (own, others) = (&one.tenant.session_cookie, &other.tenant.session_cookie);
    // The other tenant's payload with this tenant's signature, and the other way round.
    let (payload, signature) = own.split_once('.').expect("payload and signature");
    let (other_payload, other_signature) = others.split_once('.').expect("payload and signature");
    let cookies = [
        String::new(),
        "session=".to_owned(),
        payload.to_owned(),
        format!("{payload}."),
        format!("{payload}.{other_signature}"),
        format!("{other_payload}.{signature}"),
        own.replace("session=", "sessions="),
    ];
    let paths = ["/api/settings", "/api/activity", &format!("/api/activity/{}", call.key())];
    for cookie in &cookies {
        for path in paths {
            let answer = one.console(Method::GET, path).header(header::COOKIE, cookie).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path} with {cookie:?}");
            assert!(!answer.text().await.unwrap().contains("Sample"));
        }
        let put = one.console(Method::PUT, "/api/settings").header(header::COOKIE, cookie).json(&json!({}));
        assert_eq!(put.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn settings_are_saved_whole_or_not_at_all() {
    let env = TestEnv::new().await;
    let fresh = env.settings().await;
    assert_eq!(fresh["version"], 0);
    let put = async |document: &Value| {
        let answer = env.admin(Method::PUT, "/api/settings").json(document).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let with = |changes: Value| {
        let mut document = fresh.clone();
        document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        document
    };
    let weekly = |periods: Value| json!({"log_calls": "always", "numbers": {}, "schedule": {"time_zone": "Europe/Paris", "weekly": {"monday": periods}, "holidays": []}});
    let mut zone = weekly(json!([]));
    zone["schedule"]["time_zone"] = json!("Mars/Olympus");
    let overlap = json!([{"opens": "09:00", "closes": "12:00"}, {"opens": "11:59", "closes": "13:00"}]);
    for (path, changes) in [
        ("unknwon_number", json!({"unknwon_number": "create_lead"})),
        ("unknown_number", json!({"unknown_number": "create_everything"})),
        ("business_hours.schedule.time_zone", json!({"business_hours": zone})),
        ("business_hours.schedule.weekly.monday", json!({"business_hours": weekly(overlap)})),
        ("create_case_if_none", json!({"create_case_if_none": true})),
    ] {
        let mut document = with(changes);
        document["recording_link"] = json!(false);
        let (status, answer) = put(&document).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let problem = &answer["error"]["problems"][0];
        assert!(problem["path"].as_str().unwrap().starts_with(path), "{path}: {problem}");
        assert!(problem["message"].as_str().is_some_and(|message| !message.is_empty()), "{problem}");
        assert_eq!(env.settings().await, fresh, "{path}");
    }

    let (status, saved) = put(&with(json!({"unknown_number": "create_lead"}))).await;
    assert_eq!((status, &saved["version"]), (StatusCode::OK, &json!(1)));
    let (status, answer) = put(&with(json!({"unknown_number": "create_contact"}))).await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    assert_eq!(env.settings().await, saved);
}
