//! Lists, which come in pages.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{Client, Error, Transport};
use crate::lenient;

/// Items of a page, which is the most that Aircall gives.
const PER_PAGE: usize = 50;

/// What comes beside the items of a page.
#[derive(Default, Deserialize)]
pub(super) struct Meta {
    #[serde(default, deserialize_with = "lenient::text")]
    next_page_link: Option<String>,
}

impl Client {
    /// The items of all pages, `most` of them at most; one request for each fifty. `open` takes a page apart.
    pub(super) async fn pages<P: DeserializeOwned, T>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        most: usize,
        open: impl Fn(P) -> (Meta, Vec<T>),
    ) -> Result<Vec<T>, Error> {
        let mut url = self.url(path);
        url.query_pairs_mut().extend_pairs(query).append_pair("per_page", &PER_PAGE.to_string());
        let mut items = Vec::new();
        // Bounded by requests as well, should pages be empty and still lead on.
        for _ in 0..most.div_ceil(PER_PAGE) {
            let (meta, page) = open(self.get(url).await?);
            items.extend(page);
            match meta.next_page_link {
                Some(link) if items.len() < most => url = self.same_origin(&link)?,
                _ => break,
            }
        }
        items.truncate(most);
        Ok(items)
    }

    /// An address that the credentials may go to.
    fn same_origin(&self, link: &str) -> Result<Url, Error> {
        let url = self.base_url.join(link).ok().filter(|url| url.origin() == self.base_url.origin());
        url.ok_or_else(|| Error::unanswered(Transport::Unreadable))
    }
}
