//! The schema of what the stores write.

/// The schema that this version writes. Readers never depend on it: it is for people and for migrations.
pub(crate) const VERSION: u32 = 1;
