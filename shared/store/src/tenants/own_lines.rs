//! The phone numbers of the company's own lines.

use rules::OwnLines;

use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes, Item};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;
use crate::tenants::{Tenants, key_of};

/// The attribute that holds them: a list of texts.
pub(super) const ATTRIBUTE: &str = "own_lines";

/// A page of the tenants that have an Aircall connection.
#[derive(Clone, Debug)]
pub struct WithAircall {
    /// The tenants, in no particular order.
    pub tenants: Vec<TenantId>,
    /// Where the next page begins; none after the last one.
    pub next: Option<TenantPosition>,
}

/// Where a page of [`WithAircall`] ends.
#[derive(Clone, Debug)]
pub struct TenantPosition(Attributes);

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

    /// A page of the tenants that have an Aircall connection.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn with_aircall(&self, from: Option<TenantPosition>) -> Result<WithAircall, Error> {
        let answer = self
            .table
            .scan()
            .filter_expression("attribute_exists(#aircall)")
            .projection_expression("#tenant")
            .expression_attribute_names("#aircall", "aircall")
            .expression_attribute_names("#tenant", "tenant")
            .set_exclusive_start_key(from.map(|position| position.0))
            .send()
            .await
            .map_err(|e| error::from_sdk("Scan", &e))?;
        let tenant = |item: &Attributes| TenantId::parse(item.get("tenant")?.as_s().ok()?).ok();
        let tenants = answer.items.iter().flatten().filter_map(tenant).collect();
        Ok(WithAircall { tenants, next: answer.last_evaluated_key.map(TenantPosition) })
    }
}

/// Reads them leniently: texts that are no phone number are left out, and what cannot be read at all is none.
pub(super) fn read(item: &mut Item) -> OwnLines {
    item.optional(ATTRIBUTE).unwrap_or_default()
}
