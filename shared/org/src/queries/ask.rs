//! Sends the questions of a look-up.

use std::collections::BTreeMap;
use std::time::Duration;

use salesforce::{Atomicity, CallerFields, ErrorCode, MAX_QUERIES, Subrequest, Transport, org_lists};

use super::answers::{Answers, Unconfirmed};
use super::{Queries, Question, Target, all};
use crate::batch_error::BatchError;
use crate::org::Org;

/// How long a request may take that asks for what the work can be done without.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs all queries, five per API call.
///
/// A result that is cut off, after ten pages, has the records that were last modified. What is in it needs no more;
/// what is not in it does not count as not found but is queried again, without the rest.
///
/// What can be done without is left out if it makes a request take too long, and counts as not found.
pub(crate) async fn ask(org: &mut Org, questions: &Queries, callers: &CallerFields) -> Result<Answers, BatchError> {
    let all = all(questions, callers);
    let asked_about_persons = all.iter().any(|(target, _)| *target == Target::Persons);
    let mut answers = Answers { asked_about_persons, ..Answers::default() };
    let mut cut_off = false;
    for chunk in chunks(all) {
        // What took too long once is not waited for again.
        let (slow, rest): (Vec<Question>, Vec<Question>) =
            chunk.into_iter().partition(|(target, _)| answers.took_too_long(*target));
        for (target, _) in &slow {
            answers.lacks(*target, Unconfirmed::TimedOut);
        }
        cut_off |= ask_chunk(org, rest, &mut answers).await?;
    }
    if cut_off && let Some(rest) = answers.unanswered(questions) {
        answers.merge(Box::pin(ask(org, &rest, callers)).await?);
    }
    Ok(answers)
}

/// Sends questions that fit into one request; if that takes too long, without those that may be why, and at last
/// without all that the work can be done without. Returns whether a result is cut off.
async fn ask_chunk(org: &mut Org, mut chunk: Vec<Question>, answers: &mut Answers) -> Result<bool, BatchError> {
    for may_be_why in [Target::is_slow, Target::is_optional] {
        if !chunk.iter().any(|(target, _)| may_be_why(*target)) {
            continue;
        }
        if let Some(cut_off) = ask_once(org, &chunk, Some(OPTIONAL_TIMEOUT), answers).await? {
            return Ok(cut_off);
        }
        let (left_out, rest): (Vec<Question>, Vec<Question>) =
            chunk.into_iter().partition(|(target, _)| may_be_why(*target));
        let has_scan = left_out.iter().any(|(target, _)| matches!(target, Target::Scan(_)));
        answers.asked_about_persons &= !left_out.iter().any(|(target, _)| *target == Target::Persons);
        for (target, _) in &left_out {
            // Next to a scan, a query may be fast: it is asked again.
            if !(has_scan && matches!(target, Target::Phones(_))) {
                answers.lacks(*target, Unconfirmed::TimedOut);
            }
        }
        chunk = rest;
    }
    Ok(ask_once(org, &chunk, None, answers).await?.unwrap_or_default())
}

/// Sends questions that fit into one request. Returns whether a result is cut off; none if the request took longer than
/// `limit`.
async fn ask_once(
    org: &mut Org,
    questions: &[Question],
    limit: Option<Duration>,
    answers: &mut Answers,
) -> Result<Option<bool>, BatchError> {
    // A request that the end of the run cuts short says nothing about the org.
    let limit = limit.filter(|limit| org.has_time(*limit));
    let name = |index: usize| format!("q{index}");
    let subrequests: Vec<Subrequest> = questions
        .iter()
        .enumerate()
        .map(|(index, (target, soql))| match (target, soql) {
            (Target::Describe(sobject), _) => Subrequest::describe(&name(index), *sobject),
            (_, Some(soql)) => Subrequest::query(&name(index), soql),
            (_, None) => unreachable!("only descriptions have no query"),
        })
        .collect();
    let sent = org.try_call_within(limit, async |client| client.composite(&subrequests, Atomicity::EachAlone).await);
    let results = match sent.await {
        Ok(Ok(results)) => results,
        Ok(Err(error)) if limit.is_some() && is_timeout(&error) => return Ok(None),
        Ok(Err(error)) => return Err(error.into()),
        Err(BatchError::TimedOut(_)) if limit.is_some() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut cut_off = false;
    let (mut statuses, mut described) = (Vec::new(), BTreeMap::new());
    for ((target, _), result) in questions.iter().zip(results) {
        if let Target::Describe(sobject) = target {
            described.extend(result.description().ok().map(|description| (*sobject, description)));
            continue;
        }
        let page = match result.page() {
            Ok(page) => page,
            Err(error) if answers.does_without(*target, &error) => continue,
            Err(error) => return Err(error.into()),
        };
        let first = salesforce::Reply { value: page, usage: None, calls: 0 };
        let page = if first.value.has_more() {
            match org.call(async |client| client.all_records(first.clone()).await).await {
                Ok(page) => page,
                Err(BatchError::TimedOut(_) | BatchError::Refused(_) | BatchError::Unknown(_)) if target.is_slow() => {
                    answers.lacks(*target, Unconfirmed::TimedOut);
                    continue;
                }
                Err(error) => return Err(error),
            }
        } else {
            first.value
        };
        cut_off |= page.has_more();
        if *target == Target::Statuses {
            statuses = page.records;
        } else {
            answers.take(*target, page.records);
        }
    }
    if questions.iter().any(|(target, _)| *target == Target::Statuses) {
        answers.lists = Some(org_lists(&statuses, &described));
    }
    Ok(Some(cut_off))
}

fn is_timeout(error: &salesforce::Error) -> bool {
    let is_query_timeout = |refusal: &salesforce::Refusal| *refusal.code() == ErrorCode::QueryTimeout;
    // The client's own timeout may come first.
    *error == salesforce::Error::Unanswered(Transport::TimedOut) || error.refusal().is_some_and(is_query_timeout)
}

/// The questions in chunks that each fit into one request.
fn chunks(questions: Vec<Question>) -> Vec<Vec<Question>> {
    let (described, queries): (Vec<Question>, Vec<Question>) =
        questions.into_iter().partition(|(_, soql)| soql.is_none());
    let mut chunks: Vec<Vec<Question>> = queries.chunks(MAX_QUERIES).map(<[Question]>::to_vec).collect();
    // Descriptions do not count as queries.
    if let Some(last) = chunks.last_mut() {
        last.extend(described);
    }
    chunks
}
