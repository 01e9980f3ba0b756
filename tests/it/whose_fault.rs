//! Whose fault it is: a call's own, a part of the org's, or the whole org's. Calls wait for an org and pay for themselves.

use jiff::{SignedDuration, Timestamp};
use local::demo::bodies::{CallBody, Contact, User};
use salesforce_sandbox::{DuplicateAction, DuplicateRule, Options};
use serde_json::{Value, json};

use crate::support::{Running, World};

const PHONE: &str = "+33639980001";

/// A world of its own, where one writer remembers and nobody else waits for it, with a Contact of the callers.
async fn alone(name: &str, options: Options) -> World {
    let world = World::within(&Running::start(name).await, options).await;
    world.contact("Lou Sample", PHONE);
    world
}

async fn is_paused(world: &World) {
    world.until("the org is paused", async |world| world.connection().await["state"] == "paused").await;
}

/// Until when an entry waits.
async fn due_at(world: &World, call: &CallBody) -> Timestamp {
    let entry = world.activity(&call.key()).await;
    let at = entry["due_at"].as_i64().unwrap_or_else(|| panic!("it waits: {entry:#}"));
    Timestamp::from_second(at).unwrap()
}

#[tokio::test]
async fn an_org_whose_search_is_down_is_paused_and_no_call_pays_for_it() {
    let world = alone("search-is-down", Options::default()).await;
    let down = json!({"path": "/search", "status": 503, "body": "<html>Service Unavailable</html>", "times": 1000});
    world.fault(json!([down])).await;
    let calls: Vec<_> = (1..=40).map(CallBody::inbound).collect();
    world.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
    is_paused(&world).await;
    let entries = world.entries().await;
    assert!(entries.iter().all(|entry| entry["state"] == "pending"), "{entries:#?}");

    world.forgive().await;
    world.settle().await;
    for call in &calls {
        world.task(call);
    }
}

#[tokio::test]
async fn an_org_that_is_too_slow_for_anything_is_paused() {
    let world = alone("too-slow", Options::default()).await;
    world.put_settings(json!({"unknown_number": "create_contact"})).await;
    world.fault(json!([{"path": "/services/data", "delay_ms": 13_500, "times": 1000}])).await;
    let mut world = world;
    world.patience = std::time::Duration::from_mins(3);
    world.post(CallBody::inbound(1).from("+33 6 39 98 00 02").event("call.ended")).await;
    is_paused(&world).await;
    assert_eq!(world.activity("call-1").await["state"], "pending");
}

#[tokio::test]
async fn without_the_key_field_a_write_that_was_given_up_is_not_tried_again_while_it_may_still_take_effect() {
    let world = alone("given-up", Options { unique_key_field: false, ..Options::default() }).await;
    // The writer has learnt that the field is missing.
    world.end([&CallBody::inbound(1)]).await;
    world.fault(json!([{"path": "/composite/sobjects", "delay_ms": 34_000, "commit": true}])).await;
    let call = CallBody::inbound(2);
    world.post(call.event("call.ended")).await;
    let is_given_up = |entry: &Value| entry["key"] == call.key() && entry["problem"]["code"] == "UNANSWERED";
    world.until("it is given up", async |world| world.entries().await.iter().any(is_given_up)).await;
    let wait = due_at(&world, &call).await.duration_since(Timestamp::now());
    assert!(wait > SignedDuration::from_mins(9) && wait <= SignedDuration::from_mins(11), "{wait}");

    world.until("it took effect", async |world| world.records("Task").len() == 2).await;
    world.make_due(&call.key()).await;
    world.ring().await;
    world.settle().await;
    assert_eq!(world.records("Task").len(), 2);
    assert_eq!(world.activity(&call.key()).await["state"], "logged");
}

