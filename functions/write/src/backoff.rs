//! How long an entry, or an org, is left alone before it is tried again.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::SignedDuration;

/// Seconds to wait after the first attempt, the second, and so on; then the last again and again.
const SCHEDULE: [i64; 9] = [2, 5, 15, 30, 60, 120, 300, 600, 900];

/// How many attempts it takes until their waits add up to a day.
const ATTEMPTS_OF_A_DAY: u32 = 103;

/// The wait after one more attempt when `attempts` have failed before, within a fifth of the schedule's; none once an
/// entry has been tried for a day.
///
/// The jitter comes from the key, so that entries that failed together do not come back together.
pub(crate) fn after(attempts: u32, key: &str) -> Option<SignedDuration> {
    let step = usize::try_from(attempts).unwrap_or(usize::MAX).min(SCHEDULE.len() - 1);
    (attempts < ATTEMPTS_OF_A_DAY).then(|| jittered(SignedDuration::from_secs(SCHEDULE[step]), (key, attempts)))
}

/// The wait for an org that has been down for so long: as long again, within the bounds of the schedule.
pub(crate) fn of_outage(so_far: SignedDuration, tenant: &str) -> SignedDuration {
    let [first, .., last] = SCHEDULE.map(SignedDuration::from_secs);
    jittered(so_far.clamp(first, last), (tenant, so_far.as_secs()))
}

fn jittered(wait: SignedDuration, seed: impl Hash) -> SignedDuration {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    let percent = 80 + i64::try_from(hasher.finish() % 41).unwrap_or_default();
    SignedDuration::from_millis(wait.as_secs() * 10 * percent)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn waits_grow_to_a_quarter_of_an_hour_and_stay_there() {
        for attempts in 0..20 {
            let wait = after(attempts, "call-1").unwrap().as_millis();
            let seconds = i128::from(SCHEDULE[usize::try_from(attempts).unwrap().min(8)]);
            assert!((seconds * 800..=seconds * 1200).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn an_entry_is_tried_for_a_day() {
        let waits = (0..ATTEMPTS_OF_A_DAY).map(|attempts| SCHEDULE[usize::try_from(attempts).unwrap().min(8)]);
        let day = 24 * 60 * 60;
        assert!((day..day + 900).contains(&waits.sum::<i64>()));
        assert!(after(ATTEMPTS_OF_A_DAY - 1, "call-1").is_some() && after(ATTEMPTS_OF_A_DAY, "call-1").is_none());
    }

    #[test]
    fn entries_that_failed_together_come_back_apart() {
        let waits: BTreeSet<_> = (0..20).map(|n| after(3, &format!("call-{n}"))).collect();
        assert!(waits.len() > 10);
    }

    #[test]
    fn an_org_that_stays_down_is_asked_less_and_less_often() {
        let (mut down_for, mut pauses) = (SignedDuration::ZERO, 0);
        while down_for < SignedDuration::from_hours(24) {
            let pause = of_outage(down_for, "demo");
            assert!(pause >= SignedDuration::from_millis(1600) && pause <= SignedDuration::from_mins(18));
            down_for += pause;
            pauses += 1;
        }
        assert!((96..130).contains(&pauses), "{pauses}");
    }
}
