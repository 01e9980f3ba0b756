//! Texts that contain SOQL, SOSL, composite references, JSON or HTML stay plain text, whatever field they arrive in.

use local::demo::bodies::{CallBody, Contact, Line, User};
use serde_json::{Value, json};

use crate::support::TestEnv;

const TEXTS: [&str; 16] = [
    "' OR Name LIKE '%",
    "\\' OR Id != '",
    "x') OR (Email LIKE '%",
    "'; DELETE FROM Contact; --",
    "} IN ALL FIELDS RETURNING Contact(Id), User(Id)",
    "{Decoy} AND NOT {*}",
    "\" OR \"Decoy\"",
    "@{record.id}",
    "@{case.id}",
    "@{q0.records[0].Id}",
    "\"},{\"attributes\":{\"type\":\"Contact\"},\"LastName\":\"Injected\"",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{!$User.Id} {{7*7}} ${7*7} %{7*7}",
    "../../sobjects/Contact?x=1&q=SELECT+Id#",
    "=1+1|' /C calc'!A0",
    "\u{202e}Decoy\u{200b} \u{1f4de} \u{fffd}",
];

/// An environment with records and a user that no injected text may reach.
struct Decoys {
    env: TestEnv,
    before: Vec<Value>,
    user: String,
}

const DECOYS: [&str; 5] = ["Contact", "Lead", "Account", "Case", "User"];

impl Decoys {
    async fn new() -> Self {
        let env = TestEnv::new().await;
        let settings = json!({"unknown_number": "create_contact", "relate_to": "case", "create_case_if_none": true});
        env.put_settings(settings).await;
        let email = "decoy@example.com";
        let user = env.insert("User", json!({"Username": email, "LastName": "Decoy", "Email": email}));
        let contact = env.insert("Contact", json!({"LastName": "Decoy", "Phone": "+33639989999", "Email": email}));
        env.insert("Case", json!({"ContactId": contact, "Subject": "Decoy", "Status": "New"}));
        env.insert("Lead", json!({"LastName": "Decoy", "Company": "Decoy Ltd", "Phone": "+33639989998"}));
        env.insert("Account", json!({"Name": "Decoy Ltd", "Phone": "+33639989997"}));
        let before = Self::decoys(&env);
        Self { env, before, user }
    }

    fn decoys(env: &TestEnv) -> Vec<Value> {
        let all = DECOYS.iter().flat_map(|sobject| env.tenant.org.records(sobject));
        all.filter(|record| record.to_string().contains("Decoy") && !record.to_string().contains("sample-")).collect()
    }

    /// Asserts that the decoys are unchanged, that no Task is on them, and that there are `tasks` Tasks.
    fn assert_untouched(&self, tasks: usize) {
        let ids: Vec<&str> = self.before.iter().map(|record| record["Id"].as_str().unwrap()).collect();
        for sobject in DECOYS {
            for record in self.env.tenant.org.records(sobject) {
                if let Some(before) = self.before.iter().find(|before| before["Id"] == record["Id"]) {
                    assert_eq!(&record, before);
                }
            }
        }
        let all = self.env.records("Task");
        assert_eq!(all.len(), tasks);
        for task in all {
            for field in ["WhoId", "WhatId", "AccountId", "OwnerId"] {
                assert!(task[field].as_str().is_none_or(|id| !ids.contains(&id)), "{field} of {task:#}");
            }
        }
    }
}

/// A text as it is written: what a composite request would read as a reference has a space, so that it is not one, and
/// characters that nobody sees are left out.
fn written(text: &str) -> String {
    text.replace("@{", "@ {").replace(['\u{202e}', '\u{200b}'], "")
}

