//! Cuts a field into the numbers that stand in it: what belongs to one number, where the next begins, and extensions.

use super::divide::{MIN_PART, divide};
use super::extension::is_extension_word;
use super::plain::{ENDS, is_mark, plain};
use super::vanity::spell_out;

/// The most numbers of a field that are read.
pub(super) const MAX_NUMBERS: usize = 8;
/// Fewer digits than any number within a country has.
pub(super) const MIN_DIGITS: usize = 5;
/// The most digits of an extension.
const MAX_EXTENSION: usize = 7;

/// The numbers of a field, not yet understood.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) numbers: Vec<Piece>,
    /// Digits that belong to no number, with the reason, as sentences.
    pub(super) ignored: Vec<String>,
    /// Whether there was more than is read.
    pub(super) is_cut: bool,
}

/// The digits of one number, as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) has_plus: bool,
    pub(super) groups: Vec<Group>,
    /// The numbers that it may consist of if it is not one.
    pub(super) parts: Vec<Piece>,
}

/// Consecutive digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) digits: String,
    /// Whether they alone stand in parentheses, as in `+44 (0)20`.
    pub(super) in_parentheses: bool,
    /// Whether a mark stands before them that may also separate two numbers.
    pub(super) may_begin: bool,
    /// Whether nothing but a point stands before them.
    pub(super) is_after_point: bool,
}

impl Piece {
    pub(super) fn digits(&self) -> String {
        self.groups.iter().map(|group| group.digits.as_str()).collect()
    }

    /// The digits without what is dialled only within the country, as in `+44 (0)20`: some put it there although the
    /// country has no trunk prefix.
    pub(super) fn without_trunk_prefix(&self) -> String {
        // A country code stands before it.
        let code = self.groups.first().map_or("", |first| first.digits.trim_start_matches('0'));
        let is_trunk_prefix = |(index, group): &(usize, &Group)| {
            *index == 1
                && code.len() <= 3
                && group.in_parentheses
                && matches!(group.digits.as_str(), "0" | "00" | "06" | "1" | "8")
        };
        let groups = self.groups.iter().enumerate().filter(|group| !is_trunk_prefix(group));
        groups.map(|(_, group)| group.digits.as_str()).collect()
    }

    /// Whether a country code may stand at the beginning: as a group of its own, or in one that goes on.
    pub(super) fn may_begin_with(&self, code: &str) -> bool {
        self.groups.first().is_some_and(|first| first.digits == code || MIN_DIGITS < first.digits.len())
    }

    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(|group| group.digits.len()).sum()
    }

    pub(super) fn from_groups(has_plus: bool, groups: &[Group]) -> Self {
        Self { has_plus, groups: groups.to_vec(), parts: Vec::new() }
    }

    /// How many digits stand before a group.
    pub(super) fn len_to(&self, index: usize) -> usize {
        self.groups[..index].iter().map(|group| group.digits.len()).sum()
    }
}

/// Cuts a text into numbers.
pub(super) fn pieces(text: &str) -> Pieces {
    let (mut text, is_cut) = plain(text);
    expand_exponent(&mut text);
    expand_context(&mut text);
    spell_out(&mut text);
    let mut cutter = Cutter::default();
    cutter.found.is_cut = is_cut;
    for token in tokens(&text) {
        match token {
            Token::Digits(digits) => cutter.digits(digits),
            Token::Word(word) => cutter.word(&word),
            Token::Plus => cutter.plus(),
            Token::Separator(separator) => cutter.separator(separator),
        }
    }
    cutter.finish();
    cutter.found
}

enum Token {
    Digits(String),
    Word(String),
    Plus,
    Separator(String),
}

fn tokens(text: &[char]) -> impl Iterator<Item = Token> {
    let kind = |c: &char| match c {
        _ if c.is_ascii_digit() => 0,
        _ if c.is_alphabetic() => 1,
        '+' => 2,
        _ => 3,
    };
    text.chunk_by(move |a, b| kind(a) == kind(b) && kind(a) != 2).map(move |chunk| {
        let text: String = chunk.iter().collect();
        match kind(&chunk[0]) {
            0 => Token::Digits(text),
            1 => Token::Word(text),
            2 => Token::Plus,
            _ => Token::Separator(text),
        }
    })
}

