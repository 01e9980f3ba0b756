//! In-memory cache with a time-to-live for each entry and a bound on their number.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// What an execution environment remembers for a while, such as facts about tenants.
///
/// At capacity, expired entries are evicted, and all of them if none has expired.
#[derive(Debug)]
pub struct TtlCache<K, V> {
    capacity: usize,
    entries: Mutex<BTreeMap<K, Entry<V>>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    expires_at: Timestamp,
}

impl<K: Ord, V: Clone> TtlCache<K, V> {
    /// An empty cache of at most `capacity` entries.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::default() }
    }

    /// The value of `key`, unless it has expired by `now`.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        self.lock().get(key).filter(|entry| now < entry.expires_at).map(|entry| entry.value.clone())
    }

    /// Caches `value` for `ttl` from `now` on.
    pub fn insert(&self, key: K, value: V, now: Timestamp, ttl: SignedDuration) {
        insert(&mut self.lock(), self.capacity, key, value, now, ttl);
    }

    /// As [`TtlCache::insert`], unless the key has a value that has not expired. Says whether it was inserted.
    pub fn insert_new(&self, key: K, value: V, now: Timestamp, ttl: SignedDuration) -> bool {
        let mut entries = self.lock();
        if entries.get(&key).is_some_and(|entry| now < entry.expires_at) {
            return false;
        }
        insert(&mut entries, self.capacity, key, value, now, ttl);
        true
    }

    /// Removes the value of `key`.
    pub fn remove(&self, key: &K) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn insert<K: Ord, V>(
    entries: &mut BTreeMap<K, Entry<V>>,
    capacity: usize,
    key: K,
    value: V,
    now: Timestamp,
    ttl: SignedDuration,
) {
    if entries.len() >= capacity && !entries.contains_key(&key) {
        entries.retain(|_, entry| now < entry.expires_at);
        if entries.len() >= capacity {
            entries.clear();
        }
    }
    entries.insert(key, Entry { value, expires_at: now + ttl });
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: SignedDuration = SignedDuration::from_secs(60);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn entries_expire_and_can_be_removed() {
        let cache = TtlCache::new(10);
        cache.insert("one", 1, at(0), TTL);
        assert_eq!(cache.get(&"one", at(59)), Some(1));
        assert_eq!(cache.get(&"one", at(60)), None);
        assert_eq!(cache.get(&"two", at(0)), None);
        cache.remove(&"one");
        assert_eq!(cache.get(&"one", at(0)), None);
    }

    #[test]
    fn a_value_that_has_not_expired_is_not_replaced_by_a_new_one() {
        let cache = TtlCache::new(10);
        let inserted = [0, 59, 60].map(|second| cache.insert_new("one", second, at(second), TTL));
        assert_eq!(inserted, [true, false, true]);
        assert_eq!(cache.get(&"one", at(61)), Some(60));
    }

    #[test]
    fn at_capacity_expired_entries_make_room() {
        let cache = TtlCache::new(2);
        cache.insert(1, (), at(0), TTL);
        cache.insert(2, (), at(30), TTL);
        cache.insert(3, (), at(70), TTL);
        assert_eq!([1, 2, 3].map(|key| cache.get(&key, at(70)).is_some()), [false, true, true]);
    }

    #[test]
    fn a_cache_full_of_fresh_entries_starts_anew() {
        let cache = TtlCache::new(2);
        for key in 1..=3 {
            cache.insert(key, (), at(0), TTL);
        }
        assert_eq!([1, 2, 3].map(|key| cache.get(&key, at(0)).is_some()), [false, false, true]);
    }
}
