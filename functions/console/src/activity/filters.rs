//! Filters of the activity log. The page's query string and the API's parameters are the same.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rules::schedule::Zone;
use rules::{CallType, LineId, hours};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::outcome::Outcome;
use crate::console::aircall::Lines;
use crate::web::errors::InvalidField;
use crate::web::form::{Fields, number};
use crate::web::openapi::schema::one_of;

/// Longest search text, in characters. No entry's key is longer.
const MAX_LEN: usize = 100;

/// Which entries to list; the default is all.
#[derive(Clone, Debug, Default, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// The outcome of the entry.
    #[param(value_type = Outcome, required = false)]
    pub(crate) outcome: Option<Outcome>,
    /// One of the five call types, or `messages` for messages and conversations.
    #[param(value_type = TypeFilter, required = false, rename = "type")]
    pub(crate) kind: Option<TypeFilter>,
    /// Aircall's ID of the line (a *number* in Aircall).
    #[param(value_type = LineId, required = false)]
    pub(crate) line: Option<LineId>,
    /// The first day, from 1970 on.
    #[param(value_type = Date, required = false, example = "2026-03-01")]
    pub(crate) from: Option<Date>,
    /// The last day: not before the first, and up to the year 2200.
    #[param(value_type = Date, required = false, example = "2026-03-23")]
    pub(crate) until: Option<Date>,
    /// A phone number in any common format, the ID of a call, or the key of an entry. With the ID of a call, the other
    /// filters are ignored.
    #[param(
        required = false,
        max_length = 100,
        pattern = r"^(call-[0-9]+|(message|conversation)-[!-~]+|[-0-9 +().,/*#:;\u00a0\u2009-\u2015\u202a-\u202f]*[0-9][-0-9 +().,/*#:;\u00a0\u2009-\u2015\u202a-\u202f]*)$",
        example = "+33 6 39 98 00 01"
    )]
    pub(crate) search: String,
    /// The time zone that days begin in. Default: the line's, or that of most lines.
    #[param(value_type = Zone, required = false)]
    pub(crate) time_zone: Option<Zone>,
}

/// The types that entries can be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeFilter {
    Call(CallType),
    /// Messages and conversations.
    Messages,
}

impl TypeFilter {
    const MESSAGES: &str = "messages";

    /// The values as a parameter.
    fn keys() -> impl Iterator<Item = &'static str> {
        CallType::ALL.into_iter().map(CallType::key).chain([Self::MESSAGES])
    }

    fn parse(key: &str) -> Option<Self> {
        if key == Self::MESSAGES { Some(TypeFilter::Messages) } else { CallType::from_key(key).map(TypeFilter::Call) }
    }

    /// Its value as a parameter.
    pub(crate) fn key(self) -> &'static str {
        self.call_type().map_or(Self::MESSAGES, CallType::key)
    }

    /// The call type; `None` for messages.
    pub(crate) fn call_type(self) -> Option<CallType> {
        match self {
            TypeFilter::Call(call_type) => Some(call_type),
            TypeFilter::Messages => None,
        }
    }
}

impl PartialSchema for TypeFilter {
    fn schema() -> RefOr<Schema> {
        one_of(Self::keys(), "The types that entries can be filtered by.").into()
    }
}

impl ToSchema for TypeFilter {
    fn name() -> Cow<'static, str> {
        "AskedType".into()
    }
}

impl Filters {
    /// Reads the parameters. A missing or empty one does not filter.
    pub(crate) fn read(fields: &Fields) -> Result<Self, Vec<InvalidField>> {
        let mut invalid = Vec::new();
        let mut report = |name, message: &str| invalid.push(InvalidField { name, message: message.to_owned() });
        let text = |name| Some(fields.get(name)).filter(|text| !text.is_empty());

        let outcome = text("outcome").and_then(|text| {
            or_report(text.parse().ok(), || report("outcome", "The outcome is logged, skipped, waiting or failed."))
        });
        let kind = text("type").and_then(|text| {
            let calls = CallType::ALL.map(CallType::key).join(", ");
            or_report(TypeFilter::parse(text), || report("type", &format!("The type is {calls} or messages.")))
        });
        let line = text("line").and_then(|text| {
            or_report(number(text).map(LineId), || report("line", "The line must be the ID of a line."))
        });
        let mut date = |name, message| text(name).and_then(|text| or_report(day(text), || report(name, message)));
        let from = date("from", "The first day is a date such as 2026-03-23.");
        let until = date("until", "The last day is a date such as 2026-03-23.");
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            report("until", "The last day is before the first.");
        }
        let search = text("search").unwrap_or_default().to_owned();
        if !search.is_empty() && !is_searchable(&search) {
            report("search", "Search for a phone number or the id of a call.");
        }
        let time_zone = text("time_zone").and_then(|text| {
            let message = "The time zone is one of the IANA database, such as Europe/Vienna.";
            or_report(Zone::parse(text).ok(), || report("time_zone", message))
        });
        let filters = Self { outcome, kind, line, from, until, search, time_zone };
        if invalid.is_empty() { Ok(filters) } else { Err(invalid) }
    }

    /// The parameters that these filters are read from: the inverse of [`Filters::read`].
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let parameters = [
            ("outcome", self.outcome.map(|outcome| outcome.key().to_owned())),
            ("type", self.kind.map(|kind| kind.key().to_owned())),
            ("line", self.line.map(|line| line.0.to_string())),
            ("from", self.from.map(|date| date.to_string())),
            ("until", self.until.map(|date| date.to_string())),
            ("search", Some(self.search.clone()).filter(|search| !search.is_empty())),
            ("time_zone", self.time_zone.as_ref().map(|zone| zone.name().to_owned())),
        ];
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The time zone that days begin in.
    pub(crate) fn zone(&self, lines: &Lines) -> TimeZone {
        zone(self.time_zone.as_ref(), self.line, lines)
    }
}

