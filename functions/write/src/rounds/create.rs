//! Creates what was planned: Tasks, and bundles of a new record with its Case and Tasks.

use std::collections::VecDeque;

use jiff::Timestamp;
use org::{BatchError, Bundle, Draft, KeepsRecords};
use rules::RecordKind;
use salesforce::{Graph, GraphResult, Kind, MAX_GRAPHS, MAX_NODES, MAX_RECORDS, Refusal, SalesforceId, SubResult};
use store::Written;

use super::POLL;
use super::automation::{Ladder, is_of_automation};
use super::fix::{Fix, Part, is_hidden};
use super::progress::Progress;
use super::requests::{Requests, Sent};
use super::update::unanswered;
use crate::outcome;

/// The most records of a bundle beside its Tasks: an Account, its Contact and a Case.
const MAX_RECORDS_OF_BUNDLE: usize = 3;

/// Creates Tasks on existing records: 200 per API call, or as many as the org takes, each succeeding or failing on its own.
pub(crate) async fn tasks(requests: &mut Requests<'_>, drafts: Vec<Draft>) -> Progress {
    let mut progress = Progress::default();
    let mut waiting: VecDeque<Draft> = drafts.into();
    let mut ladder = Ladder::new(requests.pace);
    while !waiting.is_empty() && progress.can_continue() {
        let chunk: Vec<Draft> = waiting.drain(..waiting.len().min(ladder.limit()).min(MAX_RECORDS)).collect();
        match create_tasks(requests, chunk, &mut ladder).await {
            Ok((step, again)) => {
                // A field that the org lacks is missing for all Tasks, so do not let each request of a few fail in turn.
                if step.lacks_field(requests.facts) {
                    progress.to_fix.extend(waiting.drain(..).map(|draft| (draft.job, Fix::LookUpAgain)));
                }
                progress.extend(step);
                again.into_iter().rev().for_each(|draft| waiting.push_front(draft));
            }
            Err(error) => progress.extend(Progress::aborted(error)),
        }
        if let Some(reason) = ladder.ends_with() {
            progress.finished.extend(waiting.drain(..).map(|draft| outcome::postponed(draft.job, reason.clone())));
        }
    }
    progress
}

/// Creates Tasks in one API call. Returns the results, and those to be sent again with fewer.
async fn create_tasks(
    requests: &mut Requests<'_>,
    drafts: Vec<Draft>,
    ladder: &mut Ladder,
) -> Result<(Progress, Vec<Draft>), BatchError> {
    let (mut progress, mut again) = (Progress::default(), Vec::new());
    let wires: Vec<_> = drafts.iter().map(|draft| draft.wire(requests.facts, &requests.statuses)).collect();
    let sent = drafts.iter().map(|draft| Sent { job: &draft.job, task: &draft.task, is_new: true });
    let saved = requests.send(sent, async |org| org.create(&wires).await).await?;
    let refusals: Vec<&Refusal> = saved.iter().filter_map(|saved| saved.as_ref().err()).collect();
    let is_shared = ladder.is_sent_again(requests.pace, drafts.len(), &refusals);
    for (draft, saved) in drafts.into_iter().zip(saved) {
        match saved {
            Ok(task_id) => created(draft, task_id, &mut progress),
            Err(refusal) if is_shared && is_of_automation(&refusal) => again.push(draft),
            Err(refusal) => progress.refused(draft, &refusal, Part::Task),
        }
    }
    Ok((progress, again))
}

