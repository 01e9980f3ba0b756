//! What a look-up learns of the org, such as fields that it hides. Stored with the tenant, so that it is learnt once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rules::E164;
use salesforce::call_log::PERSON_FIELDS;
use salesforce::{CallerFields, Error, ErrorCode, KeyField, Refusal, SObject};
use store::{Known, OrgFacts, Tenant};

use super::Lookup;
use crate::batch_error::BatchError;
use crate::missing::Missing;
use crate::org::Org;
use crate::queries::{Answers, OrgCountry, Queries, Unconfirmed, ask};
use crate::search::{Searched, search};

impl Lookup {
    /// Stores what was learnt of the org itself.
    pub(super) async fn learn_org(
        &self,
        tenant: &mut Tenant,
        answers: &mut Answers,
        now: Timestamp,
    ) -> Result<(), BatchError> {
        let facts = tenant.facts.clone();
        if answers.keys_denied {
            Missing::key_field(KeyField::CallObject).add_to(&mut tenant.facts, now);
        }
        if let OrgCountry::Answered(value) = answers.country {
            tenant.facts.country = Some(Known { value, at: now });
        }
        if let Some(lists) = answers.lists.take() {
            tenant.facts.learn_lists(lists, now);
        }
        if tenant.facts != facts {
            self.tenants.set_facts(tenant).await?;
        }
        Ok(())
    }

    /// Stores whether the org has person accounts.
    pub(super) async fn learn_persons(
        &self,
        tenant: &mut Tenant,
        value: bool,
        now: Timestamp,
    ) -> Result<(), BatchError> {
        if tenant.facts.person_accounts.map(|known| known.value) != Some(value) {
            tenant.facts.person_accounts = Some(Known { value, at: now });
            self.tenants.set_facts(tenant).await?;
        }
        Ok(())
    }

    /// Learns why queries were refused that the work can be done without, and asks again what may be answered without
    /// the cause.
    pub(super) async fn ask_again(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        questions: &Queries,
        answers: &mut Answers,
        now: Timestamp,
    ) -> Result<(), BatchError> {
        // Each repetition requires a new fact.
        while let Some(again) = self.learn_refused(org, tenant, questions, answers, now).await? {
            // Stored at once, so that the next attempt gets further.
            self.tenants.set_facts(tenant).await?;
            let mut more = ask(org, &again, &callers(tenant)).await?;
            answers.users = more.users.take().or(answers.users.take());
            answers.emails_denied = false;
            answers.merge(more);
        }
        Ok(())
    }

    /// Adds to the facts why queries were refused. Returns what to ask again; none if that is nothing.
    async fn learn_refused(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        questions: &Queries,
        answers: &mut Answers,
        now: Timestamp,
    ) -> Result<Option<Queries>, BatchError> {
        let mut again = Queries { now, ..Queries::default() };
        let mut is_news = false;
        if answers.emails_denied && Missing::Filter(SObject::User, "Email".to_owned()).add_to(&mut tenant.facts, now) {
            again.users.clone_from(&questions.users);
            is_news = true;
        }
        let (scans, queries) = (std::mem::take(&mut answers.unscanned), std::mem::take(&mut answers.unconfirmed));
        let refused = scans.into_iter().map(|(sobject, why)| (Missing::Scan(sobject), sobject, why));
        let refused = refused.chain(queries.into_iter().map(|(sobject, why)| (Missing::Query(sobject), sobject, why)));
        let mut is_phone_news = false;
        // Whether the fields of an object were news.
        let mut described: BTreeMap<SObject, bool> = BTreeMap::new();
        for (missing, sobject, why) in refused {
            let is_field = match described.get(&sobject) {
                _ if why != Unconfirmed::Field => false,
                Some(is_news) => *is_news,
                None => {
                    let is_news = self.learn_fields(org, tenant, sobject, now).await?;
                    *described.entry(sobject).or_insert(is_news)
                }
            };
            is_phone_news |= is_field || missing.add_to(&mut tenant.facts, now);
        }
        if is_phone_news {
            again.phones = questions.phones.union(&questions.phones_if_free).cloned().collect();
            again.scanned.clone_from(&questions.scanned);
            again.crowded.clone_from(&questions.crowded);
        }
        Ok((is_news || is_phone_news).then_some(again))
    }

