//! Messages: merges each event into its message's aggregate, and the aggregate into the entries that it is routed to.

use rules::{Conversation, DigestKey, Document, Message, MessageDocument, MessageSnapshot, Messages, Settings};
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
            let conversation = aggregate.routes.get(&message.id).cloned().flatten();
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
                    let conversation = self.conversation(tenant, &message, &settings, key).await?;
                    aggregate.routes.insert(message.id, conversation);
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

    /// The conversation that a message belongs to, if any; under its key from before schema 1 where it has an entry
    /// under that key.
    async fn conversation(
        &self,
        tenant: &TenantId,
        message: &Message,
        settings: &Settings,
        key: &DigestKey,
    ) -> Result<Option<Conversation>, EvaluateError> {
        let Some(conversation) = Conversation::for_message(message, settings, key) else { return Ok(None) };
        let unkeyed = conversation.clone().unkeyed();
        let has_entry = self.calls.get(tenant, &unkeyed.key()).await?.is_some();
        Ok(Some(if has_entry { unkeyed } else { conversation }))
    }
}

/// The messages of an aggregate, each under the id by which it was routed.
fn messages(aggregate: &MessageAggregate, key: &DigestKey) -> Vec<Message> {
    aggregate.document.messages(key, |id| aggregate.routes.contains_key(id))
}
