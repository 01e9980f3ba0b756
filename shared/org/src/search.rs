//! Searches for the records of phone numbers, and asks again where Salesforce cuts an answer off.
//!
//! A search returns a limited number of records, chosen by relevance. If one number has many, those of the other numbers
//! may all be missing, and to take them for unknown would create records that exist. An answer that reaches a limit
//! therefore counts for nothing: its numbers are searched again in smaller groups.

use std::collections::BTreeSet;

use rules::E164;
use rules::matching::{Callers, Matches};
use salesforce::call_log::{Found, found};
use salesforce::{CallerFields, Error, PhoneTerm, SObject, Sosl};

use crate::batch_error::BatchError;
use crate::org::Org;

/// What the searches found.
#[derive(Debug, Default)]
pub(crate) struct Searched {
    /// Records that may have one of the numbers. A record may be in it twice.
    pub(crate) found: Vec<Found>,
    /// Numbers of which records are missing all the same: more have the number than a search returns. The records that
    /// were last modified have to be queried.
    pub(crate) crowded: BTreeSet<E164>,
}

/// Searches for all numbers: usually one API call for about sixty numbers. An inner error is Salesforce's refusal of a search.
///
/// Each answer that is cut off had hundreds of records in it, and costs at most two more searches; a number of so many
/// records costs at most three more.
pub(crate) async fn search(
    org: &mut Org,
    phones: &BTreeSet<E164>,
    callers: &CallerFields,
) -> Result<Result<Searched, Error>, BatchError> {
    let mut searched = Searched::default();
    let mut groups = groups(phones);
    while let Some(group) = groups.pop() {
        let (found, cut_off) = match search_once(org, &group, callers).await? {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        if cut_off.is_empty() {
            searched.found.extend(found);
        } else if let [phone] = group.as_slice() {
            searched.found.extend(found);
            // A search of one object returns more.
            for sobject in cut_off {
                match search_once(org, &group, &only(sobject, callers)).await? {
                    Ok((found, cut_off)) => {
                        searched.found.extend(found);
                        if !cut_off.is_empty() {
                            searched.crowded.insert(phone.clone());
                        }
                    }
                    Err(error) => return Ok(Err(error)),
                }
            }
        } else {
            groups.extend(split(group, &found));
        }
    }
    Ok(Ok(searched))
}

/// Searches for numbers that fit into one search, and returns the objects of which records may be missing.
async fn search_once(
    org: &mut Org,
    phones: &[E164],
    callers: &CallerFields,
) -> Result<Result<(Vec<Found>, Vec<SObject>), Error>, BatchError> {
    let (mut candidates, mut cut_off) = (Vec::new(), Vec::new());
    // Each number gets an equal share of the search string.
    let share = Sosl::ROOM / phones.len().max(1);
    let terms: Vec<PhoneTerm> = phones.iter().flat_map(|phone| terms(phone, share)).collect();
    for sosl in Sosl::phones(&terms, callers) {
        match org.try_call(async |client| client.search(&sosl).await).await? {
            Ok(records) => {
                cut_off.extend(sosl.cut_off(&records));
                candidates.extend(records.iter().filter_map(found));
            }
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok((candidates, cut_off)))
}

/// The search terms of a number that have room in its share of a search, the likeliest spellings first.
fn terms(phone: &E164, mut share: usize) -> Vec<PhoneTerm> {
    let mut terms: Vec<PhoneTerm> = phone.search_terms().iter().filter_map(|term| term.try_into().ok()).collect();
    terms.retain(|term: &PhoneTerm| {
        let rest = share.checked_sub(term.len());
        share = rest.unwrap_or(share);
        rest.is_some()
    });
    terms
}

/// Groups of numbers, each of which gets one search: as many as the numbers need if each is written as a whole. The room
/// that is left in them goes to rarer spellings.
fn groups(phones: &BTreeSet<E164>) -> Vec<Vec<E164>> {
    let terms = phones.iter().flat_map(E164::whole_forms).filter_map(|digits| PhoneTerm::prefix(&digits).ok());
    let searches = terms.map(|term| term.len()).sum::<usize>().div_ceil(Sosl::ROOM).max(1);
    let size = phones.len().div_ceil(searches).max(1);
    phones.iter().cloned().collect::<Vec<_>>().chunks(size).map(<[E164]>::to_vec).collect()
}

/// Splits a group of at least two numbers: the number that most of the records have from the others, else into halves.
fn split(mut group: Vec<E164>, found: &[Found]) -> [Vec<E164>; 2] {
    let callers: Callers = group.iter().collect();
    let matches = Matches::new(&callers, found.iter().map(|found| &found.candidate));
    let most = group.iter().map(|phone| matches.count(phone)).enumerate().max_by_key(|(_, count)| *count);
    match most {
        Some((index, count)) if 2 * count > found.len() => {
            let phone = group.remove(index);
            [vec![phone], group]
        }
        _ => {
            let second = group.split_off(group.len() / 2);
            [group, second]
        }
    }
}

fn only(sobject: SObject, callers: &CallerFields) -> CallerFields {
    let others = SObject::CALLERS.into_iter().filter(|other| *other != sobject);
    others.fold(callers.clone(), CallerFields::without_object)
}
