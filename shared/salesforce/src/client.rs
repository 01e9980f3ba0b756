//! The REST client of one org.

use reqwest::header::{ACCEPT, HeaderName};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::error_code::kind_of_unknown;
use crate::parse::is_truncated;
use crate::{ApiUsage, Error, Kind, Page, Record, Refusal, Soql, Sosl, Subrequest, Transport, transport};

/// The longest URL of a query, in bytes. Salesforce accepts 16,384 for URL and headers together and recommends the body
/// of a composite beyond that: <https://help.salesforce.com/s/articleView?id=000386264>.
const MAX_URL: usize = 8_000;

/// The most pages of a query that are read: usually 20,000 records.
const MAX_PAGES: usize = 10;

/// A version of the API, such as `v66.0`. Salesforce supports each for at least three years; pin one that every
/// production org has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiVersion(String);

impl ApiVersion {
    /// Reads `v66.0` or `66.0`; `None` if it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix('v').unwrap_or(text);
        let (major, minor) = number.split_once('.')?;
        let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        (digits(major) && digits(minor)).then(|| Self(format!("v{number}")))
    }
}

/// Spring '26, in every production org since February 2026.
impl Default for ApiVersion {
    fn default() -> Self {
        Self("v66.0".to_owned())
    }
}

impl std::fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The result of a request, and the org's API usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T> {
    /// The result.
    pub value: T,
    /// The org's API usage; `None` if the header was missing or no request was needed.
    pub usage: Option<ApiUsage>,
    /// The number of API calls made: one per request, so one per page. 0 if none was needed.
    pub calls: u64,
}

impl<T> Reply<T> {
    /// A result that needed no request.
    pub(crate) fn without_request(value: T) -> Self {
        Self { value, usage: None, calls: 0 }
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        Reply { value: change(self.value), usage: self.usage, calls: self.calls }
    }

    pub(crate) fn try_map<U>(self, change: impl FnOnce(T) -> Result<U, Error>) -> Result<Reply<U>, Error> {
        Ok(Reply { value: change(self.value)?, usage: self.usage, calls: self.calls })
    }
}

/// A client of one org, with the access of one user. Cheap to clone.
///
/// Each method is one API call unless it says otherwise: [`Reply::calls`] counts them, and an error counts as one.
/// Timeouts are those of the [`reqwest::Client`]. Give it `redirect::Policy::none()`: Salesforce's API only redirects
/// if the org has moved, and a token refresh returns the new address.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    instance_url: Url,
    access_token: SecretString,
    version: ApiVersion,
}

impl Client {
    /// `instance_url` is that of the last token response.
    pub fn new(http: reqwest::Client, instance_url: Url, access_token: SecretString, version: ApiVersion) -> Self {
        Self { http, instance_url, access_token, version }
    }

