//! API names in Salesforce's messages.
//!
//! Messages are in the language of the user; names of fields and objects are the same in each, and so are quotation
//! marks, colons and the order of both. Where a message has another form, no name is found.

use std::ops::Range;

use crate::{SObject, SalesforceId};

const QUOTES: [char; 8] = ['\'', '"', '«', '»', '“', '”', '„', '’'];

/// A colon, and that of Chinese and Japanese texts.
const COLONS: [char; 2] = [':', '：'];

/// What follows the query that Salesforce repeats in front of a message: it may hold phone numbers and e-mail
/// addresses.
pub(crate) fn without_query(message: &str) -> &str {
    if let Some(position) = position_in_query(message) {
        return message[position.end..].trim();
    }
    // The query, or a part of it, stands above a line that marks a place in it; below that is the position.
    let mark = message.lines().find(|line| line.trim() == "^");
    if let Some((_, rest)) = mark.and_then(|mark| message.split_once(mark)) {
        return rest.trim_start().split_once('\n').map_or("", |(_, words)| words.trim());
    }
    let holds_query = |text: &str| text.contains("SELECT ") || text.contains("FIND {");
    let last_line = message.trim().rsplit('\n').next().unwrap_or_default();
    if holds_query(last_line) { "" } else { Some(message.trim()).filter(|all| !holds_query(all)).unwrap_or(last_line) }
}

/// The row and column where a query is wrong, as in `Row:1:Column:19`.
fn position_in_query(message: &str) -> Option<Range<usize>> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut ends = message.match_indices(':').filter_map(|(at, _)| {
        let row = at + 1 + digits(&message[at + 1..]);
        let word = message[row..].strip_prefix(':').filter(|_| row > at + 1)?;
        let length = word.find(':').filter(|length| *length > 0 && word[..*length].chars().all(char::is_alphabetic))?;
        let column = row + 1 + length + 1;
        let end = column + digits(&message[column..]);
        (end > column).then_some(at..end)
    });
    ends.next_back()
}

/// The API names in quotation marks, in order.
pub(crate) fn quoted(message: &str) -> Vec<&str> {
    quotations(message).map(|range| &message[range]).collect()
}

fn quotations(message: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    const SPACES: [char; 3] = [' ', '\u{a0}', '\u{202f}'];
    let is_quoted = |before: &str, after: &str| before.ends_with(QUOTES) && after.starts_with(QUOTES);
    names(message).filter(move |range| {
        let (before, after) = (&message[..range.start], &message[range.end..]);
        // Only angle quotes have spaces inside.
        is_quoted(before, after)
            || before.trim_end_matches(SPACES).ends_with('«') && after.trim_start_matches(SPACES).starts_with('»')
    })
}

/// The API names, separated by commas, that are all of a sentence behind a colon.
pub(crate) fn listed(message: &str) -> Vec<&str> {
    let lists = message.split(COLONS).skip(1).map(|part| {
        let sentence = part.split(". ").next().unwrap_or_default().trim().trim_end_matches('.');
        let items: Vec<&str> = sentence.split(',').map(str::trim).collect();
        // An error code is none.
        let is_field = |item: &&str| is_name(item) && item.bytes().any(|byte| byte.is_ascii_lowercase());
        Some(items).filter(|items| items.iter().all(is_field)).unwrap_or_default()
    });
    lists.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
}

/// The API names, separated by commas, that directly follow the first colon.
pub(crate) fn first_listed(message: &str) -> Vec<&str> {
    let list = message.split(COLONS).nth(1).unwrap_or_default();
    let mut names = Vec::new();
    for item in list.split(',').map(str::trim) {
        names.extend(item.split_whitespace().next().filter(|name| is_name(name)));
        if !is_name(item) {
            break;
        }
    }
    names
}

/// The names of custom fields.
pub(crate) fn custom_fields(message: &str) -> Vec<&str> {
    names(message).map(|range| &message[range]).filter(|name| name.ends_with("__c")).collect()
}

/// The object that the first sentence names behind its first quoted name, which is that of a field.
pub(crate) fn object_of_field(message: &str) -> Option<SObject> {
    let field = quotations(message).next()?;
    let rest = &message[field.end..];
    let sentence = rest.split(". ").next().unwrap_or_default();
    names(sentence).find_map(|range| SObject::from_name(&sentence[range]))
}

/// The last record id.
pub(crate) fn record_id(message: &str) -> Option<SalesforceId> {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    // A word may look like an id of 15 characters.
    let is_id = |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit());
    words.filter(is_id).filter_map(|word| SalesforceId::parse(word).ok()).next_back()
}

fn names(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_part)?;
        let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |length| start + length);
        at = end;
        Some(start..end)
    })
    .filter(|range| is_name(&text[range.clone()]))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
