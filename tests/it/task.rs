//! The Task that a call becomes, field by field, and the records that are created for unknown phone numbers.

use local::demo::bodies::{CallBody, Contact, Line, User};
use serde_json::{Value, json};

use crate::support::{TestEnv, at};

fn robin() -> User {
    User::new(2002, "Robin Rep", "Robin.Rep@Example.com")
}

#[tokio::test]
async fn each_call_type_has_its_own_subject() {
    let env = TestEnv::new().await;
    env.contact("Sample", "+33639980001");
    let calls = [
        (
            CallBody::outbound(1).answered_after(5).lasting(60),
            "Outbound answered call to Sample via Support line made by Robin Rep",
        ),
        (CallBody::outbound(2), "Outbound unanswered call via Support line made by Robin Rep to Sample"),
        (
            CallBody::inbound(3).answered_after(5).lasting(60).by(&robin()),
            "Inbound answered call from Sample on Support line answered by Robin Rep",
        ),
        (CallBody::inbound(4).by(&robin()), "Missed call from Sample on Support line"),
        (CallBody::inbound(5).voicemail(), "Voicemail from Sample on Support line"),
    ];
    env.end(calls.iter().map(|(call, _)| call)).await;
    for (call, subject) in calls {
        assert_eq!(env.task(&call)["Subject"], subject);
    }
}

#[tokio::test]
async fn an_answered_call_fills_every_field() {
    let env = TestEnv::new().await;
    let contact = env.contact("Sample", "+14155550132");
    let owner = json!({"Username": "robin@example.com", "LastName": "Rep", "Email": "robin.rep@example.com"});
    let owner = env.insert("User", owner);
    let line = Line::new(1001, "Sales line", "+1 415-555-0100", "US", "America/Los_Angeles");
    // In Los Angeles it is still the evening of the third.
    let call = CallBody::inbound(1)
        .at(at("2026-03-04T05:30:00Z"))
        .from("+1 415-555-0132")
        .on(&line)
        .by(&robin())
        .answered_after(15)
        .lasting(100)
        .tagged("Order")
        .tagged("Urgent")
        .recorded()
        .commented("Wants two more.");
    env.post_all(call.all_events()).await;
    env.wait_until_idle().await;
    let task = env.task(&call);
    for (field, expected) in [
        ("Status", json!("Completed")),
        ("TaskSubtype", json!("Call")),
        ("Type", json!("Call")),
        ("CallType", json!("Inbound")),
        ("CallDurationInSeconds", json!(100)),
        ("ActivityDate", json!("2026-03-03")),
        ("CallDisposition", json!("Order, Urgent")),
        ("CallObject", json!("call-1")),
        ("Aircall_Key__c", json!("call-1")),
        ("WhoId", json!(contact)),
        ("WhatId", Value::Null),
        ("OwnerId", json!(owner)),
    ] {
        assert_eq!(task[field], expected, "{field}");
    }
    let description = task["Description"].as_str().unwrap();
    for line in [
        "Type: Inbound answered call",
        "Aircall line: Sales line (+1 415-555-0100)",
        "Answered by: Robin Rep",
        "Started: 2026-03-03 21:30:00 PST (America/Los_Angeles)",
        "Recording: https://assets.aircall.io/calls/1/recording",
        "Tags: Order, Urgent",
    ] {
        assert!(description.lines().any(|other| other == line), "{line} in {description}");
    }
    assert!(description.contains("Robin Rep): Wants two more."), "{description}");
    assert!(!description.contains("media.example.com"), "the one-hour URL is not shown: {description}");
}

