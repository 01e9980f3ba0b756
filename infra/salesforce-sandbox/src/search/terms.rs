//! Parser of the search string: words, phrases and operators.

use super::term::Term;
use crate::query::SyntaxError;

/// The condition that a record must satisfy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    /// Consecutive words.
    Term(Term),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
}

/// Length in characters above which a search string finds nothing.
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_syntax.htm>
const MAX_LEN: usize = 10_000;
/// Length in characters above which operators are ignored.
const MAX_LEN_WITH_OPERATORS: usize = 4_000;
/// Maximum nesting of parentheses; our own limit, to protect the stack.
const MAX_DEPTH: usize = 100;
const RESERVED: &str = "&|!(){}[]^\"~*?:\\'+-";

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Term(String, usize),
    And,
    Or,
    Not,
    Open,
    Close,
}

/// Parses a search string that begins at `start` of the caller's text; `None` if it is too long to find anything.
pub(crate) fn expression(text: &str, start: usize) -> Result<Option<Expression>, SyntaxError> {
    let length = text.chars().count();
    let mut words = words(text, start)?;
    if length > MAX_LEN {
        return Ok(None);
    }
    if length > MAX_LEN_WITH_OPERATORS {
        words.retain(|word| matches!(word, Word::Term(..)));
    }
    let mut reader = Reader { words, next: 0, end: start + length, depth: 0 };
    let expression = reader.any()?;
    if reader.next < reader.words.len() {
        return Err(reader.unexpected());
    }
    Ok(Some(expression))
}

fn words(text: &str, start: usize) -> Result<Vec<Word>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        match c {
            c if c.is_whitespace() => at += 1,
            '(' | ')' => {
                words.push(if c == '(' { Word::Open } else { Word::Close });
                at += 1;
            }
            '"' => {
                let (phrase, end) = read(&chars, at + 1, start, |c| c == '"')?;
                if end == chars.len() {
                    return Err(SyntaxError::new(start + at, "Malformed search: unclosed quotation mark"));
                }
                words.push(term(phrase, start + at)?);
                at = end + 1;
            }
            _ => {
                let (word, end) = read(&chars, at, start, |c| c.is_whitespace() || matches!(c, '(' | ')' | '"'))?;
                words.push(match word.to_ascii_uppercase().as_str() {
                    "AND" => Word::And,
                    "OR" => Word::Or,
                    "NOT" => Word::Not,
                    _ => term(word, start + at)?,
                });
                at = end;
            }
        }
    }
    Ok(words)
}

/// Reads up to the character that ends the word. Escaped characters are punctuation, which search ignores.
fn read(
    chars: &[char],
    from: usize,
    start: usize,
    ends: impl Fn(char) -> bool,
) -> Result<(String, usize), SyntaxError> {
    let mut text = String::new();
    let mut at = from;
    while let Some(&c) = chars.get(at).filter(|&&c| !ends(c)) {
        if c == '\\' {
            at += 1;
            let escaped = chars.get(at).copied().filter(|&c| RESERVED.contains(c));
            escaped.ok_or_else(|| SyntaxError::new(start + at, "Malformed search: illegal escape"))?;
            text.push(' ');
        } else if RESERVED.contains(c) && !matches!(c, '*' | '?') {
            return Err(SyntaxError::new(start + at, format!("Malformed search token: {c}")));
        } else {
            text.push(c);
        }
        at += 1;
    }
    Ok((text, at))
}

fn term(text: String, at: usize) -> Result<Word, SyntaxError> {
    if text.starts_with(['*', '?']) {
        return Err(SyntaxError::new(at, "Malformed search: a wildcard may not come first"));
    }
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        return Err(SyntaxError::new(at, "search term must be longer than one character"));
    }
    Ok(Word::Term(text, at))
}

struct Reader {
    words: Vec<Word>,
    next: usize,
    end: usize,
    depth: usize,
}

impl Reader {
    /// Operands of `OR`, which has the lowest precedence.
    fn any(&mut self) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.all()?];
        while self.take(&Word::Or) {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    /// Operands of `AND`, which is implied between adjacent words.
    fn all(&mut self) -> Result<Expression, SyntaxError> {
        let mut parts = vec![self.one()?];
        while matches!(self.words.get(self.next), Some(Word::Term(..) | Word::Open | Word::And)) {
            let negated = self.take(&Word::And) && self.take(&Word::Not);
            let part = self.one()?;
            parts.push(if negated { Expression::Not(Box::new(part)) } else { part });
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn one(&mut self) -> Result<Expression, SyntaxError> {
        if let Some(Word::Term(text, _)) = self.words.get(self.next) {
            self.next += 1;
            return Ok(Expression::Term(Term::new(text)));
        }
        if self.depth == MAX_DEPTH || !self.take(&Word::Open) {
            return Err(self.unexpected());
        }
        self.depth += 1;
        let inner = self.any()?;
        self.depth -= 1;
        if self.take(&Word::Close) { Ok(inner) } else { Err(self.unexpected()) }
    }

    fn take(&mut self, word: &Word) -> bool {
        let found = self.words.get(self.next) == Some(word);
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self) -> SyntaxError {
        let at = match self.words.get(self.next) {
            Some(Word::Term(_, at)) => *at,
            _ => self.end,
        };
        SyntaxError::new(at, "Malformed search: unexpected operator or end")
    }
}

#[cfg(test)]
mod tests {
    use super::{Expression, Term, expression};
    use crate::search::term::Pattern;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        fn show(expression: &Expression) -> String {
            let text = |term: &Term| {
                let words = term.words().iter().map(Pattern::as_str);
                words.collect::<Vec<_>>().join(" ")
            };
            let join = |parts: &[Expression]| parts.iter().map(show).collect::<Vec<_>>().join(" ");
            match expression {
                Expression::Term(term) => text(term),
                Expression::All(parts) => format!("all({})", join(parts)),
                Expression::Any(parts) => format!("any({})", join(parts)),
                Expression::Not(part) => format!("not({})", show(part)),
            }
        }
        let shown = match expression(text, 0) {
            Ok(found) => found.as_ref().map_or_else(|| "nothing".to_owned(), show),
            Err(error) => format!("{}: {}", error.at, error.message),
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn operators_have_the_documented_precedence() {
        check("jane roe", "all(jane roe)");
        check("\"jane roe\" OR acme AND NOT ltd", "any(jane roe all(acme not(ltd)))");
        check("(aa OR bb) cc", "all(any(aa bb) cc)");
    }

    #[test]
    fn reserved_characters_must_be_escaped() {
        check("415-555", "3: Malformed search token: -");
        check(r"\+33612", "33612");
        check("\"4155", "0: Malformed search: unclosed quotation mark");
    }

    #[test]
    fn invalid_terms_are_refused() {
        check("x", "0: search term must be longer than one character");
        check("*12", "0: Malformed search: a wildcard may not come first");
        check("aa OR", "5: Malformed search: unexpected operator or end");
    }

    #[test]
    fn long_strings_ignore_operators_and_longer_ones_find_nothing() {
        let many = |count: usize| vec!["33612345678"; count].join(" OR ");
        check(&many(2), "any(33612345678 33612345678)");
        let long = expression(&many(280), 0).unwrap();
        assert!(matches!(long, Some(Expression::All(terms)) if terms.len() == 280));
        check(&many(700), "nothing");
    }
}
