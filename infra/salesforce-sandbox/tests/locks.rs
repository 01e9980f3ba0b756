//! Row locks: which writes wait for each other, for how long, and which are refused.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Response, column, data};

/// How long the writes of these tests keep their locks.
const HOLD: Duration = Duration::from_millis(250);

/// An org whose writes keep their locks for [`HOLD`], with a Contact of an Account.
struct Fixture {
    org: Client,
    account: String,
    contact: String,
}

fn set_up(lock_wait_ms: u64) -> Fixture {
    let hold = u64::try_from(HOLD.as_millis()).unwrap();
    let org = Client::with(json!({"write_ms": hold, "lock_wait_ms": lock_wait_ms}));
    let account = org.seed("Account", json!({"Name": "Example"}));
    let contact = org.seed("Contact", json!({"LastName": "Roe", "AccountId": account}));
    Fixture { org, account, contact }
}

impl Fixture {
    fn open_task(&self) -> Value {
        json!({"Status": "In Progress", "ActivityDate": "2026-03-02", "WhoId": self.contact})
    }

    fn seeded_task(&self) -> String {
        self.org.seed("Task", json!({"WhoId": self.contact, "Status": "Completed", "AccountId": self.account}))
    }

    async fn change(&self, sobject: &str, id: &str) -> Response {
        self.org.patch(&data(&format!("sobjects/{sobject}/{id}")), json!({"Description": "changed"})).await
    }

