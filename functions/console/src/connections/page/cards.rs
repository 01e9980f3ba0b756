//! View structs of the connections page.

use jiff::Timestamp;
use store::{AircallAuth, ApiUsage};

use super::status_select::StatusSelect;
use crate::auth::sign_in_link;
use crate::connections::NAV;
use crate::connections::aircall::app::AttachedLine;
use crate::connections::salesforce::login_host;
use crate::connections::view::{AircallView, OrgStatus, PredecessorView, SalesforceView, WebhookStatus};
use crate::console::Console;
use crate::web::errors::Errors;
use crate::web::when::{When, ago};

/// A state badge. Its class gives it colour and shape.
#[derive(Debug)]
pub(crate) struct Badge {
    /// The CSS class of an outcome, whose style the badge shares.
    pub(crate) class: &'static str,
    pub(crate) word: &'static str,
}

impl Badge {
    pub(crate) fn new(class: &'static str, word: &'static str) -> Self {
        Self { class, word }
    }
}

/// The Salesforce part of the page.
#[derive(Debug)]
pub(crate) struct SalesforceCard {
    pub(crate) badge: Badge,
    pub(crate) org: Option<OrgFacts>,
    /// The org that was connected before, if none is connected now.
    pub(crate) former: Option<Former>,
    /// Link that connects a production org.
    pub(crate) production: String,
    /// Link that connects a sandbox.
    pub(crate) sandbox: String,
}

/// An org that was connected before.
#[derive(Debug)]
pub(crate) struct Former {
    /// The name of its login domain, for display.
    pub(crate) name: String,
    /// Link that reconnects it.
    pub(crate) reconnect: String,
}

/// A connected org.
#[derive(Debug)]
pub(crate) struct OrgFacts {
    pub(crate) host: String,
    pub(crate) url: String,
    pub(crate) org_id: String,
    pub(crate) user: String,
    pub(crate) user_url: String,
    /// The user whose dead connection this one replaced, until an admin has seen to it.
    pub(crate) former_user: Option<String>,
    /// The org that was known before at this address, if there was one.
    pub(crate) predecessor: Option<PredecessorView>,
    /// The link by which another user can connect the org, if there is one.
    pub(crate) link: Option<PendingLink>,
    pub(crate) since: When,
    /// Why it takes no requests, if it does not.
    pub(crate) stopped: Option<Stopped>,
    pub(crate) usage: Option<Usage>,
    pub(crate) warnings: Vec<String>,
    /// The statuses to choose from; none if they are not known.
    pub(crate) statuses: Vec<StatusSelect>,
    /// Link that reconnects it.
    pub(crate) reconnect: String,
}

/// A consent link that was not used yet.
#[derive(Debug)]
pub(crate) struct PendingLink {
    pub(crate) made_by: String,
    pub(crate) until: When,
}

/// Why an org takes no requests.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) is_dead: bool,
    pub(crate) reason: String,
    pub(crate) since: Option<When>,
    pub(crate) until: Option<When>,
}

/// The org's API calls of a day.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) used: u64,
    pub(crate) limit: u64,
    /// The threshold from which the meter shows high usage.
    pub(crate) high: u64,
    pub(crate) text: String,
    pub(crate) at: When,
}

impl SalesforceCard {
    pub(crate) fn new(
        console: &Console,
        view: Option<SalesforceView>,
        former_login_url: Option<&str>,
        errors: &Errors,
    ) -> Self {
        let [production, sandbox] = ["production", "sandbox"].map(|at| connect_at(console, at));
        let Some(view) = view else {
            let former = former_login_url.map(|login_url| Former::new(console, login_url));
            return Self { badge: Badge::new("skipped", "Not connected"), org: None, former, production, sandbox };
        };
        let (class, word) = match view.state.state {
            OrgStatus::Connected => ("logged", "Connected"),
            OrgStatus::Paused => ("waiting", "Paused"),
            OrgStatus::ReconnectNeeded => ("failed", "Reconnect needed"),
        };
        let org = Some(OrgFacts::new(console, view, errors));
        Self { badge: Badge::new(class, word), org, former: None, production, sandbox }
    }
}

impl Former {
    fn new(console: &Console, login_url: &str) -> Self {
        let at = login_host::at(login_url);
        let name = match &*at {
            "production" => "your org".to_owned(),
            "sandbox" => "your sandbox".to_owned(),
            my_domain => my_domain.to_owned(),
        };
        Self { name, reconnect: connect_at(console, &at) }
    }
}

/// Link that connects an org whose users sign in at `at`.
fn connect_at(console: &Console, at: &str) -> String {
    sign_in_link(console, at, NAV.path)
}

impl OrgFacts {
    fn new(console: &Console, view: SalesforceView, errors: &Errors) -> Self {
        let (facts, choice) = &view.status_facts;
        let statuses = StatusSelect::both(facts, choice, errors);
        let host = view.instance_url.split_once("://").map_or(&*view.instance_url, |(_, host)| host).to_owned();
        let is_dead = view.state.state == OrgStatus::ReconnectNeeded;
        let stopped = view.state.reason.map(|reason| Stopped {
            is_dead,
            reason,
            since: view.state.since.map(When::new),
            until: view.state.until.map(When::new),
        });
        Self {
            url: view.instance_url.clone(),
            user_url: format!("{}/lightning/r/User/{}/view", view.instance_url, view.user_id),
            user: view.user_name.unwrap_or(view.user_id),
            former_user: view.former_user,
            predecessor: view.predecessor,
            link: view
                .consent_link
                .map(|link| PendingLink { made_by: link.made_by, until: When::new(link.expires_at) }),
            since: When::new(view.connected_at),
            usage: view.api_usage.map(Usage::new),
            warnings: view.warnings.into_iter().map(|warning| warning.message().to_owned()).collect(),
            reconnect: connect_at(console, &login_host::at(&view.login_url)),
            org_id: view.org_id,
            host,
            stopped,
            statuses,
        }
    }
}

