//! How many records an org takes in one request. Triggers and flows that are not made for many records fail all of them,
//! where one at a time each would be saved.

use jiff::Timestamp;
use store::{Known, OrgFacts, WriteSize};

/// The most records of a request: Salesforce's own limit for a collection.
const MAX: u32 = 200;

/// After how many requests that went well twice as many records are tried.
const SUCCESSES: u32 = 10;

/// How many records are written in one request, by what the org took before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    learned: Option<Known<WriteSize>>,
    now: Timestamp,
}

impl Pace {
    /// The pace that the facts know.
    pub fn new(facts: &OrgFacts, now: Timestamp) -> Self {
        Self { learned: facts.write_size, now }
    }

    /// The most records of the next request.
    pub fn limit(&self) -> usize {
        let records = self.learned.map_or(MAX, |known| known.value.records);
        usize::try_from(records.clamp(1, MAX)).unwrap_or(1)
    }

    /// Learns that the org took at most so many records, where it had refused more.
    pub fn learn(&mut self, records: usize) {
        let records = u32::try_from(records).unwrap_or(MAX);
        if self.learned.is_none_or(|known| records < known.value.records) {
            self.learned = Some(Known { value: WriteSize { records: records.max(1), successes: 0 }, at: self.now });
        }
    }

    /// Notes that a request of so many records went well.
    pub fn went_well(&mut self, sent: usize) {
        let is_full = sent >= self.limit();
        let Some(known) = self.learned.as_mut().filter(|_| is_full) else { return };
        known.value.successes += 1;
        if known.value.successes >= SUCCESSES {
            known.value = WriteSize { records: known.value.records * 2, successes: 0 };
        }
        if known.value.records >= MAX {
            self.learned = None;
        }
    }

    /// Stores the pace in the facts.
    pub fn store_in(&self, facts: &mut OrgFacts) {
        facts.write_size = self.learned;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_doubles_after_ten_full_requests() {
        let mut pace = Pace::new(&OrgFacts::default(), Timestamp::UNIX_EPOCH);
        pace.went_well(200);
        assert_eq!(pace.limit(), 200);
        pace.learn(25);
        pace.learn(50);
        assert_eq!(pace.limit(), 25);
        // A request of fewer records proves nothing.
        (0..20).for_each(|_| pace.went_well(3));
        assert_eq!(pace.limit(), 25);
        (0..10).for_each(|_| pace.went_well(25));
        assert_eq!(pace.limit(), 50);
        let mut facts = OrgFacts::default();
        pace.store_in(&mut facts);
        assert_eq!(Pace::new(&facts, Timestamp::UNIX_EPOCH), pace);
        (0..20).for_each(|_| pace.went_well(200));
        assert_eq!(pace.limit(), 200);
    }
}
