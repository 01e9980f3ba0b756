//! How long an entry waits before it is tried again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Seconds to wait after the first attempt, the second, and so on; then the last for ever.
const SCHEDULE: [u64; 9] = [2, 5, 15, 30, 60, 120, 300, 600, 900];

/// The wait after `attempts` attempts have already been postponed, within a fifth of the schedule's.
///
/// The jitter comes from the key, so that entries that failed together do not come back together.
pub(crate) fn after(attempts: u32, key: &str) -> Duration {
    let step = usize::try_from(attempts).unwrap_or(usize::MAX).min(SCHEDULE.len() - 1);
    let mut hasher = DefaultHasher::new();
    (key, attempts).hash(&mut hasher);
    let percent = 80 + hasher.finish() % 41;
    Duration::from_millis(SCHEDULE[step] * 10 * percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_quarter_of_an_hour_and_stay_there() {
        let waits: Vec<Duration> = (0..12).map(|attempts| after(attempts, "call-1")).collect();
        for (attempts, wait) in waits.iter().enumerate() {
            let seconds = SCHEDULE[attempts.min(8)];
            assert!((seconds * 800..=seconds * 1200).contains(&u64::try_from(wait.as_millis()).unwrap()), "{wait:?}");
        }
    }

    #[test]
    fn entries_that_failed_together_come_back_apart() {
        let waits: std::collections::BTreeSet<Duration> = (0..20).map(|n| after(3, &format!("call-{n}"))).collect();
        assert!(waits.len() > 10);
    }
}
