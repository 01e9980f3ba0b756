// What holds for every text that becomes a value of SOQL. The fuzz target and the tests of `salesforce` both check it.

use std::collections::BTreeSet;

use salesforce::{CallerFields, KeyField, PhoneTerm, SObject, Soql};

/// Checks that the text stays one value, whatever statement it is put into, and that only digits enter a search.
///
/// # Panics
/// If it does not.
pub(crate) fn check(text: &str) {
    let texts = [text.to_owned()];
    check_values(&texts, |emails| Soql::active_users(emails, &["Email", "Username"]));
    check_values(&texts, |names| Soql::accounts_by_name(names, &[]));
    check_values(&texts, |keys| Soql::tasks_by_key(KeyField::AircallKey, keys, None));
    check_values(&texts, |keys| Soql::tasks_by_key(KeyField::CallObject, keys, None));
    for sobject in [SObject::Contact, SObject::Lead, SObject::Account] {
        check_values(&texts, |forms| Soql::records_by_phone(sobject, forms, &CallerFields::new(true), None));
    }
    if PhoneTerm::prefix(text).is_ok() {
        assert!(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()), "{text:?}");
    }
}

/// For any `texts`, `build` makes the same statement as for a plain word, with exactly these values. Returns the statements.
///
/// # Panics
/// If it does not.
pub(crate) fn check_values(texts: &[String], build: impl Fn(&[String]) -> Vec<Soql>) -> Vec<Soql> {
    let (plain, _) = read(build(&["word".to_owned()])[0].as_str()).unwrap();
    // A composite would take this for a reference to another result.
    let expected: BTreeSet<String> = texts.iter().filter(|text| !text.contains("@{")).cloned().collect();
    let statements = build(texts);
    assert_eq!(statements.len(), usize::from(!expected.is_empty()), "{texts:?}");
    for statement in &statements {
        let (around, lists) = read(statement.as_str()).expect("a well-formed statement");
        assert_eq!(around, plain);
        assert!(!lists.is_empty() && lists.iter().all(|list| *list == expected), "{texts:?}");
    }
    statements
}

/// Parses a statement independently of the crate into the text around its value lists, and the lists. `None` if it is
/// not well-formed.
pub(crate) fn read(statement: &str) -> Option<(String, Vec<BTreeSet<String>>)> {
    let (mut around, mut lists) = (String::new(), Vec::new());
    let mut characters = statement.chars().peekable();
    while let Some(character) = characters.next() {
        around.push(character);
        if character != '(' || characters.peek() != Some(&'\'') {
            // A quotation mark outside a value list is an error.
            if character == '\'' {
                return None;
            }
            continue;
        }
        let mut list = BTreeSet::new();
        loop {
            list.insert(read_string(&mut characters)?);
            match characters.next()? {
                ',' => {}
                ')' => break,
                _ => return None,
            }
        }
        around.push(')');
        lists.push(list);
    }
    Some((around, lists))
}

fn read_string(characters: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut value = String::new();
    if characters.next()? != '\'' {
        return None;
    }
    loop {
        value.push(match characters.next()? {
            '\'' => return Some(value),
            '\n' | '\r' => return None,
            '\\' => match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                same @ ('\\' | '\'' | '"') => same,
                _ => return None,
            },
            plain => plain,
        });
    }
}