    /// Searches. The search index may lag by minutes.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn search(&self, sosl: &Sosl) -> Result<Reply<Vec<Record>>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Found {
            search_records: Vec<Record>,
        }
        let mut url = self.resource("search")?;
        url.query_pairs_mut().append_pair("q", sosl.as_str());
        let answer: Reply<Found> = self.send(self.http.get(url)).await?;
        Ok(answer.map(|found| found.search_records))
    }

    /// Queries records, newest first. One API call per 2,000 records; the result is truncated at 20,000.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn query(&self, soql: &Soql) -> Result<Reply<Vec<Record>>, Error> {
        let url = self.instance_url.join(&soql.path(&self.version)).map_err(|_| invalid_instance_url())?;
        if url.as_str().len() > MAX_URL {
            let answer = self.composite(&[Subrequest::query("q", soql)], crate::Atomicity::EachAlone).await?;
            let page = answer.try_map(|parts| parts.into_iter().next().ok_or_else(Error::unreadable)?.page())?;
            return Ok(self.all_records(page).await?.map(|page| page.records));
        }
        let first = self.send(self.http.get(url)).await?;
        Ok(self.all_records(first).await?.map(|page| page.records))
    }

    /// The same with the records in the recycle bin.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn query_with_deleted(&self, soql: &Soql) -> Result<Reply<Vec<Record>>, Error> {
        let path = soql.path_with_deleted(&self.version);
        let url = self.instance_url.join(&path).map_err(|_| invalid_instance_url())?;
        let first = self.send(self.http.get(url)).await?;
        Ok(self.all_records(first).await?.map(|page| page.records))
    }

    /// The records of a page and of the following pages as one page. No API call if there are none.
    ///
    /// At most ten pages are read, usually of 2,000 records: the result [has more](Page::has_more) if it is truncated.
    ///
    /// `calls` of the reply are those of `first` plus one per further page. Give `first` 0 calls if its call is already
    /// counted, as for a page of a composite.
    ///
    /// # Errors
    ///
    /// [`Error`] says what to do.
    pub async fn all_records(&self, first: Reply<Page>) -> Result<Reply<Page>, Error> {
        let Reply { value: mut page, mut usage, mut calls } = first;
        let mut records = std::mem::take(&mut page.records);
        for _ in 1..MAX_PAGES {
            let Some(next) = page.next.take() else { break };
            // Only a path of this org is followed, so that the token is not sent to another host.
            let url = self.instance_url.join(&next).map_err(|_| Error::unreadable())?;
            if url.origin() != self.instance_url.origin() {
                return Err(Error::unreadable());
            }
            let answer: Reply<Page> = self.send(self.http.get(url)).await?;
            page = answer.value;
            usage = answer.usage.or(usage);
            calls += answer.calls;
            records.append(&mut page.records);
        }
        Ok(Reply { value: Page { records, ..page }, usage, calls })
    }

    pub(crate) fn version(&self) -> &ApiVersion {
        &self.version
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, resource: &str) -> Result<Reply<T>, Error> {
        self.send(self.http.get(self.resource(resource)?)).await
    }

    pub(crate) async fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        resource: &str,
        body: &Value,
    ) -> Result<Reply<T>, Error> {
        self.send_with(method, resource, body, None).await
    }

    /// The same with further headers.
    pub(crate) async fn send_with<T: DeserializeOwned>(
        &self,
        method: Method,
        resource: &str,
        body: &Value,
        headers: impl IntoIterator<Item = (HeaderName, String)>,
    ) -> Result<Reply<T>, Error> {
        let request = self.http.request(method, self.resource(resource)?).json(body);
        self.send(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))).await
    }

    fn resource(&self, path: &str) -> Result<Url, Error> {
        self.instance_url.join(&format!("/services/data/{}/{path}", self.version)).map_err(|_| invalid_instance_url())
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Reply<T>, Error> {
        let request = request.bearer_auth(self.access_token.expose_secret()).header(ACCEPT, "application/json");
        let response = request.send().await.map_err(Error::from_send)?;
        let status = response.status();
        let usage =
            response.headers().get("Sforce-Limit-Info").and_then(|header| ApiUsage::parse(header.to_str().ok()?));
        let body = transport::read(response).await;
        if !status.is_success() {
            return Err(
                refused(status.as_u16(), body).map_or_else(|error| error, |refusal| refusal.with_usage(usage).into())
            );
        }
        let body = body.map_err(Error::Unanswered)?;
        // The response to an update of a single record has no body.
        let body = if body.is_empty() { b"null" } else { body.as_slice() };
        let value = serde_json::from_slice(body).map_err(|_| Error::unreadable())?;
        Ok(Reply { value, usage, calls: 1 })
    }
}

/// Reads the refusal in a body. If the body is lost or truncated, the status decides what to do. A status that would
/// mean a permanent failure is instead treated as unanswered: the lost error code might have said otherwise, and a
/// retry costs less than giving up.
fn refused(status: u16, body: Result<Vec<u8>, Transport>) -> Result<Refusal, Error> {
    let lost = match &body {
        Ok(body) => is_truncated(body).then_some(Transport::Unreadable),
        Err(reason) => Some(reason.clone()),
    };
    let refusal = Refusal::from_body(status, &body.unwrap_or_default());
    match lost {
        Some(reason) if kind_of_unknown(status) == Kind::Fail => Err(Error::Unanswered(reason)),
        _ => Ok(refusal),
    }
}

fn invalid_instance_url() -> Error {
    Error::Malformed("the instance URL cannot have a path".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_versions_are_parsed() {
        assert_eq!(ApiVersion::parse("66.0"), Some(ApiVersion::default()));
        assert_eq!(ApiVersion::parse("v66.0"), Some(ApiVersion::default()));
        for text in ["", "v", "66", "latest", "66.0/..", "v66.x"] {
            assert_eq!(ApiVersion::parse(text), None, "{text}");
        }
    }
}
