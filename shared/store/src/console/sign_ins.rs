//! Sign-ins in progress: the console's state between redirecting a browser to Salesforce and its return.
//!
//! Stored in the console's table under `sign-in#<hash of the state>`, because the tenant is not known yet.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{self, Attributes, Item};
use crate::dynamodb::table::Table;
use crate::error::{self, Corrupt, Error};
use crate::tenant_id::TenantId;
use crate::token_hash::TokenHash;

/// The item's sort key, a constant: each partition key holds one such item.
const ITEM: &str = "sign-in";

/// A sign-in in progress.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Hash of the `state` parameter that the browser carries to Salesforce and back.
    pub state_hash: TokenHash,
    /// The PKCE code verifier.
    pub code_verifier: SecretString,
    /// Login URL that the browser was redirected to.
    pub login_url: String,
    /// Path in the console that the browser is redirected to after sign-in.
    pub return_to: String,
    /// Hash of the cookie that binds the sign-in to this browser.
    pub browser_hash: TokenHash,
    /// The connection that it is for, if it only connects an org and signs nobody in.
    pub consent: Option<Consent>,
    /// When the sign-in expires.
    pub expires_at: Timestamp,
}

/// The connection that a Salesforce user consents to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The tenant whose org is connected.
    pub tenant: TenantId,
    /// Hash of the link that led here; `None` if the tenant's admin began it.
    pub link: Option<TokenHash>,
}

/// How a consent began. Stored, so that a link that cannot be read is not taken for a consent without one.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConsentKind {
    /// By a link.
    Link,
    /// The tenant's admin began it.
    Own,
}

/// The sign-ins in the console's table.
#[derive(Clone, Debug)]
pub struct SignIns {
    table: Table,
}

impl SignIns {
    /// The sign-ins in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(dynamodb, table) }
    }

    /// Stores a new sign-in.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn begin(&self, attempt: &Attempt) -> Result<(), Error> {
        let mut item = key_of(&attempt.state_hash);
        item.extend(item::attributes([
            ("code_verifier", item::text(attempt.code_verifier.expose_secret())),
            ("login_url", item::text(&attempt.login_url)),
            ("return_to", item::text(&attempt.return_to)),
            ("browser_hash", item::value(&attempt.browser_hash)),
            ("expires_at", item::seconds(attempt.expires_at)),
        ]));
        if let Some(Consent { tenant, link }) = &attempt.consent {
            let kind = if link.is_some() { ConsentKind::Link } else { ConsentKind::Own };
            let link = link.as_ref().map(|link| ("consent_link", item::value(link)));
            let attributes = [("consent_tenant", item::text(tenant.as_str())), ("consent_kind", item::value(&kind))];
            item.extend(attributes.into_iter().chain(link).map(|(name, value)| (name.to_owned(), value)));
        }
        self.table.put(item).await
    }

    /// Deletes and returns the sign-in with this state, if there is one and it has not expired.
    ///
    /// At most one caller gets it, however often a state is replayed. If the response is lost, no caller gets it and
    /// the person has to sign in again.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn consume(&self, state_hash: &TokenHash, now: Timestamp) -> Result<Option<Attempt>, Error> {
        let request = self
            .table
            .delete_item(key_of(state_hash))
            .condition_expression("attribute_exists(#tenant)")
            .expression_attribute_names("#tenant", "tenant")
            .return_values(ReturnValue::AllOld);
        let deleted = match request.send().await {
            Ok(answer) => answer.attributes,
            Err(error) if error.as_service_error().is_some_and(is_not_found) => None,
            Err(error) => return Err(error::from_sdk("DeleteItem", &error)),
        };
        let attempt = deleted.map(|item| read(*state_hash, item)).transpose()?;
        // DynamoDB deletes expired items only within days.
        Ok(attempt.filter(|attempt| now < attempt.expires_at))
    }
}

fn is_not_found(error: &DeleteItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

fn key_of(state_hash: &TokenHash) -> Attributes {
    item::key([("tenant", &format!("sign-in#{state_hash}")), ("item", ITEM)])
}

fn read(state_hash: TokenHash, item: Attributes) -> Result<Attempt, Corrupt> {
    let mut item = Item::new(item, "item");
    Ok(Attempt {
        consent: consent(&mut item)?,
        state_hash,
        code_verifier: item.required("code_verifier")?,
        login_url: item.required("login_url")?,
        return_to: item.required("return_to")?,
        browser_hash: item.required("browser_hash")?,
        expires_at: item.instant("expires_at").ok_or_else(|| item.corrupt("expires_at"))?,
    })
}

/// What a consent is for. None of it may be unreadable: it would be taken for a sign-in, or for a consent of the admin.
fn consent(item: &mut Item) -> Result<Option<Consent>, Corrupt> {
    let Some(tenant) = item.readable("consent_tenant")? else { return Ok(None) };
    let link = match item.required("consent_kind")? {
        ConsentKind::Link => Some(item.required("consent_link")?),
        ConsentKind::Own => None,
    };
    Ok(Some(Consent { tenant, link }))
}
