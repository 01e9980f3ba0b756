//! A console with two tenants, its tables and vendors, and helpers to send requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use console::session::Session;
use console::{Aircall, BaseUrl, Console, DecideAgainBounds};
use jiff::Timestamp;
use lambda::queue::{RetryQueue, WriteQueue};
use org::{Lookup, OrgConnector, Owners, PendingTokens};
use rules::{Company, Settings, Snapshot, decide};
use salesforce::ApiVersion;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::test_tables::TestTables;
use store::{
    ALLOWED_ORGS_KEY, AircallCredentials, AllowedOrgs, ApiTokens, AppSecret, Calls, ConsentLinks, EndedSessions, Entry,
    History, Merge, OrgList, Phones, SessionKeys, SettingsStore, SignIns, TenantId, Tenants, Tokens,
};
use tower::ServiceExt as _;
use url::Url;
use wiremock::matchers::header_exists;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::openapi_conformance;
use crate::vendors::Vendors;

/// When the tests' call started, UNIX seconds.
pub(crate) const START: i64 = 1_774_254_600;

/// The console's host.
pub(crate) const HOST: &str = "here.example.com";

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// The key of session cookies.
pub(crate) const KEY: &str = "the current key of the console's sessions";

pub(crate) fn key() -> SecretString {
    SecretString::from(KEY)
}

/// The session cookie of this tenant's admin, as `name=value`. It is the same on every call.
pub(crate) fn cookie(tenant: &str) -> String {
    static SIGNED_IN: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);
    Session::new(TenantId::parse(tenant).unwrap(), "user@example.com", *SIGNED_IN).sign(&key())
}

pub(crate) struct Fixture {
    pub(crate) calls: Calls,
    pub(crate) tenant: TenantId,
    pub(crate) tenants: Tenants,
    pub(crate) vendors: Vendors,
    pub(crate) tables: Arc<TestTables>,
    sqs: Arc<MockServer>,
    router: Router,
}

/// Where the app is installed.
pub(crate) const INSTALL_URL: &str = "https://login.salesforce.com/packaging/installPackage.apexp?p0=04t000000000001";

/// The response to a request.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; null if it is not JSON.
    pub(crate) body: Value,
    /// The body as text.
    pub(crate) text: String,
}

impl Response {
    /// A header's value.
    #[track_caller]
    pub(crate) fn header(&self, name: impl AsRef<str>) -> &str {
        let name = name.as_ref();
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {:?}", self.headers)).to_str().unwrap()
    }

    /// The cookies that it sets.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect()
    }

    #[track_caller]
    pub(crate) fn check_error(&self, status: StatusCode, code: &str) {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert!(self.body["error"]["message"].as_str().is_some_and(|message| message.ends_with('.')), "{}", self.body);
    }
}

/// The HTTP client for the vendors.
fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

/// A client of the test's SQS stub.
fn sqs_client(sqs: &MockServer) -> aws_sdk_sqs::Client {
    let config = test_aws::config(sqs.uri());
    aws_sdk_sqs::Client::new(&config)
}

/// Fails the first scan before it is sent.
#[derive(Debug, Default)]
struct FailingScan(AtomicBool);

