//! Searches the activity log, page by page.

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rules::E164;
use store::{ActivityQuery, Corrupt, Cursor, Entry, TenantId};
use utoipa::IntoParams;

use super::filters::{Filters, TypeFilter, is_key};
use super::phones;
use crate::connections;
use crate::console::Console;
use crate::console::aircall::Lines;
use crate::web::errors::InvalidField;
use crate::web::form::{Fields, number};

/// Entries on a page by default.
const DEFAULT_LIMIT: usize = 25;
/// Most entries on a page.
const LIMIT: usize = 100;
/// How many candidates for a phone number are tried until one has calls.
const CANDIDATES: usize = 4;

/// Which page of the results to return.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// The maximum number of entries on the page.
    #[param(value_type = u64, required = false, minimum = 1, maximum = 100, default = 25)]
    limit: usize,
    /// The `next_cursor` of an earlier page with the same filters. It is opaque and only valid for the same tenant.
    #[param(value_type = String, required = false, pattern = "^[A-Za-z0-9_-]+$")]
    pub(crate) cursor: Option<Cursor>,
}

/// A page of the activity log.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The latest call first.
    pub(crate) entries: Vec<Result<Entry, Corrupt>>,
    /// The cursor of the next page, if there may be one.
    pub(crate) next: Option<Cursor>,
    /// The phone number that `search` was read as; the next page must search for it.
    pub(crate) phone: Option<E164>,
}

impl Paging {
    /// A page of `limit` entries after `cursor`.
    pub(crate) fn new(limit: usize, cursor: Option<Cursor>) -> Self {
        Self { limit, cursor }
    }

    /// Reads `limit` and `cursor`.
    pub(crate) fn read(fields: &Fields, tenant: &TenantId) -> Result<Self, InvalidField> {
        let text = |name| Some(fields.get(name)).filter(|text| !text.is_empty());
        let limit =
            text("limit").map_or(Some(DEFAULT_LIMIT), |text| number(text).and_then(|limit| limit.try_into().ok()));
        let limit = limit.filter(|limit| (1..=LIMIT).contains(limit)).ok_or_else(|| InvalidField {
            name: "limit",
            message: format!("The limit is a number of entries from 1 to {LIMIT}."),
        })?;
        let cursor = text("cursor").map(|text| Cursor::parse(tenant, text)).transpose().map_err(|_| InvalidField {
            name: "cursor",
            message: "The cursor is not from a page of this activity log.".to_owned(),
        })?;
        Ok(Self { limit, cursor })
    }
}

/// A page of the tenant's entries. If the search text is the ID of a call, the other filters are ignored.
pub(crate) async fn search(
    console: &Console,
    tenant: &TenantId,
    filters: &Filters,
    paging: Paging,
    lines: &Lines,
) -> Result<Found, store::Error> {
    let text = filters.search.as_str();
    let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let key = if is_id {
        Some(format!("call-{text}"))
    } else {
        (text.starts_with("call-") || is_key(text)).then(|| text.to_owned())
    };
    if let Some(key) = &key {
        let entry = console.calls.get_many(tenant, std::slice::from_ref(key)).await?.pop();
        if entry.is_some() || !is_id {
            return Ok(Found { entries: entry.into_iter().collect(), ..Found::default() });
        }
    }
    let mut query = query(filters, paging, lines);
    if text.is_empty() {
        return found(console, tenant, &query).await;
    }
    let digits = lines.values().filter_map(|line| line.digits.as_deref());
    let mut first = None;
    // An entry has the number as Aircall gave it.
    let phones = phones::candidates(text, digits).into_iter().flat_map(|phone| {
        let others = phone.spellings().into_iter().filter(|other| *other != phone).collect::<Vec<_>>();
        std::iter::once(phone).chain(others)
    });
    for phone in phones.take(CANDIDATES) {
        query.phone = Some(phone);
        let found = found(console, tenant, &query).await?;
        if !found.entries.is_empty() {
            return Ok(found);
        }
        first.get_or_insert(found);
    }
    Ok(first.unwrap_or_default())
}

/// The number of entries on the pages from `paging` on: a lower bound, and at least one, if there are very many. The
/// search text is empty, or the phone number that an earlier page was found by.
pub(crate) async fn count(
    console: &Console,
    tenant: &TenantId,
    filters: &Filters,
    paging: Paging,
    lines: &Lines,
) -> Result<usize, store::Error> {
    let query = ActivityQuery { phone: E164::parse(&filters.search).ok(), ..query(filters, paging, lines) };
    console.calls.count_listed(tenant, &query).await
}

/// The lines, if the filters need them: to read a phone number without a country code, or for the time zone of days.
pub(crate) async fn lines(console: &Console, tenant: &TenantId, filters: &Filters) -> Result<Lines, store::Error> {
    let needs_time_zone = filters.from.or(filters.until).is_some() && filters.time_zone.is_none();
    if filters.search.is_empty() && !needs_time_zone {
        return Ok(Lines::new());
    }
    connections::lines::lines(console, tenant).await
}

/// The query of the filters, but for the search text.
fn query(filters: &Filters, paging: Paging, lines: &Lines) -> ActivityQuery {
    let zone = filters.zone(lines);
    ActivityQuery {
        limit: paging.limit,
        cursor: paging.cursor,
        states: filters.outcome.map(|outcome| outcome.states().to_vec()).unwrap_or_default(),
        call_types: filters.kind.and_then(TypeFilter::call_type).into_iter().collect(),
        messages: filters.kind == Some(TypeFilter::Messages),
        number: filters.line,
        from: filters.from.and_then(|first| start(first, &zone)),
        until: filters.until.and_then(|last| last.checked_add(1.day()).ok()).and_then(|next| start(next, &zone)),
        ..ActivityQuery::default()
    }
}

async fn found(console: &Console, tenant: &TenantId, query: &ActivityQuery) -> Result<Found, store::Error> {
    let page = console.calls.search(tenant, query).await?;
    Ok(Found { entries: page.entries, next: page.next, phone: query.phone.clone() })
}

/// The first instant of a day.
fn start(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    date.to_zoned(zone.clone()).ok().map(|start| start.timestamp())
}
