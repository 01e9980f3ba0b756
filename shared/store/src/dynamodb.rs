//! What all stores need of DynamoDB: items, expressions, and operations with their retries.

pub(crate) mod batch;
pub(crate) mod expression;
pub(crate) mod item;
pub(crate) mod table;
pub(crate) mod transaction;
pub(crate) mod unix_seconds;
