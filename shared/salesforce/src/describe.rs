//! Which fields an object has in this org, for this user.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{Answer, Client, Error, SObject};

impl Client {
    /// The names of the fields that the user can see. Tells whether the org has person accounts (Account has
    /// `IsPersonAccount`) and the key field (Task has `Aircall_Key__c`). The answer is long: ask seldom.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn field_names(&self, sobject: SObject) -> Result<Answer<BTreeSet<String>>, Error> {
        #[derive(Deserialize)]
        struct Description {
            fields: Vec<Field>,
        }
        #[derive(Deserialize)]
        struct Field {
            name: String,
        }
        let answer: Answer<Description> = self.get(&format!("sobjects/{sobject}/describe")).await?;
        Ok(answer.map(|description| description.fields.into_iter().map(|field| field.name).collect()))
    }
}
