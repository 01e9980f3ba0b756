//! The transfers of a call, as the union of what its events report.

use crate::call_flow::Transfer;
use crate::call_report::CallReport;
use crate::document::CallEvent;

/// The most transfers that are kept: the newest.
const MAX_TRANSFERS: usize = 20;

/// The transfer that an event proves. The fields alone do not: Aircall also sets them after an unsuccessful transfer.
pub(crate) fn reported(report: &CallReport) -> Vec<Transfer> {
    let (is_external, to, phone) = match report.event {
        CallEvent::Transferred => (false, report.transferred_to.clone(), None),
        CallEvent::ExternalTransferred => (true, None, report.external_transferred_to.clone()),
        _ => return Vec::new(),
    };
    vec![Transfer { at: report.at, is_external, by: report.transferred_by.clone(), to, phone }]
}

/// The union of two sorted lists. Reports of one transfer, which have the same time, complete each other.
pub(crate) fn union(left: Vec<Transfer>, right: Vec<Transfer>) -> Vec<Transfer> {
    let mut all = [left, right].concat();
    all.sort();
    let mut joined: Vec<Transfer> = Vec::new();
    for Transfer { at, is_external, by, to, phone } in all {
        match joined.last_mut() {
            Some(last) if (last.at, last.is_external) == (at, is_external) => {
                last.by = last.by.take().max(by);
                last.to = last.to.take().max(to);
                last.phone = last.phone.take().max(phone);
            }
            _ => joined.push(Transfer { at, is_external, by, to, phone }),
        }
    }
    joined.split_off(joined.len().saturating_sub(MAX_TRANSFERS))
}
