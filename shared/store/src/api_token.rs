//! A token for the API, and how its text looks.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Corrupt, Error};
use crate::item::{self, Attributes, Item};
use crate::tenant::TenantId;
use crate::token_hash::TokenHash;

/// What a token's text begins with, so that people and scanners for leaked secrets know it.
const PREFIX: &str = "act_";
/// Random bytes of a token's text.
const RANDOM: usize = 32;

/// A token, without its text, which nobody knows but who it was shown to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Names it to revoke it.
    pub id: String,
    /// What its maker called it.
    pub name: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub last_used_at: Option<Timestamp>,
}

/// A token that was presented, and what it lets in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundToken {
    /// Whose data.
    pub tenant: TenantId,
    /// The token's id.
    pub id: String,
    /// What its maker called it.
    pub name: String,
    pub(crate) hash: TokenHash,
    pub(crate) last_used_at: Option<Timestamp>,
}

impl FoundToken {
    /// How old the record of a token's last use may become.
    const USE_COUNTS_FOR: SignedDuration = SignedDuration::from_hours(1);

    /// Whether its use at `now` is to be recorded.
    pub(crate) fn is_touch_due(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|at| at + Self::USE_COUNTS_FOR <= now)
    }
}

/// A new token's text.
pub(crate) fn new_text() -> Result<SecretString, Error> {
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<RANDOM>()?)).into())
}

/// A new token's id.
pub(crate) fn new_id() -> Result<String, Error> {
    Ok(format!("{:016x}", u64::from_be_bytes(random()?)))
}

/// Whether it may be a token's id: not every text is a key that DynamoDB takes.
pub(crate) fn may_be_id(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether it may be a token: whatever else is presented need not be looked for.
pub(crate) fn may_be(text: &SecretString) -> bool {
    let random = text.expose_secret().strip_prefix(PREFIX).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    random.is_some_and(|bytes| bytes.len() == RANDOM)
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let none = |error: getrandom::Error| Error::Retry { operation: "getrandom", cause: error.to_string() };
    getrandom::fill(&mut bytes).map_err(none)?;
    Ok(bytes)
}

/// What is stored of a token, beside its key.
pub(crate) fn attributes(tenant: &TenantId, token: &ApiToken) -> [(&'static str, AttributeValue); 5] {
    [
        ("of_tenant", item::text(tenant.as_str())),
        ("id", item::text(&token.id)),
        ("name", item::text(&token.name)),
        ("created_by", item::text(&token.created_by)),
        ("created_at", item::seconds(token.created_at)),
    ]
}

/// The token of an item, and whose it is.
pub(crate) fn read(item: Attributes) -> Result<(TenantId, ApiToken), Corrupt> {
    let mut item = Item::new(item, "item");
    let token = ApiToken {
        id: item.required("id")?,
        name: item.required("name")?,
        created_by: item.required("created_by")?,
        created_at: item.instant("created_at")?.ok_or_else(|| item.corrupt("created_at"))?,
        last_used_at: item.instant("last_used_at")?,
    };
    Ok((item.required("of_tenant")?, token))
}
