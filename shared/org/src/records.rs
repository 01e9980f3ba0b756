//! Reads records by id and Tasks by key, and saves records of which each succeeds or fails on its own.

use std::collections::{BTreeMap, BTreeSet};

use rules::matching::Record;
use salesforce::call_log::found;
use salesforce::{Atomicity, Error, KeyField, Refusal, SObject, SalesforceId, Saved, Soql, Update};

use crate::batch_error::BatchError;
use crate::org::Org;

impl Org {
    /// The visible Contacts, Leads and Accounts among these ids: one API call for each object.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn records(
        &mut self,
        ids: &BTreeSet<SalesforceId>,
    ) -> Result<BTreeMap<SalesforceId, Record>, BatchError> {
        let mut records = BTreeMap::new();
        for sobject in SObject::CALLERS {
            let ids: Vec<SalesforceId> = ids.iter().copied().filter(|id| SObject::of(*id) == Some(sobject)).collect();
            for soql in Soql::records_by_id(sobject, &ids, &["Name"]) {
                let read = self.call(async |client| client.query(&soql).await).await?;
                let read = read.iter().filter_map(found).map(|found| found.candidate.record);
                records.extend(read.filter_map(|record| Some((record.id?, record))));
            }
        }
        Ok(records)
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

    /// Creates up to 200 records in one API call. The results are in the same order.
    ///
    /// # Errors
    /// Why the work cannot go on.
    pub async fn create(&mut self, records: &[salesforce::Record]) -> Result<Vec<Saved>, BatchError> {
        match self.try_call(async |client| client.create(records, Atomicity::EachAlone).await).await? {
            // The whole request is refused because of a field that none of its records may have.
            Err(Error::Refused(refusal)) if refusal.fields_to_leave_out().is_some() => {
                Ok(vec![Err(refusal); records.len()])
            }
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
