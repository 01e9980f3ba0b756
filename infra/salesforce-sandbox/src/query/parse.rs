//! Recursive-descent parser, one function per grammar rule.

use super::{
    ast::{Comparison, Condition, Item, Literal, Name, Order, Select},
    lexer::{Spanned, SyntaxError, Token, tokens},
};
use crate::time;

/// Maximum length of a statement, in characters.
/// <https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-soslsoql.html>
const MAX_LEN: usize = 100_000;

/// Maximum nesting of conditions and queries; our own limit, to protect the stack.
const MAX_DEPTH: usize = 100;

/// Parses a SOQL query.
pub(crate) fn select(text: &str) -> Result<Select, SyntaxError> {
    if text.chars().count() > MAX_LEN {
        return Err(SyntaxError::new(MAX_LEN, format!("SOQL statements cannot be longer than {MAX_LEN} characters.")));
    }
    let mut parser = Parser::new(text, 0)?;
    let select = parser.select()?;
    parser.end()?;
    Ok(select)
}

/// Reads tokens from left to right.
#[derive(Debug)]
pub(crate) struct Parser {
    tokens: Vec<Spanned>,
    next: usize,
    end: usize,
    /// Number of open parentheses, `NOT`s and subqueries.
    depth: usize,
}

impl Parser {
    /// A parser of `text`; `start` is the position of `text` in the caller's text.
    pub(crate) fn new(text: &str, start: usize) -> Result<Self, SyntaxError> {
        Ok(Self { tokens: tokens(text, start)?, next: 0, end: start + text.chars().count(), depth: 0 })
    }

    fn select(&mut self) -> Result<Select, SyntaxError> {
        self.expect("SELECT")?;
        let mut items = vec![self.item()?];
        while self.symbol(",") {
            items.push(self.item()?);
        }
        self.expect("FROM")?;
        let from = self.name()?;
        let filter = self.filter()?;
        let order = self.order()?;
        let limit = self.count_after("LIMIT")?;
        let offset = self.count_after("OFFSET")?.unwrap_or(0);
        Ok(Select { items, from, filter, order, limit, offset })
    }

    /// Parses a nested element, up to the maximum depth.
    fn nested<T>(&mut self, read: fn(&mut Self) -> Result<T, SyntaxError>) -> Result<T, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(SyntaxError::new(self.end, "the query is too deeply nested"));
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    fn item(&mut self) -> Result<Item, SyntaxError> {
        if self.symbol("(") {
            let inner = self.nested(Self::select)?;
            self.require_symbol(")")?;
            return Ok(Item::Children(Box::new(inner)));
        }
        let name = self.name()?;
        if !self.symbol("(") {
            return Ok(Item::Field(name));
        }
        let item = match name.text.to_ascii_uppercase().as_str() {
            "COUNT" if self.symbol(")") => return Ok(Item::Count),
            "COUNT" => Item::CountOf(self.name()?),
            "FIELDS" => {
                self.name()?;
                Item::AllFields
            }
            _ => return Err(SyntaxError::new(name.at, format!("unexpected token: '{}'", name.text))),
        };
        self.require_symbol(")")?;
        Ok(item)
    }

    /// An optional `WHERE …`.
    pub(crate) fn filter(&mut self) -> Result<Option<Condition>, SyntaxError> {
        if self.word("WHERE") { self.condition().map(Some) } else { Ok(None) }
    }

    /// Conditions joined by either `AND` or `OR`; SOQL refuses a mix without parentheses.
    pub(crate) fn condition(&mut self) -> Result<Condition, SyntaxError> {
        let mut parts = vec![self.term()?];
        let any = match self.peek_word() {
            Some(word) if word.eq_ignore_ascii_case("AND") => false,
            Some(word) if word.eq_ignore_ascii_case("OR") => true,
            _ => return Ok(parts.remove(0)),
        };
        while self.word(if any { "OR" } else { "AND" }) {
            parts.push(self.term()?);
        }
        if self.peek_word().is_some_and(|word| word.eq_ignore_ascii_case(if any { "AND" } else { "OR" })) {
            return Err(self.unexpected());
        }
        Ok(if any { Condition::Any(parts) } else { Condition::All(parts) })
    }

    fn term(&mut self) -> Result<Condition, SyntaxError> {
        if self.word("NOT") {
            return Ok(Condition::Not(Box::new(self.nested(Self::term)?)));
        }
        if self.symbol("(") {
            let inner = self.nested(Self::condition)?;
            self.require_symbol(")")?;
            return Ok(inner);
        }
        let field = self.name()?;
        if self.word("NOT") {
            self.expect("IN")?;
            return self.among(field, true);
        }
        if self.word("IN") {
            return self.among(field, false);
        }
        let comparison = self.comparison()?;
        Ok(Condition::Compare { field, comparison, value: self.literal()? })
    }

    fn among(&mut self, field: Name, negated: bool) -> Result<Condition, SyntaxError> {
        self.require_symbol("(")?;
        if self.peek_word().is_some_and(|word| word.eq_ignore_ascii_case("SELECT")) {
            let select = Box::new(self.nested(Self::select)?);
            self.require_symbol(")")?;
            return Ok(Condition::AmongSelected { field, select, negated });
        }
        let mut values = vec![self.literal()?];
        while self.symbol(",") {
            values.push(self.literal()?);
        }
        self.require_symbol(")")?;
        Ok(Condition::Among { field, values, negated })
    }

