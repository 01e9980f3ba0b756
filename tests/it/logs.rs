//! No log line holds a phone number, a name, an e-mail, a token or a body.

use local::demo::bodies::{CallBody, Contact, Line, MessageBody, User};
use regex::Regex;
use reqwest::Method;
use serde_json::json;

use crate::support::World;

/// Parts of names, numbers and texts that are nowhere else.
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

/// Everything that may be tempted to log: what is fine, what is refused, what fails and what cannot be read.
async fn be_talkative(world: &World) {
    let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
    world.put_settings(settings).await;
    world.insert("Contact", json!({"LastName": "Zanderbrook", "Phone": "+33639987654"}));
    let person = Contact::new("Lou", "Quixley").of("Vexmoor Ltd").with_email("lou.quixley@example.com");
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
    world.post_all(known.all_events().into_iter().chain(unknown.all_events())).await;
    world.settle().await;

    world.put_settings(json!({"message_tasks": "per_conversation"})).await;
    let message = |id| MessageBody::outbound(id).by(&User::new(9, "Ada Wibblesworth", "ada.wibblesworth@example.com"));
    let mut group = message(5).saying("Mrs Grumbleton said so.").event();
    group["event"] = json!("group_message.sent");
    group["data"]["participants"] = json!(["+33 6 39 98 76 54", "+33 6 39 98 76 55"]);
    world.post_all([message(4).with("+33 6 39 98 76 54").saying("Frobnicate").event(), group]).await;

    // Refused at the door, with the person in what cannot be read.
    let odd = known.clone().token("xyzzy-token").event("call.ended").to_string();
    world.post_raw(odd.clone()).await;
    world.post_raw(odd[..odd.len() - 9].to_owned()).await;
    world.send(Method::POST, "quixley-unknown", odd.clone()).await;
    world.send(Method::PUT, &world.tenant.tenant, odd).await;
    world.admin(Method::GET, "/api/activity/Quixley").send().await.unwrap();
    let settings = json!({"version": 1, "Quixley": "+33639987654"});
    world.admin(Method::PUT, "/api/settings").json(&settings).send().await.unwrap();

    // Refused by Salesforce, in words that repeat what was sent.
    let says = json!([{"errorCode": "UNKNOWN_EXCEPTION", "message": "cannot save Quixley +33639987654 lou.quixley@example.com"}]);
    world
        .fault(json!([{"path": "/composite", "status": 500, "body": says}, {"path": "/composite", "drop": true}]))
        .await;
    world.expire_sessions().await;
    world.end([&call(3).from("+33 6 39 98 76 56")]).await;
    world.refuse("Task", "Subject", ".", "not for Quixley");
    world.end([&call(4).from("+33 6 39 98 76 57")]).await;
    assert_eq!(world.activity("call-4").await["state"], "failed");
}

#[tokio::test]
async fn no_person_number_or_token_is_in_any_log() {
    let world = World::new().await;
    be_talkative(&world).await;
    let org = &world.tenant.org;
    let tokens = [
        world.tenant.webhook_token.clone(),
        world.tenant.session_cookie.clone(),
        world.tenant.salesforce_access_token.clone(),
        org.client_secret(),
    ];
    let logs = world.running.logs();
    assert_eq!(logs.len(), 5, "a file for each function");
    let all: String = logs.iter().map(|(_, text)| text.as_str()).collect();
    for key in ["call-1", "call-2", "call-3", "call-4"] {
        assert!(all.contains(key) && all.contains(&world.tenant.tenant), "logs can be followed by their keys");
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
    let world = World::new().await;
    be_talkative(&world).await;
    // Written with a plus, with separators, or as digits only in the ranges that these tests use.
    let number = Regex::new(r"\+\d[\d .()-]{7,}\d|\b(?:33639|3363|33199|1415555|0639)\d{3,}").unwrap();
    let email = Regex::new(r"[\w.+-]+@[\w-]+\.[a-z]{2,}").unwrap();
    let bearer = Regex::new(r"Bearer |00D\w{12,15}!|AQ[\w.]{30,}").unwrap();
    for (name, text) in world.running.logs() {
        for line in text.lines() {
            for pattern in [&number, &email, &bearer] {
                assert!(!pattern.is_match(line), "{name}: {line}");
            }
        }
    }
}
