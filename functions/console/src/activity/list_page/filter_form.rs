//! The filter form of the activity log: its choices and current values.

use jiff::tz::TimeZone;
use rules::{CallType, LineId};
use strum::VariantArray as _;

use super::path;
use crate::activity::filters::{Filters, TypeFilter};
use crate::activity::outcome::Outcome;
use crate::console::aircall::Lines;
use crate::web::form::Fields;

/// The filter form.
pub(super) struct FilterForm {
    /// A link for all outcomes and one for each.
    pub(super) tabs: Vec<Tab>,
    /// The chosen outcome's value, which the form keeps in a hidden field.
    pub(super) outcome: &'static str,
    pub(super) types: Vec<OptionView>,
    pub(super) lines: Vec<OptionView>,
    /// As typed.
    pub(super) from: String,
    /// As typed.
    pub(super) until: String,
    /// As typed.
    pub(super) search: String,
    /// The `time_zone` parameter as given; it has no visible field.
    pub(super) given_zone: String,
    /// The time zone in which days begin.
    pub(super) zone: String,
    /// Whether any filter is set.
    pub(super) is_active: bool,
}

/// A link that filters by outcome.
pub(super) struct Tab {
    pub(super) name: &'static str,
    pub(super) path: String,
    pub(super) is_current: bool,
}

/// A choice in a list.
pub(super) struct OptionView {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

impl FilterForm {
    pub(super) fn new(fields: &Fields, filters: &Filters, lines: &Lines, zone: &TimeZone) -> Self {
        let tab = |name, outcome| Tab {
            name,
            path: path(&Filters { outcome, ..filters.clone() }, &[]),
            is_current: filters.outcome == outcome,
        };
        let outcomes = Outcome::VARIANTS.iter().map(|outcome| tab(outcome.word(), Some(*outcome)));
        let call_type = |call_type: CallType| OptionView {
            value: call_type.key().to_owned(),
            label: call_type.title().to_owned(),
            is_chosen: filters.kind.and_then(TypeFilter::call_type) == Some(call_type),
        };
        let messages = OptionView {
            value: TypeFilter::Messages.key().to_owned(),
            label: "Messages".to_owned(),
            is_chosen: filters.kind == Some(TypeFilter::Messages),
        };
        let line = |id: LineId, label: String| OptionView {
            value: id.0.to_string(),
            label,
            is_chosen: filters.line == Some(id),
        };
        // A bookmark may name a line that had no recent call.
        let other = filters.line.filter(|id| !lines.contains_key(id)).map(|id| line(id, format!("Line {}", id.0)));
        let mut known: Vec<OptionView> = lines.iter().map(|(id, known)| line(*id, known.label())).collect();
        known.sort_by(|a, b| a.label.cmp(&b.label));
        Self {
            tabs: [tab("All", None)].into_iter().chain(outcomes).collect(),
            outcome: filters.outcome.map(Outcome::key).unwrap_or_default(),
            types: CallType::ALL.into_iter().map(call_type).chain([messages]).collect(),
            lines: known.into_iter().chain(other).collect(),
            from: fields.get("from").to_owned(),
            until: fields.get("until").to_owned(),
            search: fields.get("search").to_owned(),
            given_zone: fields.get("time_zone").to_owned(),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            is_active: *filters != Filters::default(),
        }
    }
}
