//! When a tenant's webhook at Aircall was last checked, and last repaired.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::fmt::serde::timestamp::second::{optional, required};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::error::Error;
use crate::tenant_id::TenantId;
use crate::tenants::scan::{TenantPage, TenantPosition};
use crate::tenants::{Tenants, key_of};

/// The attribute with the time of the last check.
pub(super) const CHECKED_AT: &str = "webhook_checked_at";
/// The attribute with the last repair.
pub(super) const REPAIR: &str = "webhook_repair";

/// How long nothing has come from a webhook that counts as silent.
pub const WEBHOOK_SILENT: SignedDuration = SignedDuration::from_hours(1);
/// How long a check in this hour counts for all of it.
const THIS_HOUR: SignedDuration = SignedDuration::from_mins(59);
/// How often one is checked that sends: events prove that it is active, but not that it sends all of them.
const WHILE_SENDING: SignedDuration = SignedDuration::from_hours(12);
/// How often one is checked that is known not to send, or has sent nothing since it was repaired.
const WHILE_MISSING: SignedDuration = SignedDuration::from_mins(15);
/// How long after a repair it is remarkable that nothing was sent since.
const REPAIR_IS_NEW: SignedDuration = SignedDuration::from_hours(24);
/// Schedules are not punctual to the second.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// A repair of a tenant's webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRepair {
    /// When it was repaired.
    #[serde(with = "required")]
    pub at: Timestamp,
    /// Since when it may have sent nothing, or not everything: the last time that it was known to send.
    #[serde(default, with = "optional")]
    pub since: Option<Timestamp>,
    /// What was wrong.
    #[serde(default)]
    pub problem: WebhookProblem,
}

/// What was wrong with a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookProblem {
    /// Aircall, or somebody there, had turned it off.
    TurnedOff,
    /// Somebody had deleted it in Aircall.
    Deleted,
    /// It did not send all events, or sent them elsewhere.
    Changed,
    /// It sent to a former address of the deployment.
    FormerAddress,
    /// What a later version calls otherwise.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Whether the webhooks of tenants without events are checked in this hour: in every other one.
pub fn checks_silent_webhooks(now: Timestamp) -> bool {
    now.as_second().div_euclid(60 * 60) % 2 == 1
}

impl Tenants {
    /// A page of the tenants whose webhook is due to be checked: twice a day, every other hour while no events come (in the
    /// hours between, `reconcile` compares Aircall's list of calls), and each quarter of an hour while it is known not to
    /// send.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn with_webhook_to_check(
        &self,
        now: Timestamp,
        from: Option<TenantPosition>,
    ) -> Result<TenantPage, Error> {
        let filter = "attribute_exists(#aircall) AND attribute_not_exists(#aircall.#uninstalled_at) AND ( \
                attribute_not_exists(#webhook_checked_at) \
                OR #webhook_checked_at <= :while_sending \
                OR (:checks_silent = :yes AND #webhook_checked_at <= :this_hour \
                    AND (attribute_not_exists(#last_event_at) OR #last_event_at <= :silent)) \
                OR (#webhook_checked_at <= :while_missing \
                    AND (#aircall.#state.#is <> :active \
                        OR (:new_repair <= #webhook_repair.#at \
                            AND (attribute_not_exists(#last_event_at) OR #last_event_at < #webhook_repair.#at)))))";
        let names = ["aircall", "uninstalled_at", CHECKED_AT, "last_event_at", "state", "is", REPAIR, "at"];
        let since = |duration: SignedDuration| item::seconds(now - duration + TOLERANCE);
        let values = [
            (":while_sending", since(WHILE_SENDING)),
            (":silent", since(WEBHOOK_SILENT)),
            (":this_hour", since(THIS_HOUR)),
            (":checks_silent", AttributeValue::Bool(checks_silent_webhooks(now))),
            (":yes", AttributeValue::Bool(true)),
            (":while_missing", since(WHILE_MISSING)),
            (":new_repair", since(REPAIR_IS_NEW)),
            (":active", AttributeValue::S("active".to_owned())),
        ];
        self.scan(filter, &names, values.map(|(name, value)| (name.to_owned(), value)), from).await
    }

    /// Stores when the webhook of a tenant was checked.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_webhook_checked(&self, id: &TenantId, at: Timestamp) -> Result<bool, Error> {
        let update = Update::default().set(CHECKED_AT, item::seconds(at)).only_if_exists("aircall");
        self.table.update_if(key_of(id), update).await
    }
}