#[tokio::test]
async fn the_connecting_user_owns_the_tasks_of_users_who_are_not_active_in_the_org() {
    let env = TestEnv::new().await;
    env.contact("Sample", "+33639980001");
    let gone =
        json!({"Username": "gone@example.com", "LastName": "Gone", "Email": "gone@example.com", "IsActive": false});
    env.insert("User", gone);
    let by = |id, user: &User| CallBody::inbound(id).answered_after(5).by(user);
    let calls = [
        by(1, &User::new(1, "Gone Agent", "gone@example.com")),
        by(2, &User::new(2, "Another Agent", "another@example.com")),
        CallBody::inbound(3),
    ];
    env.end(&calls).await;
    for call in calls {
        assert_eq!(env.task(&call)["OwnerId"], env.tenant.org.admin_user_id(), "{}", call.key());
    }
}

#[tokio::test]
async fn the_link_to_the_recording_can_be_switched_off() {
    let env = TestEnv::new().await;
    env.contact("Sample", "+33639980001");
    env.put_settings(json!({"recording_link": false})).await;
    let call = CallBody::inbound(1).voicemail();
    env.end([&call]).await;
    assert!(!env.task(&call)["Description"].as_str().unwrap().contains("http"));
}

#[tokio::test]
async fn texts_that_are_too_long_are_cut_and_the_task_is_logged() {
    let env = TestEnv::new().await;
    env.contact(&"Long ".repeat(16), "+33639980001");
    let mut call = CallBody::inbound(1).commented_after(5, &"Much. ".repeat(10_000));
    for n in 0..40 {
        call = call.tagged(&format!("tag number {n:02}"));
    }
    env.end([&call.clone().on(&Line::new(1, &"Line ".repeat(60), "+33 1 99 00 01 00", "FR", "Europe/Paris"))]).await;
    let task = env.task(&call);
    let length = |field: &str| task[field].as_str().unwrap().chars().count();
    assert!(length("Subject") <= 255 && length("Description") <= 32_000);
    let tags = task["CallDisposition"].as_str().unwrap();
    assert!(tags.len() <= 255 && tags.split(", ").all(|tag| tag.len() == "tag number 00".len()), "{tags}");
}

/// Logs the call of an unknown phone number, and returns the one record that is created for it.
async fn created(setting: &str, sobject: &str, call: &CallBody) -> Value {
    let env = TestEnv::new().await;
    env.put_settings(json!({"unknown_number": setting})).await;
    env.end([call]).await;
    let records = env.records(sobject);
    assert_eq!(records.len(), 1, "{sobject}");
    let task = env.task(call);
    let field = if sobject == "Account" { "WhatId" } else { "WhoId" };
    assert_eq!(task[field], records[0]["Id"]);
    records[0].clone()
}

#[tokio::test]
async fn a_created_record_is_filled_from_aircalls_contact() {
    let person = Contact::new("Lou", "Sample").at_company("Sample Ltd").with_email("lou.sample@example.com");
    let call = CallBody::inbound(1).known_as(&person);
    let fields = |record: &Value, names: &[&str]| names.iter().map(|name| record[name].clone()).collect::<Vec<_>>();

    let contact = created("create_contact", "Contact", &call).await;
    let names = ["FirstName", "LastName", "Email", "Phone"];
    assert_eq!(fields(&contact, &names), ["Lou", "Sample", "lou.sample@example.com", "+33639980001"]);

    let lead = created("create_lead", "Lead", &call).await;
    let names = ["FirstName", "LastName", "Company", "Email", "Phone"];
    assert_eq!(fields(&lead, &names), ["Lou", "Sample", "Sample Ltd", "lou.sample@example.com", "+33639980001"]);

    let account = created("create_account", "Account", &call).await;
    assert_eq!(fields(&account, &["Name", "Phone"]), ["Sample Ltd", "+33639980001"]);
}

#[tokio::test]
async fn missing_required_names_are_filled_with_the_formatted_phone_number() {
    let call = CallBody::inbound(1);
    let formatted = "+33 6 39 98 00 01";
    assert_eq!(created("create_contact", "Contact", &call).await["LastName"], formatted);
    let lead = created("create_lead", "Lead", &call).await;
    assert_eq!([&lead["LastName"], &lead["Company"]], [formatted, formatted]);
    assert_eq!(created("create_account", "Account", &call).await["Name"], formatted);
}
