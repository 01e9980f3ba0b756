//! Requests to DynamoDB that it does not answer at once.

mod transaction;
