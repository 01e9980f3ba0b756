//! Reads records by id and Tasks by key, and saves records of which each succeeds or fails on its own.

use std::collections::{BTreeMap, BTreeSet};

use rules::matching::{Candidate, Record};
use salesforce::call_log::found;
use salesforce::{Atomicity, Error, KeyField, Kind, Refusal, SObject, SalesforceId, Saved, Soql, Update};
use store::OrgFacts;

use crate::batch_error::BatchError;
use crate::lookup::caller_fields;
use crate::org::Org;

/// How often a record may have been merged, one winner into the next.
const MAX_MERGES: usize = 5;

impl Org {
    /// The visible Contacts, unconverted Leads and Accounts among these ids: one API call for each object.
    /// `has_persons` says that the org has Person Accounts, which are then known as such.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn records(
        &mut self,
        ids: &BTreeSet<SalesforceId>,
        has_persons: bool,
    ) -> Result<BTreeMap<SalesforceId, Record>, BatchError> {
        let mut records = BTreeMap::new();
        for sobject in SObject::CALLERS {
            let ids = of_object(ids, sobject);
            let fields = match sobject {
                SObject::Lead => &["Name", "IsConverted"][..],
                SObject::Account if has_persons => &["Name", "IsPersonAccount", "PersonContactId"],
                _ => &["Name"],
            };
            for soql in Soql::records_by_id(sobject, &ids, fields) {
                let read = match self.try_call(async |client| client.query(&soql).await).await? {
                    Ok(read) => read,
                    // Those that cannot be read cannot be used.
                    Err(error) if matches!(error.kind(), Kind::Fail | Kind::Degrade | Kind::Unknown) => continue,
                    Err(error) => return Err(error.into()),
                };
                let read = read.iter().filter_map(found).map(|found| found.candidate);
                let read = read.filter(|candidate| !candidate.is_converted).map(|candidate| candidate.record);
                records.extend(read.filter_map(|record| Some((record.id?, record))));
            }
        }
        Ok(records)
    }

    /// The same with the texts in their phone fields.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn candidates(
        &mut self,
        ids: &BTreeSet<SalesforceId>,
        facts: &OrgFacts,
    ) -> Result<BTreeMap<SalesforceId, Candidate>, BatchError> {
        let callers = caller_fields(facts);
        let mut candidates = BTreeMap::new();
        for sobject in SObject::CALLERS {
            let ids = of_object(ids, sobject);
            for soql in Soql::callers_by_id(sobject, &ids, &callers) {
                let read = self.call(async |client| client.query(&soql).await).await?;
                let read = read.iter().filter_map(|record| Some((record.id()?, found(record)?.candidate)));
                candidates.extend(read.filter(|(_, candidate)| !candidate.is_converted));
            }
        }
        Ok(candidates)
    }

    /// The records that those among these ids were merged into which no longer exist; `None` for records that were only
    /// deleted. Records that exist, or that we may not see, are missing. One API call for each object, and for the
    /// records that are left.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn winners(
        &mut self,
        ids: &BTreeSet<SalesforceId>,
        has_persons: bool,
    ) -> Result<BTreeMap<SalesforceId, Option<Record>>, BatchError> {
        let mut winners: BTreeMap<SalesforceId, Option<SalesforceId>> = BTreeMap::new();
        let mut asked = ids.clone();
        for _ in 0..MAX_MERGES {
            let mut next = BTreeSet::new();
            for (id, winner) in self.deleted(&asked).await? {
                next.extend(winner);
                winners.values_mut().filter(|known| **known == Some(id)).for_each(|known| *known = winner);
                if ids.contains(&id) {
                    winners.insert(id, winner);
                }
            }
            if next.is_empty() {
                break;
            }
            asked = next;
        }
        let records = self.records(&winners.values().flatten().copied().collect(), has_persons).await?;
        Ok(winners.into_iter().map(|(id, winner)| (id, winner.and_then(|id| records.get(&id).cloned()))).collect())
    }

    /// Those among these ids that were deleted, with the record that each was merged into.
    async fn deleted(
        &mut self,
        ids: &BTreeSet<SalesforceId>,
    ) -> Result<Vec<(SalesforceId, Option<SalesforceId>)>, BatchError> {
        let mut deleted = Vec::new();
        for sobject in SObject::CALLERS {
            let ids = of_object(ids, sobject);
            for soql in Soql::fates(sobject, &ids) {
                let records = self.call(async |client| client.query_with_deleted(&soql).await).await?;
                let records = records.iter().filter(|record| record.bool("IsDeleted") == Some(true));
                deleted.extend(records.filter_map(|record| Some((record.id()?, record.reference("MasterRecordId")))));
            }
        }
        Ok(deleted)
    }

    /// The ids of the visible Tasks with these keys in the key field, by key.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn tasks_by_key(&mut self, keys: &[String]) -> Result<BTreeMap<String, SalesforceId>, BatchError> {
        let mut ids = BTreeMap::new();
        for soql in Soql::tasks_by_key(KeyField::AircallKey, keys, None) {
            let tasks = self.call(async |client| client.query(&soql).await).await?;
            let key = |task: &salesforce::Record| task.str(KeyField::AircallKey.name()).map(str::to_owned);
            ids.extend(tasks.iter().filter_map(|task| Some((key(task)?, task.id()?))));
        }
        Ok(ids)
    }

    /// The fields of new records of this object that are written but hidden from the user, or may not be written. None
    /// if the user may not see the object. One API call.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn unwritable(&mut self, sobject: SObject) -> Result<Vec<String>, BatchError> {
        let described = self.try_call(async |client| client.describe(sobject).await).await?;
        Ok(described.map(|description| description.unwritable(sobject)).unwrap_or_default())
    }

    /// Creates up to 200 records in one API call. The results are in the same order.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn create(&mut self, records: &[salesforce::Record]) -> Result<Vec<Saved>, BatchError> {
        match self.try_call(async |client| client.create(records, Atomicity::EachAlone).await).await? {
            // The whole request is refused because of a field that none of its records may have.
            Err(Error::Refused(refusal)) if refusal.kind() == Kind::Degrade => Ok(vec![Err(refusal); records.len()]),
            saved => Ok(saved?),
        }
    }

    /// Updates up to 25 records that nobody has changed since they were read, in one API call. The results are in the
    /// same order.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn update(&mut self, updates: &[Update]) -> Result<Vec<Result<(), Refusal>>, BatchError> {
        self.call(async |client| client.update(updates).await).await
    }
}

/// Those of the ids that are of an object.
fn of_object(ids: &BTreeSet<SalesforceId>, sobject: SObject) -> Vec<SalesforceId> {
    ids.iter().copied().filter(|id| SObject::of(*id) == Some(sobject)).collect()
}
