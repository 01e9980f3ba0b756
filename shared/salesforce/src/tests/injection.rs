//! Injection tests: text never becomes syntax of SOQL, SOSL or a composite.

#[path = "../../../../tests/fuzz/properties/soql_text.rs"]
mod soql_text;

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use url::Url;

use self::soql_text::{check_values, read};
use super::id;
use crate::{ApiVersion, CallerFields, KeyField, PhoneTerm, Record, SObject, Soql, Sosl, Subrequest};

/// Texts of syntax characters of SOQL, SOSL, JSON, composites and URLs.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let syntax =
        r#"['"\\(){}\[\],;&|!^~*?:+%_@=<>/#\n\r\t\x00\x08\x0c -]|[a-z0-9]|OR|AND|' OR Id != '|@\{c\.id\}|é|😀"#;
    prop_oneof![
        prop::collection::vec(syntax, 0..20).prop_map(|parts| parts.concat()),
        any::<String>(),
        Just("' OR Name LIKE '%".to_owned()),
        Just("\\".to_owned()),
        Just("\\' OR Id != null OR Name = \\'".to_owned()),
        Just("x') OR Id IN (SELECT Id FROM User) OR Email IN ('".to_owned()),
        Just("} IN ALL FIELDS RETURNING User(Id) {".to_owned()),
        Just("a&q=SELECT Id FROM User#".to_owned()),
    ]
}

/// For any `texts`, `build` makes the same statement as for a plain word, with exactly these values, also in a request.
#[track_caller]
fn check(texts: &[String], build: impl Fn(&[String]) -> Vec<Soql>) {
    for statement in check_values(texts, build) {
        // In the URL of a request, it is the only parameter.
        let json = Subrequest::query("q", &statement).json(&ApiVersion::default()).unwrap();
        let url = json["url"].as_str().unwrap();
        assert!(!url.contains("@{") && url.is_ascii());
        let url = Url::parse("https://example.my.salesforce.com").unwrap().join(url).unwrap();
        assert_eq!((url.path(), url.fragment()), ("/services/data/v66.0/query", None));
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs, [("q".to_owned(), statement.as_str().to_owned())]);
    }
}

proptest! {
    #[test]
    fn soql_values_stay_values(texts in prop::collection::vec(hostile(), 1..5)) {
        check(&texts, |emails| Soql::active_users(emails, &["Email", "Username"]));
        check(&texts, |names| Soql::accounts_by_name(names, &[]));
        check(&texts, |keys| Soql::tasks_by_key(KeyField::AircallKey, keys, None));
        check(&texts, |keys| Soql::tasks_by_key(KeyField::CallObject, keys, None));
        for sobject in [SObject::Contact, SObject::Lead, SObject::Account] {
            check(&texts, |forms| Soql::records_by_phone(sobject, forms, &CallerFields::new(false), Some(Timestamp::UNIX_EPOCH)));
            check(&texts, |forms| Soql::records_by_phone(sobject, forms, &CallerFields::new(true), Some(Timestamp::UNIX_EPOCH)));
        }
    }

    #[test]
    fn any_text_stays_one_value(text in hostile()) {
        soql_text::check(&text);
    }

    #[test]
    fn only_digits_enter_sosl(texts in prop::collection::vec(prop_oneof![hostile(), "[0-9]{0,45}"], 0..6)) {
        let prefixes = texts.iter().filter_map(|text| PhoneTerm::prefix(text).ok());
        let phrases = texts.windows(2).filter_map(|runs| PhoneTerm::phrase(runs).ok());
        let terms: Vec<PhoneTerm> = prefixes.chain(phrases).collect();
        let fields = CallerFields::new(true);
        let plain = Sosl::phones(&[PhoneTerm::prefix("12").unwrap()], &fields).remove(0);
        let returning = plain.as_str().strip_prefix("FIND {12*}").unwrap();
        for search in Sosl::phones(&terms, &fields) {
            let find = search.as_str().strip_suffix(returning).unwrap();
            let find = find.strip_prefix("FIND {").unwrap().strip_suffix('}').unwrap();
            let is_number = |run: &str| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit());
            let is_term = |term: &str| match term.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(runs) => runs.split(' ').all(is_number),
                None => term.strip_suffix('*').is_some_and(is_number),
            };
            prop_assert!(find.split(" OR ").all(is_term), "{}", find);
        }
    }

    #[test]
    fn only_valid_ids_enter_a_statement(text in prop_oneof![hostile(), "[0-9a-zA-Z']{15,18}"]) {
        if let Ok(id) = crate::SalesforceId::parse(&text) {
            prop_assert!(id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()));
            let statement = Soql::open_cases(&[id]).remove(0);
            prop_assert_eq!(read(statement.as_str()).unwrap().1, [BTreeSet::from([id.as_str().to_owned()])]);
        }
    }

    #[test]
    fn text_in_a_composite_stays_text(texts in prop::collection::vec(hostile(), 3)) {
        let record = Record::new(SObject::Task)
            .with("Subject", texts[0].as_str())
            .with("Description", texts[1].as_str())
            .with("WhoId", texts[2].as_str())
            .with("OwnerId", id("005xx000001SwiU"));
        let part = Subrequest::create("t", record).link("WhoId", "c");
        // As serialized and parsed by the receiver.
        let sent: Value = serde_json::from_str(&part.json(&ApiVersion::default()).unwrap().to_string()).unwrap();
        let escaped = |text: &str| text.replace("@{", "@ {");
        let body = serde_json::json!({
            "Subject": escaped(&texts[0]), "Description": escaped(&texts[1]), "WhoId": "@{c.id}",
            "OwnerId": "005xx000001SwiUAAS"
        });
        prop_assert_eq!(&sent["body"], &body);
        prop_assert_eq!(&sent["url"], "/services/data/v66.0/sobjects/Task");
        prop_assert_eq!(sent.to_string().matches("@{").count(), 1);
    }
}

#[test]
fn the_test_parser_detects_an_injection() {
    let naive = |value: &str| format!("SELECT Id FROM User WHERE Email IN ('{value}') ORDER BY Id");
    let (plain, _) = read(&naive("word")).unwrap();
    for hostile in ["x') OR Id IN ('y", "x' OR Name != '", "\\", "a\nb", "x')"] {
        assert!(read(&naive(hostile)).is_none_or(|(around, _)| around != plain), "{hostile}");
    }
}