/// The state of cutting: tokens come in one after the other.
#[derive(Default)]
struct Cutter {
    found: Pieces,
    current: Piece,
    /// The separator since the last digits or word.
    separator: String,
    /// An opening parenthesis was not closed yet.
    is_open: bool,
    /// Nothing but an extension can follow the current number.
    is_closed: bool,
    /// The next digits are an extension.
    awaits_extension: bool,
    /// The last word before the current number.
    label: String,
}

impl Cutter {
    fn digits(&mut self, digits: String) {
        if self.awaits_extension && digits.len() <= MAX_EXTENSION {
            self.found.ignored.push(format!("{digits} is an extension."));
            self.awaits_extension = false;
            self.is_closed = true;
            self.separator.clear();
            return;
        }
        if self.awaits_extension || self.is_closed {
            let has_plus = self.current.groups.is_empty() && self.current.has_plus;
            self.finish();
            self.current.has_plus = has_plus;
        }
        let separator = std::mem::take(&mut self.separator);
        let may_begin = separator.contains(is_mark) || separator.contains(" - ") || separator.contains("  ");
        let in_parentheses = separator.ends_with('(');
        let is_after_point = separator == ".";
        self.current.groups.push(Group { digits, in_parentheses, may_begin, is_after_point });
    }

    fn word(&mut self, word: &str) {
        let has_number = MIN_DIGITS <= self.current.len();
        if has_number && is_extension_word(word) && !self.awaits_extension {
            self.awaits_extension = true;
        } else if self.awaits_extension && self.separator.is_empty() {
            // "x" of "xt." and the like.
        } else {
            self.finish();
            word.clone_into(&mut self.label);
        }
        self.separator.clear();
    }

    fn plus(&mut self) {
        if !self.current.groups.is_empty() {
            self.finish();
        }
        self.current.has_plus = true;
        self.separator.clear();
    }

    fn separator(&mut self, separator: String) {
        // Only a group that is closed at once stood in parentheses alone.
        if let Some(last) = self.current.groups.last_mut() {
            last.in_parentheses &= separator.starts_with(')');
        }
        if separator.starts_with(')') && !self.is_open {
            self.drop_item_number();
        }
        self.is_open = match separator.rfind(['(', ')']) {
            Some(at) => separator[at..].starts_with('('),
            None => self.is_open,
        };
        let has_number = MIN_DIGITS <= self.current.len();
        let is_pause = 2 <= separator.len() && separator.chars().all(|c| c == ',');
        match separator.chars().find(|c| ENDS.contains(*c)) {
            Some('@') if self.label != "sip" && self.label != "sips" => {
                self.current = Piece::default();
                self.is_closed = false;
            }
            Some('#') if has_number && !self.is_closed => self.awaits_extension = true,
            // A code such as *31#.
            Some('*' | '#') => self.finish(),
            Some(',') if is_pause && has_number => self.awaits_extension = true,
            Some(_) if !self.current.groups.is_empty() => self.is_closed = true,
            Some(_) | None => {}
        }
        self.separator = separator;
    }

    /// Leaves out the number of an item, as in "1) 06 12 34 56 78", which ends the number before it.
    fn drop_item_number(&mut self) {
        let before = self.current.groups.len().saturating_sub(1);
        let len = self.current.len_to(before);
        if self.current.groups.last().is_some_and(|last| last.digits.len() <= 2) && (len == 0 || MIN_PART <= len) {
            self.current.groups.truncate(before);
            self.finish();
        }
    }

    /// Ends the current number.
    fn finish(&mut self) {
        let piece = std::mem::take(&mut self.current);
        (self.is_closed, self.awaits_extension) = (false, false);
        if piece.groups.is_empty() {
            return;
        }
        for piece in divide(piece, &mut self.found.ignored) {
            let digits = piece.digits();
            if digits.len() < MIN_DIGITS {
                self.found.ignored.push(format!("{digits} is too short for a phone number."));
            } else if self.found.numbers.len() == MAX_NUMBERS {
                self.found.is_cut = true;
            } else {
                self.found.numbers.push(piece);
            }
        }
    }
}

