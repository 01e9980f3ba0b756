//! Serialization of instants as UNIX seconds for types that jiff has no module for.

/// Maps with instants as values.
pub(crate) mod map {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        map: &BTreeMap<String, Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(map.iter().map(|(key, at)| (key, at.as_second())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Timestamp>, D::Error> {
        let map = BTreeMap::<String, i64>::deserialize(deserializer)?;
        map.into_iter().map(|(key, at)| Ok((key, Timestamp::from_second(at).map_err(D::Error::custom)?))).collect()
    }
}
