//! The phone numbers of the company's own lines.

use rules::{Company, OwnLines};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Item};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, connect, key_of};

/// The attribute that holds them: a list of texts.
pub(super) const ATTRIBUTE: &str = "own_lines";

impl Tenants {
    /// What is known of the tenant's Aircall company.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn company(&self, id: &TenantId) -> Result<Company, Error> {
        let request = self.table.get_item(key_of(id)).projection_expression("#lines, #since");
        let request = request.expression_attribute_names("#lines", ATTRIBUTE);
        let request = request.expression_attribute_names("#since", connect::AIRCALL_SINCE);
        let answer = request.send().await.map_err(|e| error::from_sdk("GetItem", &e))?;
        let Some(item) = answer.item else { return Ok(Company::default()) };
        let mut item = Item::new(item, "tenant");
        Ok(Company { connected_since: item.instant(connect::AIRCALL_SINCE), own_lines: read(&mut item) })
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
