//! Row locks: who waits for whom, for how long, and who is refused.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Response, column, data};

/// How long a write of these tests keeps its locks.
const HOLD: Duration = Duration::from_millis(250);

/// An org whose writes keep their locks for [`HOLD`], with a Contact of an Account.
struct Setting {
    org: Client,
    account: String,
    contact: String,
}

fn setting(lock_wait_ms: u64) -> Setting {
    let hold = u64::try_from(HOLD.as_millis()).unwrap();
    let org = Client::with(json!({"write_ms": hold, "lock_wait_ms": lock_wait_ms}));
    let account = org.seed("Account", json!({"Name": "Example"}));
    let contact = org.seed("Contact", json!({"LastName": "Roe", "AccountId": account}));
    Setting { org, account, contact }
}

impl Setting {
    fn open_task(&self) -> Value {
        json!({"Status": "In Progress", "ActivityDate": "2026-03-02", "WhoId": self.contact})
    }

    fn seeded_task(&self) -> String {
        self.org.seed("Task", json!({"WhoId": self.contact, "Status": "Completed", "AccountId": self.account}))
    }

    async fn change(&self, sobject: &str, id: &str) -> Response {
        self.org.patch(&data(&format!("sobjects/{sobject}/{id}")), json!({"Description": "changed"})).await
    }

    /// Runs `second` while `first` holds its locks; the answer of the second and how long it took.
    async fn overlap(
        &self,
        first: impl Future<Output = Response>,
        second: impl Future<Output = Response>,
    ) -> (Response, Duration) {
        let late = async {
            tokio::time::sleep(HOLD / 5).await;
            let start = Instant::now();
            (second.await, start.elapsed())
        };
        let (first, second) = tokio::join!(first, late);
        assert!(first.status < 300, "{}", first.body);
        second
    }
}

