//! The check of an org, item by item.

use serde_json::{Map, Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{client_of, ok};
use crate::CheckStatus::{Missing, Ok, Warning};
use crate::{CheckStatus, Kind, OrgCheck, Reply, SObject, check_org};

/// An org in which everything is as it should be, as Salesforce describes it; to be shared_failures.
struct Org {
    objects: Map<String, Value>,
    permissions: Value,
    statuses: Value,
}

fn described(fields: &[&str]) -> Value {
    let field = |name: &&str| {
        json!({"name": name, "type": "string", "length": 255, "createable": true, "updateable": true, "nillable": true,
            "defaultedOnCreate": false, "unique": *name == "Aircall_Key__c", "externalId": *name == "Aircall_Key__c"})
    };
    let fields: Map<String, Value> = fields.iter().map(|name| ((*name).to_owned(), field(name))).collect();
    json!({"createable": true, "queryable": true, "fields": fields})
}

impl Org {
    fn new() -> Self {
        let task = "Id Aircall_Key__c CallObject Subject Status TaskSubtype Type CallType CallDurationInSeconds \
                    ActivityDate CallDisposition Description OwnerId WhoId WhatId";
        let contact = "Id LastName FirstName Email Phone MobilePhone HomePhone OtherPhone AssistantPhone AccountId";
        let objects = [
            ("Task", task),
            ("Contact", contact),
            ("Lead", "Id LastName FirstName Company Email Phone MobilePhone"),
            ("Account", "Id Name Phone"),
            ("Case", "Id Subject Origin ContactId"),
            ("Opportunity", "Id Name"),
        ];
        let described = |(name, fields): (&str, &str)| {
            (name.to_owned(), described(&fields.split_ascii_whitespace().collect::<Vec<_>>()))
        };
        Self {
            objects: objects.into_iter().map(described).collect(),
            permissions: json!({"PermissionsCustomizeApplication": true, "PermissionsModifyAllData": true}),
            statuses: json!([{"ApiName": "Not Started", "IsClosed": false},
                {"ApiName": "In Progress", "IsClosed": false}, {"ApiName": "Completed", "IsClosed": true}]),
        }
    }

    fn without(mut self, sobject: &str, field: &str) -> Self {
        self.objects[sobject]["fields"].as_object_mut().unwrap().remove(field).unwrap();
        self
    }

    fn with(mut self, sobject: &str, field: &str, changes: Value) -> Self {
        let field = &mut self.objects[sobject]["fields"][field];
        for (name, value) in changes.as_object().unwrap() {
            field[name] = value.clone();
        }
        self
    }

    async fn check(self) -> OrgCheck {
        let server = MockServer::start().await;
        for (sobject, mut description) in self.objects {
            description["fields"] = description["fields"].as_object().unwrap().values().cloned().collect();
            Mock::given(method("GET"))
                .and(path(format!("/services/data/v66.0/sobjects/{sobject}/describe")))
                .respond_with(ok(&description))
                .mount(&server)
                .await;
        }
        let hidden = json!([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]);
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(404).set_body_json(hidden))
            .with_priority(9)
            .mount(&server)
            .await;
        let result = |name: &str, records: Value| json!({"referenceId": name, "httpStatusCode": 200, "body": {"records": records}});
        let results = [result("permissions", json!([self.permissions])), result("statuses", self.statuses)];
        Mock::given(method("POST"))
            .and(path("/services/data/v66.0/composite"))
            .respond_with(ok(&json!({"compositeResponse": results})))
            .mount(&server)
            .await;
        let Reply { value: check, calls, .. } = check_org(&client_of(&server)).await.unwrap();
        assert!(check.items.iter().all(|item| item.message.ends_with('.')), "{check:?}");
        assert_eq!((server.received_requests().await.unwrap().len(), calls), (7, 7));
        check
    }

    /// Checks that the item is so, for a reason with these words, and that it is the only one at fault.
    async fn finds(self, what: &str, status: CheckStatus, words: &str) {
        let check = self.check().await;
        let faults: Vec<_> = check.items.iter().filter(|item| item.status != Ok).collect();
        assert_eq!(faults.iter().map(|item| item.what.as_str()).collect::<Vec<_>>(), [what]);
        assert_eq!(faults[0].status, status);
        assert!(faults[0].message.contains(words), "{}", faults[0].message);
    }
}

#[tokio::test]
async fn an_org_that_has_everything() {
    let check = Org::new().check().await;
    assert_eq!(check.status(), Ok, "{check:?}");
    assert_eq!((check.may_customize, check.person_accounts), (Some(true), Some(false)));
    assert!(check.faulty_fields.is_empty() && check.hidden_objects.is_empty());
    assert_eq!(check.items[0].what, "Key field Task.Aircall_Key__c");
}

#[tokio::test]
async fn no_key_field() {
    let org = Org::new().without("Task", "Aircall_Key__c");
    org.finds("Key field Task.Aircall_Key__c", Missing, "second Task").await;
}

