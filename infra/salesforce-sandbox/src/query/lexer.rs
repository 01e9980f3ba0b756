//! Lexer of SOQL, and of SOSL after its search string.

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A keyword, a name or a dotted path.
    Word(String),
    /// The raw text between two quotes.
    Text(String),
    /// A number, date or instant.
    Value(String),
    Symbol(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) struct Spanned {
    pub(crate) token: Token,
    /// Position in characters, from 0.
    pub(crate) at: usize,
}

/// A syntax error and its position.
#[derive(Clone, Debug)]
pub(crate) struct SyntaxError {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl SyntaxError {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// The error in Salesforce's format: the surrounding text, a caret, row and column.
    pub(crate) fn explain(&self, source: &str) -> String {
        let from = self.at.saturating_sub(40);
        let context: String =
            source.chars().skip(from).take(80).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let caret = " ".repeat(self.at - from);
        format!("\n{context}\n{caret}^\nERROR at Row:1:Column:{}\n{}", self.at + 1, self.message)
    }
}

/// Maximum length of a string literal, in characters including escapes.
const MAX_LITERAL: usize = 4_000;

// Longest first.
const SYMBOLS: &[&str] = &["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "[", "]", "{", "}"];

/// Splits the text into tokens; `start` is the position of `text` in the caller's text.
pub(crate) fn tokens(text: &str, start: usize) -> Result<Vec<Spanned>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&first) = chars.get(at) {
        if first.is_whitespace() {
            at += 1;
            continue;
        }
        let (token, end) = token(&chars, at).map_err(|error| SyntaxError { at: error.at + start, ..error })?;
        tokens.push(Spanned { token, at: at + start });
        at = end;
    }
    Ok(tokens)
}

fn token(chars: &[char], at: usize) -> Result<(Token, usize), SyntaxError> {
    let first = chars[at];
    let run = |accepts: fn(char) -> bool| at + chars[at..].iter().take_while(|&&c| accepts(c)).count();
    let text = |end: usize| chars[at..end].iter().collect::<String>();
    if first == '\'' {
        return quoted(chars, at);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let end = run(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'));
        return Ok((Token::Word(text(end)), end));
    }
    if first.is_ascii_digit() || matches!(first, '+' | '-' | '.') {
        let end = run(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':'));
        return Ok((Token::Value(text(end)), end));
    }
    let symbol = SYMBOLS.iter().find(|symbol| symbol.chars().eq(chars[at..].iter().copied().take(symbol.len())));
    let symbol = symbol.ok_or_else(|| SyntaxError::new(at, format!("unexpected token: '{first}'")))?;
    Ok((Token::Symbol(symbol), at + symbol.len()))
}

fn quoted(chars: &[char], at: usize) -> Result<(Token, usize), SyntaxError> {
    let mut end = at + 1;
    loop {
        match chars.get(end) {
            Some('\'') if end - at > MAX_LITERAL + 1 => {
                let message = format!("string literals cannot be longer than {MAX_LITERAL} characters");
                return Err(SyntaxError::new(at, message));
            }
            Some('\'') => return Ok((Token::Text(chars[at + 1..end].iter().collect()), end + 1)),
            Some('\\') => {
                let escaped = chars.get(end + 1).copied().unwrap_or_default();
                if !matches!(
                    escaped,
                    '\\' | '\'' | '"' | 'n' | 'r' | 't' | 'b' | 'f' | 'N' | 'R' | 'T' | 'B' | 'F' | '%' | '_'
                ) {
                    return Err(SyntaxError::new(end, format!("Illegal escape sequence: \\{escaped}")));
                }
                end += 2;
            }
            Some('\n' | '\r') | None => return Err(SyntaxError::new(at, "unexpected end of string")),
            Some(_) => end += 1,
        }
    }
}

/// Resolves the escapes in a literal's raw text. Escaped wildcards are special in `LIKE` only.
pub(crate) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { escaped(chars.next().unwrap_or_default()) } else { c });
    }
    text
}

pub(crate) fn escaped(c: char) -> char {
    match c.to_ascii_lowercase() {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        _ => c,
    }
}
