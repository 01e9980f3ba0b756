//! The Preview page.

use axum::http::{Method, StatusCode};
use rules::CallType;
use serde_json::json;

use super::support::value;
use crate::fixture::{Fixture, Response, START, cookie};
use crate::sample_entries::MARKUP;

const CALL: [(&str, &str); 6] = [
    ("of", "call"),
    ("call_type", "missed"),
    ("line", "397375"),
    ("started_at", "2026-03-23T09:30"),
    ("number", "0664 1234567"),
    ("user", "ada@example.com"),
];

#[track_caller]
fn check_contains(page: &Response, texts: &[&str]) {
    for text in texts {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
}

#[tokio::test]
async fn without_salesforce_it_previews_what_it_can() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({"user": {"id": 1, "name": "Ada Example", "email": "ada@example.com"}})).await;
    let form = f.get("/preview").await;
    check_contains(
        &form,
        &["<option value=\"397375\" selected>Sales</option>", "<option value=\"ada@example.com\">Ada Example</option>"],
    );
    let page = f.post("/preview", &CALL).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    check_contains(
        &page,
        &[
            "Would be logged",
            "It would be logged as In progress (Next Steps), if Salesforce has a record for the number or one is created.",
            "Salesforce was not searched: Salesforce is not connected.",
            "<dt>Subject</dt><dd class=\"lines\">Missed call from +43 664 1234567 on Sales</dd>",
            "23 Mar 2026, 09:30 CET",
            // The form keeps its values.
            "<option value=\"missed\" selected>",
            "<option value=\"397375\" selected>",
            "value=\"0664 1234567\"",
        ],
    );
}

#[tokio::test]
async fn with_salesforce_it_looks_up_records_and_writes_nothing() {
    let f = Fixture::new().await;
    f.connect().await;
    let org = &f.vendors.salesforce;
    let id =
        org.insert("Contact", json!({"LastName": "Example", "FirstName": "Tess", "Phone": "+43 664 1234567"})).unwrap();
    f.merge_call(7, START, json!({})).await;
    let page = f.post("/preview", &CALL).await;
    check_contains(
        &page,
        &[
            "It would be logged as In progress (Next Steps) on the Contact Tess Example.",
            "<dt>WhoId</dt><dd class=\"lines\">the Contact Tess Example",
            &id,
            "<dt>Subject</dt><dd class=\"lines\">Missed call from Tess Example on Sales</dd>",
            "The phone number is that of the Contact Tess Example.",
        ],
    );
    assert!(!page.text.contains("call-0") && !page.text.contains("not searched"), "{}", page.text);
    assert_eq!(org.records("Task").len(), 0);
}

#[tokio::test]
async fn unsaved_settings_are_previewed_and_kept_in_the_form() {
    let f = Fixture::new().await;
    f.connect().await;
    f.merge_call(7, START, json!({})).await;
    let mut settings = f.get("/api/settings").await.body;
    settings["unknown_number"] = json!("create_contact");
    settings["call_workflow"]["missed"] = json!("completed");
    let settings = settings.to_string();
    let page = f.post("/preview", &[&[("settings", settings.as_str())], &CALL[..]].concat()).await;
    check_contains(
        &page,
        &[
            "With unsaved settings",
            "<th scope=\"row\">Missed call</th>",
            "It would be logged as Completed (Past Activities) on the new Contact +43 664 1234567.",
            "The new Contact</h3>",
            "<dt>LastName</dt><dd class=\"lines\">+43 664 1234567</dd>",
            "<dt>WhoId</dt><dd class=\"lines\">the new Contact +43 664 1234567</dd>",
        ],
    );
    let kept: serde_json::Value = serde_json::from_str(&value(&page.text, "settings")).unwrap();
    assert_eq!(kept["unknown_number"], "create_contact");
    let org = &f.vendors.salesforce;
    assert_eq!((org.records("Contact").len(), org.records("Task").len()), (0, 0));
    assert_eq!(f.get("/api/settings").await.body["version"], 0);
}