#[tokio::test]
async fn a_limit_that_one_record_meets_pauses_nothing_while_others_are_written() {
    let world = World::new().await;
    world.contact("Lou Sample", PHONE);
    let error = json!({"code": "LIMIT_EXCEEDED", "message": "A limit of this one"});
    world.fault(json!([{"record": {"sobject": "Task", "matches": "\"call-1\""}, "times": 99, "error": error}])).await;
    let calls = [CallBody::inbound(1), CallBody::inbound(2)];
    world.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
    world.until("the other is logged", async |world| world.activity("call-2").await["state"] == "logged").await;
    world
        .until("it was tried", async |world| world.activity("call-1").await["problem"]["code"] == "LIMIT_EXCEEDED")
        .await;
    assert_eq!(world.activity("call-1").await["state"], "pending");
    assert_eq!(world.connection().await["state"], "connected");
}

#[tokio::test]
async fn an_org_that_answers_again_is_connected_even_if_there_is_nothing_to_write() {
    let world = World::new().await;
    let down = |path: &str| json!({"path": path, "status": 503, "body": "<html>Service Unavailable</html>"});
    world.fault(json!([down("/search"), down("/query")])).await;
    let call = CallBody::inbound(1);
    world.post(call.event("call.ended")).await;
    is_paused(&world).await;
    world.settle().await;
    assert_eq!(world.activity(&call.key()).await["state"], "skipped");
    assert_eq!(world.connection().await["state"], "connected");
}

#[tokio::test]
async fn an_org_that_has_moved_is_found_again() {
    let world = World::new().await;
    world.contact("Lou Sample", PHONE);
    let gone = json!({"path": "/services/data", "status": 404, "body": "<html>URL No Longer Exists</html>"});
    world.fault(json!([gone])).await;
    let call = CallBody::inbound(1);
    world.end([&call]).await;
    world.task(&call);
    assert_eq!(world.faults_left().await, json!([]));
}

#[tokio::test]
async fn what_was_found_out_is_kept_while_fields_and_owners_are_mended() {
    let world = alone("kept", Options::default()).await;
    let email = "robin.rep@example.com";
    let robin = world.insert("User", json!({"Username": email, "LastName": "Rep", "Email": email}));
    let by_robin =
        |id| CallBody::inbound(id).answered_after(5).by(&User::new(2002, "Robin Rep", email)).tagged("Order");
    world.end([&by_robin(1)]).await;
    let hidden_fields = ["Task.CallDisposition", "Task.CallType"].map(str::to_owned).to_vec();
    world.tenant.org.set_options(Options { hidden_fields, ..world.tenant.org.options() });
    world.edit("User", &robin, json!({"IsActive": false})).await;
    let calls = world.calls_for(world.end([&by_robin(2)])).await;
    let task = world.task(&by_robin(2));
    assert_eq!(task["OwnerId"], world.tenant.org.admin_user_id());
    assert_eq!([&task["CallDisposition"], &task["CallType"]], [&Value::Null; 2]);
    println!("two hidden fields and a user who left: {} API calls: {:?}", calls.total, calls.by_resource);
    assert_eq!(
        Ok(calls.of("POST", "/composite/sobjects")),
        usize::try_from(calls.total),
        "nothing is asked again: {calls:#?}"
    );
}

#[tokio::test]
async fn a_user_whom_salesforce_does_not_know_is_not_asked_for_with_each_call() {
    let world = alone("no-such-user", Options::default()).await;
    let stranger = User::new(2002, "Robin Rep", "nobody.here@example.com");
    let call = |id| CallBody::inbound(id).answered_after(5).by(&stranger);
    world.end([&call(1)]).await;
    let second = world.calls_for(world.end([&call(2)])).await;
    assert_eq!(second.total, 1, "{second:#?}");
}

#[tokio::test]
async fn what_all_records_meet_is_no_calls_fault_however_long_it_lasts() {
    let world = World::new().await;
    world.contact("Lou Sample", PHONE);
    let error = json!({"code": "STORAGE_LIMIT_EXCEEDED", "message": "storage limit exceeded"});
    world.fault(json!([{"record": {"sobject": "Task"}, "times": 1000, "error": error}])).await;
    let calls = [CallBody::inbound(1), CallBody::inbound(2)];
    world.begin_together(calls.iter().map(|call| call.event("call.ended"))).await;
    is_paused(&world).await;
    for entry in world.entries().await {
        assert_eq!((&entry["state"], &entry["attempts"]), (&json!("pending"), &json!(0)), "{entry:#}");
    }
}

