//! Writes what is planned, and says of each job what became of it.

use std::collections::VecDeque;

use org::{Bundle, Draft, Job, Org, Stop};
use rules::E164;
use rules::matching::Record;
use salesforce::{Atomicity, Error, Graph, GraphResult, MAX_GRAPHS, MAX_NODES, MAX_RECORDS, Refusal, SalesforceId};
use store::OrgFacts;

use crate::fate::{Fate, Placed};
use crate::fix::{Action, Fix, Part, action_for};

/// What a round came to, so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Jobs that are done with.
    pub(crate) done: Vec<(Job, Fate)>,
    /// Tasks that were there already, with their ids where Salesforce named them.
    pub(crate) exist: Vec<(Draft, Option<SalesforceId>)>,
    /// Jobs that go through another round, after this was taken care of.
    pub(crate) again: Vec<(Job, Fix)>,
    /// Numbers and the records that were created for them.
    pub(crate) created: Vec<(E164, Record)>,
    /// Whether Salesforce took anything.
    pub(crate) took: bool,
    /// What a single record's refusal says about the whole org, unless others were written all the same.
    pub(crate) stop: Option<Stop>,
    /// The jobs that met it, and what becomes of each if others were written.
    pub(crate) stopped: Vec<(Job, Fate)>,
}

/// Writes Tasks on records that exist: 200 for an API call, each for itself.
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
            // The whole collection for a field that none of its records may have.
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
                Ok(task_id) => report.placed(draft, task_id, false),
                Err(refusal) => report.refused(draft, &refusal, Part::Task),
            }
        }
    }
    Ok(())
}

/// Writes bundles, each whole or not at all: 75 for an API call.
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
        let (sent, before) = (chunk.len(), report.again.len());
        let results = org.call(async |client| client.graph(&graphs).await).await?;
        // Salesforce stops after some failed graphs: what it did not come to goes once more.
        let (halted, decided): (Vec<_>, Vec<_>) =
            chunk.into_iter().zip(results).partition(|(_, result)| is_halted(result));
        for (bundle, result) in decided {
            report.take_bundle(bundle, &result);
        }
        let is_in_vain = halted.len() == sent;
        // What the org lacks is lacking for all: the others need not hear it one by one.
        let is_org_wide =
            !halted.is_empty() && report.again[before..].iter().any(|(_, fix)| matches!(fix, Fix::LeaveOut(..)));
        waiting.extend(halted.into_iter().map(|(bundle, _)| bundle));
        if is_in_vain || is_org_wide {
            let drafts = waiting.drain(..).flat_map(|bundle| bundle.drafts);
            report.again.extend(drafts.map(|draft| (draft.job, Fix::Nothing)));
        }
    }
    Ok(())
}

/// Whether a graph was not written for no reason of its own.
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
                    Some(task_id) => self.placed(draft, task_id, new),
                    None => self.exist.push((draft, None)),
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
                // Another part of the bundle failed, or Salesforce stopped before it.
                _ => self.again.push((draft.job, Fix::Nothing)),
            }
        }
    }

    fn placed(&mut self, draft: Draft, task_id: SalesforceId, new: bool) {
        let Draft { job, task, record, related, .. } = draft;
        self.took = true;
        if new {
            self.created.push((job.phone.clone(), record.clone()));
        }
        self.done.push((job, Fate::Logged(Box::new(Placed { task_id, task, record, related }))));
    }

    /// The round goes on unless the org takes nothing, for which no job is to blame: where it took others, the trouble is
    /// the job's own.
    pub(crate) fn goes_on(&mut self) -> Result<(), Stop> {
        match self.stop.take() {
            Some(stop) if !self.took => Err(stop),
            _ => {
                self.done.append(&mut self.stopped);
                Ok(())
            }
        }
    }

    /// What a refusal of this part of what it takes means for the job.
    fn refused(&mut self, draft: Draft, refusal: &Refusal, part: Part) {
        match action_for(part, &draft.job, refusal) {
            Action::Adopt(task_id) => self.exist.push((draft, task_id)),
            Action::Again(fix) => self.again.push((draft.job, fix)),
            Action::Settle(fate) => self.done.push((draft.job, fate)),
            Action::LetGo => self.done.push((draft.job, Fate::failed(refusal))),
            Action::Stop(stop) => {
                self.stop = Some(stop);
                self.stopped.push((draft.job, Fate::postponed(refusal)));
            }
        }
    }
}
