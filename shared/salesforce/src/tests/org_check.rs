//! The check of an org, item by item.

use rules::settings::{ContactAccount, UnknownNumber};
use rules::{Settings, StatusChoice};
use serde_json::{Map, Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{client_of, ok};
use crate::CheckStatus::{Missing, Ok, Warning};
use crate::{CheckStatus, Kind, OrgCheck, Reply, SObject, inspect_org};

/// The descriptions of an org in which everything is correct; each test breaks a part of it.
struct Org {
    objects: Map<String, Value>,
    permissions: Value,
    statuses: Value,
    settings: Settings,
    choice: StatusChoice,
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
        let contact =
            "Id LastName FirstName Email Phone MobilePhone HomePhone OtherPhone AssistantPhone AccountId OwnerId";
        let objects = [
            ("Task", task),
            ("Contact", contact),
            ("Lead", "Id LastName FirstName Company Email Phone MobilePhone OwnerId"),
            ("Account", "Id Name Phone OwnerId"),
            ("Case", "Id Subject Origin ContactId OwnerId"),
            ("Opportunity", "Id Name"),
        ];
        let described = |(name, fields): (&str, &str)| {
            (name.to_owned(), described(&fields.split_ascii_whitespace().collect::<Vec<_>>()))
        };
        Self {
            objects: objects.into_iter().map(described).collect(),
            permissions: json!({"PermissionsCustomizeApplication": true, "PermissionsModifyAllData": true,
                "PermissionsViewAllData": true}),
            statuses: json!([{"ApiName": "Not Started", "IsClosed": false, "IsDefault": true},
                {"ApiName": "In Progress", "IsClosed": false}, {"ApiName": "Completed", "IsClosed": true}]),
            settings: Settings::default(),
            choice: StatusChoice::default(),
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
        let Reply { value: inspected, calls, .. } = inspect_org(&client_of(&server)).await.unwrap();
        let check = inspected.check(&self.settings, &self.choice);
        assert!(check.items.iter().all(|item| item.message.ends_with('.')), "{check:?}");
        assert_eq!((server.received_requests().await.unwrap().len(), calls), (7, 7));
        check
    }

    /// Asserts that this is the only faulty item, with this status and a message that contains these words.
    async fn assert_only_fault(self, what: &str, status: CheckStatus, words: &str) {
        let check = self.check().await;
        let faults: Vec<_> = check.items.iter().filter(|item| item.status != Ok).collect();
        assert_eq!(faults.iter().map(|item| item.what.as_str()).collect::<Vec<_>>(), [what]);
        assert_eq!(faults[0].status, status);
        assert!(faults[0].message.contains(words), "{}", faults[0].message);
    }
}

#[tokio::test]
async fn a_complete_org_passes_the_check() {
    let check = Org::new().check().await;
    assert_eq!(check.status(), Ok, "{check:?}");
    assert_eq!((check.may_customize, check.person_accounts), (Some(true), Some(false)));
    assert!(check.faulty_fields.is_empty() && check.hidden_objects.is_empty());
    assert_eq!(check.items[0].what, "Key field Task.Aircall_Key__c");
}

#[tokio::test]
async fn a_missing_key_field_is_reported() {
    let org = Org::new().without("Task", "Aircall_Key__c");
    org.assert_only_fault("Key field Task.Aircall_Key__c", Missing, "second Task").await;
}

#[tokio::test]
async fn a_wrong_key_field_is_reported() {
    for (changes, status, words) in [
        (json!({"unique": false}), Missing, "not unique"),
        (json!({"createable": false}), Missing, "not write it"),
        (json!({"length": 40}), Missing, "at least 64 characters"),
        (json!({"type": "double"}), Missing, "text"),
        (json!({"externalId": false}), Warning, "external ID"),
    ] {
        let org = Org::new().with("Task", "Aircall_Key__c", changes);
        org.assert_only_fault("Key field Task.Aircall_Key__c", status, words).await;
    }
}

#[tokio::test]
async fn hidden_and_read_only_task_fields_are_reported() {
    let org = Org::new().without("Task", "CallDisposition");
    org.assert_only_fault("Field Task.CallDisposition", Warning, "tags are not logged").await;
    let org = Org::new().with("Task", "Type", json!({"createable": false}));
    org.assert_only_fault("Field Task.Type", Warning, "not write it").await;
    let org = Org::new().with("Task", "Description", json!({"updateable": false}));
    org.assert_only_fault("Field Task.Description", Warning, "later").await;
    // Some fields of a Task are only set at creation.
    let check = Org::new().with("Task", "TaskSubtype", json!({"updateable": false})).check().await;
    assert_eq!(check.status(), Ok, "{check:?}");
}

#[tokio::test]
async fn hidden_phone_fields_are_reported() {
    let check = Org::new().without("Contact", "AssistantPhone").check().await;
    assert_eq!(check.faulty_fields.iter().collect::<Vec<_>>(), ["Contact.AssistantPhone"]);
    Org::new().without("Lead", "Phone").assert_only_fault("Field Lead.Phone", Warning, "not found").await;
}

#[tokio::test]
async fn hidden_and_read_only_objects_are_reported() {
    let mut org = Org::new();
    org.objects.remove("Lead");
    let check = org.check().await;
    assert_eq!(check.hidden_objects.into_iter().collect::<Vec<_>>(), [SObject::Lead]);
    let mut org = Org::new();
    org.objects.remove("Opportunity");
    org.assert_only_fault("Opportunity", Warning, "not related to Opportunities").await;
    let mut org = Org::new();
    org.objects["Case"]["createable"] = false.into();
    org.assert_only_fault("Case", Warning, "create a Case").await;
    let mut org = Org::new();
    org.objects["Task"]["createable"] = false.into();
    org.assert_only_fault("Task", Missing, "Edit Tasks").await;
}

#[tokio::test]
async fn required_fields_that_are_not_filled_are_reported() {
    let own = |name: &str| {
        json!({"name": name, "type": "string", "length": 9, "createable": true, "updateable": true,
        "nillable": false, "defaultedOnCreate": false})
    };
    let org = Org::new().with("Contact", "Region__c", own("Region__c"));
    org.assert_only_fault("Required field Contact.Region__c", Warning, "default value").await;
    let org = Org::new().with("Task", "Region__c", own("Region__c"));
    org.assert_only_fault("Required field Task.Region__c", Missing, "default value").await;
    let mut defaulted = own("Region__c");
    defaulted["defaultedOnCreate"] = true.into();
    let check = Org::new().with("Contact", "Region__c", defaulted).check().await;
    assert_eq!(check.status(), Ok, "{check:?}");
}

#[tokio::test]
async fn the_statuses_that_are_written_are_reported() {
    let mut org = Org::new();
    org.statuses[2]["IsClosed"] = false.into();
    org.assert_only_fault("Task status for Completed", Missing, "no closed status").await;
    let mut org = Org::new();
    org.statuses[2]["ApiName"] = "Done".into();
    org.statuses[1]["ApiName"] = "Doing".into();
    let check = org.check().await;
    let message = |what: &str| check.items.iter().find(|item| item.what == what).unwrap().message.clone();
    assert_eq!((check.status(), check.lists.statuses.len()), (Ok, 3));
    assert_eq!(message("Task status for Completed"), "Calls are logged as Done, and show under Past Activities.");
    assert_eq!(message("Task status for In progress"), "Calls are logged as Not Started, and show under Next Steps.");
    let mut org = Org::new();
    org.choice.in_progress = Some("Doing".to_owned());
    org.assert_only_fault("Task status for In progress", Warning, "no open status Doing any more").await;
}

#[tokio::test]
async fn what_others_see_is_reported() {
    let mut org = Org::new();
    org.permissions["PermissionsViewAllData"] = false.into();
    org.assert_only_fault("Permission View All Data", Warning, "created a second time").await;
    for (account, status) in [(ContactAccount::None, Warning), (ContactAccount::ByCompany, Ok)] {
        let mut org = Org::new();
        org.settings.unknown_number = UnknownNumber::CreateContact;
        org.settings.contact_account = account;
        let check = org.check().await;
        let item = check.items.iter().find(|item| item.what == "Account of new Contacts").unwrap();
        assert_eq!(item.status, status);
    }
}

#[tokio::test]
async fn with_person_accounts_their_phone_fields_are_checked() {
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
async fn a_user_without_admin_permissions_is_fine() {
    let mut org = Org::new();
    org.permissions = json!({"PermissionsCustomizeApplication": false, "PermissionsModifyAllData": false,
        "PermissionsViewAllData": true});
    let check = org.check().await;
    assert_eq!((check.status(), check.may_customize), (Ok, Some(false)));
}

#[tokio::test]
async fn a_failed_request_is_an_error_not_an_item() {
    let server = MockServer::start().await;
    let expired = json!([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]);
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(401).set_body_json(expired))
        .mount(&server)
        .await;
    assert_eq!(inspect_org(&client_of(&server)).await.unwrap_err().kind(), Kind::Refresh);
}