#[tokio::test]
async fn a_whole_collection_that_is_refused_for_a_link_is_not_written_without_it() {
    let world = World::new().await;
    world.contact("Lou Sample", PHONE);
    let body = json!([{"errorCode": "INVALID_FIELD", "message": "No such column 'WhoId' on sobject of type Task"}]);
    world.fault(json!([{"path": "/composite/sobjects", "status": 400, "body": body}])).await;
    let call = CallBody::inbound(1);
    world.end([&call]).await;
    assert_eq!(world.activity(&call.key()).await["state"], "failed");
    assert!(world.records("Task").is_empty());
    assert_eq!(world.connection().await["warnings"], json!([]));
}

#[tokio::test]
async fn the_records_that_a_duplicate_rule_names_are_asked_for_together_and_remembered() {
    let rule =
        DuplicateRule { sobject: "Contact".into(), fields: vec!["Email".into()], action: DuplicateAction::Block };
    let options = Options { duplicate_rules: vec![rule], ..Options::default() };
    let world = World::within(&Running::start("named").await, options).await;
    world.put_settings(json!({"unknown_number": "create_contact"})).await;
    let call = |id: u64, n: u64| {
        let person = Contact::new("Lou", "Sample").with_email(&format!("lou{n}@example.com"));
        CallBody::inbound(id).from(&format!("+33 6 39 98 10 {n:02}")).known_as(&person)
    };
    for n in 0..40 {
        world.insert("Contact", json!({"LastName": "Sample", "Email": format!("lou{n}@example.com")}));
    }
    let calls: Vec<_> = (0..40).map(|n| call(n + 1, n)).collect();
    let work = world.write_together(calls.iter().map(|call| call.event("call.ended")));
    let cost = world.calls_for(work).await;
    println!("40 numbers of records that a duplicate rule names: {} API calls: {:?}", cost.total, cost.by_resource);
    assert!(cost.total <= 15, "{cost:#?}");
    for call in &calls {
        world.task(call);
    }
    assert_eq!(world.records("Contact").len(), 40);
    // Their numbers are known now.
    let again = world.calls_for(world.end([&call(100, 7)])).await;
    assert_eq!(again.total, 1, "{again:#?}");
}

#[tokio::test]
async fn a_key_field_that_is_set_up_while_a_call_waits_does_not_log_it_twice() {
    let world = alone("set-up-meanwhile", Options { unique_key_field: false, ..Options::default() }).await;
    world.end([&CallBody::inbound(1)]).await;
    world.fault(json!([{"path": "/composite/sobjects", "status": 503, "commit": true}])).await;
    let call = CallBody::inbound(2);
    world.begin_together([call.event("call.ended")]).await;
    world.until("it was written, and nobody knows", async |world| world.records("Task").len() == 2).await;
    let set_up = world.admin(reqwest::Method::POST, "/api/connections/salesforce/set-up").json(&json!({}));
    assert!(set_up.send().await.unwrap().status().is_success());
    world.settle().await;
    assert_eq!(world.records("Task").len(), 2);
    assert_eq!(world.activity(&call.key()).await["state"], "logged");
}

#[tokio::test]
async fn an_address_that_answers_404_for_long_costs_one_refresh_for_each_look() {
    let options = Options { rotate_refresh_tokens: true, ..Options::default() };
    let world = World::with(options).await;
    world.contact("Lou Sample", PHONE);
    let gone = json!({"path": "/services/data", "status": 404, "body": "<html>Not here</html>", "times": 3});
    world.fault(json!([gone])).await;
    let call = CallBody::inbound(1);
    // Search, refresh, search again; and the question whether the org answers at all, without another refresh.
    world.post(call.event("call.ended")).await;
    is_paused(&world).await;
    world.settle().await;
    world.task(&call);
}
