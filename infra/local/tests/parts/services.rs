//! The embedded services, created from the deployed template.

use std::path::Path;

use local::{
    services::{Resources, Services},
    template::Template,
};
use serde_json::{Value, json};

fn template() -> Template {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    Template::read(&path, &[]).expect("the template")
}

async fn start(data: Option<&Path>) -> (Services, Resources) {
    let services = Services::start(data).await.expect("services");
    if let Some(data) = data {
        services.restore_secrets(data).await.expect("secrets");
    }
    let resources = services.create(&template()).await.expect("resources");
    if let Some(data) = data {
        services.restore_messages(data, &resources.queues).await.expect("messages");
    }
    (services, resources)
}

#[tokio::test]
async fn tables_have_their_indexes_and_time_to_live() {
    let (services, resources) = start(None).await;
    let table = json!({ "TableName": resources.tables["CallsTable"] });
    let description = services.dynamodb.call("DescribeTable", &table).await.expect("a table");
    let indexes = description["Table"]["GlobalSecondaryIndexes"].as_array().expect("indexes");
    let mut names: Vec<_> = indexes.iter().filter_map(|index| index["IndexName"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["activity", "pending"]);
    let expiry = services.dynamodb.call("DescribeTimeToLive", &table).await.expect("an expiry");
    assert_eq!(expiry["TimeToLiveDescription"]["AttributeName"], "expires_at");
}

#[tokio::test]
async fn queues_have_their_visibility_timeout_and_redrive_policy() {
    let (services, resources) = start(None).await;
    let input = json!({ "QueueUrl": resources.queues["WritesQueue"], "AttributeNames": ["All"] });
    let attributes = services.sqs.call("GetQueueAttributes", &input).await.expect("attributes");
    let attributes = &attributes["Attributes"];
    assert_eq!(attributes["FifoQueue"], "true");
    assert_eq!(attributes["VisibilityTimeout"], "60");
    assert_eq!(attributes["DeduplicationScope"], "messageGroup");
    assert_eq!(attributes["FifoThroughputLimit"], "perMessageGroupId");
    let redrive: Value = serde_json::from_str(attributes["RedrivePolicy"].as_str().expect("text")).expect("JSON");
    assert_eq!(
        redrive["deadLetterTargetArn"],
        "arn:aws:sqs:us-east-1:000000000000:00000000-0000-4000-8000-000000000000-writes-dead.fifo"
    );
}

#[tokio::test]
async fn secrets_have_a_generated_value_or_none() {
    let (services, resources) = start(None).await;
    let empty = json!({ "SecretId": resources.secrets["SalesforceAppSecret"] });
    let error = services.secretsmanager.call("GetSecretValue", &empty).await.expect_err("no value");
    assert!(error.to_string().contains("ResourceNotFoundException"), "{error}");
    let generated = json!({ "SecretId": "local-SessionKeySecret" });
    let generated = services.secretsmanager.call("GetSecretValue", &generated).await.expect("a secret");
    let generated = generated["SecretString"].as_str().expect("text");
    assert!(generated.len() == 64 && generated.chars().all(char::is_alphanumeric), "64 characters, no punctuation");
}

#[tokio::test]
async fn secrets_items_and_messages_survive_a_restart() {
    let data = std::env::temp_dir().join(format!("local-services-{}", std::process::id()));
    std::fs::create_dir_all(&data).expect("a directory");
    let key = json!({ "SecretId": "local-SessionKeySecret" });
    let item = json!({ "tenant": { "S": "t1" } });

    let (services, resources) = start(Some(&data)).await;
    let before = services.secretsmanager.call("GetSecretValue", &key).await.expect("a secret");
    let put = json!({ "TableName": resources.tables["TenantsTable"], "Item": item });
    services.dynamodb.call("PutItem", &put).await.expect("an item");
    for text in ["first", "second"] {
        let message = json!({
            "QueueUrl": resources.queues["WritesQueue"], "MessageBody": text,
            "MessageGroupId": "t1", "MessageDeduplicationId": text,
        });
        services.sqs.call("SendMessage", &message).await.expect("a message");
    }
    services.save(&data, &resources.queues).await.expect("saved");
    drop(services);

    let (services, resources) = start(Some(&data)).await;
    let after = services.secretsmanager.call("GetSecretValue", &key).await.expect("a secret");
    assert_eq!(after["SecretString"], before["SecretString"], "a generated secret is kept");
    let get = json!({ "TableName": resources.tables["TenantsTable"], "Key": item });
    assert_eq!(services.dynamodb.call("GetItem", &get).await.expect("an item")["Item"], item);
    let receive = json!({ "QueueUrl": resources.queues["WritesQueue"], "MessageSystemAttributeNames": ["All"] });
    let received = services.sqs.call("ReceiveMessage", &receive).await.expect("messages");
    assert_eq!(received["Messages"][0]["Body"], "first", "in their order");
    assert_eq!(received["Messages"][0]["Attributes"]["MessageGroupId"], "t1");
    drop(services);
    std::fs::remove_dir_all(&data).expect("removed");
}