/// Writes bundles, each in a transaction of its own: 75 per API call, or as many as the org takes.
pub(crate) async fn bundles(requests: &mut Requests<'_>, bundles: Vec<Bundle>) -> Progress {
    let mut progress = Progress::default();
    let mut waiting: VecDeque<Bundle> = bundles.into();
    let mut ladder = Ladder::new(requests.pace);
    while !waiting.is_empty() && progress.can_continue() {
        let sent = create_bundles(requests, &mut waiting, &mut ladder).await;
        let BundlesSent { progress: step, halted, again } = sent.unwrap_or_else(BundlesSent::aborted);
        // A field that the org lacks is missing for all bundles, so do not let each of them fail in turn. If Salesforce
        // reached no bundle at all, it would not reach any the next time.
        let is_over = !halted.is_empty() && (step.lacks_field(requests.facts) || step.is_empty() && again.is_empty());
        progress.extend(step);
        waiting.extend(halted);
        again.into_iter().rev().for_each(|bundle| waiting.push_front(bundle));
        if let Some(reason) = ladder.ends_with() {
            let drafts = waiting.drain(..).flat_map(|bundle| bundle.drafts);
            progress.finished.extend(drafts.map(|draft| outcome::postponed(draft.job, reason.clone())));
        }
        if is_over {
            let drafts = waiting.drain(..).flat_map(|bundle| bundle.drafts);
            progress.to_fix.extend(drafts.map(|draft| (draft.job, Fix::Nothing)));
        }
    }
    progress
}

/// What became of the bundles of one API call.
#[derive(Default)]
struct BundlesSent {
    progress: Progress,
    /// Those that Salesforce did not reach, because it stops after a number of failed graphs.
    halted: Vec<Bundle>,
    /// Those to be sent again with fewer.
    again: Vec<Bundle>,
}

impl BundlesSent {
    fn aborted(error: BatchError) -> Self {
        Self { progress: Progress::aborted(error), ..Self::default() }
    }
}

/// Sends as many of the waiting bundles as one API call takes.
async fn create_bundles(
    requests: &mut Requests<'_>,
    waiting: &mut VecDeque<Bundle>,
    ladder: &mut Ladder,
) -> Result<BundlesSent, BatchError> {
    let (mut chunk, mut graphs, mut nodes, mut tasks) = (Vec::new(), Vec::new(), 0, 0);
    let limit = ladder.limit();
    let mut done = BundlesSent::default();
    while let Some(mut bundle) = waiting.pop_front_if(|bundle| {
        has_room(chunk.len(), nodes, bundle) && (tasks == 0 || tasks + bundle.drafts.len() <= limit)
    }) {
        // The other Tasks follow when their record exists.
        let later = bundle.split_off(limit);
        if !later.is_empty()
            && let Some(until) = bundle.is_pending_until()
        {
            // Without the Tasks that were split off, an unanswered request may create the records as well.
            let (until, drafts) = (until.min(Timestamp::now() + POLL), bundle.drafts.into_iter().chain(later));
            done.progress.finished.extend(drafts.map(|draft| outcome::deferred(draft.job, unanswered(), until)));
            continue;
        }
        done.progress.to_fix.extend(later.into_iter().map(|draft| (draft.job, Fix::LookUpAgain)));
        let graph = Graph {
            id: format!("g{}", chunk.len()),
            subrequests: bundle.subrequests(requests.facts, &requests.statuses),
        };
        nodes += graph.subrequests.len();
        tasks += bundle.drafts.len();
        graphs.push(graph);
        chunk.push(bundle);
    }
    let results = requests.create(&chunk, &graphs).await?;
    // A graph is refused with all its Tasks.
    let refused = |(bundle, result): (&Bundle, &'_ GraphResult)| {
        std::iter::repeat_n(by_automation(bundle, result), bundle.drafts.len()).flatten().cloned().collect::<Vec<_>>()
    };
    let refusals: Vec<Refusal> = chunk.iter().zip(&results).flat_map(refused).collect();
    let is_shared = ladder.is_sent_again(requests.pace, tasks, &refusals.iter().collect::<Vec<_>>());
    for (bundle, result) in chunk.into_iter().zip(results) {
        if is_halted(&result) {
            done.halted.push(bundle);
        } else if is_shared && by_automation(&bundle, &result).is_some_and(is_of_automation) {
            done.again.push(bundle);
        } else {
            take_bundle(bundle, &result, &mut done.progress);
        }
    }
    Ok(done)
}