impl Usage {
    fn new(usage: ApiUsage) -> Self {
        let ApiUsage { used, limit, at } = usage;
        let percent = used.saturating_mul(100).checked_div(limit).unwrap_or(100);
        let text = format!("{} of {} API calls ({percent} %)", grouped(used), grouped(limit));
        Self { used: used.min(limit), limit, high: limit / 5 * 4, text, at: When::new(at) }
    }
}

/// The Aircall part of the page.
#[derive(Debug)]
pub(crate) struct AircallCard {
    pub(crate) badge: Badge,
    pub(crate) account: Option<AccountFacts>,
    /// Whether the deployment has an Aircall app, so that no API key is needed.
    pub(crate) has_app: bool,
}

/// A connected account.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each decides about another part of the page")]
pub(crate) struct AccountFacts {
    pub(crate) company: String,
    pub(crate) how: &'static str,
    /// Whether it was connected with the deployment's app.
    pub(crate) is_granted: bool,
    pub(crate) since: When,
    pub(crate) is_sending: bool,
    /// Whether it is known not to send. False if the state is unknown.
    pub(crate) is_off: bool,
    /// Whether the app was uninstalled, so that only connecting again helps.
    pub(crate) is_uninstalled: bool,
    /// The lines whose calls the app gets, if known.
    pub(crate) lines: Option<String>,
    /// What is missing in Tasks because Aircall did not grant an event, with its name.
    pub(crate) missing: Vec<(String, &'static str)>,
    /// Whether it sends to a former address of the console.
    pub(crate) is_at_former_address: bool,
    /// A note for the admin about the webhook.
    pub(crate) note: Option<String>,
    pub(crate) last_event: Option<When>,
    /// How long ago the last event was.
    pub(crate) ago: String,
    /// Up to when no call is missing, if that is known.
    pub(crate) complete_until: Option<When>,
    /// Whether calls are left out of that, as an automatic import was stopped.
    pub(crate) was_stopped: bool,
}

impl AircallCard {
    pub(crate) fn new(view: Option<AircallView>, has_app: bool) -> Self {
        let Some(view) = view else {
            return Self { badge: Badge::new("skipped", "Not connected"), account: None, has_app };
        };
        let (class, word) = match view.state {
            WebhookStatus::Active => ("logged", "Active"),
            WebhookStatus::Deactivated => ("failed", "Not sending"),
            WebhookStatus::Unknown => ("waiting", "Unknown"),
            WebhookStatus::Uninstalled => ("failed", "Uninstalled"),
        };
        let account = AccountFacts {
            company: view.company_name,
            how: match view.how {
                AircallAuth::ApiKey => "API key",
                AircallAuth::OAuth => "Access granted in Aircall",
            },
            is_granted: view.how == AircallAuth::OAuth,
            since: When::new(view.connected_at),
            is_sending: view.state == WebhookStatus::Active,
            is_off: matches!(view.state, WebhookStatus::Deactivated | WebhookStatus::Uninstalled),
            is_uninstalled: view.state == WebhookStatus::Uninstalled,
            lines: view.lines.map(|lines| lines_text(&lines, view.has_all_lines)),
            missing: missing(view.missing_events, view.how),
            is_at_former_address: view.is_at_former_address,
            note: view.reason,
            last_event: view.last_event_at.map(When::new),
            ago: view.last_event_at.map(|at| ago(at, Timestamp::now())).unwrap_or_default(),
            complete_until: view.complete_until.map(When::new),
            was_stopped: view.was_stopped,
        };
        Self { badge: Badge::new(class, word), account: Some(account), has_app }
    }
}

/// The lines whose calls an app gets.
fn lines_text(lines: &[AttachedLine], are_all: bool) -> String {
    let name = |line: &AttachedLine| line.name.clone().unwrap_or_else(|| format!("line {}", line.id));
    match lines {
        [] => "None, so no call is logged".to_owned(),
        lines if are_all => format!("All ({})", lines.len()),
        lines => lines.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

/// What is missing without these events. That an app is uninstalled matters only where there is one.
fn missing(events: Vec<String>, how: AircallAuth) -> Vec<(String, &'static str)> {
    let matters = |event: &String| how == AircallAuth::OAuth || event != "integration.deleted";
    let brings = |event: String| aircall::brings(&event).map(|brings| (event, brings));
    events.into_iter().filter(matters).filter_map(brings).collect()
}

/// A number with thousands separators.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (15_000, "15,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn usage_names_used_and_available_api_calls() {
        let usage = |used, limit| Usage::new(ApiUsage { used, limit, at: Timestamp::UNIX_EPOCH }).text;
        assert_eq!(usage(14_250, 15_000), "14,250 of 15,000 API calls (95 %)");
        assert_eq!(usage(1, 0), "1 of 0 API calls (100 %)");
    }
}
