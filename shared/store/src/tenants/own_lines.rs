//! The phone numbers of the company's own lines.

use rules::OwnLines;

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Item};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, key_of};

/// The attribute that holds them: a list of texts.
pub(super) const ATTRIBUTE: &str = "own_lines";

impl Tenants {
    /// The phone numbers of the company's own lines; none if they are not known.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn own_lines(&self, id: &TenantId) -> Result<OwnLines, Error> {
        let request = self.table.get_item(key_of(id));
        let request = request.projection_expression("#lines").expression_attribute_names("#lines", ATTRIBUTE);
        let answer = request.send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        Ok(answer.item.map(|item| read(&mut Item::new(item, "tenant"))).unwrap_or_default())
    }

    /// Replaces the phone numbers of the company's own lines. Returns whether the tenant exists.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_own_lines(&self, id: &TenantId, lines: &OwnLines) -> Result<bool, Error> {
        let update = Update::default().set(ATTRIBUTE, item::value(lines)).only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await
    }
}

/// Reads them leniently: texts that are no phone number are left out, and what cannot be read at all is none.
pub(super) fn read(item: &mut Item) -> OwnLines {
    item.optional(ATTRIBUTE).unwrap_or_default()
}
