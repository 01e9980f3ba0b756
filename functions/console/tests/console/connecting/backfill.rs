//! Importing calls from Aircall.

use axum::http::{Method, StatusCode, header};
use jiff::{Timestamp, ToSpan as _, Zoned, civil::Date, tz::TimeZone};
use rules::FetchCause;
use serde_json::{Value, json};
use store::{Backfill, BackfillState, LONGEST_CALL};

use crate::fixture::{Fixture, Response, cookie};

const PATH: &str = "/api/connections/aircall/backfill";

/// Today in the time zone of most lines of the sandbox Aircall, which is that of the first.
fn today(zone: &TimeZone) -> Date {
    Zoned::now().with_time_zone(zone.clone()).date()
}

impl Fixture {
    async fn connected() -> Self {
        let f = Self::new().await.with_tenant().await;
        f.connect_aircall().await;
        f
    }

    async fn import(&self, from: impl ToString, until: impl ToString) -> Response {
        let body = json!({"from": from.to_string(), "until": until.to_string()});
        self.send(Method::POST, PATH, body.to_string()).await
    }

    async fn latest(&self) -> Option<Backfill> {
        self.stored(&self.tenant).await.backfill
    }

    /// The runs whose first step was sent.
    async fn steps(&self) -> Vec<String> {
        let run = |message: &Value| {
            let body: Value = serde_json::from_str(message["MessageBody"].as_str()?).ok()?;
            body["backfill"].as_str().map(str::to_owned)
        };
        self.woken().await.iter().filter_map(run).collect()
    }
}

#[tokio::test]
async fn an_import_begins_with_the_first_day_and_ends_with_the_last() {
    let f = Fixture::connected().await;
    let none =
        json!({"state": "none", "from": null, "until": null, "at": null, "calls": 0, "queued": 0, "problem": null});
    assert_eq!(f.get(PATH).await.body, none);
    let day = today(&TimeZone::UTC).saturating_sub(10.days());
    let answer = f.import(day, day).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert_eq!((&answer.body["state"], &answer.body["from"]), (&json!("running"), &json!(day.to_string())));
    assert_eq!(answer.body["until"], json!(day.to_string()));
    let run = f.latest().await.unwrap();
    assert_eq!((run.cause, run.until.duration_since(run.from).as_secs()), (FetchCause::Requested, 86_399));
    assert_eq!(f.steps().await, [run.run]);
    assert_eq!(f.get(PATH).await.body, answer.body);
}

#[tokio::test]
async fn an_import_of_today_ends_now() {
    let f = Fixture::connected().await;
    let day = today(&TimeZone::UTC);
    // In another time zone it may be tomorrow, or still yesterday.
    let answer = f.import(day.saturating_sub(1.day()), day.saturating_sub(1.day())).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert!(f.latest().await.unwrap().until <= Timestamp::now());
}

#[tokio::test]
async fn days_that_aircall_has_no_calls_of_are_refused() {
    let f = Fixture::connected().await;
    let day = |days: i64| today(&TimeZone::UTC).saturating_add(days.days()).to_string();
    for (from, until, parameter) in [
        (day(-3), day(-4), "until"),
        (day(-3), day(2), "until"),
        (day(2), day(2), "until"),
        (day(-190), day(-3), "from"),
        ("yesterday".to_owned(), day(-3), "from"),
        (day(-3), "2026-02-30".to_owned(), "until"),
    ] {
        let answer = f.import(&from, &until).await;
        answer.check_error(StatusCode::BAD_REQUEST, "bad_parameter");
        assert_eq!(answer.body["error"]["parameter"], parameter, "{from} {until}");
    }
    for body in ["{}", r#"{"from": "2026-01-01"}"#, r#"{"from": "2026-01-01", "until": "2026-01-01", "to": ""}"#, "x"] {
        f.send(Method::POST, PATH, body).await.check_error(StatusCode::BAD_REQUEST, "not_json");
    }
    assert_eq!(f.latest().await, None);
}

