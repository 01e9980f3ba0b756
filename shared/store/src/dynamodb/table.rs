//! A table and the requests that the stores have in common.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;

use crate::dynamodb::batch;
use crate::dynamodb::expression::Update;
use crate::dynamodb::item::Attributes;
use crate::error::{self, Error};

/// A table of the deployment. Several stores may share it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    client: Client,
    name: String,
}

impl Table {
    pub(crate) fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The item with this key, if it exists (a consistent read).
    pub(crate) async fn get(&self, key: Attributes) -> Result<Option<Attributes>, Error> {
        Ok(self.get_item(key).send().await.map_err(|e| error::from_sdk("GetItem", &e))?.item)
    }

    /// Those of the items that exist, in any order (a consistent read).
    pub(crate) async fn get_many(&self, keys: Vec<Attributes>) -> Result<Vec<Attributes>, Error> {
        batch::get(&self.client, &self.name, keys, &[]).await
    }

    /// The same, with no more than these attributes; each is a path such as `decision.verdict`.
    pub(crate) async fn get_parts(&self, keys: Vec<Attributes>, paths: &[&str]) -> Result<Vec<Attributes>, Error> {
        batch::get(&self.client, &self.name, keys, paths).await
    }

    /// Creates or replaces an item.
    pub(crate) async fn put(&self, item: Attributes) -> Result<(), Error> {
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        request.send().await.map_err(|e| error::from_sdk("PutItem", &e)).map(drop)
    }

    /// Creates or replaces items, no two of which may have the same key.
    pub(crate) async fn put_many(&self, items: Vec<Attributes>) -> Result<(), Error> {
        batch::put(&self.client, &self.name, items).await
    }

    /// Updates an item, or creates it. The update must have no condition.
    pub(crate) async fn update(&self, key: Attributes, update: Update) -> Result<(), Error> {
        let request = update.apply_to(self.update_item(key));
        request.send().await.map_err(|e| error::from_sdk("UpdateItem", &e)).map(drop)
    }

    /// Applies a conditional update. Returns whether its condition held.
    pub(crate) async fn update_if(&self, key: Attributes, update: Update) -> Result<bool, Error> {
        Ok(self.update_returning(key, update, ReturnValue::None).await?.is_some())
    }

    /// Applies a conditional update. Returns the attributes that `returned` asks for, or `None` if its condition failed.
    pub(crate) async fn update_returning(
        &self,
        key: Attributes,
        update: Update,
        returned: ReturnValue,
    ) -> Result<Option<Attributes>, Error> {
        match update.apply_to(self.update_item(key)).return_values(returned).send().await {
            Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(error::from_sdk("UpdateItem", &error)),
            },
        }
    }

    /// A consistent read.
    pub(crate) fn get_item(&self, key: Attributes) -> GetItemFluentBuilder {
        self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true)
    }

    pub(crate) fn update_item(&self, key: Attributes) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).set_key(Some(key))
    }

    pub(crate) fn delete_item(&self, key: Attributes) -> DeleteItemFluentBuilder {
        self.client.delete_item().table_name(&self.name).set_key(Some(key))
    }

    pub(crate) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
    }

    pub(crate) fn scan(&self) -> ScanFluentBuilder {
        self.client.scan().table_name(&self.name)
    }
}
