//! New decisions about skipped entries, which an admin asks for.

use jiff::Timestamp;
use rules::{Decision, Verdict};

use crate::calls::entry::Entry;
use crate::calls::pending::UNREADABLE_SINCE;
use crate::calls::state::{self, State};
use crate::calls::{Calls, keys};
use crate::dynamodb::expression::Update;
use crate::dynamodb::item;
use crate::error::Error;
use crate::tenant_id::TenantId;

impl Calls {
    /// Replaces the decision about a skipped entry, with optimistic locking: `read` is the entry as it was read. Returns
    /// whether it was still so; if not, nothing changes.
    ///
    /// An entry to log becomes pending, due at `now`. What the writer found before is removed: the new decision is
    /// followed by a new trace.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn replace_decision(
        &self,
        tenant: &TenantId,
        read: &Entry,
        decision: &Decision,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let update = Update::default()
            .set(item::SCHEMA, item::schema())
            .set("version", item::number(read.version + 1))
            .set("decision", item::value(decision))
            .set("attempts", item::number(0))
            .set("updated_at", item::seconds(now))
            .remove("trace")
            .remove("skipped")
            .remove("problem")
            .remove(UNREADABLE_SINCE);
        let update = match decision.verdict {
            Verdict::Log(_) => state::pending(update, tenant).set("due_at", item::seconds(now)),
            Verdict::Skip(_) => state::terminal(update, State::Skipped),
        };
        let update = update.only_if("version", "=", item::number(read.version)).only_if(
            "state",
            "=",
            item::value(&State::Skipped),
        );
        self.table.update_if(keys::key_of(tenant, &read.key), update).await
    }
}