#[tokio::test]
async fn a_key_field_that_is_not_as_it_should_be() {
    for (changes, status, words) in [
        (json!({"unique": false}), Missing, "not unique"),
        (json!({"createable": false}), Missing, "not write it"),
        (json!({"length": 40}), Missing, "at least 64 characters"),
        (json!({"type": "double"}), Missing, "text"),
        (json!({"externalId": false}), Warning, "external ID"),
    ] {
        let org = Org::new().with("Task", "Aircall_Key__c", changes);
        org.finds("Key field Task.Aircall_Key__c", status, words).await;
    }
}

#[tokio::test]
async fn a_task_field_that_is_hidden_or_protected() {
    let org = Org::new().without("Task", "CallDisposition");
    org.finds("Field Task.CallDisposition", Warning, "tags are not logged").await;
    let org = Org::new().with("Task", "Type", json!({"createable": false}));
    org.finds("Field Task.Type", Warning, "not write it").await;
    let org = Org::new().with("Task", "Description", json!({"updateable": false}));
    org.finds("Field Task.Description", Warning, "later").await;
    // Some fields of a Task are set once, at creation.
    let check = Org::new().with("Task", "TaskSubtype", json!({"updateable": false})).check().await;
    assert_eq!(check.status(), Ok, "{check:?}");
}

#[tokio::test]
async fn a_phone_field_that_is_hidden() {
    let check = Org::new().without("Contact", "AssistantPhone").check().await;
    assert_eq!(check.faulty_fields.iter().collect::<Vec<_>>(), ["Contact.AssistantPhone"]);
    Org::new().without("Lead", "Phone").finds("Field Lead.Phone", Warning, "not found").await;
}

#[tokio::test]
async fn an_object_that_is_hidden_or_protected() {
    let mut org = Org::new();
    org.objects.remove("Lead");
    let check = org.check().await;
    assert_eq!(check.hidden_objects.into_iter().collect::<Vec<_>>(), [SObject::Lead]);
    let mut org = Org::new();
    org.objects.remove("Opportunity");
    org.finds("Opportunity", Warning, "not related to Opportunities").await;
    let mut org = Org::new();
    org.objects["Case"]["createable"] = false.into();
    org.finds("Case", Warning, "create a Case").await;
    let mut org = Org::new();
    org.objects["Task"]["createable"] = false.into();
    org.finds("Task", Missing, "Edit Tasks").await;
}

#[tokio::test]
async fn a_field_that_the_org_requires_and_nobody_fills() {
    let own = |name: &str| {
        json!({"name": name, "type": "string", "length": 9, "createable": true, "updateable": true,
        "nillable": false, "defaultedOnCreate": false})
    };
    let org = Org::new().with("Contact", "Region__c", own("Region__c"));
    org.finds("Required field Contact.Region__c", Warning, "default value").await;
    let org = Org::new().with("Task", "Region__c", own("Region__c"));
    org.finds("Required field Task.Region__c", Missing, "default value").await;
    let mut defaulted = own("Region__c");
    defaulted["defaultedOnCreate"] = true.into();
    let check = Org::new().with("Contact", "Region__c", defaulted).check().await;
    assert_eq!(check.status(), Ok, "{check:?}");
}

#[tokio::test]
async fn statuses_that_mean_something_else() {
    let mut org = Org::new();
    org.statuses[2]["IsClosed"] = false.into();
    org.finds("Task status Completed", Missing, "Past Activities").await;
    let mut org = Org::new();
    org.statuses[2]["ApiName"] = "Done".into();
    org.finds("Task status Completed", Missing, "no such status").await;
    let mut org = Org::new();
    org.statuses[1]["ApiName"] = "Doing".into();
    org.finds("Task status In Progress", Warning, "no such status").await;
}

#[tokio::test]
async fn person_accounts_bring_their_phones() {
    let person = |name: &str| {
        json!({"name": name, "type": "phone", "createable": true, "updateable": true,
        "nillable": true, "defaultedOnCreate": false})
    };
    let mut org = Org::new().with("Account", "IsPersonAccount", person("IsPersonAccount"));
    for phone in ["PersonMobilePhone", "PersonHomePhone", "PersonOtherPhone"] {
        org = org.with("Account", phone, person(phone));
    }
    let check = org.check().await;
    assert_eq!(check.person_accounts, Some(true));
    assert_eq!(check.faulty_fields.iter().collect::<Vec<_>>(), ["Account.PersonAssistantPhone"]);
}

#[tokio::test]
async fn a_user_who_only_integrates_is_no_fault() {
    let mut org = Org::new();
    org.permissions = json!({"PermissionsCustomizeApplication": false, "PermissionsModifyAllData": false});
    let check = org.check().await;
    assert_eq!((check.status(), check.may_customize), (Ok, Some(false)));
}

#[tokio::test]
async fn an_org_that_does_not_answer_is_not_judged() {
    let server = MockServer::start().await;
    let expired = json!([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]);
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(401).set_body_json(expired))
        .mount(&server)
        .await;
    assert_eq!(check_org(&client_of(&server)).await.unwrap_err().kind(), Kind::Refresh);
}
