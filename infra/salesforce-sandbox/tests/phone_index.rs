//! The option `phone_index`: what a search finds in phone fields under both models.

use serde_json::json;

use crate::client::{Client, data};

/// Asserts whether a search string finds a stored phone number with the two values of the option.
#[track_caller]
fn check(stored: &str, searched: &str, digits: bool, tokens: bool) -> impl Future<Output = ()> {
    let (stored, searched) = (stored.to_owned(), searched.to_owned());
    async move {
        let org = Client::new();
        org.seed("Contact", json!({"LastName": "Roe", "OtherPhone": stored}));
        for (model, found) in [("digits", digits), ("tokens", tokens)] {
            org.set(json!({"phone_index": model})).await;
            for group in ["PHONE", "ALL"] {
                let sosl = format!("FIND {{{searched}}} IN {group} FIELDS RETURNING Contact(Id)");
                let body = org.search(&sosl).await.body;
                let records = body["searchRecords"].as_array().unwrap_or_else(|| panic!("{body}"));
                assert_eq!(!records.is_empty(), found, "{searched} in {stored}, {model}, {group}");
            }
        }
    }
}

#[tokio::test]
async fn a_number_without_separators_is_one_term_in_both_models() {
    check("33612345678", "33612345678", true, true).await;
    check("+33612345678", r"\+33612345678", true, true).await;
    check("33612345678", "612345678", false, false).await;
    check("33612345678", "336*", true, true).await;
    check("33612345678", "33?12345*8", true, true).await;
    check("33612345678", "3361234567?", true, true).await;
    check("33612345678", "336?", false, false).await;
}

#[tokio::test]
async fn separators_split_a_number_into_tokens() {
    let stored = "+33 6 12 34 56 78";
    check(stored, "33612345678", true, false).await;
    check(stored, "336*", true, false).await;
    check(stored, "12", false, true).await;
    check(stored, "33", false, true).await;
    check(stored, "33*", true, true).await;
    check(stored, "12 AND 78", false, true).await;
    check(stored, "12 AND 79", false, false).await;
    check("(415)555-0132", "555", false, true).await;
    check("415.555.0132", "0132", false, true).await;
    check("415.555.0132", "01*", false, true).await;
}

#[tokio::test]
async fn a_phrase_finds_whole_tokens_in_a_row() {
    let stored = "+33 6 12 34 56 78";
    check(stored, "\"33 6 12 34 56 78\"", true, true).await;
    check(stored, r#""\+33 6 12 34 56 78""#, true, true).await;
    check(stored, r#""\+33\-6.12/34 56 78""#, true, true).await;
    check(stored, "\"6 12 34 56 78\"", false, true).await;
    check(stored, "\"6 34\"", false, false).await;
    check(stored, "\"12 6\"", false, false).await;
    check(stored, "\"3 6 12\"", false, false).await;
    check(stored, "\"33 612 345 678\"", true, false).await;
    check(stored, "\"33612345678\"", true, false).await;
    check("33612345678", "\"33 6 12 34 56 78\"", true, false).await;
    check(r"(415) 555-0132", r#""\(415\) 555\-0132""#, true, true).await;
}

#[tokio::test]
async fn letters_are_tokens_too() {
    check("0612345678 ext. 12", "0612345678", false, true).await;
    check("0612345678 ext. 12", "EXT", false, true).await;
    check("0612345678x12", "0612345678", false, true).await;
    check("0612345678x12", "061234567812", true, false).await;
    check("0612345678*12", "0612345678", false, true).await;
}

#[tokio::test]
async fn digits_of_other_scripts_are_not_folded() {
    check("٠٦١٢٣٤٥٦٧٨", "0612345678", false, false).await;
    check("0612345678", "٠٦١٢٣٤٥٦٧٨", false, false).await;
    check("٠٦١٢٣٤٥٦٧٨", "٠٦١٢٣٤٥٦٧٨", false, true).await;
    check("０６１２３４５６７８", "0612345678", false, false).await;
    check("０６１２３４５６７８", "０６１２３４５６７８", false, true).await;
    check("0612٣٤", "0612", true, true).await;
    check("0612٣٤", "\"0612 ٣٤\"", true, true).await;
    check("0612 34", "0612٣٤", false, false).await;
}

#[tokio::test]
async fn the_option_applies_to_phone_fields_only() {
    let org = Client::with(json!({"phone_index": "tokens"}));
    org.seed("Contact", json!({"LastName": "Roe", "Title": "A12b", "Phone": "06 12"}));
    let hits = async |find: &str| {
        let sosl = format!("FIND {{{find}}} IN ALL FIELDS RETURNING Contact(Id)");
        org.search(&sosl).await.body["searchRecords"].as_array().unwrap().len()
    };
    assert_eq!((hits("a12b").await, hits("a12").await, hits("12b").await), (1, 0, 0));
    assert_eq!((hits("06").await, hits("roe AND 06").await, hits("roe AND NOT 06").await), (1, 1, 0));
    let body = json!({"q": "\"06 12\"", "in": "PHONE", "sobjects": [{"name": "Contact", "fields": ["Id"]}]});
    let found = org.post(&data("parameterizedSearch"), body).await.body;
    assert_eq!(found["searchRecords"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_option_has_two_values() {
    let org = Client::new();
    assert_eq!(org.get("/_sandbox/options").await.body["phone_index"], "digits");
    assert_eq!(org.put("/_sandbox/options", json!({"phone_index": "words"})).await.status, 400);
}
