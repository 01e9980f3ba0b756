//! The state that survives a restart besides DynamoDB's file: secrets and queued messages.
//!
//! A delayed message is not saved: it is a delayed wake-up, and the sweep wakes the writer instead.

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use serde_json::{Value, json};

use super::{Api, Services};
use crate::files;

const SECRETS: &str = "secrets.json";
const QUEUES: &str = "queues.json";

/// Values by name.
type Secrets = BTreeMap<String, String>;

impl Services {
    /// Restores the secrets. Call it before [`Services::create`], so that generated ones stay the same.
    ///
    /// # Errors
    /// When the file is not one that [`Services::save`] wrote.
    pub async fn restore_secrets(&self, data: &Path) -> Result<()> {
        let secrets: Secrets = files::read(&data.join(SECRETS))?.unwrap_or_default();
        for (name, value) in secrets {
            let input = json!({ "Name": name, "SecretString": value });
            self.secretsmanager.call("CreateSecret", &input).await?;
        }
        Ok(())
    }

    /// Sends the saved messages again, each to the queue of its logical id.
    ///
    /// # Errors
    /// When the file is not one that [`Services::save`] wrote.
    pub async fn restore_messages(&self, data: &Path, queues: &BTreeMap<String, String>) -> Result<()> {
        let saved: BTreeMap<String, Vec<Value>> = files::read(&data.join(QUEUES))?.unwrap_or_default();
        for (id, messages) in saved {
            let Some(url) = queues.get(&id) else { continue };
            for mut message in messages {
                message["QueueUrl"] = url.as_str().into();
                self.sqs.call("SendMessage", &message).await?;
            }
        }
        Ok(())
    }

    /// Saves secrets and messages in `data`. The queues must not have consumers any more.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub async fn save(&self, data: &Path, queues: &BTreeMap<String, String>) -> Result<()> {
        save_secrets(&self.secretsmanager, data, &mut None).await?;
        let mut saved: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        // Twice, because receiving a message too often moves it to its dead-letter queue.
        for (id, url) in queues.iter().chain(queues) {
            saved.entry(id).or_default().extend(self.messages(url).await?);
        }
        files::write(&data.join(QUEUES), &saved)
    }

    /// Removes every visible message from a queue, and returns each as the input of the `SendMessage` that restores it.
    async fn messages(&self, url: &str) -> Result<Vec<Value>> {
        let mut messages = Vec::new();
        let input = json!({
            "QueueUrl": url,
            "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        loop {
            let answer = self.sqs.call("ReceiveMessage", &input).await?;
            let received = answer["Messages"].as_array().map_or(&[][..], Vec::as_slice);
            if received.is_empty() {
                return Ok(messages);
            }
            for message in received {
                let mut input = json!({ "MessageBody": message["Body"] });
                if message["MessageAttributes"].is_object() {
                    input["MessageAttributes"] = message["MessageAttributes"].clone();
                }
                for attribute in ["MessageGroupId", "MessageDeduplicationId"] {
                    if let Some(value) = message["Attributes"].get(attribute) {
                        input[attribute] = value.clone();
                    }
                }
                messages.push(input);
                // Deleted, so that a FIFO group delivers its next message.
                let handle = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
                self.sqs.call("DeleteMessage", &handle).await?;
            }
        }
    }
}

/// Saves the secrets in `data`, unless they equal those that were `saved` last.
pub(crate) async fn save_secrets(secretsmanager: &Api, data: &Path, saved: &mut Option<Secrets>) -> Result<()> {
    let secrets = read_secrets(secretsmanager).await?;
    if saved.as_ref() != Some(&secrets) {
        files::write(&data.join(SECRETS), &secrets)?;
        *saved = Some(secrets);
    }
    Ok(())
}

async fn read_secrets(secretsmanager: &Api) -> Result<Secrets> {
    let mut secrets = Secrets::new();
    let mut input = json!({});
    loop {
        let page = secretsmanager.call("ListSecrets", &input).await?;
        let secrets_of_page = page["SecretList"].as_array().into_iter().flatten();
        // One that nobody has stored a value in has no version.
        for secret in secrets_of_page.filter(|secret| secret["SecretVersionsToStages"].is_object()) {
            let id = json!({ "SecretId": secret["Name"] });
            let value = secretsmanager.call("GetSecretValue", &id).await?;
            if let (Some(name), Some(value)) = (secret["Name"].as_str(), value["SecretString"].as_str()) {
                secrets.insert(name.to_owned(), value.to_owned());
            }
        }
        match page["NextToken"].as_str() {
            Some(token) => input = json!({ "NextToken": token }),
            None => return Ok(secrets),
        }
    }
}
