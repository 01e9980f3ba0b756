//! Literals of SOQL.

use jiff::Timestamp;

/// Quotes a text as a SOQL string.
///
/// Source:
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm>.
/// `%` and `_` are special only in LIKE, which is never used here.
pub(super) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '\'' => quoted.push_str("\\'"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            plain => quoted.push(plain),
        }
    }
    quoted.push('\'');
    quoted
}

/// The first and the last instant that Salesforce supports, 1700-01-01 and 4000-12-31. Beyond them a query is
/// malformed.
const INSTANTS: [Timestamp; 2] = [Timestamp::constant(-8_520_336_000, 0), Timestamp::constant(64_092_124_800, 0)];

/// Formats an instant as a SOQL date-time in whole seconds, rounded down. It is not quoted.
///
/// Source of both: <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm>.
pub(super) fn date_time(instant: Timestamp) -> String {
    let [first, last] = INSTANTS;
    instant.clamp(first, last).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Parses one SOQL string at the start of a statement, as Salesforce would. Returns its value and the rest.
    fn read(statement: &str) -> Option<(String, &str)> {
        let mut value = String::new();
        let mut characters = statement.strip_prefix('\'')?.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\'' => return Some((value, &statement[at + 2..])),
                '\\' => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    same @ ('\\' | '\'' | '"') => same,
                    _ => return None,
                }),
                '\n' | '\r' => return None,
                plain => value.push(plain),
            }
        }
        None
    }

    #[test]
    fn an_injection_stays_inside_the_literal() {
        assert_eq!(literal(r"x' OR Name != '"), r"'x\' OR Name != \''");
        assert_eq!(literal(r"x\' OR Name != '"), r"'x\\\' OR Name != \''");
    }

    #[test]
    fn an_instant_is_rounded_to_seconds_and_clamped() {
        let of = |text: &str| date_time(text.parse().unwrap());
        assert_eq!(of("2026-11-22T17:36:26.999Z"), "2026-11-22T17:36:26Z");
        assert_eq!(of("1969-12-31T23:59:59.5Z"), "1969-12-31T23:59:59Z");
        assert_eq!(date_time(Timestamp::MIN), "1700-01-01T00:00:00Z");
        assert_eq!(date_time(Timestamp::MAX), "4000-12-31T00:00:00Z");
    }

    proptest! {
        #[test]
        fn a_literal_parses_back_to_its_text(text in any::<String>()) {
            let quoted = literal(&text);
            prop_assert_eq!(read(&quoted), Some((text, "")));
        }

        #[test]
        fn a_literal_of_special_characters_parses_back_to_its_text(text in r#"['"\\\n\r\t\x08\x0c%_() a-z]{0,40}"#) {
            let quoted = literal(&text);
            prop_assert_eq!(read(&quoted), Some((text, "")));
        }
    }
}
