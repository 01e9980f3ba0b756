//! Messages: merges events into their message's aggregate, and says into which entries that is routed.

use rules::{Company, Conversation, DigestKey, Message, MessageDocument, MessageId, Messages, OwnLines, Settings};
use store::{MergeError, MessageAggregate, TenantId};

use crate::evaluate::{Attempts, EvaluateError, Evaluator};
use crate::update::{Times, Update};

/// A message and the entry that it is routed to.
#[derive(Debug)]
pub(crate) struct Routed {
    /// The entry's key.
    pub(crate) key: String,
    pub(crate) document: Messages,
}

/// What the route of a message depends on.
#[derive(Debug)]
struct Routing<'a> {
    settings: &'a Settings,
    company: &'a Company,
    key: &'a DigestKey,
}

impl Evaluator {
    /// Merges events into their message's aggregate, and returns what each entry that it is routed to has to take.
    ///
    /// The entries are returned even if the aggregate is unchanged: an event is redelivered if its evaluation was
    /// interrupted.
    pub(crate) async fn merge_message(
        &self,
        update: &Update<MessageDocument>,
        times: Times,
    ) -> Result<Vec<Routed>, EvaluateError> {
        let Some(key) = self.digest_keys.get(&update.tenant, times.now).await? else {
            tracing::warn!(tenant = %update.tenant, "a message is of an unknown tenant");
            return Ok(Vec::new());
        };
        let company = self.companies.get(&update.tenant, times.now).await?;
        let (aggregate, version) = self.merge_aggregate(update, &key, &company, times).await?;
        let mut routed = Vec::new();
        for message in messages(&aggregate, &key, &company.own_lines) {
            let conversation = match aggregate.routes.get(&message.id).cloned().flatten() {
                // A version before schema 1 may have routed it, or dropped the digest, without storing the entry.
                Some(conversation) if conversation.is_unkeyed() => {
                    Some(self.with_entry(&update.tenant, conversation.keyed(&key)).await?)
                }
                conversation => conversation,
            };
            let document = Messages::from_message(message, version, conversation);
            routed.push(Routed { key: document.key(), document });
        }
        Ok(routed)
    }

    /// Merges an update into a message's aggregate, and returns the aggregate with its version. Each message is routed
    /// once, as soon as enough is known about it.
    async fn merge_aggregate(
        &self,
        update: &Update<MessageDocument>,
        key: &DigestKey,
        company: &Company,
        times: Times,
    ) -> Result<(MessageAggregate, u64), EvaluateError> {
        let Update { tenant, value: document, .. } = update;
        let mut attempts = Attempts::new(&update.messages, times.deadline);
        loop {
            let (known, version) = self.calls.message_aggregate(tenant, document.id()).await?.unzip();
            let known_document = known.iter().map(|known| known.document.clone());
            let mut aggregate = MessageAggregate {
                document: known_document.fold(document.clone(), MessageDocument::merge),
                routes: known.as_ref().map(|known| known.routes.clone()).unwrap_or_default(),
            };
            let mut unrouted = messages(&aggregate, key, &company.own_lines);
            unrouted.retain(|message| !aggregate.routes.contains_key(&message.id));
            if !unrouted.is_empty() {
                let settings = self.settings.get(tenant).await?;
                let routing = Routing { settings: &settings, company, key };
                for message in unrouted {
                    let (id, conversation) = self.route(tenant, &aggregate.document, message, &routing).await?;
                    let part = conversation.map(|first| self.open_parts.get(tenant, first, times.now));
                    aggregate.routes.insert(id, part);
                }
            }
            if let Some(version) = version.filter(|_| known.as_ref() == Some(&aggregate)) {
                return Ok((aggregate, version));
            }
            match self.calls.put_message_aggregate(tenant, &aggregate, version, times.now + self.retention).await {
                Ok(()) => return Ok((aggregate, version.map_or(1, |version| version + 1))),
                Err(MergeError::Conflict) => attempts.back_off().await?,
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
        }
    }

    /// Routes a message to the part of its conversation after `full`, which is closed and does not have it; after the last
    /// part, to an entry of its own. `update` is that of its aggregate.
    ///
    /// A closed part takes no new message, so the message cannot be in two parts, whoever else routes it. The new route is
    /// stored before an entry takes the message, so that later events follow it.
    pub(crate) async fn move_on(
        &self,
        update: &Update<MessageDocument>,
        id: &MessageId,
        full: &Conversation,
        times: Times,
    ) -> Result<Vec<Routed>, EvaluateError> {
        let tenant = &update.tenant;
        let Some(key) = self.digest_keys.get(tenant, times.now).await? else { return Ok(Vec::new()) };
        let next = full.next_part(&key);
        if let Some(next) = &next {
            self.open_parts.note(tenant, next, times.now);
        } else {
            tracing::warn!(%tenant, key = id.key(), "the conversation is full: the message gets its own entry");
        }
        let next = next.map(|next| self.open_parts.get(tenant, next, times.now));
        let mut attempts = Attempts::new(&update.messages, times.deadline);
        let expires_at = times.now + self.retention;
        while let Some((mut aggregate, version)) = self.calls.message_aggregate(tenant, update.value.id()).await? {
            match aggregate.routes.get_mut(id) {
                Some(route) if route.as_ref().is_some_and(|route| route.part() <= full.part()) => {
                    route.clone_from(&next);
                }
                // Another event of the message has been here.
                Some(_) | None => break,
            }
            match self.calls.put_message_aggregate(tenant, &aggregate, Some(version), expires_at).await {
                Ok(()) => break,
                Err(MergeError::Conflict) => attempts.back_off().await?,
                Err(MergeError::Store(error)) => return Err(error.into()),
            }
        }
        let mut routed = self.merge_message(update, times).await?;
        routed.retain(|Routed { document, .. }| document.first().id == *id);
        Ok(routed)
    }

    /// Where a message is logged: its id, and the conversation that it belongs to, if any. Both are those of versions
    /// before schema 1 where it already has an entry under them.
    async fn route(
        &self,
        tenant: &TenantId,
        document: &MessageDocument,
        message: Message,
        Routing { settings, company, key }: &Routing<'_>,
    ) -> Result<(MessageId, Option<Conversation>), EvaluateError> {
        if let Some(former) = document.former_id(&message)
            && self.calls.get(tenant, &former.key()).await?.is_some()
        {
            return Ok((former, None));
        }
        let conversation = match Conversation::for_message(&message, settings, company, key) {
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
fn messages(aggregate: &MessageAggregate, key: &DigestKey, own_lines: &OwnLines) -> Vec<Message> {
    aggregate.document.messages(key, own_lines, |id| aggregate.routes.contains_key(id))
}
