//! The console's Lambda function.

use std::time::Duration;

use anyhow::Context as _;
use console::{Aircall, BaseUrl, Console, DecideAgainBounds};
use lambda::queue::{RetryQueue, WriteQueue};
use lambda::{env, start};
use org::{Lookup, OrgConnector, Owners, PendingTokens};
use salesforce::ApiVersion;
use store::{
    AircallCredentials, AllowedOrgs, ApiTokens, AppSecret, Calls, ConsentLinks, EndedSessions, History, OrgList,
    Phones, SessionKeys, SettingsStore, SignIns, Tenants, Tokens,
};
use url::Url;

/// How long one call to AWS may take.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How long one request to Salesforce or Aircall may take. API Gateway allows half a minute for the whole response.
const VENDOR_TIMEOUT: Duration = Duration::from_secs(10);
/// How long renewing the session of an org may take, including the lease and storing the new tokens.
const RENEWAL: Duration = Duration::from_secs(17);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start::logs();
    let calls_table = env::required("CALLS_TABLE")?;
    let phones_table = env::required("PHONES_TABLE")?;
    let tenants_table = env::required("TENANTS_TABLE")?;
    let writes_queue_url = env::required("WRITES_QUEUE_URL")?;
    let retries_queue_url = env::required("RETRIES_QUEUE_URL")?;
    let settings_table = env::required("SETTINGS_TABLE")?;
    let console_table = env::required("CONSOLE_TABLE")?;
    let session_key_secret = env::required("SESSION_KEY_SECRET")?;
    let salesforce_app_secret = env::required("SALESFORCE_APP_SECRET")?;
    let salesforce_tokens_prefix = env::required("SALESFORCE_TOKENS_PREFIX")?;
    let version = env::required("SALESFORCE_API_VERSION")?;
    let version = ApiVersion::parse(&version).context("SALESFORCE_API_VERSION is not a version such as 66.0")?;
    let aircall_credentials_prefix = env::required("AIRCALL_CREDENTIALS_PREFIX")?;
    let aircall_app_secret = env::required("AIRCALL_APP_SECRET")?;
    let aircall_api_url: Url = env::parsed("AIRCALL_API_URL", "a URL")?;
    let allowed_orgs = env::optional::<OrgList>("ALLOWED_ORGS", "* or ids of orgs, separated by commas")?;
    let app_install_url = env::optional::<Url>("SALESFORCE_APP_INSTALL_URL", "a URL")?;
    let public_url = env::optional::<BaseUrl>("PUBLIC_URL", "an address such as https://calls.example.com")?;
    // Set by the local stack only, where both vendors are sandboxes.
    let salesforce_login_url = override_url("SALESFORCE_LOGIN_URL")?;
    let aircall_dashboard_url = match override_url("AIRCALL_DASHBOARD_URL")? {
        Some(url) => url,
        None => Url::parse(aircall::oauth::DASHBOARD_URL)?,
    };

    let aws = start::aws(TIMEOUT).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let sqs = aws_sdk_sqs::Client::new(&aws);
    let secretsmanager = aws_sdk_secretsmanager::Client::new(&aws);
    let http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(4))
        .timeout(VENDOR_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let history = History::new(dynamodb.clone(), &console_table);
    let tenants = Tenants::new(dynamodb.clone(), tenants_table);
    let console = Console {
        calls: Calls::new(dynamodb.clone(), calls_table),
        settings: SettingsStore::new(dynamodb.clone(), settings_table).with_history(history.clone()),
        history,
        write_queue: WriteQueue::new(sqs.clone(), writes_queue_url),
        retry_queue: RetryQueue::new(sqs, retries_queue_url),
        decide_again: DecideAgainBounds::default(),
        sign_ins: SignIns::new(dynamodb.clone(), &console_table),
        consent_links: ConsentLinks::new(dynamodb.clone(), &console_table),
        ended_sessions: EndedSessions::new(dynamodb.clone(), &console_table),
        api_tokens: ApiTokens::new(dynamodb.clone(), &console_table),
        connector: OrgConnector {
            http: http.clone(),
            tenants: tenants.clone(),
            tokens: Tokens::new(secretsmanager.clone(), salesforce_tokens_prefix),
            app: AppSecret::new(secretsmanager.clone(), salesforce_app_secret),
            version,
            pending: PendingTokens::default(),
            renewal: RENEWAL,
        },
        salesforce_login_url,
        app_install_url,
        allowed_orgs: AllowedOrgs::new(allowed_orgs.unwrap_or_default(), tenants.clone()),
        public_url,
        lookup: Lookup {
            phones: Phones::new(dynamodb, phones_table),
            tenants: tenants.clone(),
            owners: Owners::default(),
        },
        aircall: Aircall::new(
            http,
            aircall_api_url,
            aircall_dashboard_url,
            AircallCredentials::new(secretsmanager.clone(), aircall_credentials_prefix),
            AppSecret::new(secretsmanager.clone(), aircall_app_secret),
        ),
        tenants,
        session_keys: SessionKeys::new(secretsmanager, session_key_secret),
    };
    lambda_http::run(console::router(console)).await.map_err(anyhow::Error::from_boxed)
}

/// The URL that replaces a vendor's own, if the environment variable is set.
fn override_url(name: &'static str) -> anyhow::Result<Option<Url>> {
    let Ok(text) = std::env::var(name) else { return Ok(None) };
    Url::parse(&text).map(Some).with_context(|| format!("the environment variable {name} is not a URL"))
}
