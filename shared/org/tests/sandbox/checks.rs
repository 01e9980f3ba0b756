//! The check of an org, and how it corrects the stored facts.

use jiff::Timestamp;
use salesforce::CheckStatus;
use salesforce_sandbox::Options;
use store::Known;

use crate::fixture::Fixture;

#[tokio::test]
async fn fields_that_were_fixed_in_the_org_are_used_again() {
    let hidden_fields = vec!["Task.Type".to_owned()];
    let mut fixture = Fixture::new(Options { hidden_fields, ..Options::default() }).await;
    let (tenants, now) = (fixture.tenants(), Timestamp::now());
    for field in ["Task.Type", "Task.Aircall_Key__c"] {
        fixture.tenant.facts.missing_fields.insert(field.to_owned(), now);
    }
    tenants.set_facts(&fixture.tenant).await.unwrap();

    let mut org = fixture.open().await;
    let check = org.check(&tenants, &mut fixture.tenant, &rules::Settings::default(), now).await.unwrap();
    assert_eq!(check.status(), CheckStatus::Warning, "{check:?}");
    let facts = fixture.stored().await.facts;
    assert_eq!(facts.missing_fields.keys().collect::<Vec<_>>(), ["Task.Type"]);
    assert_eq!(facts.person_accounts.map(|known: Known<bool>| known.value), Some(false));
    assert_eq!(fixture.tenant.facts.missing_fields.len(), 1);
}
