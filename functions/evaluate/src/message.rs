//! Messages: merges each event into its message's aggregate, and the aggregate into the entries that it is routed to.

use rules::{
    Conversation, DigestKey, Document, Message, MessageDocument, MessageId, MessageSnapshot, Messages, Settings,
};
use store::{MergeError, MessageAggregate, TenantId};

use crate::evaluate::{Delivery, EvaluateError, Evaluator, MAX_ATTEMPTS};

impl Evaluator {
    /// Merges an event into its message's aggregate, and the aggregate into each entry that it is routed to.
    ///
    /// The entries are merged even if the aggregate is unchanged: an event is redelivered if its evaluation was
    /// interrupted.
    pub(crate) async fn merge_message(
        &self,
        delivery: &Delivery,
        snapshot: MessageSnapshot,
    ) -> Result<(), EvaluateError> {
        let Some(key) = self.digest_keys.get(&delivery.tenant, delivery.now).await? else {
            tracing::warn!(tenant = %delivery.tenant, "a message is of an unknown tenant");
            return Ok(());
        };
        let (aggregate, version) = self.merge_aggregate(delivery, snapshot.into(), &key).await?;
        for message in messages(&aggregate, &key) {
            let conversation = match aggregate.routes.get(&message.id).cloned().flatten() {
                // A version before schema 1 may have routed it, or dropped the digest, without storing the entry.
                Some(conversation) if conversation.is_unkeyed() => {
                    Some(self.with_entry(&delivery.tenant, conversation.keyed(&key)).await?)
                }
                conversation => conversation,
            };
            let messages = Messages::from_message(message, version, conversation);
            self.merge_entry(delivery, &messages.key(), &Document::Messages(messages)).await?;
        }
        Ok(())
    }

    /// Merges an update into a message's aggregate, and returns the aggregate with its version. Each message is routed
    /// once, as soon as enough is known about it.
    async fn merge_aggregate(
        &self,
        delivery: &Delivery,
        update: MessageDocument,
        key: &DigestKey,
    ) -> Result<(MessageAggregate, u64), EvaluateError> {
        let Delivery { tenant, now, .. } = delivery;
        for attempt in 0..MAX_ATTEMPTS {
            let (known, version) = self.calls.message_aggregate(tenant, update.id()).await?.unzip();
            let mut aggregate = MessageAggregate {
                document: known.iter().map(|known| known.document.clone()).fold(update.clone(), MessageDocument::merge),
                routes: known.as_ref().map(|known| known.routes.clone()).unwrap_or_default(),
            };
            let mut unrouted = messages(&aggregate, key);
            unrouted.retain(|message| !aggregate.routes.contains_key(&message.id));
            if !unrouted.is_empty() {
                let settings = self.settings.get(tenant).await?;
                for message in unrouted {
                    let (id, conversation) = self.route(tenant, &aggregate.document, message, &settings, key).await?;
                    aggregate.routes.insert(id, conversation);
                }
            }
            if let Some(version) = version.filter(|_| known.as_ref() == Some(&aggregate)) {
                return Ok((aggregate, version));
            }
            match self.calls.put_message_aggregate(tenant, &aggregate, version, *now + self.retention).await {
                Ok(()) => return Ok((aggregate, version.map_or(1, |version| version + 1))),
                Err(MergeError::Conflict) => delivery.back_off(attempt).await,
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
        }
        Err(EvaluateError::Contended)
    }

    /// Where a message is logged: its id, and the conversation that it belongs to, if any. Both are those of versions
    /// before schema 1 where it already has an entry under them.
    async fn route(
        &self,
        tenant: &TenantId,
        document: &MessageDocument,
        message: Message,
        settings: &Settings,
        key: &DigestKey,
    ) -> Result<(MessageId, Option<Conversation>), EvaluateError> {
        if let Some(former) = document.former_id(&message)
            && self.calls.get(tenant, &former.key()).await?.is_some()
        {
            return Ok((former, None));
        }
        let conversation = match Conversation::for_message(&message, settings, key) {
            Some(conversation) => Some(self.with_entry(tenant, conversation).await?),
            None => None,
        };
        Ok((message.id, conversation))
    }

    /// The conversation under its key from before schema 1 where it has an entry under that key, else under its own.
    async fn with_entry(&self, tenant: &TenantId, conversation: Conversation) -> Result<Conversation, EvaluateError> {
        let unkeyed = conversation.clone().unkeyed();
        let has_entry = self.calls.get(tenant, &unkeyed.key()).await?.is_some();
        Ok(if has_entry { unkeyed } else { conversation })
    }
}

/// The messages of an aggregate, each under the id by which it was routed.
fn messages(aggregate: &MessageAggregate, key: &DigestKey) -> Vec<Message> {
    aggregate.document.messages(key, |id| aggregate.routes.contains_key(id))
}