    fn comparison(&mut self) -> Result<Comparison, SyntaxError> {
        if self.word("LIKE") {
            return Ok(Comparison::Like);
        }
        let comparison = match self.peek() {
            Some(Token::Symbol("=")) => Comparison::Equal,
            Some(Token::Symbol("!=" | "<>")) => Comparison::NotEqual,
            Some(Token::Symbol("<")) => Comparison::Less,
            Some(Token::Symbol("<=")) => Comparison::LessOrEqual,
            Some(Token::Symbol(">")) => Comparison::Greater,
            Some(Token::Symbol(">=")) => Comparison::GreaterOrEqual,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(comparison)
    }

    fn literal(&mut self) -> Result<Literal, SyntaxError> {
        let error = self.unexpected();
        let literal = match self.peek() {
            Some(Token::Text(raw)) => Some(Literal::Text(raw.clone())),
            Some(Token::Value(text)) => number_or_date(text),
            Some(Token::Word(word)) => word_literal(word),
            Some(Token::Symbol(_)) | None => None,
        };
        self.next += 1;
        literal.ok_or(error)
    }

    /// An optional `ORDER BY …`.
    pub(crate) fn order(&mut self) -> Result<Vec<Order>, SyntaxError> {
        let mut order = Vec::new();
        if !self.word("ORDER") {
            return Ok(order);
        }
        self.expect("BY")?;
        loop {
            let field = self.name()?;
            let descending = self.word("DESC");
            if !descending {
                self.word("ASC");
            }
            let mut nulls_last = false;
            if self.word("NULLS") {
                nulls_last = self.word("LAST");
                if !nulls_last {
                    self.expect("FIRST")?;
                }
            }
            order.push(Order { field, descending, nulls_last });
            if !self.symbol(",") {
                return Ok(order);
            }
        }
    }

    /// An optional `LIMIT n` or `OFFSET n`.
    pub(crate) fn count_after(&mut self, keyword: &str) -> Result<Option<usize>, SyntaxError> {
        if !self.word(keyword) {
            return Ok(None);
        }
        let error = self.unexpected();
        let Some(Token::Value(text)) = self.peek() else { return Err(error) };
        let count = text.parse().map_err(|_| error)?;
        self.next += 1;
        Ok(Some(count))
    }

    /// A name or dotted path.
    pub(crate) fn name(&mut self) -> Result<Name, SyntaxError> {
        match self.tokens.get(self.next) {
            Some(Spanned { token: Token::Word(text), at }) => {
                self.next += 1;
                Ok(Name { text: text.clone(), at: *at })
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Consumes the keyword if it is next.
    pub(crate) fn word(&mut self, keyword: &str) -> bool {
        let found = self.peek_word().is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    /// Consumes the symbol if it is next.
    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(next)) if *next == symbol);
        self.next += usize::from(found);
        found
    }

    pub(crate) fn require_symbol(&mut self, symbol: &str) -> Result<(), SyntaxError> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect(&mut self, keyword: &str) -> Result<(), SyntaxError> {
        if self.word(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Requires the end of the text.
    pub(crate) fn end(&self) -> Result<(), SyntaxError> {
        if self.next < self.tokens.len() { Err(self.unexpected()) } else { Ok(()) }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|spanned| &spanned.token)
    }

    fn peek_word(&self) -> Option<&str> {
        self.peek().and_then(|token| if let Token::Word(word) = token { Some(word.as_str()) } else { None })
    }

    pub(crate) fn unexpected(&self) -> SyntaxError {
        let Some(spanned) = self.tokens.get(self.next) else {
            return SyntaxError::new(self.end, "unexpected token: '<EOF>'");
        };
        let text = match &spanned.token {
            Token::Word(text) | Token::Value(text) | Token::Text(text) => text.as_str(),
            Token::Symbol(symbol) => symbol,
        };
        SyntaxError::new(spanned.at, format!("unexpected token: '{text}'"))
    }
}

fn number_or_date(text: &str) -> Option<Literal> {
    let date = time::parse_date(text).map(Literal::Date);
    let instant = || time::parse_datetime(text).map(Literal::DateTime);
    date.or_else(instant).or_else(|| text.parse().ok().map(Literal::Number))
}

fn word_literal(word: &str) -> Option<Literal> {
    let upper = word.to_ascii_uppercase();
    let days = |from, to| Some(Literal::Days { from, to });
    match (upper.as_str(), upper.split_once(':')) {
        ("NULL", _) => Some(Literal::Null),
        ("TRUE", _) => Some(Literal::Boolean(true)),
        ("FALSE", _) => Some(Literal::Boolean(false)),
        ("YESTERDAY", _) => days(-1, -1),
        ("TODAY", _) => days(0, 0),
        ("TOMORROW", _) => days(1, 1),
        (_, Some(("LAST_N_DAYS", count))) => days(-count.parse::<i64>().ok()?, 0),
        (_, Some(("NEXT_N_DAYS", count))) => days(1, count.parse::<i64>().ok()?),
        _ => None,
    }
}
