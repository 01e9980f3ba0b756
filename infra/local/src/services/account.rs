//! Whose AWS the stack uses: the embedded services, or those at an endpoint.

use std::time::SystemTime;

use anyhow::{Context as _, Result};
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};

use super::{ACCOUNT, REGION};

/// An AWS account in a region, with credentials for it.
#[derive(Debug, Clone)]
pub struct Account {
    /// `AWS::AccountId`.
    pub id: String,
    /// `AWS::Region`.
    pub region: String,
    /// Whether the services are the embedded ones.
    pub(crate) is_embedded: bool,
    pub(super) credentials: Credentials,
}

impl Account {
    /// That of the embedded services, which check no signature.
    pub fn embedded() -> Self {
        let credentials = Credentials::new("local", "local", None, None, "local");
        Self { id: ACCOUNT.to_owned(), region: REGION.to_owned(), is_embedded: true, credentials }
    }

    /// That of this machine's environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and
    /// `AWS_REGION`. STS at `url` tells its id.
    ///
    /// # Errors
    /// When a variable is missing, or STS does not answer.
    pub(super) async fn from_environment(http: &reqwest::Client, url: &str) -> Result<Self> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("the variable {name} is not set"));
        let (key, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
        let credentials = Credentials::new(key, secret, std::env::var("AWS_SESSION_TOKEN").ok(), None, "environment");
        let region = variable("AWS_REGION")?;
        let mut account = Self { id: String::new(), region, is_embedded: false, credentials };
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let mut request = http.post(url).body(body);
        for (name, value) in headers.into_iter().chain(account.sign("sts", url, &headers, body.as_bytes())?.as_pairs())
        {
            request = request.header(name, value);
        }
        let about = || format!("STS at {url}");
        let text = request.send().await.with_context(about)?.text().await.with_context(about)?;
        let id = text.split_once("<Account>").and_then(|(_, rest)| rest.split_once("</Account>"));
        id.with_context(|| format!("{}: {text}", about()))?.0.clone_into(&mut account.id);
        Ok(account)
    }

    /// The headers that sign a `POST` request to a service.
    ///
    /// # Errors
    /// When the URL or a header is invalid.
    pub fn sign(&self, service: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Signature> {
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let request = SignableRequest::new("POST", url, headers.iter().copied(), SignableBody::Bytes(body))?;
        let (instructions, _) = sign(request, &parameters)?.into_parts();
        let headers = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Signature(headers.collect()))
    }
}

/// The headers of a signature.
#[derive(Debug)]
pub struct Signature(Vec<(String, String)>);

impl Signature {
    /// Names and values.
    pub fn as_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
