//! The editor of opening hours: a week, holidays and a time zone, as typed.

use rules::schedule::{Period, Schedule, Zone};
use serde_json::{Map, Value, json};

use crate::web::errors::{self, Errors};
use crate::web::form::Fields;

/// The days, each with its key in the document and its name.
const DAYS: [(&str, &str); 7] = [
    ("monday", "Monday"),
    ("tuesday", "Tuesday"),
    ("wednesday", "Wednesday"),
    ("thursday", "Thursday"),
    ("friday", "Friday"),
    ("saturday", "Saturday"),
    ("sunday", "Sunday"),
];

/// Opening hours as typed.
#[derive(Clone, Debug)]
pub(super) struct HoursForm {
    /// Prefix of the names of its fields.
    pub(super) prefix: String,
    pub(super) time_zone: TextField,
    pub(super) days: Vec<DayForm>,
    pub(super) holidays: Vec<TextField>,
}

/// A text field: what was typed and its error.
#[derive(Clone, Debug, Default)]
pub(super) struct TextField {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) error: Option<String>,
}

/// A day of the week.
#[derive(Clone, Debug)]
pub(super) struct DayForm {
    /// Prefix of the names of its fields.
    pub(super) prefix: String,
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) periods: Vec<PeriodForm>,
}

/// An opening and a closing time.
#[derive(Clone, Debug, Default)]
pub(super) struct PeriodForm {
    pub(super) id: String,
    pub(super) opens: String,
    pub(super) closes: String,
    pub(super) error: Option<String>,
}

impl HoursForm {
    /// Fills the editor from a schedule.
    pub(super) fn from_schedule(prefix: &str, schedule: &Schedule) -> Self {
        let periods = |periods: &[Period]| {
            // A time input ends at 23:59, so `24:00` is shown as the start of the next day.
            let closes = |period: &Period| Some(period.closes.to_string()).filter(|text| text != "24:00");
            let form = |period: &Period| PeriodForm {
                opens: period.opens.to_string(),
                closes: closes(period).unwrap_or_else(|| "00:00".to_owned()),
                ..PeriodForm::default()
            };
            periods.iter().map(form).collect()
        };
        let days = schedule.weekly.days();
        let mut form = Self::new(prefix, |key| {
            days.iter().find(|(day, _)| *day == key).map(|(_, of_day)| periods(of_day)).unwrap_or_default()
        });
        form.time_zone.text = schedule.time_zone.as_ref().map(|zone| zone.name().to_owned()).unwrap_or_default();
        form.holidays =
            schedule.holidays.iter().map(|day| TextField { text: day.to_string(), ..TextField::default() }).collect();
        form.with_ids()
    }

    /// Reads the submitted fields of the editor with this prefix.
    pub(super) fn read(prefix: &str, fields: &Fields) -> Self {
        let mut form = Self::new(prefix, |key| {
            let values =
                |name: &str| fields.all(&format!("{prefix}.{key}.{name}")).map(ToOwned::to_owned).collect::<Vec<_>>();
            let periods = values("opens").into_iter().zip(values("closes"));
            periods.map(|(opens, closes)| PeriodForm { opens, closes, ..PeriodForm::default() }).collect()
        });
        fields.get(&format!("{prefix}.time_zone")).clone_into(&mut form.time_zone.text);
        let holidays = format!("{prefix}.holiday");
        form.holidays =
            fields.all(&holidays).map(|day| TextField { text: day.to_owned(), ..TextField::default() }).collect();
        form.with_ids()
    }

    fn new(prefix: &str, periods: impl Fn(&str) -> Vec<PeriodForm>) -> Self {
        let day = |(key, name): (&'static str, &'static str)| DayForm {
            prefix: format!("{prefix}.{key}"),
            key,
            name,
            periods: periods(key),
        };
        let days = DAYS.into_iter().map(day).collect();
        Self { prefix: prefix.to_owned(), time_zone: TextField::default(), days, holidays: Vec::new() }
    }

    /// Gives each field its element ID.
    fn with_ids(mut self) -> Self {
        self.time_zone.id = format!("{}-time-zone", self.prefix);
        for day in &mut self.days {
            for (index, period) in day.periods.iter_mut().enumerate() {
                period.id = format!("{}-{}-{index}", self.prefix, day.key);
            }
        }
        for (index, holiday) in self.holidays.iter_mut().enumerate() {
            holiday.id = format!("{}-holiday-{index}", self.prefix);
        }
        self
    }

