//! Pagination of lists.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Client, Error, Transport};
use crate::lenient;

/// Page size, the largest that Aircall allows.
pub(super) const PER_PAGE: usize = 50;

/// A page's metadata.
#[derive(Default, Deserialize)]
pub(super) struct Meta {
    #[serde(default, deserialize_with = "lenient::text")]
    next_page_link: Option<String>,
}

impl Meta {
    /// Whether there is a further page.
    pub(super) fn has_next(&self) -> bool {
        self.next_page_link.is_some()
    }
}

impl Client {
    /// The items of all pages, up to `limit`; one request per fifty. `split` separates a page's metadata and items.
    pub(super) async fn pages<P: DeserializeOwned, T>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        limit: usize,
        split: impl Fn(P) -> (Meta, Vec<T>),
    ) -> Result<Vec<T>, Error> {
        let mut url = self.url(path);
        url.query_pairs_mut().extend_pairs(query).append_pair("per_page", &PER_PAGE.to_string());
        let mut items = Vec::new();
        // The number of requests is limited as well, in case empty pages link to further pages.
        for _ in 0..limit.div_ceil(PER_PAGE) {
            let (meta, page) = split(self.get(url).await?);
            items.extend(page);
            match meta.next_page_link {
                Some(link) if items.len() < limit => url = self.same_origin(&link)?,
                _ => break,
            }
        }
        items.truncate(limit);
        Ok(items)
    }

    /// Resolves a link; it must have the API's origin, because requests carry the credentials.
    fn same_origin(&self, link: &str) -> Result<Url, Error> {
        let url = self.base_url.join(link).ok().filter(|url| url.origin() == self.base_url.origin());
        url.ok_or_else(|| Error::unanswered(Transport::Unreadable))
    }
}
