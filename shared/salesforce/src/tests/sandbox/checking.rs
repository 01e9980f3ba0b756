//! The check of an org, end to end.

use rules::{Settings, StatusChoice};
use salesforce_sandbox::Options;

use super::serve;
use crate::{CheckStatus, OrgCheck, SObject, inspect_org};

async fn check(options: Options) -> OrgCheck {
    let served = serve(options).await;
    inspect_org(&served.client).await.unwrap().value.check(&Settings::default(), &StatusChoice::default())
}

fn faults(check: &OrgCheck) -> Vec<&str> {
    let faulty = check.items.iter().filter(|item| item.status != CheckStatus::Ok);
    faulty.map(|item| item.what.as_str()).collect()
}

#[tokio::test]
async fn a_default_org_passes_the_check() {
    let check = check(Options::default()).await;
    assert_eq!(faults(&check), [""; 0], "{check:?}");
    assert_eq!(check.person_accounts, Some(false));
}

#[tokio::test]
async fn an_org_with_person_accounts_passes_the_check() {
    let check = check(Options { person_accounts: true, ..Options::default() }).await;
    assert_eq!(faults(&check), [""; 0], "{check:?}");
    assert_eq!(check.person_accounts, Some(true));
}

#[tokio::test]
async fn hidden_read_only_and_missing_parts_are_found() {
    let check = check(Options {
        unique_key_field: false,
        hidden_fields: vec!["Task.CallDisposition".to_owned(), "Contact.HomePhone".to_owned()],
        read_only_fields: vec!["Task.Type".to_owned()],
        hidden_objects: vec!["Lead".to_owned()],
        ..Options::default()
    })
    .await;
    let found = [
        "Key field Task.Aircall_Key__c",
        "Field Task.CallDisposition",
        "Field Task.Type",
        "Field Contact.HomePhone",
        "Lead",
    ];
    assert_eq!(faults(&check), found);
    assert_eq!(check.status(), CheckStatus::Missing);
    assert!(check.hidden_objects.contains(&SObject::Lead));
}
