//! No log line holds a phone number, a name, an e-mail, a token or a body.

use local::demo::bodies::{CallBody, Contact, Line, MessageBody, User};
use regex::Regex;
use reqwest::Method;
use serde_json::json;

use crate::support::TestEnv;

/// Parts of names, phone numbers and texts that occur nowhere else.
const SECRETS: [&str; 11] = [
    "Quixley",
    "Zanderbrook",
    "Wibblesworth",
    "Vexmoor",
    "Snarkleby",
    "Frobnicate",
    "Grumbleton",
    "xyzzy-token",
    "39 98 76 5",
    "39987654",
    "39987655",
];

/// Drives every path that might log personal data: accepted, refused, failing and unreadable input.
async fn provoke_log_lines(env: &TestEnv) {
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    env.put_settings(settings).await;
    env.insert("Contact", json!({"LastName": "Zanderbrook", "Phone": "+33639987654"}));
    let person = Contact::new("Lou", "Quixley").at_company("Vexmoor Ltd").with_email("lou.quixley@example.com");
    let call = |id| {
        CallBody::inbound(id)
            .on(&Line::new(7, "Snarkleby line", "+33 1 99 00 77 77", "FR", "Europe/Paris"))
            .by(&User::new(9, "Ada Wibblesworth", "ada.wibblesworth@example.com"))
            .known_as(&person)
            .answered_after(5)
            .tagged("Frobnicate")
            .commented("Mrs Grumbleton said so.")
    };
    let (known, unknown) = (call(1).from("+33 6 39 98 76 54"), call(2).from("+33 6 39 98 76 55"));
    env.post_all(known.all_events().into_iter().chain(unknown.all_events())).await;
    env.wait_until_idle().await;

    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    let message = |id| MessageBody::outbound(id).by(&User::new(9, "Ada Wibblesworth", "ada.wibblesworth@example.com"));
    let mut group = message(5).saying("Mrs Grumbleton said so.").event();
    group["event"] = json!("group_message.sent");
    group["data"]["participants"] = json!(["+33 6 39 98 76 54", "+33 6 39 98 76 55"]);
    env.post_all([message(4).with("+33 6 39 98 76 54").saying("Frobnicate").event(), group]).await;

    // Refused by `intake` or the console, with personal data in an unreadable body, a path or a key.
    let odd = known.clone().token("xyzzy-token").event("call.ended").to_string();
    env.post_raw(odd.clone()).await;
    env.post_raw(odd[..odd.len() - 9].to_owned()).await;
    env.send(Method::POST, "quixley-unknown", odd.clone()).await;
    env.send(Method::PUT, &env.tenant.tenant, odd).await;
    env.admin(Method::GET, "/api/activity/Quixley").send().await.unwrap();
    let settings = json!({"version": 1, "Quixley": "+33639987654"});
    env.admin(Method::PUT, "/api/settings").json(&settings).send().await.unwrap();

    // Refused by Salesforce with a message that repeats what was sent.
    let error = json!([{"errorCode": "UNKNOWN_EXCEPTION", "message": "cannot save Quixley +33639987654 lou.quixley@example.com"}]);
    env.fault(json!([{"path": "/composite", "status": 500, "body": error}, {"path": "/composite", "drop": true}]))
        .await;
    env.expire_sessions().await;
    env.end([&call(3).from("+33 6 39 98 76 56")]).await;
    env.refuse("Task", "Subject", ".", "not for Quixley");
    env.end([&call(4).from("+33 6 39 98 76 57")]).await;
    assert_eq!(env.activity("call-4").await["state"], "failed");
}

#[tokio::test]
async fn no_name_phone_number_or_token_is_in_any_log() {
    let env = TestEnv::new().await;
    provoke_log_lines(&env).await;
    let org = &env.tenant.org;
    let tokens = [
        env.tenant.webhook_token.clone(),
        env.tenant.session_cookie.clone(),
        env.tenant.salesforce_access_token.clone(),
        org.client_secret(),
    ];
    let logs = env.running.logs();
    assert_eq!(logs.len(), 5, "a file for each function");
    let all: String = logs.iter().map(|(_, text)| text.as_str()).collect();
    for key in ["call-1", "call-2", "call-3", "call-4"] {
        assert!(all.contains(key) && all.contains(&env.tenant.tenant), "logs name the keys of calls and the tenant");
    }
    for (name, text) in &logs {
        for secret in SECRETS.iter().copied().chain(tokens.iter().map(String::as_str)) {
            let line = text.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
            assert!(line.is_none(), "{name} logs {secret}: {line:?}");
        }
    }
}

#[tokio::test]
async fn nothing_that_looks_like_a_phone_number_or_an_e_mail_is_in_any_log() {
    let env = TestEnv::new().await;
    provoke_log_lines(&env).await;
    // With a plus, with separators, or digits only in the ranges that these tests use.
    let number = Regex::new(r"\+\d[\d .()-]{7,}\d|\b(?:33639|3363|33199|1415555|0639)\d{3,}").unwrap();
    let email = Regex::new(r"[\w.+-]+@[\w-]+\.[a-z]{2,}").unwrap();
    let bearer = Regex::new(r"Bearer |00D\w{12,15}!|AQ[\w.]{30,}").unwrap();
    // Random digits may look like a phone number.
    let random = Regex::new(
        r"\b(?:tenant-[0-9a-f]{32}|Root=1-[0-9a-f]{8}-[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b",
    );
    let random = random.unwrap();
    for (name, text) in env.running.logs() {
        for line in random.replace_all(&text, "").lines() {
            for pattern in [&number, &email, &bearer] {
                assert!(!pattern.is_match(line), "{name}: {line}");
            }
        }
    }
}
