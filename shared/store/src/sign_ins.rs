//! Sign-ins under way: what the console has to remember between sending a browser to Salesforce and its return.
//!
//! In the console's table, each under its own `sign-in#<hash of the state>`: whose tenant it becomes is not known yet.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{self, Corrupt, Error};
use crate::item::{self, Attributes, Item};
use crate::token_hash::TokenHash;

/// The item's sort key, which tells nothing: there is one such item under each partition key.
const ITEM: &str = "sign-in";

/// A sign-in under way.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Of the `state` that the browser carries to Salesforce and back.
    pub state_hash: TokenHash,
    /// What proves that the code is asked for by who began (PKCE).
    pub code_verifier: SecretString,
    /// Where the browser was sent to sign in.
    pub login_url: String,
    /// Where the browser goes once it is signed in: a path of the console's.
    pub return_to: String,
    /// Of the cookie that tells this browser from any other.
    pub browser_hash: TokenHash,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// The sign-ins in the console's table.
#[derive(Clone, Debug)]
pub struct SignIns {
    dynamodb: Client,
    table: String,
}

impl SignIns {
    /// The sign-ins in `table`.
    pub fn new(dynamodb: Client, table: impl Into<String>) -> Self {
        Self { dynamodb, table: table.into() }
    }

    /// Remembers a sign-in that begins.
    ///
    /// # Errors
    /// When DynamoDB cannot answer.
    pub async fn begin(&self, attempt: &Attempt) -> Result<(), Error> {
        let request = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key_of(&attempt.state_hash)))
            .item("code_verifier", item::text(attempt.code_verifier.expose_secret()))
            .item("login_url", item::text(&attempt.login_url))
            .item("return_to", item::text(&attempt.return_to))
            .item("browser_hash", item::value(&attempt.browser_hash))
            .item("expires_at", item::seconds(attempt.expires_at));
        request.send().await.map_err(|e| error::from_sdk("PutItem", &e))?;
        Ok(())
    }

    /// Takes the sign-in of this state, if there is one and it is not too late.
    ///
    /// Exactly one caller gets it, however often a state is replayed: it is deleted by that. If the answer is lost on
    /// its way nobody gets it, and the person has to sign in again.
    ///
    /// # Errors
    /// When DynamoDB cannot answer or the item cannot be read.
    pub async fn consume(&self, state_hash: &TokenHash, now: Timestamp) -> Result<Option<Attempt>, Error> {
        let request = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key_of(state_hash)))
            .condition_expression("attribute_exists(#tenant)")
            .expression_attribute_names("#tenant", "tenant")
            .return_values(ReturnValue::AllOld);
        let deleted = match request.send().await {
            Ok(answer) => answer.attributes,
            Err(error) if error.as_service_error().is_some_and(is_not_there) => None,
            Err(error) => return Err(error::from_sdk("DeleteItem", &error)),
        };
        let attempt = deleted.map(|item| read(*state_hash, item)).transpose()?;
        // DynamoDB deletes what has expired within days, not at once.
        Ok(attempt.filter(|attempt| now < attempt.expires_at))
    }
}

fn is_not_there(error: &DeleteItemError) -> bool {
    error.is_conditional_check_failed_exception()
}

fn key_of(state_hash: &TokenHash) -> Attributes {
    [("tenant", format!("sign-in#{state_hash}")), ("item", ITEM.to_owned())]
        .map(|(name, value)| (name.to_owned(), item::text(value)))
        .into()
}

fn read(state_hash: TokenHash, item: Attributes) -> Result<Attempt, Corrupt> {
    let mut item = Item::new(item, "item");
    Ok(Attempt {
        state_hash,
        code_verifier: item.required("code_verifier")?,
        login_url: item.required("login_url")?,
        return_to: item.required("return_to")?,
        browser_hash: item.required("browser_hash")?,
        expires_at: item.instant("expires_at")?.ok_or_else(|| item.corrupt("expires_at"))?,
    })
}
