//! What an org's triggers and flows refuse for several records at once, and may accept for fewer.

use org::Reason;
use salesforce::{ErrorCode, Refusal};

/// After how many records that were refused alone, one after the other, the others are left for later.
const MAX_ALONE: usize = 3;

/// Whether what was refused of a request is sent again with fewer records: automation failed for several of them, or hit a
/// limit of one transaction; or a limit was hit only because some failed.
pub(crate) fn is_shared<'a>(sent: usize, refusals: impl Iterator<Item = &'a Refusal> + Clone) -> bool {
    let automation = refusals.clone().filter(|refusal| refusal.concerns_automation());
    let limited = refusals.filter(|refusal| *refusal.code() == ErrorCode::LimitExceeded).count();
    let is_limit = automation.clone().any(Refusal::is_governor_limit);
    sent > 1 && (automation.count() > 1 || is_limit || limited > 1 && limited < sent)
}

/// Whether this refusal is one of those.
pub(crate) fn is_of_automation(refusal: &Refusal) -> bool {
    refusal.concerns_automation() || *refusal.code() == ErrorCode::LimitExceeded
}

/// Counts records that automation refuses even alone. If several in a row are, it fails for all, and a request for each
/// would only use up the org's API calls.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    refused: usize,
    last: Option<Reason>,
}

impl Alone {
    /// Notes a request.
    pub(crate) fn note<'a>(&mut self, sent: usize, refusals: impl Iterator<Item = &'a Refusal>) {
        let refused: Vec<&Refusal> = refusals.collect();
        match refused.as_slice() {
            [refusal] if sent == 1 && refusal.concerns_automation() => {
                self.refused += 1;
                self.last = Some(Reason::refused(refusal));
            }
            refused if refused.len() < sent => self.refused = 0,
            _ => {}
        }
    }

    /// Why the other records are left for later, if they are.
    pub(crate) fn reason(&self) -> Option<&Reason> {
        self.last.as_ref().filter(|_| self.refused >= MAX_ALONE)
    }
}
