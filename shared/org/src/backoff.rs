//! Backoff with jitter: how long to wait before the next attempt on an entry or an org.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::SignedDuration;

/// Seconds to wait after the first attempt, the second, and so on. The last value repeats.
const SCHEDULE: [i64; 9] = [2, 5, 15, 30, 60, 120, 300, 600, 900];

/// The number of attempts whose waits add up to a day.
const MAX_ATTEMPTS: u32 = attempts_within(24 * 60 * 60);

/// The number of attempts whose waits by the schedule add up to at least `seconds`.
const fn attempts_within(seconds: i64) -> u32 {
    let (mut attempts, mut waited, mut step) = (0, 0, 0);
    while waited < seconds {
        waited += SCHEDULE[step];
        attempts += 1;
        if step + 1 < SCHEDULE.len() {
            step += 1;
        }
    }
    attempts
}

/// The wait after another failed attempt when `attempts` have failed before: the schedule's, plus or minus a fifth.
/// `None` once an entry has been retried for a day.
///
/// The jitter is derived from the key, so entries that failed together are not retried together.
pub fn retry_delay(attempts: u32, key: &str) -> Option<SignedDuration> {
    let step = usize::try_from(attempts).unwrap_or(usize::MAX).min(SCHEDULE.len() - 1);
    (attempts < MAX_ATTEMPTS).then(|| jittered(SignedDuration::from_secs(SCHEDULE[step]), (key, attempts)))
}

/// The pause for an org that has been down for `down_for`: the same duration again, within the bounds of the schedule.
pub(crate) fn outage_pause(down_for: SignedDuration, tenant: &str) -> SignedDuration {
    let [first, .., last] = SCHEDULE.map(SignedDuration::from_secs);
    jittered(down_for.clamp(first, last), (tenant, down_for.as_secs()))
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
            let wait = retry_delay(attempts, "call-1").unwrap().as_millis();
            let seconds = i128::from(SCHEDULE[usize::try_from(attempts).unwrap().min(8)]);
            assert!((seconds * 800..=seconds * 1200).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn an_entry_is_retried_for_a_day() {
        let waits = (0..MAX_ATTEMPTS).map(|attempts| SCHEDULE[usize::try_from(attempts).unwrap().min(8)]);
        let day = 24 * 60 * 60;
        assert!((day..day + 900).contains(&waits.sum::<i64>()));
        assert!(retry_delay(MAX_ATTEMPTS - 1, "call-1").is_some() && retry_delay(MAX_ATTEMPTS, "call-1").is_none());
    }

    #[test]
    fn entries_that_failed_together_are_retried_at_different_times() {
        let waits: BTreeSet<_> = (0..20).map(|n| retry_delay(3, &format!("call-{n}"))).collect();
        assert!(waits.len() > 10);
    }

    #[test]
    fn pauses_grow_while_an_org_stays_down() {
        let (mut down_for, mut pauses) = (SignedDuration::ZERO, 0);
        while down_for < SignedDuration::from_hours(24) {
            let pause = outage_pause(down_for, "demo");
            assert!(pause >= SignedDuration::from_millis(1600) && pause <= SignedDuration::from_mins(18));
            down_for += pause;
            pauses += 1;
        }
        assert!((96..130).contains(&pauses), "{pauses}");
    }
}
