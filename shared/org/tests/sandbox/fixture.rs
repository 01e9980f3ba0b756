//! A tenant whose org is the sandbox.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use org::{BatchError, Job, Lookup, Org, OrgConnector, Owners, PendingTokens, Preview};
use rules::{Call, E164, Settings, TaskStatus};
use salesforce::ApiVersion;
use salesforce_sandbox::Options;
use serde_json::{Value, json};
use store::test_tables::TestTables;
use store::{AppSecret, Connection, ConnectionState, Phones, Tenant, TenantId, Tenants, Tokens};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The objects that a call may touch.
const OBJECTS: [&str; 7] = ["Contact", "Lead", "Account", "Case", "Opportunity", "Task", "User"];

pub(crate) struct Fixture {
    pub(crate) sandbox: salesforce_sandbox::Org,
    pub(crate) tenant: Tenant,
    pub(crate) lookup: Lookup,
    connector: OrgConnector,
    url: String,
    _tables: TestTables,
    _secrets: MockServer,
}

impl Fixture {
    pub(crate) async fn new(options: Options) -> Self {
        let sandbox = salesforce_sandbox::Org::new(options);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

        let tables = TestTables::start().await;
        let tenants = Tenants::new(tables.dynamodb.clone(), "TenantsTable");
        let mut tenant = Tenant::new(TenantId::parse("one").unwrap());
        tenant.salesforce = Some(Connection {
            org_id: sandbox.org_id(),
            instance_url: url.clone(),
            login_url: url.clone(),
            user_id: sandbox.admin_user_id(),
            user_name: None,
            connected_at: Timestamp::UNIX_EPOCH,
        });
        tenants.put(&tenant).await.unwrap();

        let grant = sandbox.issue_grant(&sandbox.admin_user_id());
        let tokens = json!({"access_token": grant.access_token, "refresh_token": grant.refresh_token,
            "instance_url": url, "login_url": url});
        let secrets = secrets(&tokens).await;
        let secretsmanager = client(&secrets);
        let connector = OrgConnector {
            http: reqwest::Client::new(),
            tenants: tenants.clone(),
            tokens: Tokens::new(secretsmanager.clone(), "tokens/"),
            app: AppSecret::new(secretsmanager, "app"),
            version: ApiVersion::default(),
            pending: PendingTokens::default(),
            renewal: Duration::from_secs(32),
        };
        let phones = Phones::new(tables.dynamodb.clone(), "PhonesTable");
        let lookup = Lookup { phones, tenants, owners: Owners::default() };
        Self { sandbox, tenant, lookup, connector, url, _tables: tables, _secrets: secrets }
    }

    pub(crate) async fn open(&self) -> Org {
        let deadline = Instant::now() + Duration::from_mins(1);
        Org::open(&self.connector, &self.tenant, "test", 100, deadline).await.unwrap()
    }

    /// Previews a call, and asserts that the org and our cache of phone numbers did not change.
    pub(crate) async fn preview(&mut self, settings: &Settings, job: Job) -> Result<Preview, BatchError> {
        let (before, phone, now) = (self.records(), job.phone.clone(), Timestamp::now());
        self.reset_requests().await;
        let mut org = self.open().await;
        let preview = self.lookup.preview(&mut org, &mut self.tenant, settings, job, now).await;
        assert_eq!(self.records(), before, "a preview changed the org");
        // Only reads were sent. Of the resources that can write, only `composite` is allowed, as it carries queries.
        let requests = self.requests().await;
        let is_read = |resource: &String| ["search", "query", "composite"].contains(&resource.as_str());
        assert!(requests.iter().all(is_read), "{requests:?}");
        let remembered = self.lookup.phones.get_many(&self.tenant.id, &[phone], now).await.unwrap();
        assert!(remembered.is_empty(), "a preview was remembered");
        preview
    }

    pub(crate) fn insert(&self, sobject: &str, record: Value) -> String {
        self.sandbox.insert(sobject, record).unwrap()
    }

    /// The tenant as it is stored in the table.
    pub(crate) async fn stored(&self) -> Tenant {
        self.lookup.tenants.get(&self.tenant.id).await.unwrap().unwrap()
    }

    pub(crate) fn tenants(&self) -> Tenants {
        self.lookup.tenants.clone()
    }

    pub(crate) fn set_state(&mut self, state: ConnectionState) {
        self.tenant.state = state;
    }

    /// The API resources that were requested since the last reset.
    pub(crate) async fn requests(&self) -> Vec<String> {
        self.counted().await["by_resource"].as_object().unwrap().keys().cloned().collect()
    }

    /// The number of API calls since the last reset.
    pub(crate) async fn api_calls(&self) -> u64 {
        self.counted().await["total"].as_u64().unwrap()
    }

    async fn counted(&self) -> Value {
        reqwest::get(format!("{}/_sandbox/requests", self.url)).await.unwrap().json().await.unwrap()
    }

    async fn reset_requests(&self) {
        reqwest::Client::new().delete(format!("{}/_sandbox/requests", self.url)).send().await.unwrap();
    }

    fn records(&self) -> Vec<Vec<Value>> {
        OBJECTS.iter().map(|object| self.sandbox.records(object)).collect()
    }
}

/// A Secrets Manager that holds the tokens of the tenant `one`.
async fn secrets(tokens: &Value) -> MockServer {
    let server = MockServer::start().await;
    let secret = json!({"Name": "tokens/one", "SecretString": tokens.to_string()});
    Mock::given(header("x-amz-target", "secretsmanager.GetSecretValue"))
        .and(body_partial_json(json!({"SecretId": "tokens/one"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(secret))
        .mount(&server)
        .await;
    server
}

fn client(server: &MockServer) -> aws_sdk_secretsmanager::Client {
    let config = test_aws::config(server.uri());
    aws_sdk_secretsmanager::Client::new(&config)
}

/// A missed call from +1 415 555 0132 that is to be logged, with the user as Aircall names it.
pub(crate) fn missed(user: Value) -> Job {
    let call: Call = serde_json::from_value(json!({
        "id": 7,
        "direction": "inbound",
        "started_at": 1_774_254_600,
        "answered_at": null,
        "ended_at": 1_774_254_650,
        "party": {"number": "+14155550132"},
        "number": {"id": 397_375, "name": "Sales", "time_zone": "Europe/Vienna", "open": true},
        "user": user,
        "contact": {"first_name": "Jane", "last_name": "Roe", "company_name": null, "email": null},
        "tags": [],
        "comments": [],
    }))
    .unwrap();
    let phone = E164::parse("+14155550132").unwrap();
    Job::new(call.id.key(), call.into(), TaskStatus::Completed, phone)
}
