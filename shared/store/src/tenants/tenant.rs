//! A tenant: one Aircall account and the Salesforce org that its calls are logged in.

use jiff::Timestamp;
use rules::{Company, OwnLines, StatusChoice};

use crate::dynamodb::item::{Attributes, Item};
use crate::error::Corrupt;
use crate::tenant_id::TenantId;
use crate::tenants::aircall::AircallConnection;
use crate::tenants::backfill::{self, Backfill, Comparison};
use crate::tenants::choices::{self, ChosenUsers};
use crate::tenants::connect;
use crate::tenants::former_user::{self, FormerUser};
use crate::tenants::grant;
use crate::tenants::org_facts::OrgFacts;
use crate::tenants::own_lines;
use crate::tenants::predecessor::{self, Admins, Predecessor};
use crate::tenants::salesforce::{ApiUsage, Connection, ConnectionState};
use crate::tenants::webhook_check::{self, WebhookRepair};
use crate::tenants::webhook_tokens::{self, RetiredToken};
use crate::token_hash::TokenHash;

/// A tenant, without its settings and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Hashes of the webhook tokens that are accepted; several while one webhook replaces another.
    pub webhook_tokens: Vec<TokenHash>,
    /// Tokens of former webhooks, which are accepted for a while longer.
    pub retired_tokens: Vec<RetiredToken>,
    /// The connected Salesforce org.
    pub salesforce: Option<Connection>,
    /// Login URL of the previously connected org, if none is connected.
    pub former_login_url: Option<String>,
    /// Whether the org accepts requests.
    pub state: ConnectionState,
    /// When its grant was last refreshed, if it was since it was made; the writer stores it.
    pub grant_refreshed_at: Option<Timestamp>,
    /// When the writer last wrote to the org or asked whether it could, if it did since the org was connected.
    pub org_checked_at: Option<Timestamp>,
    /// Known facts about the org.
    pub facts: OrgFacts,
    /// The org's API usage, as Salesforce last reported.
    pub api_usage: Option<ApiUsage>,
    /// The connected Aircall account.
    pub aircall: Option<AircallConnection>,
    /// The connection to the account that was disconnected last.
    pub former_aircall: Option<AircallConnection>,
    /// When the Aircall company was first connected; none if that is not known.
    pub aircall_since: Option<Timestamp>,
    /// The phone numbers of the company's own lines, as Aircall last listed them; none until then.
    pub own_lines: OwnLines,
    /// The latest run of a backfill.
    pub backfill: Option<Backfill>,
    /// From when on Aircall's list of calls is compared next; none if it never was.
    pub backfill_mark: Option<Timestamp>,
    /// The end of the automatic run that an admin stopped last.
    pub backfill_stopped_until: Option<Timestamp>,
    /// What the regular comparison of that list remembers.
    pub comparison: Comparison,
    /// The statuses of the org that an admin chose.
    pub statuses: StatusChoice,
    /// The users of the org that an admin chose for Aircall's.
    pub users: ChosenUsers,
    /// When its webhook was last checked.
    pub webhook_checked_at: Option<Timestamp>,
    /// The last repair of its webhook.
    pub webhook_repair: Option<WebhookRepair>,
    /// When the last event arrived from Aircall; minute precision.
    pub last_event_at: Option<Timestamp>,
    /// The host of the org, which outlives the connection.
    pub my_domain: Option<String>,
    /// Who signed in as an admin of the org; `None` if that was never remembered.
    pub admins: Option<Admins>,
    /// The user whose dead connection an admin replaced by signing in, until an admin has seen to it.
    pub former_user: Option<FormerUser>,
    /// The org that was known before at the same address, until an admin has copied its settings or declined.
    pub predecessor: Option<Predecessor>,
}

impl Tenant {
    /// A tenant without connections.
    pub fn new(id: TenantId) -> Self {
        Self {
            id,
            webhook_tokens: Vec::new(),
            retired_tokens: Vec::new(),
            salesforce: None,
            former_login_url: None,
            state: ConnectionState::Connected,
            grant_refreshed_at: None,
            org_checked_at: None,
            facts: OrgFacts::default(),
            api_usage: None,
            aircall: None,
            former_aircall: None,
            aircall_since: None,
            own_lines: OwnLines::default(),
            backfill: None,
            backfill_mark: None,
            backfill_stopped_until: None,
            comparison: Comparison::default(),
            statuses: StatusChoice::default(),
            users: ChosenUsers::new(),
            webhook_checked_at: None,
            webhook_repair: None,
            last_event_at: None,
            my_domain: None,
            admins: None,
            former_user: None,
            predecessor: None,
        }
    }
}

impl Tenant {
    /// What is known of its Aircall company.
    pub fn company(&self) -> Company {
        Company { own_lines: self.own_lines.clone(), connected_since: self.aircall_since }
    }
}

pub(crate) fn read(id: &TenantId, item: Attributes) -> Result<Tenant, Corrupt> {
    let mut item = Item::new(item, "tenant");
    let (webhook_tokens, retired_tokens) = webhook_tokens::read(&mut item)?;
    Ok(Tenant {
        id: id.clone(),
        webhook_tokens,
        retired_tokens,
        salesforce: item.optional("salesforce"),
        former_login_url: item.optional("former_login_url"),
        state: item.optional("state").unwrap_or_default(),
        grant_refreshed_at: item.instant(grant::REFRESHED_AT),
        org_checked_at: item.instant(grant::CHECKED_AT),
        facts: item.optional("facts").unwrap_or_default(),
        api_usage: item.optional("api_usage"),
        aircall: item.optional("aircall"),
        former_aircall: item.optional(connect::FORMER),
        aircall_since: item.instant(connect::AIRCALL_SINCE),
        own_lines: own_lines::read(&mut item),
        backfill: item.optional(backfill::BACKFILL),
        backfill_mark: item.instant(backfill::MARK),
        backfill_stopped_until: item.instant(backfill::STOPPED),
        comparison: item.optional(backfill::COMPARISON).unwrap_or_default(),
        statuses: item.optional(choices::STATUSES).unwrap_or_default(),
        users: choices::read_users(&mut item),
        webhook_checked_at: item.instant(webhook_check::CHECKED_AT),
        webhook_repair: item.optional(webhook_check::REPAIR),
        last_event_at: item.instant("last_event_at"),
        my_domain: item.optional(predecessor::MY_DOMAIN),
        admins: predecessor::read_admins(&mut item),
        former_user: item.optional(former_user::FORMER_USER),
        predecessor: item.optional(predecessor::PREDECESSOR),
    })
}
