//! The org's own list of Task statuses.

use serde_json::{Value, json};

use crate::client::{Client, column, data};

/// A list without `Completed` and without `In Progress`.
fn list() -> Value {
    json!([
        {"ApiName": "Da fare", "IsClosed": false, "IsDefault": true},
        {"ApiName": "Completa", "IsClosed": true, "IsDefault": false},
        {"ApiName": "Archived", "MasterLabel": "Archiviata", "IsClosed": true, "IsDefault": false},
    ])
}

async fn statuses(org: &Client) -> Vec<Value> {
    let soql = "SELECT ApiName, MasterLabel, IsClosed, IsDefault, SortOrder FROM TaskStatus";
    let rows = org.query(soql).await.body["records"].as_array().unwrap().clone();
    let names = ["ApiName", "MasterLabel", "IsClosed", "IsDefault", "SortOrder"];
    rows.iter().map(|row| json!(names.map(|name| row[name].clone()))).collect()
}

#[tokio::test]
async fn the_standard_list_has_five_statuses() {
    let org = Client::new();
    let found = statuses(&org).await;
    assert_eq!(found.len(), 5);
    assert_eq!(found[0], json!(["Not Started", "Not Started", false, true, 1]));
    assert_eq!(found[2], json!(["Completed", "Completed", true, false, 3]));
}

#[tokio::test]
async fn an_orgs_own_list_replaces_the_standard_one() {
    let org = Client::with(json!({"task_statuses": list()}));
    let own = [
        json!(["Da fare", "Da fare", false, true, 1]),
        json!(["Completa", "Completa", true, false, 2]),
        json!(["Archived", "Archiviata", true, false, 3]),
    ];
    assert_eq!(statuses(&org).await, own);
    let description = org.get(&data("sobjects/Task/describe")).await.body;
    let fields = description["fields"].as_array().unwrap();
    let status = fields.iter().find(|field| field["name"] == "Status").unwrap();
    assert_eq!(column(&status["picklistValues"], "value"), ["Da fare", "Completa", "Archived"]);
    assert_eq!(column(&status["picklistValues"], "label"), ["Da fare", "Completa", "Archiviata"]);
    assert_eq!(column(&status["picklistValues"], "defaultValue"), ["true", "false", "false"]);
    assert_eq!(status["restrictedPicklist"], false);
}

/// Creates a Task, and returns its status, whether it is closed, and whether it has a time of completion.
async fn created(org: &Client, body: Value) -> (Value, Value, bool) {
    let id = org.create("Task", body).await.id();
    let task = org.get(&data(&format!("sobjects/Task/{id}"))).await.body;
    (task["Status"].clone(), task["IsClosed"].clone(), task["CompletedDateTime"].is_string())
}

#[tokio::test]
async fn the_list_says_which_tasks_are_closed() {
    let org = Client::with(json!({"task_statuses": list()}));
    assert_eq!(created(&org, json!({})).await, (json!("Da fare"), json!(false), false));
    assert_eq!(created(&org, json!({"Status": "Archived"})).await, (json!("Archived"), json!(true), true));
    // The picklist is not restricted: a value it does not have is taken, and the Task is open.
    assert_eq!(created(&org, json!({"Status": "Completed"})).await, (json!("Completed"), json!(false), false));
}

#[tokio::test]
async fn the_timeline_lists_tasks_as_the_list_says() {
    let org = Client::with(json!({"task_statuses": list()}));
    let contact = org.seed("Contact", json!({"LastName": "Roe"}));
    for status in ["Completa", "Completed"] {
        org.create("Task", json!({"Subject": format!("Call: {status}"), "Status": status, "WhoId": contact}))
            .await
            .id();
    }
    let page = org.get(&format!("/records/{contact}")).await.body.as_str().unwrap().to_owned();
    let (upcoming, past) = page.split_once("Past Activities").unwrap();
    assert!(upcoming.contains("Call: Completed") && past.contains("Call: Completa"), "{page}");
}

#[tokio::test]
async fn a_new_list_closes_and_opens_the_tasks_that_exist() {
    let org = Client::new();
    let done = org.seed("Task", json!({"Status": "Completed"}));
    let archived = org.seed("Task", json!({"Status": "Archived"}));
    let kept = org.seed("Task", json!({"Status": "In Progress", "IsClosed": true}));
    let closed = || {
        let tasks = org.org.records("Task");
        [&done, &archived, &kept]
            .map(|id| tasks.iter().find(|task| task["Id"] == json!(id)).unwrap()["IsClosed"].clone())
    };
    assert_eq!(closed(), [json!(true), json!(false), json!(true)]);
    org.set(json!({"task_statuses": list()})).await;
    assert_eq!(closed(), [json!(false), json!(true), json!(true)]);
    let copy = Client::new();
    copy.org.restore(org.org.snapshot()).unwrap();
    assert_eq!(copy.org.records("TaskStatus").len(), 3);
    org.set(json!({"task_statuses": null})).await;
    assert_eq!((closed(), org.org.records("TaskStatus").len()), ([json!(true), json!(false), json!(true)], 5));
}

#[tokio::test]
async fn a_seeded_closed_task_gets_a_closed_status() {
    let org = Client::with(json!({"task_statuses": list()}));
    org.seed("Task", json!({"IsClosed": true}));
    assert_eq!(org.only("Task")["Status"], "Completa");
}

#[tokio::test]
async fn an_invalid_list_is_refused() {
    let org = Client::new();
    for list in [json!([]), json!([{"IsClosed": true}]), json!([{"ApiName": "Done", "Closed": true}])] {
        assert_eq!(org.put("/_sandbox/options", json!({"task_statuses": list})).await.status, 400, "{list}");
    }
    assert_eq!(statuses(&org).await.len(), 5);
}
