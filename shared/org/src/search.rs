//! Searches for the records of phone numbers, and asks again where Salesforce cuts an answer off.
//!
//! A search returns a limited number of records, chosen by relevance. If one number has many, those of the other numbers
//! may all be missing, and to take them for unknown would create records that exist. An answer that reaches a limit
//! therefore counts for nothing: its numbers are searched again in smaller groups.

use std::collections::BTreeSet;

use rules::E164;
use salesforce::call_log::{Found, found};
use salesforce::{CallerFields, DigitsOnly, Error, SObject, Sosl};

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

/// Searches for all numbers: usually one API call for about sixty. An inner error is Salesforce's refusal of a search.
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
    let terms: Vec<DigitsOnly> = phones.iter().flat_map(terms).collect();
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

fn terms(phone: &E164) -> BTreeSet<DigitsOnly> {
    phone.digit_forms().iter().filter_map(|form| DigitsOnly::parse(form).ok()).collect()
}

/// Groups of numbers, each of which fits into one search.
fn groups(phones: &BTreeSet<E164>) -> Vec<Vec<E164>> {
    let mut groups = Vec::new();
    let (mut group, mut group_terms) = (Vec::new(), BTreeSet::new());
    for phone in phones {
        let mut with_phone = group_terms.clone();
        with_phone.extend(terms(phone));
        if !group.is_empty() && !Sosl::has_room_for(&with_phone) {
            groups.push(std::mem::take(&mut group));
            with_phone = terms(phone);
        }
        group.push(phone.clone());
        group_terms = with_phone;
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

/// Splits a group of at least two numbers: the number that most of the records have from the others, else into halves.
fn split(mut group: Vec<E164>, found: &[Found]) -> [Vec<E164>; 2] {
    let count = |phone: &E164| found.iter().filter(|found| has_phone(found, phone)).count();
    let most = group.iter().map(count).enumerate().max_by_key(|(_, count)| *count);
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

pub(crate) fn has_phone(found: &Found, phone: &E164) -> bool {
    found.candidate.phones.iter().any(|stored| phone.is_written(stored))
}