    /// Removes the empty rows.
    pub(super) fn without_empty_rows(mut self) -> Self {
        for day in &mut self.days {
            day.periods.retain(|period| !period.opens.is_empty() || !period.closes.is_empty());
        }
        self.holidays.retain(|holiday| !holiday.text.is_empty());
        self.with_ids()
    }

    /// Adds an empty row: a period if `what` is a day's key, else a holiday.
    pub(super) fn with_row(mut self, what: &str) -> Self {
        match self.days.iter_mut().find(|day| day.key == what) {
            Some(day) => day.periods.push(PeriodForm::default()),
            None => self.holidays.push(TextField::default()),
        }
        self.with_ids()
    }

    /// Copies Monday's hours to Tuesday through Friday.
    pub(super) fn with_monday_copied(mut self) -> Self {
        let monday = self.days[0].periods.clone();
        for day in &mut self.days[1..5] {
            day.periods.clone_from(&monday);
        }
        self.with_ids()
    }

    /// The same hours in an editor with another prefix.
    pub(super) fn copied_to(&self, prefix: &str) -> Self {
        let mut copy = Self::new(prefix, |key| {
            self.days.iter().find(|day| day.key == key).map(|day| day.periods.clone()).unwrap_or_default()
        });
        copy.time_zone.text.clone_from(&self.time_zone.text);
        copy.holidays.clone_from(&self.holidays);
        copy.with_ids()
    }

    /// The schedule as a document. Adds an error, also at the field, for each value that is not valid.
    pub(super) fn document(&mut self, errors: &mut Errors) -> Value {
        let mut weekly = Map::new();
        for day in &mut self.days {
            let mut periods = Vec::new();
            for period in &mut day.periods {
                let document = period.document();
                let error = if period.opens.is_empty() || period.closes.is_empty() {
                    Some("Enter an opening and a closing time.".to_owned())
                } else {
                    serde_json::from_value::<Period>(document.clone())
                        .err()
                        .map(|error| errors::sentence(&error.to_string()))
                };
                if let Some(message) = error {
                    period.add_error(day.name, message, errors);
                }
                periods.push(document);
            }
            if !periods.is_empty() {
                weekly.insert(day.key.to_owned(), Value::Array(periods));
            }
        }
        for holiday in &mut self.holidays {
            let error = serde_json::from_value::<Schedule>(json!({ "holidays": [holiday.text] })).err();
            if let Some(error) = error {
                holiday.add_error("Holiday", errors::sentence(&error.to_string()), errors);
            }
        }
        let mut zone = Value::Null;
        if !self.time_zone.text.is_empty() {
            zone = json!(self.time_zone.text);
            if let Err(message) = Zone::parse(&self.time_zone.text) {
                self.time_zone.add_error("Time zone", errors::sentence(&message), errors);
            }
        }
        let holidays: Vec<&str> = self.holidays.iter().map(|holiday| holiday.text.as_str()).collect();
        json!({ "time_zone": zone, "weekly": weekly, "holidays": holidays })
    }

    /// Adds an error at a path of the schedule, such as `weekly.monday[1]`. Returns whether a field shows it.
    pub(super) fn add_error(&mut self, path: &str, message: &str, errors: &mut Errors) -> bool {
        let Some((day, index)) = path.strip_prefix("weekly.").and_then(|path| path.split_once('[')) else {
            return false;
        };
        let index = index.split(']').next().and_then(|index| index.parse::<usize>().ok());
        let day = self.days.iter_mut().find(|form| form.key == day);
        let Some((day, index)) = day.zip(index) else { return false };
        let name = day.name;
        let Some(period) = day.periods.get_mut(index) else { return false };
        period.add_error(name, errors::sentence(message), errors);
        true
    }
}

impl PeriodForm {
    fn document(&self) -> Value {
        let closes = if self.closes == "00:00" { "24:00" } else { &self.closes };
        json!({ "opens": self.opens, "closes": closes })
    }

    fn add_error(&mut self, day: &str, message: String, errors: &mut Errors) {
        errors.at(&self.id, format!("{day}: {message}"));
        self.error = Some(message);
    }
}

impl TextField {
    fn add_error(&mut self, what: &str, message: String, errors: &mut Errors) {
        errors.at(&self.id, format!("{what}: {message}"));
        self.error = Some(message);
    }
}
