//! Writes the plan and reports the fate of each job.

use std::collections::VecDeque;

use org::{Bundle, Draft, Job, Org, Stop};
use rules::E164;
use rules::matching::Record;
use salesforce::{Atomicity, Error, Graph, GraphResult, MAX_GRAPHS, MAX_NODES, MAX_RECORDS, Refusal, SalesforceId};
use store::OrgFacts;

use crate::fate::{Fate, LoggedTask};
use crate::fix::{Action, Fix, Part, action_for};

/// The results of a round so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Jobs with their final fate in this drain.
    pub(crate) done: Vec<(Job, Fate)>,
    /// Tasks that already existed, with their ids where Salesforce named them.
    pub(crate) existing: Vec<(Draft, Option<SalesforceId>)>,
    /// Jobs to write again in another round, after the fix is applied.
    pub(crate) to_retry: Vec<(Job, Fix)>,
    /// Phone numbers and the records that were created for them.
    pub(crate) created: Vec<(E164, Record)>,
    /// Whether Salesforce accepted any write.
    pub(crate) wrote_any: bool,
    /// The stop that a single record's refusal asks of the whole org. Ignored if other records were written.
    pub(crate) stop: Option<Stop>,
    /// The jobs that caused `stop`, each with its fate if other records were written.
    pub(crate) stopped: Vec<(Job, Fate)>,
}

