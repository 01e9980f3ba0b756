//! The console's Lambda function.

use std::time::Duration;

use console::Console;
use lambda::queue::Bell;
use lambda::{env, start};
use store::{Calls, SettingsStore, Tenants};

/// How long one call to AWS may take.
const PATIENCE: Duration = Duration::from_secs(4);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    start::logs();
    let calls_table = env::required("CALLS_TABLE")?;
    let tenants_table = env::required("TENANTS_TABLE")?;
    let writes_queue_url = env::required("WRITES_QUEUE_URL")?;
    let settings_table = env::required("SETTINGS_TABLE")?;
    let session_key_secret = env::required("SESSION_KEY_SECRET")?;
    let aws = start::aws(PATIENCE).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
    let secretsmanager = aws_sdk_secretsmanager::Client::new(&aws);
    let console = Console {
        calls: Calls::new(dynamodb.clone(), calls_table),
        settings: SettingsStore::new(dynamodb.clone(), settings_table),
        tenants: Tenants::new(dynamodb, tenants_table),
        bell: Bell::new(aws_sdk_sqs::Client::new(&aws), writes_queue_url),
        session_keys: store::secrets::session_keys(&secretsmanager, &session_key_secret).await?,
    };
    lambda_http::run(console::router(console)).await.map_err(anyhow::Error::from_boxed)
}
