//! The editor of opening hours: a week, holidays and a time zone, as they were typed.

use rules::schedule::{Period, Schedule, Zone};
use serde_json::{Map, Value, json};

use crate::errors::{self, Errors};
use crate::form::Fields;

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
    /// What the names of its fields begin with.
    pub(super) prefix: String,
    pub(super) time_zone: Typed,
    pub(super) days: Vec<DayForm>,
    pub(super) holidays: Vec<Typed>,
}

/// A field, what was typed into it, and what is wrong with that.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) error: Option<String>,
}

/// A day of the week.
#[derive(Clone, Debug)]
pub(super) struct DayForm {
    /// What the names of its fields begin with.
    pub(super) prefix: String,
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) periods: Vec<PeriodForm>,
}

/// Opens and closes.
#[derive(Clone, Debug, Default)]
pub(super) struct PeriodForm {
    pub(super) id: String,
    pub(super) opens: String,
    pub(super) closes: String,
    pub(super) error: Option<String>,
}

impl HoursForm {
    /// A schedule, to be edited.
    pub(super) fn from_schedule(prefix: &str, schedule: &Schedule) -> Self {
        let periods = |periods: &[Period]| {
            // A field for a time of day ends at 23:59, so the end of the day is the beginning of the next one.
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
            schedule.holidays.iter().map(|day| Typed { text: day.to_string(), ..Typed::default() }).collect();
        form.numbered()
    }

    /// What was typed into the editor whose fields begin with `prefix`.
    pub(super) fn read(prefix: &str, fields: &Fields) -> Self {
        let mut form = Self::new(prefix, |key| {
            let of =
                |what: &str| fields.all(&format!("{prefix}.{key}.{what}")).map(ToOwned::to_owned).collect::<Vec<_>>();
            let periods = of("opens").into_iter().zip(of("closes"));
            periods.map(|(opens, closes)| PeriodForm { opens, closes, ..PeriodForm::default() }).collect()
        });
        fields.get(&format!("{prefix}.time_zone")).clone_into(&mut form.time_zone.text);
        let holidays = format!("{prefix}.holiday");
        form.holidays = fields.all(&holidays).map(|day| Typed { text: day.to_owned(), ..Typed::default() }).collect();
        form.numbered()
    }

    fn new(prefix: &str, periods: impl Fn(&str) -> Vec<PeriodForm>) -> Self {
        let day = |(key, name): (&'static str, &'static str)| DayForm {
            prefix: format!("{prefix}.{key}"),
            key,
            name,
            periods: periods(key),
        };
        let days = DAYS.into_iter().map(day).collect();
        Self { prefix: prefix.to_owned(), time_zone: Typed::default(), days, holidays: Vec::new() }
    }

    /// Gives each field its id.
    fn numbered(mut self) -> Self {
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

    /// Without the rows that hold nothing.
    pub(super) fn tidied(mut self) -> Self {
        for day in &mut self.days {
            day.periods.retain(|period| !period.opens.is_empty() || !period.closes.is_empty());
        }
        self.holidays.retain(|holiday| !holiday.text.is_empty());
        self.numbered()
    }

    /// With an empty row more: for a period of the day `what`, or for a holiday.
    pub(super) fn with_row(mut self, what: &str) -> Self {
        match self.days.iter_mut().find(|day| day.key == what) {
            Some(day) => day.periods.push(PeriodForm::default()),
            None => self.holidays.push(Typed::default()),
        }
        self.numbered()
    }

    /// With Monday's hours from Tuesday to Friday too.
    pub(super) fn with_monday_copied(mut self) -> Self {
        let monday = self.days[0].periods.clone();
        for day in &mut self.days[1..5] {
            day.periods.clone_from(&monday);
        }
        self.numbered()
    }

    /// The same hours in an editor of other fields.
    pub(super) fn copied_to(&self, prefix: &str) -> Self {
        let mut copy = Self::new(prefix, |key| {
            self.days.iter().find(|day| day.key == key).map(|day| day.periods.clone()).unwrap_or_default()
        });
        copy.time_zone.text.clone_from(&self.time_zone.text);
        copy.holidays.clone_from(&self.holidays);
        copy.numbered()
    }

    /// The schedule as a document. What cannot be in one is noted, at its field too.
    pub(super) fn document(&mut self, errors: &mut Errors) -> Value {
        let mut weekly = Map::new();
        for day in &mut self.days {
            let mut periods = Vec::new();
            for period in &mut day.periods {
                let document = period.document();
                let wrong = if period.opens.is_empty() || period.closes.is_empty() {
                    Some("Enter when it opens and when it closes.".to_owned())
                } else {
                    serde_json::from_value::<Period>(document.clone())
                        .err()
                        .map(|error| errors::sentence(&error.to_string()))
                };
                if let Some(message) = wrong {
                    period.note(day.name, message, errors);
                }
                periods.push(document);
            }
            if !periods.is_empty() {
                weekly.insert(day.key.to_owned(), Value::Array(periods));
            }
        }
        for holiday in &mut self.holidays {
            let wrong = serde_json::from_value::<Schedule>(json!({ "holidays": [holiday.text] })).err();
            if let Some(error) = wrong {
                holiday.note("Holiday", errors::sentence(&error.to_string()), errors);
            }
        }
        let mut zone = Value::Null;
        if !self.time_zone.text.is_empty() {
            zone = json!(self.time_zone.text);
            if let Err(message) = Zone::parse(&self.time_zone.text) {
                self.time_zone.note("Time zone", errors::sentence(&message), errors);
            }
        }
        let holidays: Vec<&str> = self.holidays.iter().map(|holiday| holiday.text.as_str()).collect();
        json!({ "time_zone": zone, "weekly": weekly, "holidays": holidays })
    }

    /// Notes what is wrong at a path of the schedule, such as `weekly.monday[1]`, and says whether a field shows it.
    pub(super) fn note(&mut self, path: &str, message: &str, errors: &mut Errors) -> bool {
        let Some((day, index)) = path.strip_prefix("weekly.").and_then(|path| path.split_once('[')) else {
            return false;
        };
        let index = index.split(']').next().and_then(|index| index.parse::<usize>().ok());
        let day = self.days.iter_mut().find(|form| form.key == day);
        let Some((day, index)) = day.zip(index) else { return false };
        let name = day.name;
        let Some(period) = day.periods.get_mut(index) else { return false };
        period.note(name, errors::sentence(message), errors);
        true
    }
}

impl PeriodForm {
    fn document(&self) -> Value {
        let closes = if self.closes == "00:00" { "24:00" } else { &self.closes };
        json!({ "opens": self.opens, "closes": closes })
    }

    fn note(&mut self, day: &str, message: String, errors: &mut Errors) {
        errors.at(&self.id, format!("{day}: {message}"));
        self.error = Some(message);
    }
}

impl Typed {
    fn note(&mut self, what: &str, message: String, errors: &mut Errors) {
        errors.at(&self.id, format!("{what}: {message}"));
        self.error = Some(message);
    }
}
