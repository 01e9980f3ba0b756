//! Bodies of webhooks that could not be read: kept for a while, so that they can be read after a fix. They are items of the
//! table of calls, but not entries of the activity log, and nothing shows or logs them.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use jiff::{SignedDuration, Timestamp};

use crate::calls::{Calls, keys};
use crate::dynamodb::expression::Update;
use crate::dynamodb::item::{self, Attributes};
use crate::error::{self, Error};
use crate::tenant_id::TenantId;

/// How long a body is kept.
const BODY_RETENTION: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The attribute that holds a body, or a part of it; no entry has it.
const ATTRIBUTE: &str = "body";

/// The most bytes of a part: an item has at most 400 KB.
const MAX_PART: usize = 350_000;

/// The most bytes of a character, which is not divided.
const MAX_CHAR: usize = 4;

impl Calls {
    /// Keeps the body with this digest for 14 days, in as many items as it takes: `body-<digest>`,
    /// `body-<digest>-2` and so on. One that is kept already is left as it is.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn keep_body(&self, tenant: &TenantId, digest: &str, body: &str, now: Timestamp) -> Result<(), Error> {
        for (number, part) in parts(body).into_iter().enumerate() {
            let update = Update::default()
                .set(ATTRIBUTE, item::text(part))
                .set("expires_at", item::seconds(now + BODY_RETENTION))
                .only_if_new("key");
            self.table.update_if(keys::key_of(tenant, &key(digest, number)), update).await?;
        }
        Ok(())
    }

    /// The body with this digest, if it is still kept (a consistent read).
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn kept_body(&self, tenant: &TenantId, digest: &str) -> Result<Option<String>, Error> {
        let mut body: Option<String> = None;
        for number in 0.. {
            let stored = self.table.get(keys::key_of(tenant, &key(digest, number))).await?;
            let part = stored.and_then(|mut item| item.remove(ATTRIBUTE)).and_then(|part| part.as_s().ok().cloned());
            let Some(part) = part else { break };
            let is_last = part.len() + MAX_CHAR <= MAX_PART;
            body.get_or_insert_default().push_str(&part);
            if is_last {
                break;
            }
        }
        Ok(body)
    }

    /// Removes the entry of an event that could not be read, unless one that could be read has taken its place.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn remove_unread(&self, tenant: &TenantId, key: &str) -> Result<(), Error> {
        let delete = self
            .table
            .delete_item(keys::key_of(tenant, key))
            .condition_expression("attribute_exists(#document.#unreadable)")
            .expression_attribute_names("#document", "document")
            .expression_attribute_names("#unreadable", "unreadable");
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(error::from_sdk("DeleteItem", &error)),
            },
        }
    }
}

fn key(digest: &str, number: usize) -> String {
    if number == 0 { format!("body-{digest}") } else { format!("body-{digest}-{}", number + 1) }
}

/// A body in parts that each fit into an item.
fn parts(mut body: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while body.len() > MAX_PART {
        let (part, rest) = body.split_at(body.floor_char_boundary(MAX_PART));
        parts.push(part);
        body = rest;
    }
    parts.push(body);
    parts
}

/// Whether an item is a body.
pub(super) fn is_body(item: &Attributes) -> bool {
    item.contains_key(ATTRIBUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_body_are_the_whole_and_each_fits_into_an_item() {
        for body in ["", "{}", &"é".repeat(175_000), &"aé".repeat(300_000)] {
            let parts = parts(body);
            assert_eq!(parts.concat(), body);
            assert!(parts.iter().all(|part| part.len() <= MAX_PART), "{}", body.len());
        }
        assert_eq!((key("ab", 0), key("ab", 1)), ("body-ab".to_owned(), "body-ab-2".to_owned()));
    }
}