/// A spreadsheet writes a long number as `3.3612345678E+10`. With fewer digits, the number is lost.
fn expand_exponent(text: &mut Vec<char>) {
    if !text.contains(&'e') {
        return;
    }
    let whole: String = text.iter().collect();
    let expanded = || {
        let (mantissa, exponent) = whole.trim().split_once("e+")?;
        let (first, decimals) = mantissa.split_once(['.', ','])?;
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_whole = first.len() == 1 && is_digits(first) && is_digits(decimals) && is_digits(exponent);
        (is_whole && exponent.parse() == Ok(decimals.len())).then(|| format!("{first}{decimals}").chars().collect())
    };
    if let Some(expanded) = expanded() {
        *text = expanded;
    }
}

/// `tel:612345678;phone-context=+33` is `+33612345678` (RFC 3966).
fn expand_context(text: &mut Vec<char>) {
    if !text.contains(&'=') {
        return;
    }
    let whole: String = text.iter().collect();
    if let Some((number, rest)) = whole.split_once(";phone-context=+") {
        let code = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let number = number.trim().trim_start_matches("tel:");
        if !number.starts_with('+') {
            *text = format!("+{code} {number}{}", &rest[code.len()..]).chars().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = pieces(text);
        let shown = |piece: &Piece| format!("{}{}", if piece.has_plus { "+" } else { "" }, piece.digits());
        assert_eq!(found.numbers.iter().map(shown).collect::<Vec<_>>(), expected, "{text}: {:?}", found.ignored);
    }

    #[test]
    fn one_number_is_one_piece_whatever_its_separators() {
        check("+33 (0)6/39/98/00/02", &["+330639980002"]);
        check("(415) 555-0132", &["4155550132"]);
        check("tel:+33-6.12.34.56.78", &["+33612345678"]);
        check("sip:+33612345678@example.com;user=phone", &["+33612345678"]);
        check("mob: 06 12 34 56 78 (private)", &["0612345678"]);
        check("030/1234567", &["0301234567"]);
    }

    #[test]
    fn extensions_are_cut_off() {
        for text in [
            "(415) 555-0132 x204",
            "(415) 555-0132 ext. 7",
            "415-555-0132 #9",
            "415 555 0132;ext=12",
            "415 555 0132,,,204",
            "415 555 0132 poste 12",
            "415 555 0132 Durchwahl 12",
            "415 555 0132 - DW 12",
            "415 555 0132 (int. 12)",
            "415 555 0132 доб. 12",
            "4155550132p1w2",
            "415 555 0132, extension 12",
        ] {
            check(text, &["4155550132"]);
        }
    }

    #[test]
    fn several_numbers_are_several_pieces() {
        let both = ["4155550132", "4155550199"];
        for text in [
            "415 555 0132 / 415 555 0199",
            "(415) 555-0132; (415) 555-0199",
            "415 555 0132, 415 555 0199",
            "415-555-0132 or 415-555-0199",
            "office 415 555 0132 mob 415 555 0199",
            "415 555 0132 x12 / 415 555 0199 x13",
            "415 555 0132 415 555 0199",
            "415-555-0132\n415-555-0199",
            "415 555 0132 - 415 555 0199",
            "415 555 0132 & 415 555 0199",
            "415 555 0132 / 415 555 0199 / 112",
        ] {
            check(text, &both);
        }
        check("+33612345678+33698765432", &["+33612345678", "+33698765432"]);
        check("06 12 34 56 78 06 98 76 54 32", &["0612345678", "0698765432"]);
        check("1) 06 12 34 56 78 2) 06 98 76 54 32", &["0612345678", "0698765432"]);
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        for text in ["", "n/a", "Jane Roe", "112", "ext 5", "john.0612345678@example.com", "*31#", "12/05"] {
            check(text, &[]);
        }
        check("*31#0612345678", &["0612345678"]);
        check("030 1234567/8", &["0301234567"]);
    }

    #[test]
    fn leftovers_of_spreadsheets_are_read() {
        check("33612345678.0", &["33612345678"]);
        check("'0612345678", &["0612345678"]);
        check("3.3612345678E+10", &["33612345678"]);
        check("3.36123E+10", &["336123"]);
    }

    #[test]
    fn at_most_eight_numbers_are_read() {
        let text = (0..9).map(|n| format!("555{n:04}")).collect::<Vec<_>>().join(";");
        let found = pieces(&text);
        assert_eq!((found.numbers.len(), found.is_cut), (MAX_NUMBERS, true));
        assert!(pieces(&format!("0612345678 {}", "x".repeat(80))).is_cut);
    }
}
