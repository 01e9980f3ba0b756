//! The HTML pages.

use serde_json::json;

use crate::client::Client;

async fn page(org: &Client, path: &str) -> String {
    let answer = org.get(path).await;
    assert_eq!(answer.status, 200);
    answer.body.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_index_lists_records_with_their_activity_counts() {
    let org = Client::with(json!({"person_accounts": true}));
    let contact = org.seed("Contact", json!({"LastName": "<b>Roe</b>", "Phone": "+33 6 12 34 56 78"}));
    org.seed("Account", json!({"FirstName": "Pat", "LastName": "Person"}));
    for _ in 0..3 {
        org.seed("Task", json!({"WhoId": contact}));
    }
    let html = page(&org, "/").await;
    let row = format!("<a href=\"/records/{contact}\">&lt;b&gt;Roe&lt;/b&gt;</a><td>+33 6 12 34 56 78<td>3");
    assert!(html.contains(&row), "{html}");
    // The hidden Contact of a Person Account is not listed.
    assert_eq!(html.matches("Pat Person").count(), 1);
}

#[tokio::test]
async fn a_timeline_lists_open_tasks_before_past_ones_by_month() {
    let org = Client::new();
    let contact = org.seed("Contact", json!({"LastName": "Roe"}));
    let task = |subject: &str, status: &str, date: &str| {
        json!({"Subject": subject, "Status": status, "ActivityDate": date, "WhoId": contact, "CallDisposition": "vip",
            "Description": "<script>alert(1)</script>"})
    };
    org.seed("Task", task("Older", "Completed", "2026-01-05"));
    org.seed("Task", task("To call back", "In Progress", "2020-01-05"));
    org.seed("Task", task("Newer", "Completed", "2026-02-05"));
    org.seed("Task", json!({"Subject": "Of nobody"}));
    let html = page(&org, &format!("/records/{contact}")).await;
    let order = [
        "Upcoming &amp; Overdue",
        "To call back",
        "Past Activities",
        "February 2026",
        "Newer",
        "January 2026",
        "Older",
    ];
    let places: Vec<_> =
        order.iter().map(|text| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(html.contains("class=\"overdue\">2020-01-05") && html.contains("Call result: vip"));
    assert!(html.contains("Alex Admin") && html.contains("&lt;script&gt;"));
    assert!(!html.contains("<script>") && !html.contains("Of nobody"));
    assert_eq!(org.get("/records/003000000000000AAA").await.status, 404);
}

#[tokio::test]
async fn a_task_page_at_its_lightning_address_links_to_its_related_records() {
    let org = Client::new();
    let contact = org.seed("Contact", json!({"LastName": "Roe & Co"}));
    let task = org.seed("Task", json!({"Subject": "Missed call", "WhoId": contact, "Description": "Waited 20 s"}));
    let html = page(&org, &format!("/lightning/r/Task/{task}/view")).await;
    assert!(html.contains(&format!("Name: <a href=\"/records/{contact}\">Roe &amp; Co</a>")), "{html}");
    assert!(html.contains("Waited 20 s") && !html.contains("Upcoming"), "{html}");
    assert!(page(&org, &format!("/lightning/r/Contact/{contact}/view")).await.contains("Upcoming"));
}