    /// Adds to the facts the phone fields of an object that are hidden, or that queries cannot filter by. Returns
    /// whether any of them is new. One API call.
    async fn learn_fields(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        sobject: SObject,
        now: Timestamp,
    ) -> Result<bool, BatchError> {
        let Ok(description) = org.try_call(async |client| client.describe(sobject).await).await? else {
            return Ok(false);
        };
        let mut is_news = false;
        for field in callers(tenant).selected(sobject) {
            let missing = match description.fields.get(field) {
                None if PERSON_FIELDS.contains(&field) => continue,
                None => Missing::Searched(Some(sobject), field.to_owned()),
                Some(found) if !found.filterable => Missing::Filter(sobject, field.to_owned()),
                Some(_) => continue,
            };
            is_news |= missing.add_to(&mut tenant.facts, now);
        }
        Ok(is_news)
    }

    /// Searches for all phone numbers at once. A field that the org reports as missing is left out and stored in the
    /// facts.
    pub(super) async fn search(
        &self,
        org: &mut Org,
        tenant: &mut Tenant,
        phones: &BTreeSet<E164>,
        now: Timestamp,
    ) -> Result<Searched, BatchError> {
        // Each retry leaves out what the org reported as missing. The loop ends because each retry requires a new fact.
        loop {
            match search(org, phones, &callers(tenant)).await? {
                Err(Error::Refused(refusal)) if learn_missing(&mut tenant.facts, &refusal, now) => {
                    self.tenants.set_facts(tenant).await?;
                }
                // Salesforce did not name the field.
                Err(Error::Refused(refusal)) if *refusal.code() == ErrorCode::InvalidField => {
                    let mut is_news = false;
                    for sobject in SObject::CALLERS {
                        is_news |= !hides(tenant, sobject) && self.learn_fields(org, tenant, sobject, now).await?;
                    }
                    if !is_news {
                        return Err(Error::Refused(refusal).into());
                    }
                    self.tenants.set_facts(tenant).await?;
                }
                searched => return Ok(searched?),
            }
        }
    }
}

/// Whether the org hides an object from the connecting user.
pub(super) fn hides(tenant: &Tenant, sobject: SObject) -> bool {
    Missing::Object(sobject).is_in(&tenant.facts)
}

/// Adds to the facts the fields or the object that a refused search reports as missing or hidden. Returns whether any
/// of them is new.
fn learn_missing(facts: &mut OrgFacts, refusal: &Refusal, now: Timestamp) -> bool {
    let mut is_news = false;
    for field in refusal.fields_to_leave_out().into_iter().flatten() {
        if PERSON_FIELDS.contains(&field.as_str()) {
            let had = facts.person_accounts.replace(Known { value: false, at: now });
            is_news |= had.is_none_or(|known| known.value);
        } else {
            is_news |= Missing::Searched(refusal.entity(), field.clone()).add_to(facts, now);
        }
    }
    if let Some(object) = refusal.missing_object() {
        is_news |= Missing::Object(object).add_to(facts, now);
    }
    is_news
}

/// The fields and objects that a search may use in the tenant's org.
pub(super) fn callers(tenant: &Tenant) -> CallerFields {
    caller_fields(&tenant.facts)
}

/// The fields and objects that a search may use in an org of these facts.
pub(crate) fn caller_fields(facts: &OrgFacts) -> CallerFields {
    Missing::all(facts).fold(CallerFields::new(facts.has_person_accounts()), |callers, (missing, _)| match missing {
        Missing::Searched(sobject, field) => callers.without(sobject, &field),
        Missing::Object(sobject) => callers.without_object(sobject),
        Missing::Filter(sobject, field) => callers.without_filter(sobject, &field),
        Missing::Query(sobject) => callers.without_query(sobject),
        Missing::Scan(sobject) => callers.without_scan(sobject),
        Missing::Field(..) | Missing::Value { .. } | Missing::Owner(_) => callers,
    })
}