#[tokio::test]
async fn submitting_only_settings_shows_the_form() {
    let f = Fixture::new().await;
    let mut settings = f.get("/api/settings").await.body;
    settings["log_messages"] = json!(false);
    let page = f.post("/preview", &[("settings", &settings.to_string())]).await;
    check_contains(&page, &["With unsaved settings", "<th scope=\"row\">Messages</th>"]);
    assert!(!page.text.contains("Would be"));
    for wrong in ["{}", "[", "{\"version\": 0}"] {
        assert_eq!(
            f.post("/preview", &[("settings", wrong)]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_past_call_can_be_previewed() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({})).await;
    let mut settings = f.get("/api/settings").await.body;
    settings["call_workflow"]["missed"] = json!("do_nothing");
    for key in ["call-7", "7"] {
        let page = f.post("/preview", &[("of", "entry"), ("key", key), ("settings", &settings.to_string())]).await;
        check_contains(
            &page,
            &["It would not be logged. The call workflow says to do nothing with calls of this type."],
        );
    }
    assert_eq!(f.get("/api/activity/call-7").await.body["state"], "pending");
}

#[tokio::test]
async fn errors_are_shown_at_their_fields_and_the_input_is_kept() {
    let f = Fixture::new().await;
    f.call("created", 8, 0, &rules::Settings::default()).await;
    let fields =
        [("of", "call"), ("call_type", "x"), ("line", MARKUP), ("started_at", ""), ("number", "12"), ("user", MARKUP)];
    let page = f.post("/preview", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    check_contains(
        &page,
        &[
            "href=\"#call_type\"",
            "href=\"#line\"",
            "href=\"#started_at\"",
            "id=\"started_at-error\"",
            "value=\"12\"",
            "&#60;img src=x",
        ],
    );
    assert!(!page.text.contains("<img src=x"));
    let unknown = "No call has this id.";
    let endless = "1".repeat(2_000);
    for (key, message) in [("call-9", unknown), ("", unknown), (&*endless, unknown), ("call-8", "The call is not over")]
    {
        let page = f.post("/preview", &[("of", "entry"), ("key", key)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        check_contains(&page, &[message, "href=\"#key\""]);
    }
}

#[tokio::test]
async fn it_says_which_phone_number_was_taken() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({})).await;
    let preview = async |number| {
        let fields: Vec<_> =
            CALL.into_iter().filter(|(name, _)| *name != "number").chain([("number", number)]).collect();
        f.post("/preview", &fields).await
    };
    check_contains(&preview("0664 1234567").await, &["The phone number was read as +43 664 1234567."]);
    let several = "The phone number can be read as 2 numbers: +43 664 1234567 was taken.";
    check_contains(&preview("0664 1234567 / 0664 7654321").await, &[several]);
    assert!(!preview("+43 664 1234567").await.text.contains("was read as"));
}

#[tokio::test]
async fn a_phone_field_is_read() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({})).await;
    let form = f.get("/preview").await;
    check_contains(&form, &["Read a phone field", "<label for=\"field_text\">", "<label for=\"field_line\">"]);
    assert!(!form.text.contains("What the phone field means"));
    let text = "Büro 0664 1234567 DW 12, mobil +33 6 12 34 56 78";
    let page = f.post("/preview", &[("of", "field"), ("field_text", text), ("field_line", "397375")]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    check_contains(
        &page,
        &[
            "What the phone field means",
            "<th scope=\"row\">+43 664 1234567</th><td data-label=\"Sure or a guess\">Sure</td>",
            "It is written without a country code, and is a number of the line&#39;s country, +43.",
            "<th scope=\"row\">+33 6 12 34 56 78</th>",
            "It is written with its country code.",
            "<li>12 is an extension.</li>",
            // The form keeps its values.
            "Büro 0664 1234567 DW 12, mobil +33 6 12 34 56 78</textarea>",
            "<option value=\"397375\" selected>Sales</option>",
        ],
    );
    let unknown_line = [("of", "field"), ("field_text", "0664 1234567"), ("field_line", "1")];
    let guess = "that it is a number of +43 is a guess.";
    check_contains(&f.post("/preview", &unknown_line).await, &["data-label=\"Sure or a guess\">A guess</td>", guess]);
}

#[tokio::test]
async fn a_phone_field_without_a_number_says_so() {
    let f = Fixture::new().await;
    let page = f.post("/preview", &[("of", "field"), ("field_text", "Private number"), ("field_line", "")]).await;
    assert_eq!(page.status, StatusCode::OK);
    let ignored = "<li>Private number stands for a number that is withheld.</li>";
    check_contains(&page, &["There is no phone number in it.", ignored]);
    assert!(!page.text.contains("<table"), "{}", page.text);
    let nothing = f.post("/preview", &[("of", "field"), ("field_text", "n/a")]).await;
    assert!(!nothing.text.contains("What is ignored"), "{}", nothing.text);
}

#[tokio::test]
async fn a_wrong_phone_field_is_refused_at_its_field() {
    let f = Fixture::new().await;
    let long = "1".repeat(1_001);
    for (text, line, errors) in [
        ("", "", &["Enter what stands in the phone field.", "href=\"#field_text\""][..]),
        (&*long, "", &["It must have at most 1,000 characters.", "id=\"field_text-error\""]),
        ("12", MARKUP, &["The line must be the ID of a line.", "href=\"#field_line\"", "&#60;img src=x"]),
    ] {
        let page = f.post("/preview", &[("of", "field"), ("field_text", text), ("field_line", line)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        check_contains(&page, &["This cannot be read"]);
        check_contains(&page, errors);
        assert!(!page.text.contains("What the phone field means"));
    }
    let markup = f.post("/preview", &[("of", "field"), ("field_text", MARKUP)]).await;
    check_contains(&markup, &["&#60;img src=x"]);
    assert!(!markup.text.contains("<img src=x"));
}

#[tokio::test]
async fn another_tenants_call_is_not_found_and_a_forged_form_is_refused() {
    let f = Fixture::new().await;
    f.merge_call(7, START, json!({})).await;
    let token = f.send_as(&cookie("two"), Method::GET, "/preview", "").await;
    assert!(!token.text.contains("Sales<"));
    let token = value(&token.text, "csrf_token");
    let fields = [("of", "entry"), ("key", "call-7"), ("csrf_token", &*token)];
    let other = f.post_as(&cookie("two"), "/preview", &fields).await;
    check_contains(&other, &["No call has this id."]);
    assert_eq!(f.post_as(&cookie("one"), "/preview", &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_settings_pages_preview_unsaved_changes() {
    let f = Fixture::new().await;
    let page = f.get("/call-workflow").await;
    check_contains(&page, &["name=\"preview\" value=\"1\" formtarget=\"_blank\""]);
    let choices = CallType::ALL.map(|call_type| (call_type.key(), "do_nothing"));
    let preview = f.post("/call-workflow", &[&[("version", "0"), ("preview", "1")], &choices[..]].concat()).await;
    assert_eq!(preview.status, StatusCode::OK);
    check_contains(&preview, &["With unsaved settings", "<th scope=\"row\">Voicemail</th>"]);
    let settings = value(&preview.text, "settings");
    let page = f.post("/preview", &[&[("settings", settings.as_str())], &CALL[..]].concat()).await;
    check_contains(&page, &["It would not be logged. The call workflow says to do nothing"]);
    let wrong = f.post("/call-workflow", &[("version", "0"), ("preview", "1"), ("missed", "later")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);

    let general = [
        ("version", "0"),
        ("preview", "1"),
        ("log_calls", "always"),
        ("hours_from", "aircall"),
        ("unknown_number", "create_lead"),
        ("internal_calls", "log"),
        ("transferred_call_owner", "last"),
        ("relate_to", "nothing"),
        ("lines", "all"),
        ("api_usage_limit", "95"),
        ("backfill_requests_per_minute", "30"),
        ("recording_link", "true"),
        ("log_messages", "true"),
    ];
    let preview = f.post("/general", &general).await;
    check_contains(&preview, &["With unsaved settings", "When the number does not exist in Salesforce"]);
    assert_eq!(f.get("/api/settings").await.body["version"], 0);
}
