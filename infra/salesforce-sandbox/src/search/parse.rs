//! Parser of `FIND {…} IN … FIELDS RETURNING … LIMIT n`.

use super::terms::{Expression, expression};
use crate::query::{
    Parser, SyntaxError,
    ast::{Condition, Name, Order},
};

/// A parsed search.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// `None` if the search string is too long to find anything.
    pub(crate) expression: Option<Expression>,
    pub(crate) group: Group,
    /// If empty, the ids of all searchable objects are returned.
    pub(crate) returning: Vec<Returning>,
    pub(crate) limit: usize,
}

/// The fields that are searched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Group {
    All,
    Name,
    Email,
    Phone,
}

/// The `RETURNING` clause of one object.
#[derive(Clone, Debug)]
pub(crate) struct Returning {
    pub(crate) object: Name,
    pub(crate) fields: Vec<Name>,
    pub(crate) filter: Option<Condition>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<usize>,
    pub(crate) offset: usize,
}

/// Maximum number of results of a search.
pub(crate) const LIMIT: usize = 2_000;

/// Parses a SOSL search.
pub(crate) fn search(text: &str) -> Result<Search, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let (from, to) = braces(&chars)?;
    let find: String = chars[from..to].iter().collect();
    let rest: String = chars[to + 1..].iter().collect();
    let mut parser = Parser::new(&rest, to + 1)?;
    let group = if parser.word("IN") { in_fields(&mut parser)? } else { Group::All };
    let mut returning = Vec::new();
    if parser.word("RETURNING") {
        returning.push(one(&mut parser)?);
        while parser.symbol(",") {
            returning.push(one(&mut parser)?);
        }
    }
    let limit = parser.count_after("LIMIT")?.unwrap_or(LIMIT);
    parser.end()?;
    if limit > LIMIT {
        return Err(SyntaxError::new(to, format!("Maximum SOSL limit allowed is {LIMIT}")));
    }
    Ok(Search { expression: expression(&find, from)?, group, returning, limit })
}

/// The start and end of the search string.
fn braces(chars: &[char]) -> Result<(usize, usize), SyntaxError> {
    let text: String = chars.iter().collect();
    let open = chars.iter().position(|&c| c == '{').unwrap_or(chars.len());
    let keyword: String = chars[..open].iter().collect();
    if !keyword.trim().eq_ignore_ascii_case("FIND") {
        let word = text.split_whitespace().next().unwrap_or("<EOF>");
        return Err(SyntaxError::new(0, format!("unexpected token: {word}")));
    }
    let mut at = open + 1;
    while let Some(&c) = chars.get(at) {
        match c {
            '}' => return Ok((open + 1, at)),
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    Err(SyntaxError::new(open, "Malformed search: no closing brace"))
}

fn in_fields(parser: &mut Parser) -> Result<Group, SyntaxError> {
    let name = parser.name()?;
    let unknown = || SyntaxError::new(name.at, format!("Malformed search token: {}", name.text));
    let group = group(&name.text).ok_or_else(unknown)?;
    if parser.word("FIELDS") { Ok(group) } else { Err(parser.unexpected()) }
}

/// The group of that name, ignoring case.
pub(crate) fn group(name: &str) -> Option<Group> {
    match name.to_ascii_uppercase().as_str() {
        "ALL" | "SIDEBAR" => Some(Group::All),
        "NAME" => Some(Group::Name),
        "EMAIL" => Some(Group::Email),
        "PHONE" => Some(Group::Phone),
        _ => None,
    }
}

fn one(parser: &mut Parser) -> Result<Returning, SyntaxError> {
    let object = parser.name()?;
    let mut fields = Vec::new();
    if !parser.symbol("(") {
        return Ok(Returning { object, fields, filter: None, order: Vec::new(), limit: None, offset: 0 });
    }
    fields.push(parser.name()?);
    while parser.symbol(",") {
        fields.push(parser.name()?);
    }
    let filter = parser.filter()?;
    let order = parser.order()?;
    let limit = parser.count_after("LIMIT")?;
    let offset = parser.count_after("OFFSET")?.unwrap_or(0);
    parser.require_symbol(")")?;
    Ok(Returning { object, fields, filter, order, limit, offset })
}
