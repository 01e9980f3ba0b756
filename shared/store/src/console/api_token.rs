//! An API token and its text format.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use crate::dynamodb::item::{self, Attributes, Item};
use crate::error::{Corrupt, Error};
use crate::random;
use crate::tenant_id::TenantId;
use crate::token_hash::TokenHash;

/// Prefix of every token's text, so that people and secret scanners recognise it.
const PREFIX: &str = "act_";
/// Number of random bytes in a token's text.
const RANDOM_BYTES: usize = 32;

/// A token without its text, which is shown once and never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Identifies it, for revocation.
    pub id: String,
    /// The name its creator gave it.
    pub name: String,
    /// Who created it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used; hour precision.
    pub last_used_at: Option<Timestamp>,
}

/// A presented token that is valid, and the tenant it gives access to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundToken {
    /// The tenant it gives access to.
    pub tenant: TenantId,
    /// The token's id.
    pub id: String,
    /// The name its creator gave it.
    pub name: String,
    pub(crate) hash: TokenHash,
    pub(crate) last_used_at: Option<Timestamp>,
}

impl FoundToken {
    /// Least time between two updates of a token's last use.
    const TOUCH_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

    /// Whether a use at `now` has to be recorded.
    pub(crate) fn is_touch_due(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|at| at + Self::TOUCH_INTERVAL <= now)
    }
}

/// A new token's text.
pub(crate) fn new_text() -> Result<SecretString, Error> {
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::bytes::<RANDOM_BYTES>()?)).into())
}

/// A new token's id.
pub(crate) fn new_id() -> Result<String, Error> {
    Ok(format!("{:016x}", u64::from_be_bytes(random::bytes()?)))
}

/// Whether the text has the form of a token's id: DynamoDB rejects some texts as keys.
pub(crate) fn is_well_formed_id(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the text has the form of a token; any other text is not looked up.
pub(crate) fn is_well_formed(text: &SecretString) -> bool {
    let random = text.expose_secret().strip_prefix(PREFIX).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    random.is_some_and(|bytes| bytes.len() == RANDOM_BYTES)
}

/// A token's stored attributes, without its key.
pub(crate) fn attributes(tenant: &TenantId, token: &ApiToken) -> [(&'static str, AttributeValue); 6] {
    [
        (item::SCHEMA, item::schema()),
        ("of_tenant", item::text(tenant.as_str())),
        ("id", item::text(&token.id)),
        ("name", item::text(&token.name)),
        ("created_by", item::text(&token.created_by)),
        ("created_at", item::seconds(token.created_at)),
    ]
}

/// Reads an item: the token's tenant and the token.
pub(crate) fn read(item: Attributes) -> Result<(TenantId, ApiToken), Corrupt> {
    let mut item = Item::new(item, "item");
    let token = ApiToken {
        id: item.required("id")?,
        name: item.optional("name").unwrap_or_default(),
        created_by: item.optional("created_by").unwrap_or_default(),
        created_at: item.instant("created_at").unwrap_or_default(),
        last_used_at: item.instant("last_used_at"),
    };
    Ok((item.required("of_tenant")?, token))
}