#[tokio::test]
async fn texts_of_people_reach_the_task_as_texts_and_nothing_else() {
    let decoys = Decoys::new().await;
    let env = &decoys.env;
    let call = |id: usize, text: &str| {
        let phone = format!("+33 6 39 98 10 {id:02}");
        let person = Contact::new(text, &format!("sample-{id} {text}"))
            .at_company(text)
            .with_email(&format!("{text}@example.com"));
        CallBody::inbound(id as u64)
            .from(&phone)
            .known_as(&person)
            .on(&Line::new(1002, text, "+33 1 99 00 01 00", "FR", "Europe/Paris"))
            .by(&User::new(2002, text, &format!("{text}@example.com")))
            .answered_after(5)
            .tagged(text)
            .commented_after(3, text)
    };
    let calls: Vec<_> = TEXTS.iter().enumerate().map(|(id, text)| call(id, text)).collect();
    env.end(&calls).await;
    for (call, text) in calls.iter().zip(TEXTS) {
        let text = &written(text);
        let entry = env.activity(&call.key()).await;
        assert_eq!(entry["state"], "logged", "{text}: {entry:#}");
        let task = env.task(call);
        assert!(task["Description"].as_str().unwrap().contains(text), "{text}: {task:#}");
        assert_eq!(task["CallDisposition"], *text);
        assert!(task["Subject"].as_str().unwrap().contains(text), "{text}: {task:#}");
        assert_eq!(task["OwnerId"], env.tenant.org.admin_user_id());
    }
    decoys.assert_untouched(TEXTS.len());
    // One Contact of that name and one Case for each call, besides the decoys.
    assert_eq!((env.records("Contact").len(), env.records("Case").len()), (TEXTS.len() + 1, TEXTS.len() + 1));
    for (id, text) in TEXTS.iter().enumerate() {
        let name = format!("sample-{id} {}", written(text));
        let is_there = env
            .records("Contact")
            .iter()
            .any(|contact| contact["LastName"].as_str().is_some_and(|last| name.starts_with(last)));
        assert!(is_there, "{name}");
    }
}

#[tokio::test]
async fn emails_of_users_find_no_other_user() {
    let decoys = Decoys::new().await;
    let env = &decoys.env;
    let emails = [
        "' OR IsActive = true OR Email = '",
        "x' OR Email LIKE '%",
        "decoy@example.com' --",
        "%@example.com",
        "_ecoy@example.com",
        "\\'decoy@example.com",
        "decoy@example.com\\",
        "*",
        "x','decoy@example.com",
    ];
    let calls: Vec<_> = (1_u64..)
        .zip(emails)
        .map(|(id, email)| {
            let phone = format!("+33 6 39 98 10 {id:02}");
            CallBody::inbound(id).from(&phone).by(&User::new(id, "Robin Rep", email)).answered_after(5)
        })
        .collect();
    env.write_together(calls.iter().map(|call| call.event("call.ended"))).await;
    for (call, email) in calls.iter().zip(emails) {
        assert_eq!(env.task(call)["OwnerId"], env.tenant.org.admin_user_id(), "{email}");
        assert_ne!(env.task(call)["OwnerId"], decoys.user);
    }
    decoys.assert_untouched(calls.len());
}

#[tokio::test]
async fn phone_numbers_find_no_other_record() {
    let decoys = Decoys::new().await;
    let env = &decoys.env;
    let phones = [
        "+33 6 39 98 10 01' OR Phone LIKE '%",
        "+33 6 39 98 10 02} RETURNING Contact(Id) {",
        "+33639981003 OR 33639989999",
        "33639989999\" OR \"",
        "*639989999",
        "+33 6 39 98 99 9?",
        "%39989999",
        "@{record.id}",
        "'",
        "\" OR \"1\"=\"1",
    ];
    let calls: Vec<_> = (1_u64..).zip(phones).map(|(id, phone)| CallBody::inbound(id).from(phone)).collect();
    env.end(&calls).await;
    let mut logged = 0;
    for (call, phone) in calls.iter().zip(phones) {
        let entry = env.activity(&call.key()).await;
        let state = entry["state"].as_str().unwrap();
        assert!(["logged", "skipped"].contains(&state), "{phone}: {entry:#}");
        logged += usize::from(state == "logged");
    }
    decoys.assert_untouched(logged);
}
