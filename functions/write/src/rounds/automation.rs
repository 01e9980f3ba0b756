//! What an org's triggers and flows refuse for several records at once, and may accept for fewer.

use org::{Pace, Reason};
use salesforce::{ErrorCode, Refusal};

/// After how many records that were refused alone, one after the other, the others are left for later.
const MAX_ALONE: usize = 3;

/// Sends what automation refused in company again with fewer records, at last alone.
#[derive(Debug)]
pub(crate) struct Ladder {
    /// The most records of the next request.
    limit: usize,
    /// How many of the next records were refused in company.
    again: usize,
    /// How many records in a row were refused alone. Then automation fails for all, and a request for each would only use up
    /// the org's API calls.
    alone: usize,
    last: Option<Reason>,
}

impl Ladder {
    pub(crate) fn new(pace: &Pace) -> Self {
        Self { limit: pace.limit(), again: 0, alone: 0, last: None }
    }

    /// The most records of the next request.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes the refusals of a request of so many records, each as often as it refused one. Returns whether those by
    /// automation are sent again, in front of the others.
    ///
    /// What the org takes is only learned from records that it took in smaller company than before: records that it refuses
    /// also alone are at fault themselves.
    pub(crate) fn is_sent_again(&mut self, pace: &mut Pace, sent: usize, refusals: &[&Refusal]) -> bool {
        let sent_again = self.again.min(sent);
        self.again -= sent_again;
        let accepted = sent.saturating_sub(refusals.len());
        if is_shared(sent, refusals) {
            self.limit = (sent / 2).max(1);
            self.again += refusals.iter().filter(|refusal| is_of_automation(refusal)).count();
            return true;
        }
        if accepted > 0 && sent_again > 0 {
            pace.learn(self.limit);
        } else if accepted > 0 {
            pace.went_well(sent);
        }
        match refusals {
            [refusal] if sent == 1 && refusal.concerns_automation() => {
                self.alone += 1;
                self.last = Some(Reason::refused(refusal));
            }
            _ => self.alone = 0,
        }
        false
    }

    /// Why the other records are left for later, if they are.
    pub(crate) fn ends_with(&self) -> Option<&Reason> {
        self.last.as_ref().filter(|_| self.alone >= MAX_ALONE)
    }
}

/// Whether automation failed for several records of a request, or hit a limit of one transaction; or a limit was hit only
/// because some failed.
fn is_shared(sent: usize, refusals: &[&Refusal]) -> bool {
    let automation = refusals.iter().filter(|refusal| refusal.concerns_automation()).count();
    let limited = refusals.iter().filter(|refusal| *refusal.code() == ErrorCode::LimitExceeded).count();
    let is_limit = refusals.iter().any(|refusal| refusal.is_governor_limit());
    sent > 1 && (automation > 1 || is_limit || limited > 1 && limited < sent)
}

/// Whether a refusal is one that fewer records may not have.
pub(crate) fn is_of_automation(refusal: &Refusal) -> bool {
    refusal.concerns_automation() || *refusal.code() == ErrorCode::LimitExceeded
}