/// Creates Tasks on existing records: 200 per API call, each succeeding or failing on its own.
pub(crate) async fn tasks(
    org: &mut Org,
    mut drafts: Vec<Draft>,
    facts: &OrgFacts,
    report: &mut Report,
) -> Result<(), Stop> {
    while !drafts.is_empty() {
        let chunk: Vec<Draft> = drafts.drain(..drafts.len().min(MAX_RECORDS)).collect();
        let wires: Vec<salesforce::Record> = chunk.iter().map(|draft| draft.wire(facts)).collect();
        let saved = match org.try_call(async |client| client.create(&wires, Atomicity::EachAlone).await).await? {
            Ok(saved) => saved,
            // The whole collection was refused because of a field that none of its records may have.
            Err(Error::Refused(refusal)) if refusal.fields_to_leave_out().is_some() => {
                for draft in chunk {
                    report.refused(draft, &refusal, Part::Task);
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for (draft, saved) in chunk.into_iter().zip(saved) {
            match saved {
                Ok(task_id) => report.logged(draft, task_id, false),
                Err(refusal) => report.refused(draft, &refusal, Part::Task),
            }
        }
    }
    Ok(())
}

/// Writes bundles, each in a transaction of its own: 75 per API call.
pub(crate) async fn bundles(
    org: &mut Org,
    bundles: Vec<Bundle>,
    facts: &OrgFacts,
    report: &mut Report,
) -> Result<(), Stop> {
    let mut waiting: VecDeque<Bundle> = bundles.into();
    while !waiting.is_empty() {
        let (mut chunk, mut graphs, mut nodes) = (Vec::new(), Vec::new(), 0);
        while let Some(bundle) = waiting.pop_front_if(|bundle| has_room(chunk.len(), nodes, bundle)) {
            let graph = Graph { id: format!("g{}", chunk.len()), subrequests: bundle.subrequests(facts) };
            nodes += graph.subrequests.len();
            graphs.push(graph);
            chunk.push(bundle);
        }
        let (sent, before) = (chunk.len(), report.to_retry.len());
        let results = org.call(async |client| client.graph(&graphs).await).await?;
        // Salesforce stops after a number of failed graphs. The graphs it did not reach are sent again.
        let (halted, answered): (Vec<_>, Vec<_>) =
            chunk.into_iter().zip(results).partition(|(_, result)| is_halted(result));
        for (bundle, result) in answered {
            report.take_bundle(bundle, &result);
        }
        let is_stuck = halted.len() == sent;
        // A field that the org lacks is missing for all bundles, so do not let each of them fail in turn.
        let is_org_wide =
            !halted.is_empty() && report.to_retry[before..].iter().any(|(_, fix)| matches!(fix, Fix::LeaveOut(..)));
        waiting.extend(halted.into_iter().map(|(bundle, _)| bundle));
        if is_stuck || is_org_wide {
            let drafts = waiting.drain(..).flat_map(|bundle| bundle.drafts);
            report.to_retry.extend(drafts.map(|draft| (draft.job, Fix::Nothing)));
        }
    }
    Ok(())
}

/// Whether a graph failed only as a consequence of other failures.
fn is_halted(result: &GraphResult) -> bool {
    !result.is_successful && result.results.iter().all(|part| part.done().err().is_none_or(Refusal::is_consequence))
}

fn has_room(graphs: usize, nodes: usize, next: &Bundle) -> bool {
    graphs == 0 || graphs < MAX_GRAPHS && nodes + next.drafts.len() + 2 <= MAX_NODES
}

impl Report {
    fn take_bundle(&mut self, bundle: Bundle, result: &GraphResult) {
        let part = |name: &str| result.results.iter().find(|part| part.reference_id() == name);
        let id_of = |name: &str| part(name).and_then(|part| part.id().ok());
        if result.is_successful {
            let (record, case, new) = (id_of(Bundle::RECORD), id_of(Bundle::CASE), bundle.record.is_some());
            for (index, draft) in bundle.drafts.into_iter().enumerate() {
                let draft = draft.on(record, case);
                match id_of(&format!("task{index}")) {
                    Some(task_id) => self.logged(draft, task_id, new),
                    None => self.existing.push((draft, None)),
                }
            }
            return;
        }
        let refused = result.results.iter().find_map(|part| {
            part.done().err().filter(|refusal| !refusal.is_consequence()).map(|refusal| (part.reference_id(), refusal))
        });
        let part = match (refused, &bundle.record) {
            (Some((Bundle::RECORD, _)), Some(new)) => Part::Record(new.kind()),
            (Some((Bundle::CASE, _)), _) => Part::Case,
            _ => Part::Task,
        };
        for (index, draft) in bundle.drafts.into_iter().enumerate() {
            match refused {
                Some((name, refusal)) if part != Part::Task || name == format!("task{index}") => {
                    self.refused(draft, refusal, part);
                }
                // Another part of the bundle failed, or Salesforce stopped before this one.
                _ => self.to_retry.push((draft.job, Fix::Nothing)),
            }
        }
    }

    fn logged(&mut self, draft: Draft, task_id: SalesforceId, new: bool) {
        let Draft { job, task, record, related, .. } = draft;
        self.wrote_any = true;
        if new {
            self.created.push((job.phone.clone(), record.clone()));
        }
        self.done.push((job, Fate::Logged(Box::new(LoggedTask { task_id, task, record, related }))));
    }

    /// Ends the round if the org accepts no writes at all. If it accepted other records, the refusal concerns only its
    /// own job.
    pub(crate) fn check_stop(&mut self) -> Result<(), Stop> {
        match self.stop.take() {
            Some(stop) if !self.wrote_any => Err(stop),
            _ => {
                self.done.append(&mut self.stopped);
                Ok(())
            }
        }
    }

    /// Applies the action for a refusal of one part of the job.
    fn refused(&mut self, draft: Draft, refusal: &Refusal, part: Part) {
        match action_for(part, &draft.job, refusal) {
            Action::Adopt(task_id) => self.existing.push((draft, task_id)),
            Action::FixAndRetry(fix) => self.to_retry.push((draft.job, fix)),
            Action::Finish(fate) => self.done.push((draft.job, fate)),
            Action::TaskGone => self.done.push((draft.job, Fate::failed(refusal))),
            Action::Stop(stop) => {
                self.stop = Some(stop);
                self.stopped.push((draft.job, Fate::postponed(refusal)));
            }
        }
    }
}