/// The time zone that days begin in: the requested one, else the line's, else that of most lines.
pub(crate) fn zone(requested: Option<&Zone>, line: Option<LineId>, lines: &Lines) -> TimeZone {
    match requested {
        Some(zone) => zone.time_zone().clone(),
        None => line.and_then(|line| lines.get(&line)).map_or_else(|| zone_of_most(lines), hours::time_zone_of),
    }
}

/// The time zone that most lines are in; UTC if there are none.
pub(crate) fn zone_of_most(lines: &Lines) -> TimeZone {
    let zones: Vec<TimeZone> = lines.values().map(hours::time_zone_of).collect();
    let count = |zone: &TimeZone| zones.iter().filter(|other| *other == zone).count();
    zones.iter().rev().max_by_key(|zone| count(zone)).cloned().unwrap_or(TimeZone::UTC)
}

/// Calls `report` if there is no value.
fn or_report<T>(value: Option<T>, report: impl FnOnce()) -> Option<T> {
    if value.is_none() {
        report();
    }
    value
}

/// Parses a day, written `YYYY-MM-DD`, from 1970 to 2200, so that its start is a valid instant in every time zone.
pub(crate) fn day(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    ((1970..=2200).contains(&date.year()) && date.to_string() == text).then_some(date)
}

/// Whether the text has the shape of a message's or conversation's key.
pub(super) fn is_key(text: &str) -> bool {
    let rest = text.strip_prefix("message-").or_else(|| text.strip_prefix("conversation-"));
    rest.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// Whether the text is an entry's key, or digits with the separators that people or copied texts put between them.
fn is_searchable(text: &str) -> bool {
    let is_separator =
        |c: char| " -+().,/*#:;\u{a0}".contains(c) || matches!(c, '\u{2009}'..='\u{2015}' | '\u{202a}'..='\u{202f}');
    let is_number = || text.chars().all(|c| c.is_ascii_digit() || is_separator(c)) && text.contains(is_digit);
    let is_call = |id: &str| !id.is_empty() && id.chars().all(is_digit);
    text.chars().count() <= MAX_LEN && (is_key(text) || text.strip_prefix("call-").map_or_else(is_number, is_call))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Filters, Vec<&'static str>> {
        let read = Filters::read(&Fields::read(query.as_bytes()));
        read.map_err(|invalid| invalid.iter().map(|field| field.name).collect())
    }

    #[test]
    fn missing_and_empty_parameters_do_not_filter() {
        for query in ["", "outcome=&type=&line=&from=&until=&search=+&time_zone="] {
            assert_eq!(read(query), Ok(Filters::default()), "{query}");
        }
    }

    #[test]
    fn all_parameters_are_read_together_and_written_back() {
        let query = "outcome=failed&type=missed&line=7&from=2026-03-23&until=2026-03-23&search=%2B43+1&time_zone=UTC";
        let filters = read(query).unwrap();
        assert_eq!((filters.outcome, filters.kind), (Some(Outcome::Failed), Some(TypeFilter::Call(CallType::Missed))));
        assert_eq!((filters.line, filters.search.as_str()), (Some(LineId(7)), "+43 1"));
        assert_eq!((filters.from, filters.until), (Some(jiff::civil::date(2026, 3, 23)), filters.from));
        let again: Vec<String> = filters.parameters().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(read(&again.join("&").replace('+', "%2B")), Ok(filters));
    }

    #[test]
    fn invalid_parameters_are_named() {
        for (query, names) in [
            ("outcome=lost", &["outcome"][..]),
            ("type=Missed&line=-1", &["type", "line"]),
            ("line=%2B1", &["line"]),
            ("from=20260323&until=2026-03-23T09:00", &["from", "until"]),
            ("from=yesterday&until=2026-02-30", &["from", "until"]),
            ("from=-009999-01-01&until=9999-12-31", &["from", "until"]),
            ("from=2026-03-24&until=2026-03-23", &["until"]),
            ("search=Ada", &["search"]),
            ("search=call-", &["search"]),
            ("search=call-+1", &["search"]),
            ("search=%00%001", &["search"]),
            ("time_zone=Mars", &["time_zone"]),
        ] {
            assert_eq!(read(query), Err(names.to_vec()), "{query}");
        }
    }
}