#[tokio::test]
async fn two_open_tasks_of_one_account_wait_for_each_other() {
    let at = setting(10_000);
    let other = at.org.seed("Contact", json!({"LastName": "Doe", "AccountId": at.account}));
    let mut second = at.open_task();
    second["WhoId"] = json!(other);
    let (answer, took) = at.overlap(at.org.create("Task", at.open_task()), at.org.create("Task", second)).await;
    answer.id();
    // What is left of the first one's time, and its own.
    assert!(took > HOLD * 3 / 2, "{took:?}");
    assert_eq!(at.org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_completed_or_dateless_task_locks_nothing_but_itself() {
    let completed = json!({"Status": "Completed", "ActivityDate": "2026-03-02"});
    for mut task in [completed, json!({"Status": "In Progress"})] {
        let at = setting(0);
        task["WhoId"] = json!(at.contact);
        let (answer, _) = at.overlap(at.org.create("Task", at.open_task()), at.org.create("Task", task)).await;
        answer.id();
    }
}

#[tokio::test]
async fn changing_or_deleting_any_task_locks_its_parents() {
    for delete in [false, true] {
        let at = setting(0);
        let (one, two) = (at.seeded_task(), at.seeded_task());
        let first = async {
            if delete {
                at.org.delete(&data(&format!("sobjects/Task/{one}"))).await
            } else {
                at.change("Task", &one).await
            }
        };
        let (answer, _) = at.overlap(first, at.change("Task", &two)).await;
        assert_eq!((answer.status, answer.code()), (400, "UNABLE_TO_LOCK_ROW"));
        assert!(answer.message().starts_with("unable to obtain exclusive access to this record"), "{}", answer.body);
        assert_eq!(at.change("Task", &two).await.status, 204, "later it is free");
    }
}

#[tokio::test]
async fn a_child_locks_its_parent_and_a_record_itself() {
    let contact = |at: &Setting| ("Contact", json!({"LastName": "Doe", "AccountId": at.account}));
    let case = |at: &Setting| ("Case", json!({"ContactId": at.contact}));
    for (child, parent) in [(&contact as &dyn Fn(&Setting) -> _, "Account"), (&case, "Contact"), (&case, "Account")] {
        let at = setting(0);
        let (sobject, body) = child(&at);
        let id = if parent == "Account" { &at.account } else { &at.contact };
        let (answer, _) = at.overlap(at.change(parent, id), at.org.create(sobject, body)).await;
        assert_eq!(answer.code(), "UNABLE_TO_LOCK_ROW", "{sobject} and {parent}");
    }
    let at = setting(0);
    let (answer, _) = at.overlap(at.change("Account", &at.account), at.change("Account", &at.account)).await;
    assert_eq!(answer.code(), "UNABLE_TO_LOCK_ROW");
}

#[tokio::test]
async fn the_wait_ends_and_then_only_the_records_concerned_are_refused() {
    let at = setting(60);
    let task = |who: Value| json!({"attributes": {"type": "Task"}, "Status": "In Progress", "ActivityDate": "2026-03-02", "WhoId": who});
    let records = json!({"records": [task(json!(at.contact)), task(Value::Null), task(json!(at.contact))]});
    let address = data("composite/sobjects");
    let (answer, took) = at.overlap(at.org.create("Task", at.open_task()), at.org.post(&address, records)).await;
    assert_eq!(column(&answer.body, "success"), ["false", "true", "false"]);
    assert_eq!(answer.body[0]["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW");
    assert!(took >= Duration::from_millis(60), "{took:?}");
    assert_eq!(at.org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn one_request_does_not_stand_in_its_own_way() {
    let at = setting(0);
    let record = |mut task: Value| {
        task["attributes"] = json!({"type": "Task"});
        task
    };
    let records = [record(at.open_task()), record(at.open_task())];
    let answer = at.org.post(&data("composite/sobjects"), json!({"records": records})).await;
    assert_eq!(column(&answer.body, "success"), ["true", "true"]);
}

#[tokio::test]
async fn an_answer_that_a_fault_delays_keeps_the_locks() {
    let at = setting(0);
    at.org.set(json!({"write_ms": 0})).await;
    let delay = u64::try_from(HOLD.as_millis()).unwrap();
    let fault = json!({"method": "POST", "path": "sobjects/Task", "commit": true, "delay_ms": delay});
    at.org.post("/_sandbox/faults", fault).await;
    let (answer, _) = at.overlap(at.org.create("Task", at.open_task()), at.change("Account", &at.account)).await;
    assert_eq!(answer.code(), "UNABLE_TO_LOCK_ROW");
    assert_eq!(at.change("Account", &at.account).await.status, 204);
}

#[tokio::test]
async fn what_waited_took_effect_and_was_counted_once() {
    let at = setting(10_000);
    let error = json!({"code": "UNABLE_TO_LOCK_ROW"});
    let fault = json!({"record": {"sobject": "Task", "matches": "second"}, "error": error});
    at.org.post("/_sandbox/faults", fault).await;
    let (first, mut refused) = (at.open_task(), at.open_task());
    refused["Subject"] = json!("second");
    refused["attributes"] = json!({"type": "Task"});
    let mut taken = refused.clone();
    taken["Subject"] = json!("third");
    let records = json!({"records": [taken, refused]});
    let address = data("composite/sobjects");
    let (answer, _) = at.overlap(at.org.create("Task", first), at.org.post(&address, records)).await;
    assert_eq!(column(&answer.body, "success"), ["true", "false"], "the fault waited, too");
    assert_eq!(at.org.get("/_sandbox/requests").await.body["total"], 2);
    assert_eq!(at.org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_write_that_waits_happens_though_its_caller_left() {
    let at = setting(10_000);
    let impatient = async {
        let caller = tokio::time::timeout(Duration::from_millis(20), at.org.create("Task", at.open_task()));
        assert!(caller.await.is_err(), "the caller did not wait");
        at.org.get(&data("limits")).await
    };
    at.overlap(at.org.create("Task", at.open_task()), impatient).await;
    let start = Instant::now();
    while at.org.org.records("Task").len() < 2 {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
