//! Requests that change the org. What is sent is stored first, because its answer may be lost.
//!
//! | the answer | what is known | the next step |
//! |---|---|---|
//! | came | whether it took effect | nothing is in doubt |
//! | is an error of the whole request | nothing has happened, or everything | look; a Task with our key is adopted |
//! | is cut off | it may take effect within moments | the same, and wait [`CUT_OFF`] where a duplicate would not be refused |
//! | does not come, or the writer is killed | it may take effect within ten minutes | the same, and wait that long |
//!
//! A duplicate is refused: of a Task by its unique key, with everything that the same graph creates; of an update by
//! its condition. Without the key field, a second Task is only created when the first cannot take effect any more.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use org::{BatchError, Bundle, Job, Missing, Org, Pace};
use rules::{StatusNames, Task};
use salesforce::{Graph, GraphResult, KeyField};
use store::{Calls, OrgFacts, PendingCreate, Phones, TenantId, Unconfirmed};

/// How long a request whose connection was cut off may still take effect.
const CUT_OFF: SignedDuration = SignedDuration::from_secs(30);

/// What a request writes for one job.
pub(crate) struct Sent<'a> {
    pub(crate) job: &'a Job,
    pub(crate) task: &'a Task,
    /// Whether the Task is created; else it is updated.
    pub(crate) is_new: bool,
}

/// Sends the requests of a group of jobs.
pub(crate) struct Requests<'a> {
    pub(crate) org: &'a mut Org,
    pub(crate) calls: &'a Calls,
    pub(crate) phones: &'a Phones,
    pub(crate) tenant: &'a TenantId,
    pub(crate) facts: &'a OrgFacts,
    /// The statuses of the org that are written.
    pub(crate) statuses: StatusNames,
    /// How many records are written in one request.
    pub(crate) pace: &'a mut Pace,
    /// How long a request that was given up may still take effect.
    pub(crate) late_effect: SignedDuration,
    /// What was sent in this drain and may have taken effect, by key.
    pub(crate) in_doubt: &'a mut BTreeMap<String, Unconfirmed>,
}

impl Requests<'_> {
    /// Whether the org has the unique key field, by which Salesforce itself refuses a duplicate Task.
    fn has_key(&self) -> bool {
        !Missing::key_field(KeyField::AircallKey).is_in(self.facts)
    }

    /// Stores what is sent, and then sends it.
    pub(crate) async fn send<T>(
        &mut self,
        sent: impl IntoIterator<Item = Sent<'_>>,
        request: impl AsyncFnOnce(&mut Org) -> Result<T, BatchError>,
    ) -> Result<T, BatchError> {
        let (has_key, sent_at) = (self.has_key(), Timestamp::now());
        let until = Some(sent_at + self.late_effect);
        let sent: Vec<_> = sent
            .into_iter()
            .map(|Sent { job, task, is_new }| {
                let sent = Unconfirmed { task: task.clone(), is_new, has_key, sent_at, until };
                let mut all = job.unconfirmed.clone();
                Unconfirmed::note(&mut all, sent.clone());
                (job.key.clone(), sent, all)
            })
            .collect();
        let all = sent.iter().map(|(key, _, all)| (key.as_str(), all.as_slice()));
        self.calls.announce(self.tenant, all, sent_at).await?;
        let keys: Vec<String> = sent.iter().map(|(key, ..)| key.clone()).collect();
        self.in_doubt.extend(sent.into_iter().map(|(key, sent, _)| (key, sent)));
        let answer = request(self.org).await;
        self.settle(&keys, answer.as_ref().err());
        answer
    }

    /// Notes how much of what was sent is still in doubt.
    fn settle(&mut self, keys: &[String], error: Option<&BatchError>) {
        for key in keys {
            match error {
                Some(BatchError::TimedOut(_)) => {}
                Some(BatchError::CutOff(_)) => self.limit(key, Some(Timestamp::now() + CUT_OFF)),
                Some(BatchError::Failed(_)) => self.limit(key, None),
                // It was answered, or certainly not sent.
                None | Some(_) => drop(self.in_doubt.remove(key)),
            }
        }
    }

    fn limit(&mut self, key: &str, until: Option<Timestamp>) {
        if let Some(sent) = self.in_doubt.get_mut(key) {
            sent.until = until;
        }
    }

    /// Creates the records of bundles, in one request. Which records may come to exist is stored first.
    pub(crate) async fn create<'b>(
        &mut self,
        bundles: &'b [Bundle],
        graphs: &[Graph],
    ) -> Result<Vec<GraphResult>, BatchError> {
        let (late_effect, has_key) = (self.late_effect, self.has_key());
        self.put_pending(bundles.iter().map(|bundle| pending(bundle, Some(late_effect), has_key))).await?;
        let drafts = bundles.iter().flat_map(|bundle| &bundle.drafts);
        let sent = drafts.map(|draft| Sent { job: &draft.job, task: &draft.task, is_new: true });
        let answer = self.send(sent, async |org| org.call(async |client| client.graph(graphs).await).await).await;
        match &answer {
            Ok(results) => {
                // Salesforce would now refuse what was pending. A new record is stored as the match of its phone
                // number.
                let settled =
                    |(bundle, result): (&'b Bundle, &GraphResult)| match (result.is_successful, &bundle.record) {
                        (true, Some(_)) => None,
                        (true, None) => Some((bundle.subject.as_str(), Vec::new())),
                        // What was pending has created it.
                        (false, _) if is_duplicate(result) => Some((bundle.subject.as_str(), Vec::new())),
                        (false, _) => Some(pending(bundle, None, has_key)),
                    };
                self.put_pending(bundles.iter().zip(results).filter_map(settled)).await?;
            }
            Err(BatchError::TimedOut(_)) => {}
            Err(BatchError::CutOff(_)) => {
                self.put_pending(bundles.iter().map(|bundle| pending(bundle, Some(CUT_OFF), has_key))).await?;
            }
            Err(_) => self.put_pending(bundles.iter().map(|bundle| pending(bundle, None, has_key))).await?,
        }
        answer
    }

    async fn put_pending(&self, pending: impl Iterator<Item = (&str, Vec<PendingCreate>)>) -> Result<(), store::Error> {
        self.phones.put_pending_creates(self.tenant, pending.collect(), Timestamp::now()).await
    }
}

/// Whether Salesforce refused a graph because one of its Tasks exists.
fn is_duplicate(result: &GraphResult) -> bool {
    let mut refusals = result.results.iter().filter_map(|part| part.done().err());
    refusals.any(|refusal| refusal.duplicates(KeyField::AircallKey.name()))
}

/// What may come to be created for the subject of a bundle: what was pending before, and for a time what it creates.
fn pending(bundle: &Bundle, lasts: Option<SignedDuration>, has_key: bool) -> (&str, Vec<PendingCreate>) {
    let keys = || bundle.drafts.iter().map(|draft| draft.job.key.clone()).collect();
    let own = lasts.map(|lasts| PendingCreate { keys: keys(), has_key, until: Timestamp::now() + lasts });
    (bundle.subject.as_str(), bundle.pending.iter().cloned().chain(own).collect())
}
