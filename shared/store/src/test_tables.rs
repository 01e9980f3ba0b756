//! In-memory versions of the tables in `template.yaml`, for tests.

use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The deployment's template, so that the tests' tables cannot differ from it.
const TEMPLATE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml"));

/// An embedded DynamoDB with the deployment's tables, each named as in the template, such as `CallsTable`.
#[derive(Debug)]
pub struct TestTables {
    /// Its client.
    pub dynamodb: Client,
    /// Its address.
    pub url: String,
    server: JoinHandle<()>,
}

impl TestTables {
    /// Starts it on a free loopback port.
    ///
    /// # Panics
    /// When it cannot be started or does not support a table of the template.
    pub async fn start() -> Self {
        let database = Database::memory().expect("an in-memory database");
        for request in tables() {
            let request: CreateTableRequest = serde_json::from_value(request).expect("a valid CreateTable request");
            database.create_table(request).expect("the table is created");
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let config = test_aws::config(&url);
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database));
        Self { dynamodb: Client::new(&config), url, server }
    }
}

impl Drop for TestTables {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A `CreateTable` request for each table of the template.
fn tables() -> Vec<Value> {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(TEMPLATE).expect("the template is YAML");
    let resources = template["Resources"].as_mapping().expect("the template has resources");
    let is_table = |resource: &serde_yaml_ng::Value| resource["Type"].as_str() == Some("AWS::DynamoDB::Table");
    let request = |(id, resource): (&serde_yaml_ng::Value, &serde_yaml_ng::Value)| {
        let mut request = json!({ "TableName": id });
        for property in ["BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes"] {
            if let Some(value) = resource["Properties"].get(property) {
                request[property] = serde_json::to_value(value).expect("a table's properties convert to JSON");
            }
        }
        request
    };
    let tables: Vec<Value> = resources.iter().filter(|(_, resource)| is_table(resource)).map(request).collect();
    assert!(!tables.is_empty(), "the template has no tables");
    tables
}
