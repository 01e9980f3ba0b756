//! Where the sweep of `reconcile` goes on, if it did not reach the end of the overdue entries.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::calls::pending::OverduePosition;
use crate::dynamodb::expression::Update;
use crate::error::Error;
use crate::tenants::{Tenants, key};

/// The key of the item in the tenants table that holds the position. No tenant has this id.
const SWEEP_KEY: &str = "sweep";
/// The attribute of that item.
const POSITION: &str = "position";

impl Tenants {
    /// Where the next sweep begins; none for the beginning.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn sweep_position(&self) -> Result<Option<OverduePosition>, Error> {
        let item = self.table.get(key(SWEEP_KEY)).await?;
        let position = item.and_then(|mut item| item.remove(POSITION));
        Ok(position.and_then(|position| position.as_m().ok().cloned()).map(OverduePosition))
    }

    /// Remembers where the next sweep begins.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_sweep_position(&self, position: Option<&OverduePosition>) -> Result<(), Error> {
        let position = position.map(|OverduePosition(position)| AttributeValue::M(position.clone()));
        self.table.update(key(SWEEP_KEY), Update::default().set_or_remove(POSITION, position)).await
    }
}
