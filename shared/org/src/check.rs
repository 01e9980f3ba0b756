//! The check of an org and its set-up, which also correct the facts that are stored about the org.

use jiff::Timestamp;
use rules::Settings;
use salesforce::{Essentials, KeyField, OrgCheck, SObject, SetUpOutcome, SetUpStep, essentials, inspect_org, set_up};
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

    /// Asks in one API call whether what every call needs is still there, and remembers what is not.
    ///
    /// # Errors
    /// Why the org did not answer.
    pub async fn check_essentials(
        &mut self,
        tenants: &Tenants,
        tenant: &mut Tenant,
        now: Timestamp,
    ) -> Result<(), BatchError> {
        let essentials = self.call(async |client| essentials(client).await).await?;
        let mut facts = tenant.facts.clone();
        note_essentials(&mut facts, &essentials, now);
        if facts != tenant.facts {
            tenant.facts = facts;
            tenants.set_facts(tenant).await?;
        }
        Ok(())
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

/// Adds what is missing, and removes what is there again. What was missing before keeps its time.
fn note_essentials(facts: &mut OrgFacts, essentials: &Essentials, now: Timestamp) {
    let Essentials { creates_tasks, has_key_field, hidden_callers } = essentials;
    let callers = SObject::CALLERS.map(|sobject| (Missing::Object(sobject), !hidden_callers.contains(&sobject)));
    let tasks =
        [(Missing::Object(SObject::Task), *creates_tasks), (Missing::key_field(KeyField::AircallKey), *has_key_field)];
    for (missing, is_there) in tasks.into_iter().chain(callers) {
        if is_there {
            missing.remove_from(facts);
        } else if !missing.is_in(facts) {
            missing.add_to(facts, now);
        }
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
    fn what_every_call_needs_is_missing_since_it_was_first_noticed_until_it_is_there() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let mut facts = OrgFacts::default();
        facts.missing_objects.insert("Case".to_owned(), at(0));
        let well = Essentials { creates_tasks: true, has_key_field: true, hidden_callers: BTreeSet::new() };
        let ill =
            Essentials { creates_tasks: false, has_key_field: false, hidden_callers: BTreeSet::from([SObject::Lead]) };
        let before = facts.clone();
        note_essentials(&mut facts, &well, at(1));
        assert_eq!(facts, before);
        note_essentials(&mut facts, &ill, at(2));
        note_essentials(&mut facts, &ill, at(3));
        assert_eq!(facts.missing_fields, BTreeMap::from([("Task.Aircall_Key__c".to_owned(), at(2))]));
        let objects = [("Case", at(0)), ("Lead", at(2)), ("Task", at(2))].map(|(name, at)| (name.to_owned(), at));
        assert_eq!(facts.missing_objects, BTreeMap::from(objects));
        note_essentials(&mut facts, &well, at(4));
        assert_eq!(facts, before);
    }

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
