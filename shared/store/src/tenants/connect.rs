//! Connecting a tenant. Each step updates only its own attributes, so concurrent steps do not overwrite each other.
//!
//! A first sign-in calls [`Tenants::create`], stores the tokens in Secrets Manager under the lease
//! [`crate::LeaseKind::Refresh`], then calls [`Tenants::connect_salesforce`].
//! Each step returns whether the tenant exists; if it does not, nothing is stored.

use jiff::{SignedDuration, Timestamp};
use rules::OwnLines;

use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::error::Error;
use crate::tenant_id::TenantId;
use crate::tenants::aircall::{AircallAuth, AircallConnection, AircallState, AircallSubscription, CompanySigns};
use crate::tenants::backfill;
use crate::tenants::choices;
use crate::tenants::grant;
use crate::tenants::salesforce::{Connection, ConnectionState};
use crate::tenants::webhook_check::{self, WebhookRepair};
use crate::tenants::{Tenants, key_of, own_lines, webhook_tokens};

/// The attribute with the time since which the Aircall company is connected.
pub(super) const AIRCALL_SINCE: &str = "aircall_since";

/// The attribute with the connection to an account that was disconnected.
pub(super) const FORMER: &str = "former_aircall";

/// Least time between two updates of a tenant's last event.
const LAST_EVENT_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

