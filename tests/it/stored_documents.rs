//! Documents that another version stored: unknown and missing keys, entries under former keys, and unreadable entries.

use local::demo::bodies::{CallBody, MessageBody};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::TestEnv;

/// A key and a value that no version knows.
fn of_the_future() -> Value {
    json!({"M": {"since": {"N": "7"}, "kinds": {"L": [{"S": "one"}]}}})
}

/// Adds an unknown key to a map attribute.
fn add_unknown_key(map: &mut Value) {
    map["M"].as_object_mut().expect("a map").insert("of_the_future".to_owned(), of_the_future());
}

impl TestEnv {
    /// Changes an item of the table of calls behind the functions' backs.
    async fn change_entry(&self, key: &str, change: impl Fn(&mut Value)) {
        let mut item = self.item("CallsTable", self.call_key(key)).await;
        change(&mut item);
        self.put_item("CallsTable", &item).await;
    }

    async fn assert_console_opens(&self) {
        for path in ["/activity", "/call-workflow", "/general", "/history", "/connections"] {
            let status = self.admin(Method::GET, path).send().await.unwrap().status();
            assert_eq!(status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn keys_that_nobody_knows_yet_hinder_nothing() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env.put_settings(json!({"unknown_number": "create_contact"})).await;
    let call = CallBody::inbound(1).from("+33 6 39 98 00 01").answered_after(5).lasting(30);
    env.end([&call]).await;
    env.change_entry(&call.key(), |entry| {
        for attribute in ["document", "decision", "written"] {
            add_unknown_key(&mut entry[attribute]);
        }
        add_unknown_key(&mut entry["document"]["M"]["latest"]["M"]["call"]);
        entry["of_the_future"] = of_the_future();
    })
    .await;
    let tenant_key = json!({"tenant": {"S": env.tenant.tenant}});
    for table in ["SettingsTable", "TenantsTable"] {
        let mut item = env.item(table, tenant_key.clone()).await;
        item["of_the_future"] = of_the_future();
        let map = if table == "SettingsTable" { "document" } else { "salesforce" };
        add_unknown_key(&mut item[map]);
        env.put_item(table, &item).await;
    }
    env.post(call.clone().commented_after(90, "Call back").event("call.commented")).await;
    let next = CallBody::inbound(2).from("+33 6 39 98 00 02").answered_after(5).lasting(30);
    env.end([&next]).await;
    assert!(env.task(&call)["Description"].as_str().unwrap().contains("Call back"));
    env.task(&next);
    assert!(env.entries().await.iter().all(|entry| entry["state"] == "logged"));
    env.assert_console_opens().await;

    let mut settings = env.settings().await;
    assert_eq!(settings.get("of_the_future"), None);
    settings["of_the_future"] = json!(1);
    let refused = env.admin(Method::PUT, "/api/settings").json(&settings).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_key_that_was_taken_away_has_its_default() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env.put_settings(json!({"unknown_number": "create_contact", "recording_link": false})).await;
    let call = CallBody::inbound(1).from("+33 6 39 98 00 01").answered_after(5).lasting(30);
    env.end([&call]).await;
    env.change_entry(&call.key(), |entry| {
        let document = entry["document"]["M"].as_object_mut().unwrap();
        document.retain(|key, _| key == "latest");
        let latest = document["latest"]["M"].as_object_mut().unwrap();
        latest.retain(|key, _| key == "call");
        for key in ["tags", "comments", "direction", "started_at"] {
            latest["call"]["M"].as_object_mut().unwrap().remove(key).unwrap();
        }
        for attribute in ["decision", "trace", "updated_at", "attempts"] {
            entry.as_object_mut().unwrap().remove(attribute);
        }
    })
    .await;
    let tenant_key = json!({"tenant": {"S": env.tenant.tenant}});
    let mut settings = env.item("SettingsTable", tenant_key.clone()).await;
    let document = settings["document"]["M"].as_object_mut().unwrap();
    document.retain(|key, _| ["version", "unknown_number"].contains(&key.as_str()));
    env.put_item("SettingsTable", &settings).await;
    let mut tenant = env.item("TenantsTable", tenant_key).await;
    for key in ["facts", "state", "api_usage"] {
        tenant.as_object_mut().unwrap().remove(key);
    }
    for key in ["user_id", "connected_at", "login_url", "instance_url"] {
        tenant["salesforce"]["M"].as_object_mut().unwrap().remove(key).unwrap();
    }
    env.put_item("TenantsTable", &tenant).await;
    env.assert_console_opens().await;
    assert_eq!(env.settings().await["recording_link"], json!(true));
    env.post(call.clone().commented_after(90, "Call back").event("call.commented")).await;
    let next = CallBody::inbound(2).from("+33 6 39 98 00 02").answered_after(5).lasting(30);
    env.end([&next]).await;
    assert!(env.task(&call)["Description"].as_str().unwrap().contains("Call back"));
    env.task(&next);
    assert!(env.entries().await.iter().all(|entry| entry["state"] == "logged"));
}

/// An environment whose held writer has one pending call of a Contact.
async fn pending_call() -> (TestEnv, CallBody) {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let call = CallBody::inbound(1).from("+33 6 39 98 00 01").answered_after(5).lasting(30);
    env.hold_writer().await;
    env.post(call.event("call.ended")).await;
    env.wait_for_empty_queues().await;
    (env, call)
}

#[tokio::test]
async fn a_pending_entry_without_a_decision_is_decided_by_the_settings() {
    let (env, call) = pending_call().await;
    env.change_entry(&call.key(), |entry| {
        entry.as_object_mut().unwrap().remove("decision").unwrap();
    })
    .await;
    env.release_writer().await;
    env.wait_until_idle().await;
    env.task(&call);
}

#[tokio::test]
async fn a_verdict_that_is_not_understood_waits_for_another_version() {
    let (env, call) = pending_call().await;
    let known = env.item("CallsTable", env.call_key(&call.key())).await;
    env.change_entry(&call.key(), |entry| {
        entry["decision"]["M"]["verdict"] = json!({"M": {"log": {"S": "deferred"}}});
    })
    .await;
    env.release_writer().await;
    env.until("the entry is postponed", async |env| {
        env.item("CallsTable", env.call_key(&call.key())).await["problem"]["M"]["code"]["S"] == "UNREADABLE_ENTRY"
    })
    .await;
    let item = env.item("CallsTable", env.call_key(&call.key())).await;
    assert_eq!(item["state"]["S"], "pending");
    assert!(item["problem"]["M"]["message"]["S"].as_str().unwrap().contains("\"decision\""));
    assert!(!env.is_logged(&call));
    env.assert_console_opens().await;

    // A version that understands it logs the call.
    env.change_entry(&call.key(), |entry| entry["decision"] = known["decision"].clone()).await;
    env.make_due(&call.key()).await;
    env.wake().await;
    env.wait_until_idle().await;
    env.task(&call);
}

/// Moves an entry to its key from before schema 1, with its Task and what routes messages to it.
async fn move_to_former_key(env: &TestEnv, key: &str, former: &str, aggregate: &str, former_route: (&str, &str)) {
    let mut entry = env.item("CallsTable", env.call_key(key)).await;
    let text = entry.to_string().replace(key, former).replace(former_route.0, former_route.1);
    entry = serde_json::from_str(&text).unwrap();
    if let Some(conversation) = entry.pointer_mut("/document/M/conversation/M") {
        conversation.as_object_mut().unwrap().remove("digest").unwrap();
    }
    entry.as_object_mut().unwrap().remove("schema").unwrap();
    env.put_item("CallsTable", &entry).await;
    env.dynamodb("DeleteItem", &json!({"TableName": env.table("CallsTable"), "Key": env.call_key(key)})).await;
    env.change_entry(aggregate, |item| {
        let text = item.to_string().replace(former_route.0, former_route.1);
        *item = serde_json::from_str(&text).unwrap();
        for route in item["gathered"]["M"]["places"]["M"].as_object_mut().unwrap().values_mut() {
            if let Some(conversation) = route.get_mut("M") {
                conversation.as_object_mut().unwrap().remove("digest").unwrap();
            }
        }
    })
    .await;
    let task = env.task_of(key);
    env.edit("Task", task["Id"].as_str().unwrap(), json!({"Aircall_Key__c": former})).await;
}

#[tokio::test]
async fn a_conversation_goes_on_under_its_former_key() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    env.put_settings(json!({"message_tasks": "per_conversation"})).await;
    let first = MessageBody::inbound(21).saying("The first one.");
    env.post(first.event()).await;
    env.wait_until_idle().await;
    let (key, former) = (env.conversation_key(&first).await, first.former_conversation_key());
    move_to_former_key(&env, &key, &former, "gathered-message-21", ("", "")).await;

    let second = MessageBody::inbound(22).saying("The second one.");
    env.post(first.status_updated("read", 60)).await;
    env.post(second.event()).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 1);
    let description = env.task_of(&former)["Description"].as_str().unwrap().to_owned();
    assert!(description.contains("The first one.") && description.contains("The second one."), "{description}");
    let keys: Vec<Value> = env.entries().await.into_iter().map(|entry| entry["key"].clone()).collect();
    assert_eq!(keys, [json!(former)]);
}

#[tokio::test]
async fn a_group_message_goes_on_under_its_former_key() {
    let env = TestEnv::new().await;
    env.contact("Lou Sample", "+33639980001");
    let message = |text: &str, seconds: i64| {
        json!({
            "resource": "message", "event": "group_message.sent", "timestamp": 1_772_618_400 + seconds,
            "data": {
                "id": "group-1", "direction": "outbound", "participants": ["+33639980001"], "body": text,
                "status": "sent", "created_at": 1_772_618_400, "number": {"id": 1001, "name": "Sales line", "digits": "+1 415-555-0100"},
            },
        })
    };
    env.post(message("Hello.", 1)).await;
    env.wait_until_idle().await;
    let key = env.entries().await[0]["key"].as_str().unwrap().to_owned();
    let id = key.strip_prefix("message-").unwrap();
    assert_eq!(id.len(), "group-1-x".len() + 15, "{id}");
    // FNV-1a of 128 bits of "+33639980001", its first 56 bits.
    let former_id = "group-1-xb9784139d317f3";
    let former = format!("message-{former_id}");
    move_to_former_key(&env, &key, &former, "gathered-message-group-1", (id, former_id)).await;

    env.post(message("Hello again.", 2)).await;
    env.wait_until_idle().await;
    assert_eq!(env.records("Task").len(), 1);
    assert!(env.task_of(&former)["Description"].as_str().unwrap().contains("Hello again."));
    let keys: Vec<Value> = env.entries().await.into_iter().map(|entry| entry["key"].clone()).collect();
    assert_eq!(keys, [json!(former)]);
}