/// The refusal that made the graph of a bundle fail, unless it can be fixed: another record type may help.
fn by_automation<'r>(bundle: &Bundle, result: &'r GraphResult) -> Option<&'r Refusal> {
    let refused = |part: &'r SubResult| Some((part.reference_id(), part.done().err()?));
    let (part, refusal) = result.results.iter().filter_map(refused).find(|(_, refusal)| !refusal.is_consequence())?;
    let new_account = bundle.record.as_ref().is_some_and(|new| new.kind() == RecordKind::Account);
    let is_account = part == Bundle::ACCOUNT || part == Bundle::RECORD && new_account;
    Some(refusal).filter(|refusal| !is_account || refusal.is_governor_limit())
}

/// Whether a graph failed only as a consequence of other failures.
fn is_halted(result: &GraphResult) -> bool {
    !result.is_successful && result.results.iter().all(|part| part.done().err().is_none_or(Refusal::is_consequence))
}

fn has_room(graphs: usize, nodes: usize, next: &Bundle) -> bool {
    graphs == 0 || graphs < MAX_GRAPHS && nodes + next.drafts.len() + MAX_RECORDS_OF_BUNDLE <= MAX_NODES
}

/// A Task that was created.
fn created(draft: Draft, task_id: SalesforceId, progress: &mut Progress) {
    let Draft { job, task, record, related, .. } = draft;
    progress.logged(job, Written { task_id, task: Some(task), record, related, logged_at: Timestamp::now() });
}

/// The results of one bundle, added to `progress`.
fn take_bundle(bundle: Bundle, result: &GraphResult, progress: &mut Progress) {
    let part = |name: &str| result.results.iter().find(|part| part.reference_id() == name);
    let id_of = |name: &str| part(name).and_then(|part| part.id().ok());
    if result.is_successful {
        let (record, case, is_new) = (id_of(Bundle::RECORD), id_of(Bundle::CASE), bundle.record.is_some());
        if bundle.drafts.iter().any(|draft| draft.job.adjusted.keeps_records == Some(KeepsRecords::Hidden)) {
            progress.kept.extend(bundle.creates());
        }
        for (index, draft) in bundle.drafts.into_iter().enumerate() {
            let draft = draft.on(record, case);
            match id_of(&format!("task{index}")) {
                Some(task_id) => {
                    if is_new {
                        progress.created.push((draft.job.phone.clone(), draft.record.clone()));
                    }
                    created(draft, task_id, progress);
                }
                None => progress.existing.push((draft, None)),
            }
        }
        return;
    }
    let refused = result.results.iter().find_map(|part| {
        part.done().err().filter(|refusal| !refusal.is_consequence()).map(|refusal| (part.reference_id(), refusal))
    });
    let part = match (refused, &bundle.record) {
        (Some((Bundle::ACCOUNT, _)), _) => Part::Company,
        (Some((Bundle::RECORD, _)), Some(_)) if bundle.account.is_some() => Part::ContactOfAccount,
        (Some((Bundle::RECORD, _)), Some(new)) => Part::Record(new.kind()),
        (Some((Bundle::CASE, _)), _) => Part::Case,
        _ => Part::Task,
    };
    // A Task or a Case that is refused because of a record of the same bundle: the user does not see what others own.
    let hides_records = bundle.creates().next().is_some()
        && refused
            .is_some_and(|(name, refusal)| !matches!(name, Bundle::ACCOUNT | Bundle::RECORD) && is_hidden(refusal));
    for (index, draft) in bundle.drafts.into_iter().enumerate() {
        match refused {
            Some((_, refusal)) if hides_records && draft.job.adjusted.keeps_records.is_none() => {
                progress.to_fix.push((draft.job, Fix::KeepRecords(KeepsRecords::Hidden, refusal.clone())));
            }
            Some((name, refusal)) if part != Part::Task || name == format!("task{index}") => {
                progress.refused(draft, refusal, part);
            }
            // An earlier request created that Task, and with it the record.
            Some((_, refusal)) if refusal.kind() == Kind::AlreadyLogged && part == Part::Task => {
                progress.to_fix.push((draft.job, Fix::LookUpAgain));
            }
            // Another part of the bundle failed, or Salesforce stopped before this one.
            _ => progress.to_fix.push((draft.job, Fix::Nothing)),
        }
    }
}