impl Intercept for FailingScan {
    fn name(&self) -> &'static str {
        "FailingScan"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_scan = context.input().downcast_ref::<ScanInput>().is_some();
        if is_scan && !self.0.swap(true, Ordering::SeqCst) { Err("throttled".into()) } else { Ok(()) }
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with_allowed_orgs(OrgList::All).await
    }

    /// A console whose first scan of a table fails.
    pub(crate) async fn with_failing_scan() -> Self {
        let mut tables = TestTables::start().await;
        let config = tables.dynamodb.config().to_builder().interceptor(FailingScan::default()).build();
        tables.dynamodb = aws_sdk_dynamodb::Client::from_conf(config);
        Self::over(tables, Vendors::start().await, OrgList::All).await
    }

    /// A console whose requests to its tables pass the vendors' barrier, too.
    pub(crate) async fn with_barrier_to_tables() -> Self {
        let (mut tables, vendors) = (TestTables::start().await, Vendors::start().await);
        let config = test_aws::config(vendors.in_front_of(&tables.url).await);
        tables.dynamodb = aws_sdk_dynamodb::Client::new(&config);
        Self::over(tables, vendors, OrgList::All).await
    }

    /// A console that only admins of these orgs may sign in to.
    pub(crate) async fn with_allowed_orgs(allowed_orgs: OrgList) -> Self {
        Self::over(TestTables::start().await, Vendors::start().await, allowed_orgs).await
    }

    async fn over(tables: TestTables, vendors: Vendors, allowed_orgs: OrgList) -> Self {
        let sqs = MockServer::start().await;
        let accepted = ResponseTemplate::new(200).set_body_json(json!({ "MessageId": "1", "MD5OfMessageBody": "" }));
        Mock::given(header_exists("x-amz-target")).respond_with(accepted).mount(&sqs).await;
        Self::with(Arc::new(tables), Arc::new(sqs), vendors, allowed_orgs, None, DecideAgainBounds::default())
    }

    /// The same console in a new process, with empty caches.
    pub(crate) fn restarted(&self) -> Self {
        self.restarted_with(OrgList::All, None)
    }

    /// The same console in a new process, with another configuration.
    pub(crate) fn restarted_with(&self, allowed_orgs: OrgList, public_url: Option<&str>) -> Self {
        let public_url = public_url.map(|url| url.parse().unwrap());
        let (tables, sqs, vendors) = (self.tables.clone(), self.sqs.clone(), self.vendors.clone());
        Self::with(tables, sqs, vendors, allowed_orgs, public_url, DecideAgainBounds::default())
    }

    /// The same console in a new process, one request of which decides less again.
    pub(crate) fn deciding_again_at_most(&self, bounds: DecideAgainBounds) -> Self {
        Self::with(self.tables.clone(), self.sqs.clone(), self.vendors.clone(), OrgList::All, None, bounds)
    }

    fn with(
        tables: Arc<TestTables>,
        sqs: Arc<MockServer>,
        vendors: Vendors,
        allowed_orgs: OrgList,
        public_url: Option<BaseUrl>,
        decide_again: DecideAgainBounds,
    ) -> Self {
        let dynamodb = &tables.dynamodb;
        let calls = Calls::new(dynamodb.clone(), "CallsTable");
        let history = History::new(dynamodb.clone(), "ConsoleTable");
        let settings = SettingsStore::new(dynamodb.clone(), "SettingsTable").with_history(history.clone());
        let tenants = Tenants::new(dynamodb.clone(), "TenantsTable");
        let (secrets, http) = (vendors.secrets.client(), http());
        let aircall_url: Url = vendors.aircall_url.parse().unwrap();
        let router = console::router(Console {
            calls: calls.clone(),
            settings,
            history,
            retry_queue: RetryQueue::new(sqs_client(&sqs), "https://sqs.us-east-1.example.com/000000000000/retries"),
            write_queue: WriteQueue::new(
                sqs_client(&sqs),
                "https://sqs.us-east-1.example.com/000000000000/writes.fifo",
            ),
            decide_again,
            sign_ins: SignIns::new(dynamodb.clone(), "ConsoleTable"),
            consent_links: ConsentLinks::new(dynamodb.clone(), "ConsoleTable"),
            ended_sessions: EndedSessions::new(dynamodb.clone(), "ConsoleTable"),
            api_tokens: ApiTokens::new(dynamodb.clone(), "ConsoleTable"),
            connector: OrgConnector {
                http: http.clone(),
                tenants: tenants.clone(),
                tokens: Tokens::new(secrets.clone(), "salesforce/"),
                app: AppSecret::new(secrets.clone(), "salesforce-app"),
                version: ApiVersion::default(),
                pending: PendingTokens::default(),
                renewal: Duration::from_secs(17),
            },
            salesforce_login_url: Some(vendors.salesforce_url.parse().unwrap()),
            allowed_orgs: AllowedOrgs::new(allowed_orgs, tenants.clone()),
            public_url,
            app_install_url: Some(INSTALL_URL.parse().unwrap()),
            lookup: Lookup {
                phones: Phones::new(dynamodb.clone(), "PhonesTable"),
                tenants: tenants.clone(),
                owners: Owners::default(),
            },
            aircall: Aircall::new(
                http,
                aircall_url.clone(),
                aircall_url,
                AircallCredentials::new(secrets.clone(), "aircall/"),
                AppSecret::new(secrets.clone(), "aircall-app"),
            )
            .without_token_delay(),
            tenants: tenants.clone(),
            session_keys: SessionKeys::new(secrets, "session-key"),
        });
        Self { calls, tenants, sqs, tenant: TenantId::parse("one").unwrap(), router, vendors, tables }
    }

    /// Lists these orgs in the tenants table.
    pub(crate) async fn allow_in_table(&self, org_ids: &[&str]) {
        let ids = org_ids.iter().map(|id| (*id).to_owned()).collect();
        let put = self.tables.dynamodb.put_item().table_name("TenantsTable");
        let put = put.item("tenant", AttributeValue::S(ALLOWED_ORGS_KEY.to_owned()));
        put.item("orgs", AttributeValue::Ss(ids)).send().await.unwrap();
    }

    /// The store of API tokens.
    pub(crate) fn api_tokens(&self) -> ApiTokens {
        ApiTokens::new(self.tables.dynamodb.clone(), "ConsoleTable")
    }

    /// The wake-ups that were sent to the writes queue.
    pub(crate) async fn woken(&self) -> Vec<Value> {
        let requests = self.sqs.received_requests().await.unwrap();
        requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }

    /// Sends a request, to [`HOST`] unless it says otherwise.
    pub(crate) async fn request(&self, mut request: Request<Body>) -> Response {
        request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static(HOST));
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let answer = Response { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text };
        if path.starts_with("/api/") && path != "/api/openapi.json" {
            openapi_conformance::check(&method, &path, &answer);
        }
        answer
    }

    /// Sends JSON with this `Cookie` header.
    pub(crate) async fn send_as(&self, cookie: &str, method: Method, path: &str, body: impl Into<Body>) -> Response {
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.request(request.body(body.into()).unwrap()).await
    }

    /// Sends a request of the admin of the tenant `one`.
    pub(crate) async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Response {
        self.send_as(&cookie("one"), method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// Merges the call `id`, which started `after` START, as of this event.
    pub(crate) async fn call(&self, event: &str, id: u64, after: i64, settings: &Settings) -> Entry {
        let started_at = START + after;
        let snapshot: Snapshot = serde_json::from_value(json!({
            "event": event,
            "at": started_at + 60,
            "call": {
                "id": id,
                "direction": "inbound",
                "started_at": started_at,
                "answered_at": null,
                "ended_at": (event == "ended").then_some(started_at + 50),
                "party": {"number": "+14155550132"},
                "number": {"id": 397_375, "name": "Sales", "time_zone": "Europe/Vienna", "open": true},
                "user": null,
                "contact": null,
                "tags": [],
                "comments": [],
            },
        }))
        .unwrap();
        let document = snapshot.into();
        let decision = decide::decide(&document, settings, &Company::default(), None);
        let change = Merge { document, decision, expires_at: at(started_at + 86_400) };
        let key = format!("call-{id}");
        self.calls.merge(&self.tenant, &key, &change, None, at(started_at + 60)).await.unwrap();
        self.calls.get(&self.tenant, &key).await.unwrap().unwrap()
    }

    /// Merges a missed call that is over and waits to be logged.
    pub(crate) async fn missed(&self, id: u64, after: i64) -> Entry {
        self.call("ended", id, after, &Settings::default()).await
    }
}
