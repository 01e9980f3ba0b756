//! The AWS SDK's clients, for `store`.

use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::Services;

impl Services {
    /// Clients of DynamoDB and Secrets Manager.
    pub(crate) fn clients(&self) -> (aws_sdk_dynamodb::Client, aws_sdk_secretsmanager::Client) {
        // The SDK's default HTTP client would use a proxy that the environment names, also for the embedded services.
        let http = aws_smithy_http_client::Builder::new();
        let http = if self.endpoint_urls.dynamodb.starts_with("https:") {
            http.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
        } else {
            http.build_http()
        };
        let (credentials, region) = (&self.account.credentials, Region::new(self.account.region.clone()));
        let dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(region.clone())
            .credentials_provider(credentials.clone())
            .endpoint_url(&self.endpoint_urls.dynamodb)
            .http_client(http.clone())
            .build();
        let secretsmanager = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(region)
            .credentials_provider(credentials.clone())
            .endpoint_url(&self.endpoint_urls.secretsmanager)
            .http_client(http)
            .build();
        (aws_sdk_dynamodb::Client::from_conf(dynamodb), aws_sdk_secretsmanager::Client::from_conf(secretsmanager))
    }
}
