//! Pages of a list, with links to the next and the previous one.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::query_parameters::QueryParameters;
use crate::error::ApiError;

/// Items of a page: by default, and at most.
const PER_PAGE: usize = 20;
const MOST_PER_PAGE: usize = 50;
/// Items that can be paged through, whatever there is.
const LIMIT: usize = 10_000;

/// The page that was asked for, each of its items shown so: `{"meta": …, name: […]}`.
pub(super) fn page<T>(
    asked: &QueryParameters,
    name: &str,
    items: impl IntoIterator<Item = T>,
    show: impl Fn(T) -> Value,
) -> Result<Value, ApiError> {
    let number: usize = asked.number("page")?.unwrap_or(1);
    let per_page = asked.number("per_page")?.unwrap_or(PER_PAGE);
    if number == 0 || !(1..=MOST_PER_PAGE).contains(&per_page) {
        return Err(ApiError::bad_request("page begins at 1, per_page is 1 to 50"));
    }
    let items: Vec<T> = items.into_iter().collect();
    let (total, reachable) = (items.len(), items.len().min(LIMIT));
    let begin = (number - 1).saturating_mul(per_page);
    let items: Vec<Value> = items.into_iter().take(LIMIT).skip(begin).take(per_page).map(show).collect();
    let next = begin.saturating_add(per_page) < reachable;
    Ok(json!({
        "meta": {
            "count": items.len(), "total": total, "current_page": number, "per_page": per_page,
            "next_page_link": next.then(|| link(asked, number + 1, per_page)),
            "previous_page_link": (number > 1).then(|| link(asked, number - 1, per_page)),
        },
        name: items,
    }))
}

/// The same question, another page.
fn link(asked: &QueryParameters, page: usize, per_page: usize) -> String {
    let rest = asked.query.iter().filter(|(name, _)| name != "page" && name != "per_page");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(rest).append_pair("page", &page.to_string()).append_pair("per_page", &per_page.to_string());
    format!("{}?{}", asked.url, query.finish())
}
