//! Pagination of lists, with links to the next and the previous page.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::query_parameters::QueryParameters;
use crate::error::ApiError;

/// Items of a page: default and maximum.
const PER_PAGE: usize = 20;
const MAX_PER_PAGE: usize = 50;
/// Maximum number of items that can be reached by pagination.
const LIMIT: usize = 10_000;

/// The requested page as `{"meta": …, name: […]}`, with each item converted by `show`.
pub(super) fn page<T>(
    parameters: &QueryParameters,
    name: &str,
    items: impl IntoIterator<Item = T>,
    show: impl Fn(T) -> Value,
) -> Result<Value, ApiError> {
    let current: usize = parameters.number("page")?.unwrap_or(1);
    let per_page = parameters.number("per_page")?.unwrap_or(PER_PAGE);
    if current == 0 || !(1..=MAX_PER_PAGE).contains(&per_page) {
        return Err(ApiError::bad_request("page begins at 1, per_page is 1 to 50"));
    }
    let items: Vec<T> = items.into_iter().collect();
    let (total, reachable) = (items.len(), items.len().min(LIMIT));
    let begin = (current - 1).saturating_mul(per_page);
    let items: Vec<Value> = items.into_iter().take(LIMIT).skip(begin).take(per_page).map(show).collect();
    let next = begin.saturating_add(per_page) < reachable;
    Ok(json!({
        "meta": {
            "count": items.len(), "total": total, "current_page": current, "per_page": per_page,
            "next_page_link": next.then(|| link(parameters, current + 1, per_page)),
            "previous_page_link": (current > 1).then(|| link(parameters, current - 1, per_page)),
        },
        name: items,
    }))
}

/// The address of another page of the same request.
fn link(parameters: &QueryParameters, page: usize, per_page: usize) -> String {
    let rest = parameters.query.iter().filter(|(name, _)| !["page", "per_page"].contains(name));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(rest).append_pair("page", &page.to_string()).append_pair("per_page", &per_page.to_string());
    format!("{}?{}", parameters.url, query.finish())
}
