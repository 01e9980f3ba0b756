//! Divides what is written as one number, and may be several.

use super::pieces::{Group, MIN_DIGITS, Piece};

/// The most digits of a number: fifteen, and `00` before them.
const MAX_DIGITS: usize = 17;
/// The fewest digits of a number in a field that holds several.
pub(super) const MIN_PART: usize = 7;

/// The numbers that a run of digits and separators is: usually one. Adds what belongs to none of them to `ignored`.
pub(super) fn divide(mut piece: Piece, ignored: &mut Vec<String>) -> Vec<Piece> {
    ignored.extend(drop_decimals(&mut piece));
    ignored.extend(drop_alternative(&mut piece));
    let most = if piece.has_plus { MAX_DIGITS - 2 } else { MAX_DIGITS };
    if piece.len() <= most {
        piece.parts = at_marks(&piece).or_else(|| alternatives(&piece)).unwrap_or_default();
        return vec![piece];
    }
    let parts = at_marks(&piece).or_else(|| in_equal_parts(&piece)).or_else(|| beside_short(&piece));
    parts.unwrap_or_else(|| {
        ignored.push(format!("{} is too long for a phone number.", piece.digits()));
        Vec::new()
    })
}

/// A spreadsheet writes a number as `33612345678.0`.
fn drop_decimals(piece: &mut Piece) -> Option<String> {
    let [number, decimals] = piece.groups.as_slice() else { return None };
    let is_number = MIN_PART <= number.digits.len();
    let are_decimals = decimals.is_after_point && matches!(decimals.digits.as_str(), "0" | "00");
    let dropped = (is_number && are_decimals).then(|| piece.groups.pop()).flatten()?;
    Some(format!(".{} is the decimals of a spreadsheet.", dropped.digits))
}

/// `030 1234567/8` is two numbers that differ in their last digit: the first is taken.
fn drop_alternative(piece: &mut Piece) -> Option<String> {
    let (last, first) = piece.groups.split_last()?;
    let is_only_mark = last.may_begin && !first.iter().any(|group| group.may_begin);
    let is_alternative = is_only_mark && last.digits.len() <= 2 && MIN_PART <= piece.len_to(first.len());
    let dropped = is_alternative.then(|| piece.groups.pop()).flatten()?;
    Some(format!("/{} is other last digits of the number before it.", dropped.digits))
}

/// The numbers between marks that separate, if each has enough digits.
fn at_marks(piece: &Piece) -> Option<Vec<Piece>> {
    let parts = between_marks(piece);
    (1 < parts.len() && parts.iter().all(may_be_part)).then_some(parts)
}

/// The numbers between marks that separate, if some have enough digits and the others too few for any number.
fn beside_short(piece: &Piece) -> Option<Vec<Piece>> {
    let parts = between_marks(piece);
    let is_clear = parts.iter().all(|part| may_be_part(part) || part.len() < MIN_DIGITS);
    (is_clear && parts.iter().any(may_be_part)).then_some(parts)
}

fn between_marks(piece: &Piece) -> Vec<Piece> {
    parts(piece, |_, group| group.may_begin)
}

/// Two to four numbers of the same length, with nothing between them but the spaces that are also within them.
fn in_equal_parts(piece: &Piece) -> Option<Vec<Piece>> {
    let total = piece.len();
    (2..=4).filter(|count| total.is_multiple_of(*count)).find_map(|count| {
        let len = total / count;
        let parts = parts(piece, |part, _| len <= part.len());
        parts.iter().all(|part| part.len() == len && may_be_part(part)).then_some(parts)
    })
}

/// Consecutive groups, of which each part holds those until the next one `begins`.
fn parts(piece: &Piece, begins: impl Fn(&Piece, &Group) -> bool) -> Vec<Piece> {
    let mut parts: Vec<Piece> = Vec::new();
    for group in &piece.groups {
        match parts.last_mut() {
            Some(part) if !begins(part, group) => part.groups.push(group.clone()),
            _ => parts.push(Piece::from_groups(piece.has_plus && parts.is_empty(), std::slice::from_ref(group))),
        }
    }
    parts
}

fn may_be_part(part: &Piece) -> bool {
    (MIN_PART..=MAX_DIGITS).contains(&part.len())
}

/// The numbers of `415 555 0132/0133`, which differ in their last digits.
fn alternatives(piece: &Piece) -> Option<Vec<Piece>> {
    let (last, first) = piece.groups.split_last()?;
    let first = Piece::from_groups(piece.has_plus, first);
    let (digits, tail) = (first.digits(), &last.digits);
    if !last.may_begin || !(3..=4).contains(&tail.len()) || digits.len() < MIN_PART {
        return None;
    }
    let whole = Group { digits: format!("{}{tail}", &digits[..digits.len() - tail.len()]), ..last.clone() };
    let second = Piece::from_groups(piece.has_plus, &[whole]);
    Some(vec![first, second])
}