#[tokio::test]
async fn a_second_import_is_refused_while_one_goes_on_until_it_is_stopped() {
    let f = Fixture::connected().await;
    let day = today(&TimeZone::UTC).saturating_sub(3.days());
    let (one, other) = tokio::join!(f.import(day, day), f.import(day, day));
    let accepted = [&one, &other].into_iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count();
    assert_eq!((accepted, f.steps().await.len()), (1, 1));
    f.import(day, day).await.check_error(StatusCode::CONFLICT, "busy");
    let stopped = f.send(Method::DELETE, PATH, "").await;
    assert_eq!((stopped.status, &stopped.body["state"]), (StatusCode::OK, &json!("stopped")));
    assert_eq!(f.send(Method::DELETE, PATH, "").await.body, stopped.body, "nothing goes on");
    assert_eq!(f.import(day, day).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn an_import_needs_an_account_and_an_admin_of_the_tenant() {
    let f = Fixture::new().await.with_tenant().await;
    let day = today(&TimeZone::UTC).saturating_sub(3.days());
    f.import(day, day).await.check_error(StatusCode::CONFLICT, "not_connected");
    f.connect_aircall().await;
    assert_eq!(f.import(day, day).await.status, StatusCode::ACCEPTED);
    let other = f.send_as(&cookie("two"), Method::GET, PATH, "").await;
    assert_eq!(other.body["state"], "none");
    f.send_as(&cookie("two"), Method::DELETE, PATH, "").await;
    assert!(f.latest().await.unwrap().is_running());
    f.send_as("", Method::DELETE, PATH, "").await.check_error(StatusCode::UNAUTHORIZED, "not_signed_in");
}

#[tokio::test]
async fn a_repaired_or_replaced_webhook_starts_a_run_from_where_all_was_well() {
    for change in ["reactivate", "rotate"] {
        let f = Fixture::connected().await;
        assert_eq!(f.latest().await, None, "nothing is missing at first");
        let mark = Timestamp::now() - LONGEST_CALL * 2;
        let mark = Timestamp::from_second(mark.as_second()).unwrap();
        let comparison = f.stored(&f.tenant).await.comparison;
        assert!(f.tenants.set_comparison(&f.tenant, &comparison, None, Some(mark)).await.unwrap());
        let answer = f.send(Method::POST, &format!("/api/connections/aircall/{change}"), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let run = f.latest().await.unwrap();
        assert_eq!((run.cause, run.from), (FetchCause::Repaired, mark));
        assert_eq!(f.steps().await, [run.run]);
    }
}

#[tokio::test]
async fn the_page_imports_calls_shows_how_far_it_is_and_stops() {
    let f = Fixture::connected().await;
    let page = f.get("/connections").await.text;
    assert!(page.contains("Import calls") && page.contains("no history of messages"));
    assert!(!page.contains("Stop<span"));
    let day = today(&TimeZone::UTC).saturating_sub(3.days()).to_string();
    let begun = f.post("/connections/aircall/backfill", &[("import_from", &day), ("import_until", &day)]).await;
    assert_eq!((begun.status, begun.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/connections"));
    assert!(begun.cookies()[0].starts_with("flash=import-started;"));
    let run = f.latest().await.unwrap();
    let held = f.tenants.take_backfill(&f.tenant, &run.run, Timestamp::now(), Timestamp::now()).await.unwrap().unwrap();
    let problem = Some("Aircall's rate limit is reached.".to_owned());
    let progress = Backfill { calls: 120, queued: 7, problem, ..held };
    assert!(f.tenants.set_backfill(&f.tenant, &progress, None).await.unwrap());
    let page = f.get("/connections").await.text;
    let shown = format!("The calls of {day} are being imported: 120 seen in Aircall, 7 of them were missing");
    assert!(page.contains(&shown) && page.contains("rate limit is reached") && page.contains("Stop<span"), "{page}");
    let busy = f.post("/connections/aircall/backfill", &[("import_from", &day), ("import_until", &day)]).await;
    assert_eq!(busy.status, StatusCode::CONFLICT);
    assert!(busy.text.contains("Calls are being imported already."));
    let stopped = f.post("/connections/aircall/backfill/stop", &[]).await;
    assert!(stopped.cookies()[0].starts_with("flash=import-stopped;"));
    assert_eq!(f.latest().await.unwrap().state, BackfillState::Stopped);
    assert!(f.get("/connections").await.text.contains("were imported until it was stopped"));
}

#[tokio::test]
async fn the_page_says_which_day_is_wrong_and_keeps_the_input() {
    let f = Fixture::connected().await;
    for (from, until, field, message) in [
        ("2020-01-01", "2020-01-02", "import_from", "last six months"),
        ("", "2020-01-02", "import_from", "Enter a date."),
        ("2020-01-03", "2020-01-02", "import_until", "before the first"),
    ] {
        let fields = [("import_from", from), ("import_until", until)];
        let answer = f.post("/connections/aircall/backfill", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(&format!("id=\"{field}-error\"")) && answer.text.contains(message));
        assert!(answer.text.contains(&format!("value=\"{until}\"")));
    }
    assert_eq!(f.latest().await, None);
}

#[tokio::test]
async fn a_preview_counts_what_is_missing_and_what_the_settings_log() {
    let f = Fixture::connected().await;
    let day = today(&TimeZone::UTC).saturating_sub(3.days());
    let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
    let call = |id: u64, answered: bool, digits: &str| {
        let at = noon + i64::try_from(id).unwrap();
        let answered_at = answered.then_some(at + 5);
        json!({"id": id, "raw_digits": digits, "direction": "inbound", "started_at": at, "answered_at": answered_at, "ended_at": at + 60})
    };
    let calls = [call(1, true, "+33 6 39 98 00 01"), call(2, false, "+33 6 39 98 00 02"), call(3, true, "anonymous")];
    let more = (4..=60).map(|id| call(id, true, "+33 6 39 98 00 03"));
    let calls: Vec<Value> = calls.into_iter().chain(more).collect();
    let url = format!("{}/_sandbox/calls", f.vendors.aircall_url);
    assert!(reqwest::Client::new().post(url).json(&calls).send().await.unwrap().status().is_success());
    f.merge_call(60, noon, json!({})).await;
    let workflow = json!({"missed": "do_nothing"});
    let mut settings = f.get("/api/settings").await.body;
    settings["call_workflow"].as_object_mut().unwrap().extend(workflow.as_object().unwrap().clone());
    assert_eq!(f.send(Method::PUT, "/api/settings", settings.to_string()).await.status, StatusCode::OK);

    let body = json!({"from": day.to_string(), "until": day.to_string()}).to_string();
    let answer = f.send(Method::POST, &format!("{PATH}/preview"), body).await;
    // Neither the missed call nor the one of a withheld number.
    assert_eq!(answer.body, json!({"calls": 60, "missing": 59, "to_log": 57, "has_more": false}), "{}", answer.text);
    assert_eq!((f.latest().await, f.woken().await.len()), (None, 0), "nothing is imported");

    let day = day.to_string();
    let fields = [("import_from", &*day), ("import_until", &*day), ("action", "preview")];
    let page = f.post("/connections/aircall/backfill", &fields).await;
    let shown = "Of 60 calls of these days, 59 are missing, and today’s settings log 57 of those.";
    assert!(page.status == StatusCode::OK && page.text.contains(shown), "{}", page.text);
    assert!(page.text.contains(&format!("value=\"{day}\"")));
    assert_eq!(f.latest().await, None);
}