impl Tenants {
    /// Creates a tenant without connections; its id is that of [`TenantId::from_org_id`].
    /// Returns whether it is new; an existing one is not changed.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn create(&self, id: &TenantId, now: Timestamp) -> Result<bool, Error> {
        self.create_after(id, None, now).await
    }

    /// Connects the org and sets its state to [`ConnectionState::Connected`].
    ///
    /// The API usage, and what was chosen from the org, are kept if it is the same org as before, and deleted otherwise; the
    /// facts also only by the same user, as they depend on what that user may do.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn connect_salesforce(&self, id: &TenantId, connection: &Connection) -> Result<bool, Error> {
        let connect = || {
            Update::default()
                .set("salesforce", item::value(connection))
                .set("state", item::value(&ConnectionState::Connected))
                .remove("former_login_url")
                .remove(grant::REFRESHED_AT)
                .remove(grant::CHECKED_AT)
                .only_if_exists("tenant")
                .value("org", item::text(&connection.org_id))
        };
        let names = ["salesforce", "org_id", "user_id"];
        let user = item::text(&connection.user_id);
        let is_same = "#salesforce.#org_id = :org AND #salesforce.#user_id = :user";
        let same = connect().only_if_expression(is_same, &names).value("user", user.clone());
        let has_other_user = "#salesforce.#org_id = :org AND \
                              (attribute_not_exists(#salesforce.#user_id) OR #salesforce.#user_id <> :user)";
        let other_user = connect().remove("facts").only_if_expression(has_other_user, &names).value("user", user);
        let is_other = "attribute_not_exists(#salesforce.#org_id) OR #salesforce.#org_id <> :org";
        let other = forget_org(connect()).only_if_expression(is_other, &["salesforce", "org_id"]);
        // A concurrent connection of the same org changes which condition holds, hence the last attempt.
        for update in [same.clone(), other_user, other, same] {
            if self.table.update_if(key_of(id), update).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Disconnects the org and deletes the stored facts and API usage, and what was chosen from the org. The login URL
    /// is kept for a later reconnection. Entries stay pending.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn disconnect_salesforce(&self, id: &TenantId, login_url: &str) -> Result<bool, Error> {
        let update =
            forget_org(Update::default().remove("salesforce").remove(grant::REFRESHED_AT).remove(grant::CHECKED_AT));
        let update = update.set("former_login_url", item::text(login_url));
        let update = update.set("state", item::value(&ConnectionState::Connected)).only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await
    }

    /// Notes since when the tenant's first Aircall company is connected. No later change of the connection to the same company
    /// changes that.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn begin_with_aircall(&self, id: &TenantId, at: Timestamp) -> Result<bool, Error> {
        // Of a tenant that was connected before this time was stored, it is not known, even if it was disconnected since.
        let first = Update::default()
            .set(AIRCALL_SINCE, item::seconds(at))
            .only_if_exists("tenant")
            .only_if_new("aircall")
            .only_if_new(FORMER)
            .only_if_new(AIRCALL_SINCE);
        self.table.update_if(key_of(id), first).await
    }

    /// Connects the Aircall account, in place of the one that was connected before. Notes since when, as
    /// [`Tenants::begin_with_aircall`].
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn connect_aircall(&self, id: &TenantId, connection: &AircallConnection) -> Result<bool, Error> {
        self.begin_with_aircall(id, connection.connected_at).await?;
        let update = Update::default().set("aircall", item::value(connection)).only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await
    }

    /// Stores the webhook that a connection uses now, with its events, its URL and its state; and the repair, if it was one.
    /// Nothing is stored if the account was connected again or its app uninstalled since the connection was read.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_webhook(
        &self,
        id: &TenantId,
        connection: &AircallConnection,
        repair: Option<&WebhookRepair>,
    ) -> Result<bool, Error> {
        let mut update = of_account(Update::default(), connection)
            .set_nested("aircall", "webhook_id", item::text(&connection.webhook_id))
            .set_nested("aircall", "webhook_url", item::value(&connection.webhook_url))
            .set_nested("aircall", "subscription", item::value(&connection.subscription))
            .set_nested("aircall", "state", item::value(&connection.state))
            .set_nested("aircall", "rotated_at", item::value(&connection.rotated_at.map(Timestamp::as_second)));
        if let Some(repair) = repair {
            update = update
                .set(webhook_check::CHECKED_AT, item::seconds(repair.at))
                .set(webhook_check::REPAIR, item::value(repair));
        }
        self.table.update_if(key_of(id), update).await
    }

    /// Notes that another Aircall company is connected than before, since `at`, and forgets the lines of the former one.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn begin_with_company(&self, id: &TenantId, at: Timestamp) -> Result<bool, Error> {
        let update =
            Update::default().set(AIRCALL_SINCE, item::seconds(at)).remove("own_lines").only_if_exists("tenant");
        self.table.update_if(key_of(id), update).await
    }

    /// Stores whether the account's webhook is active, if it still is this webhook.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_aircall_state(
        &self,
        id: &TenantId,
        webhook_id: &str,
        state: &AircallState,
    ) -> Result<bool, Error> {
        let update = Update::default()
            .set_nested("aircall", "state", item::value(state))
            .only_if_expression("#aircall.#webhook_id = :webhook_id", &["aircall", "webhook_id"])
            .value("webhook_id", item::text(webhook_id));
        self.table.update_if(key_of(id), update).await
    }

    /// Stores which events the account's webhook subscribes to, if it still is this webhook.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_aircall_subscription(
        &self,
        id: &TenantId,
        webhook_id: &str,
        subscription: &AircallSubscription,
    ) -> Result<bool, Error> {
        let update = Update::default()
            .set_nested("aircall", "subscription", item::value(subscription))
            .only_if_expression("#aircall.#webhook_id = :webhook_id", &["aircall", "webhook_id"])
            .value("webhook_id", item::text(webhook_id));
        self.table.update_if(key_of(id), update).await
    }

    /// Stores the phone numbers of the company's own lines, and by what it is recognised if that is not known, unless the
    /// account was connected again since the connection was read.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_company(
        &self,
        id: &TenantId,
        known: &AircallConnection,
        lines: &OwnLines,
        signs: &CompanySigns,
    ) -> Result<bool, Error> {
        let mut update = of_account(Update::default(), known).set(own_lines::ATTRIBUTE, item::value(lines));
        if known.signs == CompanySigns::default() {
            update = update.set_nested("aircall", "signs", item::value(signs));
        }
        self.table.update_if(key_of(id), update).await
    }

    /// Stores since when Aircall has refused the access of an account, or that it does not any more.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn set_refused_since(
        &self,
        id: &TenantId,
        known: &AircallConnection,
        since: Option<Timestamp>,
    ) -> Result<bool, Error> {
        let update = of_account(Update::default(), known);
        let update = match since {
            Some(since) => update.set_nested("aircall", "refused_since", item::seconds(since)),
            None => update.remove_nested("aircall", "refused_since"),
        };
        self.table.update_if(key_of(id), update).await
    }

    /// Ends the connection of an account whose app was uninstalled in Aircall at this time: no webhook token is accepted
    /// any more, and the credential is not used. Returns whether it has just ended.
    ///
    /// A connection that was made later, or by an API key, is not that of the app, and does not end.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn uninstall_aircall(&self, id: &TenantId, at: Timestamp) -> Result<bool, Error> {
        let update = webhook_tokens::set(Update::default(), &[], &[])
            .set_nested("aircall", "uninstalled_at", item::seconds(at))
            .only_if_expression(
                "#aircall.#how = :how AND #aircall.#connected_at <= :at AND attribute_not_exists(#aircall.#uninstalled_at)",
                &["aircall", "how", "connected_at", "uninstalled_at"],
            )
            .value("how", item::value(&AircallAuth::OAuth))
            .value("at", item::seconds(at));
        self.table.update_if(key_of(id), update).await
    }

    /// Disconnects the Aircall account. Its webhook tokens stay valid until [`Tenants::set_webhook_tokens`] removes
    /// them. By what its company is recognised is kept: the former connection, and the phone numbers of its lines.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn disconnect_aircall(&self, id: &TenantId) -> Result<bool, Error> {
        let disconnect = || {
            let update = Update::default().remove("aircall").remove("last_event_at");
            backfill::forget(update.remove(webhook_check::CHECKED_AT).remove(webhook_check::REPAIR))
        };
        let connected = disconnect().copy("aircall", FORMER).only_if_exists("aircall");
        Ok(self.table.update_if(key_of(id), connected).await?
            || self.table.update_if(key_of(id), disconnect().only_if_exists("tenant")).await?)
    }

    /// Records the time of the last event, at most once a minute.
    ///
    /// DynamoDB also charges for an update whose condition fails, so a caller with many events should call this at most
    /// once a minute.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn record_event(&self, id: &TenantId, at: Timestamp) -> Result<(), Error> {
        let update = Update::default()
            .set("last_event_at", item::seconds(at))
            .only_if_exists("tenant")
            .only_if_expression("attribute_not_exists(#last_event_at) OR #last_event_at <= :before", &["last_event_at"])
            .value("before", item::seconds(at - LAST_EVENT_INTERVAL));
        self.table.update_if(key_of(id), update).await.map(drop)
    }
}

/// Removes all that holds only for the connected org.
fn forget_org(update: Update) -> Update {
    ["facts", "api_usage", choices::STATUSES, choices::USERS].into_iter().fold(update, Update::remove)
}

/// The same, only if this account is still connected: neither again nor uninstalled since it was read.
fn of_account(update: Update, known: &AircallConnection) -> Update {
    update
        .only_if_expression(
            "#aircall.#connected_at = :at AND attribute_not_exists(#aircall.#uninstalled_at)",
            &["aircall", "connected_at", "uninstalled_at"],
        )
        .value("at", item::seconds(known.connected_at))
}