    /// Runs `second` while `first` holds its locks; returns the response of `second` and how long it took.
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
    let fixture = set_up(10_000);
    let other = fixture.org.seed("Contact", json!({"LastName": "Doe", "AccountId": fixture.account}));
    let mut second = fixture.open_task();
    second["WhoId"] = json!(other);
    let (answer, took) =
        fixture.overlap(fixture.org.create("Task", fixture.open_task()), fixture.org.create("Task", second)).await;
    answer.id();
    // The rest of the first write's hold time, and its own.
    assert!(took > HOLD * 3 / 2, "{took:?}");
    assert_eq!(fixture.org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn inserting_a_task_that_is_completed_or_without_a_date_locks_no_parents() {
    let completed = json!({"Status": "Completed", "ActivityDate": "2026-03-02"});
    for mut task in [completed, json!({"Status": "In Progress"})] {
        let fixture = set_up(0);
        task["WhoId"] = json!(fixture.contact);
        let (answer, _) =
            fixture.overlap(fixture.org.create("Task", fixture.open_task()), fixture.org.create("Task", task)).await;
        answer.id();
    }
}

#[tokio::test]
async fn changing_or_deleting_any_task_locks_its_parents() {
    for delete in [false, true] {
        let fixture = set_up(0);
        let (one, two) = (fixture.seeded_task(), fixture.seeded_task());
        let first = async {
            if delete {
                fixture.org.delete(&data(&format!("sobjects/Task/{one}"))).await
            } else {
                fixture.change("Task", &one).await
            }
        };
        let (answer, _) = fixture.overlap(first, fixture.change("Task", &two)).await;
        assert_eq!((answer.status, answer.code()), (400, "UNABLE_TO_LOCK_ROW"));
        assert!(answer.message().starts_with("unable to obtain exclusive access to this record"), "{}", answer.body);
        assert_eq!(fixture.change("Task", &two).await.status, 204, "the lock is released afterwards");
    }
}

#[tokio::test]
async fn inserting_a_child_locks_its_parents_and_an_update_its_record() {
    let contact = |fixture: &Fixture| ("Contact", json!({"LastName": "Doe", "AccountId": fixture.account}));
    let case = |fixture: &Fixture| ("Case", json!({"ContactId": fixture.contact}));
    for (child, parent) in [(&contact as &dyn Fn(&Fixture) -> _, "Account"), (&case, "Contact"), (&case, "Account")] {
        let fixture = set_up(0);
        let (sobject, body) = child(&fixture);
        let id = if parent == "Account" { &fixture.account } else { &fixture.contact };
        let (answer, _) = fixture.overlap(fixture.change(parent, id), fixture.org.create(sobject, body)).await;
        assert_eq!(answer.code(), "UNABLE_TO_LOCK_ROW", "{sobject} and {parent}");
    }
    let fixture = set_up(0);
    let (answer, _) =
        fixture.overlap(fixture.change("Account", &fixture.account), fixture.change("Account", &fixture.account)).await;
    assert_eq!(answer.code(), "UNABLE_TO_LOCK_ROW");
}

#[tokio::test]
async fn after_the_wait_only_records_with_locked_rows_are_refused() {
    let fixture = set_up(60);
    let task = |who: Value| json!({"attributes": {"type": "Task"}, "Status": "In Progress", "ActivityDate": "2026-03-02", "WhoId": who});
    let records = json!({"records": [task(json!(fixture.contact)), task(Value::Null), task(json!(fixture.contact))]});
    let address = data("composite/sobjects");
    let (answer, took) =
        fixture.overlap(fixture.org.create("Task", fixture.open_task()), fixture.org.post(&address, records)).await;
    assert_eq!(column(&answer.body, "success"), ["false", "true", "false"]);
    assert_eq!(answer.body[0]["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW");
    assert!(took >= Duration::from_millis(60), "{took:?}");
    assert_eq!(fixture.org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_request_does_not_wait_for_its_own_locks() {
    let fixture = set_up(0);
    let record = |mut task: Value| {
        task["attributes"] = json!({"type": "Task"});
        task
    };
    let records = [record(fixture.open_task()), record(fixture.open_task())];
    let answer = fixture.org.post(&data("composite/sobjects"), json!({"records": records})).await;
    assert_eq!(column(&answer.body, "success"), ["true", "true"]);
}

#[tokio::test]
async fn a_response_that_a_fault_delays_keeps_the_locks() {
    let fixture = set_up(0);
    fixture.org.set(json!({"write_ms": 0})).await;
    let delay = u64::try_from(HOLD.as_millis()).unwrap();
    let fault = json!({"method": "POST", "path": "sobjects/Task", "commit": true, "delay_ms": delay});
    fixture.org.post("/_sandbox/faults", fault).await;
    let (answer, _) = fixture
        .overlap(fixture.org.create("Task", fixture.open_task()), fixture.change("Account", &fixture.account))
        .await;
    assert_eq!(answer.code(), "UNABLE_TO_LOCK_ROW");
    assert_eq!(fixture.change("Account", &fixture.account).await.status, 204);
}

#[tokio::test]
async fn a_request_that_waited_takes_effect_and_is_counted_once() {
    let fixture = set_up(10_000);
    let error = json!({"code": "UNABLE_TO_LOCK_ROW"});
    let fault = json!({"record": {"sobject": "Task", "matches": "second"}, "error": error});
    fixture.org.post("/_sandbox/faults", fault).await;
    let (first, mut refused) = (fixture.open_task(), fixture.open_task());
    refused["Subject"] = json!("second");
    refused["attributes"] = json!({"type": "Task"});
    let mut taken = refused.clone();
    taken["Subject"] = json!("third");
    let records = json!({"records": [taken, refused]});
    let address = data("composite/sobjects");
    let (answer, _) = fixture.overlap(fixture.org.create("Task", first), fixture.org.post(&address, records)).await;
    assert_eq!(
        column(&answer.body, "success"),
        ["true", "false"],
        "the fault was not used up by the attempt that was rolled back"
    );
    assert_eq!(fixture.org.get("/_sandbox/requests").await.body["total"], 2);
    assert_eq!(fixture.org.org.records("Task").len(), 2);
}

#[tokio::test]
async fn a_waiting_write_completes_after_its_caller_disconnects() {
    let fixture = set_up(10_000);
    let abandoned = async {
        let caller = tokio::time::timeout(Duration::from_millis(20), fixture.org.create("Task", fixture.open_task()));
        assert!(caller.await.is_err(), "the caller did not wait");
        fixture.org.get(&data("limits")).await
    };
    fixture.overlap(fixture.org.create("Task", fixture.open_task()), abandoned).await;
    let start = Instant::now();
    while fixture.org.org.records("Task").len() < 2 {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
