//! The check of an org and its set-up, which also correct the facts that are stored about the org.

use jiff::Timestamp;
use rules::Settings;
use salesforce::{KeyField, OrgCheck, SObject, SetUpOutcome, SetUpStep, inspect_org, set_up};
use store::{Known, OrgFacts, Tenant, Tenants};

use crate::batch_error::BatchError;
use crate::missing::Missing;
use crate::org::Org;

impl Org {
    /// Checks what the org offers for these settings. What was fixed in the org is used from the next call on.
    ///
    /// # Errors
    /// Why the check could not be completed.
    pub async fn check(
        &mut self,
        tenants: &Tenants,
        tenant: &mut Tenant,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<OrgCheck, BatchError> {
        let inspected = self.call(async |client| inspect_org(client).await).await?;
        let check = inspected.check(settings, &tenant.statuses);
        let mut facts = tenant.facts.clone();
        correct(&mut facts, &check, now);
        if facts != tenant.facts {
            tenant.facts = facts;
            tenants.set_facts(tenant).await?;
        }
        Ok(check)
    }

    /// Sets up the key field for the user who connected the org. It is used from the next call on.
    ///
    /// # Errors
    /// Why the set-up cannot go on. A refusal by Salesforce is a failed step, not an error. It is idempotent and may be
    /// repeated.
    pub async fn set_up(&mut self, tenants: &Tenants, tenant: &mut Tenant) -> Result<Vec<SetUpStep>, BatchError> {
        let user = self.default_owner;
        let steps = self.call(async move |client| set_up(client, &user).await).await?;
        let is_done = steps.iter().all(|step| step.outcome != SetUpOutcome::Failed);
        if is_done && Missing::key_field(KeyField::AircallKey).remove_from(&mut tenant.facts) {
            tenants.set_facts(tenant).await?;
        }
        Ok(steps)
    }
}

/// Removes facts that the check no longer finds missing. It adds none: the writer learns of missing fields when
/// Salesforce refuses them.
fn correct(facts: &mut OrgFacts, check: &OrgCheck, now: Timestamp) {
    let callers = SObject::CALLERS;
    let is_faulty = |object: SObject, field: &str| check.faulty_fields.contains(&format!("{object}.{field}"));
    let all: Vec<Missing> = Missing::all(facts).map(|(missing, _)| missing).collect();
    for missing in all {
        let is_still_missing = match &missing {
            Missing::Searched(_, field) => callers.into_iter().any(|object| is_faulty(object, field)),
            Missing::Field(..) | Missing::Value { .. } => check.faulty_fields.contains(&missing.to_string()),
            Missing::Object(object) => check.hidden_objects.contains(object),
            // They are tried again.
            Missing::Filter(..) | Missing::Query(_) | Missing::Scan(_) | Missing::Owner(_) => false,
        };
        if !is_still_missing {
            missing.remove_from(facts);
        }
    }
    facts.learn_lists(check.lists.clone(), now);
    facts.account_type = check.account_type.map(|value| Known { value, at: now });
    if let Some(value) = check.person_accounts {
        let known = facts.person_accounts.filter(|known| known.value == value);
        facts.person_accounts = Some(known.unwrap_or(Known { value, at: now }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use rules::OrgLists;
    use rules::unknown::AccountType;

    use super::*;

    #[test]
    fn facts_that_no_longer_hold_are_removed_and_the_others_kept() {
        let at = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), Timestamp::UNIX_EPOCH)).collect();
        let mut facts = OrgFacts {
            person_accounts: Some(Known { value: false, at: Timestamp::UNIX_EPOCH }),
            country: None,
            lists: None,
            picklists_at: None,
            write_size: None,
            account_type: None,
            missing_fields: at(&["Task.Type", "Task.CallType", "Caller.HomePhone", "Caller.OtherPhone"]),
            missing_objects: at(&["Lead", "Case"]),
        };
        let check = OrgCheck {
            items: Vec::new(),
            may_customize: None,
            person_accounts: Some(true),
            faulty_fields: ["Task.Type", "Contact.HomePhone"].map(str::to_owned).into(),
            hidden_objects: BTreeSet::from([SObject::Lead]),
            lists: OrgLists::default(),
            account_type: Some(AccountType::Default),
        };
        let now = Timestamp::from_second(60).unwrap();
        correct(&mut facts, &check, now);
        let missing_fields: BTreeMap<_, _> = at(&["Task.Type", "Caller.HomePhone"]);
        assert_eq!(facts.missing_fields, missing_fields);
        assert_eq!(facts.missing_objects, at(&["Lead"]));
        assert_eq!(facts.person_accounts, Some(Known { value: true, at: now }));
    }
}
