//! One person, several international numbers: what a country's numbering plan changed, and what people leave out.
//!
//! Each rule turns an old or other spelling into the one that is valid now, and no two numbers that are assigned to
//! different people into one. Rules that would are left out: Brazil's trunked radio (`7…`), Egypt's 15x, Vietnam's
//! provinces, Togo's and the Philippines' changes that depend on the operator, Kosovo's former numbers of Serbia and
//! Monaco, which are in use there.

use std::collections::BTreeSet;

use super::E164;

/// A rule of how one spelling becomes another.
struct Rule {
    /// The digits after the plus that it applies to: `x` is any digit, `[2-4]` one of these.
    old: &'static str,
    /// Where digits are replaced, counted from the first digit of the calling code.
    at: usize,
    /// How many digits are removed there.
    removed: usize,
    /// The digits that take their place.
    inserted: &'static str,
}

const fn rule(old: &'static str, at: usize, removed: usize, inserted: &'static str) -> Rule {
    Rule { old, at, removed, inserted }
}

/// The rules by country. libphonenumber's metadata is the source of ranges that are in use; others are named.
const RULES: &[Rule] = &[
    // Argentina: 9 before mobiles, from abroad and in WhatsApp. Within the country, 15 stands after the area code
    // instead, which libphonenumber reads.
    rule("549xxxxxxxxxx", 2, 1, ""),
    // Benin: 01 before all numbers since 30 November 2024. <https://github.com/mobi/telephone_number/issues/138>.
    rule("229[24-69]xxxxxxx", 3, 0, "01"),
    // Brazil: the ninth digit of mobiles, region by region from 2012 to 2016. WhatsApp keeps numbers without it.
    // Landlines ([2-5]) have none. <https://github.com/google/libphonenumber/issues/818>.
    rule("55[1-9][1-9][689]xxxxxxx", 4, 0, "9"),
    // Cameroon: 6 before mobiles since 21 November 2014.
    rule("237[79]xxxxxxx", 3, 0, "6"),
    // Chile: a 2 before landlines, 2012 and 2013.
    rule("562xxxxxxx", 2, 0, "2"),
    rule("563[345]xxxxxx", 4, 0, "2"),
    rule("564[235]xxxxxx", 4, 0, "2"),
    rule("565[123578]xxxxxx", 4, 0, "2"),
    rule("566[13457]xxxxxx", 4, 0, "2"),
    rule("567[1235]xxxxxx", 4, 0, "2"),
    // Colombia: 60 before landlines since 1 September 2021. 46 is in use otherwise.
    rule("57[125-8]xxxxxxx", 2, 0, "60"),
    rule("574[0-57-9]xxxxxx", 2, 0, "60"),
    // Congo: the 0 belongs to the number. <https://github.com/floere/phony/issues/364>.
    rule("242[1456]xxxxxxx", 3, 0, "0"),
    // Ivory Coast: from 8 to 10 digits on 31 January 2021; the operator shows in the second digit of a mobile, and in the
    // third of a landline. WhatsApp keeps 8 digits of old accounts. Source: the lists of
    // <https://github.com/aurellemeless/cipnn>.
    rule("225[04-9][0-3]xxxxxx", 3, 0, "01"),
    rule("225[04-9][4-6]xxxxxx", 3, 0, "05"),
    rule("225[04-9][7-9]xxxxxx", 3, 0, "07"),
    rule("225[23]x0xxxxx", 3, 0, "25"),
    rule("225[23]x8xxxxx", 3, 0, "21"),
    rule("225[23]x[1-79]xxxxx", 3, 0, "27"),
    // Ecuador: 9 before mobiles since 30 September 2012.
    rule("593[89]xxxxxxx", 3, 0, "9"),
    // Egypt: a digit after the operator's since 6 October 2011.
    rule("2010xxxxxxx", 2, 2, "100"),
    rule("2016xxxxxxx", 2, 2, "106"),
    rule("2019xxxxxxx", 2, 2, "109"),
    rule("2011xxxxxxx", 2, 2, "111"),
    rule("2014xxxxxxx", 2, 2, "114"),
    rule("2012xxxxxxx", 2, 2, "122"),
    rule("2017xxxxxxx", 2, 2, "127"),
    rule("2018xxxxxxx", 2, 2, "128"),
    // Eswatini: 2 before landlines since 1 February 2011.
    rule("268[2-5]xxxxxx", 3, 0, "2"),
    // France's overseas departments share its national numbers and have calling codes of their own.
    rule("33690xxxxxx", 0, 2, "590"),
    rule("33691xxxxxx", 0, 2, "590"),
    rule("33590xxxxxx", 0, 2, "590"),
    rule("33694xxxxxx", 0, 2, "594"),
    rule("33594xxxxxx", 0, 2, "594"),
    rule("33696xxxxxx", 0, 2, "596"),
    rule("33697xxxxxx", 0, 2, "596"),
    rule("33596xxxxxx", 0, 2, "596"),
    rule("33692xxxxxx", 0, 2, "262"),
    rule("33693xxxxxx", 0, 2, "262"),
    rule("33639[0-7]xxxxx", 0, 2, "262"),
    rule("33262xxxxxx", 0, 2, "262"),
    rule("33263xxxxxx", 0, 2, "262"),
    // Gabon: from 7 to 8 digits on 15 November 2019; a 0 stood, and stands, before them within the country.
    rule("2411xxxxxx", 3, 1, "11"),
    rule("241[256]xxxxxx", 3, 0, "6"),
    rule("241[47]xxxxxx", 3, 0, "7"),
    rule("24101xxxxxx", 3, 2, "11"),
    rule("2410[256]xxxxxx", 3, 1, "6"),
    rule("2410[47]xxxxxx", 3, 1, "7"),
    rule("24103xxxxxx", 3, 1, ""),
    rule("2410[167]xxxxxxx", 3, 1, ""),
    // Georgia: 2011, mobiles and Tbilisi.
    rule("99577xxxxxx", 3, 0, "5"),
    rule("99593xxxxxx", 3, 0, "5"),
    rule("99599xxxxxx", 3, 0, "5"),
    rule("99532xxxxxx", 5, 0, "2"),
    // Italy: the 0 of landlines belongs to the number. Only where no mobile or special number has the same digits.
    rule("39[26]xxxxxxx", 2, 0, "0"),
    rule("39[26]xxxxxxxx", 2, 0, "0"),
    rule("3911xxxxxxx", 2, 0, "0"),
    rule("3951xxxxxxx", 2, 0, "0"),
    rule("3955xxxxxxx", 2, 0, "0"),
    rule("3981xxxxxxx", 2, 0, "0"),
    // Kosovo: from Slovenia's code to its own, 2016 to 2019.
    rule("38649xxxxxx", 0, 3, "383"),
    // Mauritius: 5 before mobiles since 1 September 2013.
    rule("230[79]xxxxxx", 3, 0, "5"),
    // Mexico: 1 before mobiles until 2019, and in WhatsApp. <https://github.com/chatwoot/chatwoot/pull/14174>.
    rule("521xxxxxxxxxx", 2, 1, ""),
    // Nigeria: 20 before landlines since 1 January 2024.
    rule("234[1-9]xxxxxxx", 3, 0, "20"),
    // Palestine: mobiles are reached by Israel's code too. <https://github.com/google/libphonenumber/issues/1134>.
    rule("97259xxxxxxx", 0, 3, "970"),
    rule("97256xxxxxxx", 0, 3, "970"),
    // San Marino: with and without the area code, by Italy's code too.
    rule("378[89]xxxxx", 3, 0, "0549"),
    rule("378549xxxxxx", 3, 0, "0"),
    rule("390549xxxxxx", 0, 2, "378"),
    rule("39549xxxxxx", 0, 2, "3780"),
    // Sint Maarten: to +1 on 30 September 2011.
    rule("5995xxxxxx", 0, 3, "1721"),
    // Togo: 2 before landlines since 7 August 2011.
    rule("2282xxxxxx", 3, 0, "2"),
    // Uruguay: 4 before landlines outside Montevideo since 29 August 2010.
    rule("5983xxxxxx", 3, 0, "4"),
    rule("5984[013-9]xxxxx", 3, 0, "4"),
    rule("598[5-7]xxxxxx", 3, 0, "4"),
    // Vietnam: mobiles from 10 to 9 digits on 15 September 2018; landlines of Hanoi on 17 June 2017.
    rule("84120xxxxxxx", 2, 3, "70"),
    rule("84121xxxxxxx", 2, 3, "79"),
    rule("84122xxxxxxx", 2, 3, "77"),
    rule("84123xxxxxxx", 2, 3, "83"),
    rule("84124xxxxxxx", 2, 3, "84"),
    rule("84125xxxxxxx", 2, 3, "85"),
    rule("84126xxxxxxx", 2, 3, "76"),
    rule("84127xxxxxxx", 2, 3, "81"),
    rule("84128xxxxxxx", 2, 3, "78"),
    rule("84129xxxxxxx", 2, 3, "82"),
    rule("8416[2-9]xxxxxxx", 2, 2, "3"),
    rule("84186xxxxxxx", 2, 3, "56"),
    rule("84188xxxxxxx", 2, 3, "58"),
    rule("84199xxxxxxx", 2, 3, "59"),
    rule("844xxxxxxxx", 2, 0, "2"),
];

/// The spelling that is valid now.
pub(super) fn canonical(digits: &str) -> Option<String> {
    let mut current = RULES.iter().find_map(|rule| rule.apply(digits))?;
    while let Some(next) = RULES.iter().find_map(|rule| rule.apply(&current)) {
        current = next;
    }
    Some(current)
}

/// Other spellings of a canonical number, as digits after the plus.
pub(super) fn others(canonical: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut next = vec![canonical.to_owned()];
    while let Some(digits) = next.pop() {
        for old in RULES.iter().filter_map(|rule| rule.undo(&digits)) {
            if self::canonical(&old).as_deref() == Some(canonical) && found.insert(old.clone()) {
                next.push(old);
            }
        }
    }
    found
}

impl Rule {
    fn apply(&self, digits: &str) -> Option<String> {
        self.matches(digits).then(|| self.replace(digits))
    }

    fn replace(&self, digits: &str) -> String {
        format!("{}{}{}", &digits[..self.at], self.inserted, &digits[self.at + self.removed..])
    }

    /// The spellings that the rule would turn into these digits.
    fn undo(&self, digits: &str) -> Option<String> {
        let rest = digits.get(self.at..)?.strip_prefix(self.inserted)?;
        // What a rule removes is written out in its pattern.
        let removed = self.old.get(self.at..self.at + self.removed)?;
        let old = format!("{}{removed}{rest}", &digits[..self.at]);
        self.matches(&old).then_some(old)
    }

    fn matches(&self, digits: &str) -> bool {
        let mut pattern = self.old.bytes();
        for digit in digits.bytes() {
            let fits = match pattern.next() {
                Some(b'x') => true,
                Some(b'[') => in_set(&mut pattern, digit),
                Some(literal) => literal == digit,
                None => false,
            };
            if !fits {
                return false;
            }
        }
        pattern.next().is_none()
    }
}

/// Whether a digit is in the set that `pattern` stands in, which is consumed.
fn in_set(pattern: &mut impl Iterator<Item = u8>, digit: u8) -> bool {
    let set: Vec<u8> = pattern.take_while(|byte| *byte != b']').collect();
    let is_range = |part: &[u8]| matches!(part, [first, b'-', last] if (*first..=*last).contains(&digit));
    set.contains(&digit) || set.windows(3).any(is_range)
}

impl E164 {
    /// The number in the spelling that is valid now, which all spellings of one person's number share: WhatsApp writes
    /// Mexico's `+52 1 …`, a call comes from `+52 …`.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut current = self.clone();
        loop {
            let next = current.without_trunk_prefix().renumbered();
            if next == current {
                return current;
            }
            current = next;
        }
    }

    /// The same for a number that has no trunk prefix, as it was read from a field.
    pub(crate) fn renumbered(self) -> Self {
        let renumbered = canonical(self.digits()).and_then(|digits| Self::parse(&format!("+{digits}")).ok());
        renumbered.unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spelling: &str, expected: &str) {
        assert_eq!(E164::parse(spelling).unwrap().canonical().as_str(), expected, "{spelling}");
    }

    #[test]
    fn spellings_of_one_person_are_one() {
        check("+5491123456789", "+541123456789");
        check("+5215512345678", "+525512345678");
        check("+551187654321", "+5511987654321");
        check("+5511987654321", "+5511987654321");
        check("+22997123456", "+2290197123456");
        check("+22507123456", "+2250707123456");
        check("+22541123456", "+2250141123456");
        check("+22520312345", "+2252720312345");
        check("+33690123456", "+590690123456");
        check("+841627654321", "+84327654321");
        check("+39612345678", "+390612345678");
        check("+24107123456", "+24177123456");
        check("+5995123456", "+17215123456");
        check("+330612345678", "+33612345678");
    }

    #[test]
    fn numbers_that_did_not_change_stay() {
        for number in ["+551134567890", "+551177654321", "+33639980001", "+5712", "+393123456789", "+14155550132"] {
            let number = if number.len() < 8 { "+576011234567" } else { number };
            check(number, number);
        }
    }

    #[test]
    fn other_spellings_lead_back() {
        for (canonical, count) in
            [("541123456789", 1), ("525512345678", 1), ("5511987654321", 1), ("24177123456", 3), ("33612345678", 0)]
        {
            let others = others(canonical);
            assert_eq!(others.len(), count, "{canonical}: {others:?}");
        }
        assert!(others("84327654321").contains("841627654321"));
    }

    #[test]
    fn each_rule_changes_numbers_and_can_be_undone() {
        for rule in RULES {
            assert!(
                rule.old[rule.at..rule.at + rule.removed].bytes().all(|byte| byte.is_ascii_digit()),
                "{}",
                rule.old
            );
            let mut sample = String::new();
            let mut rest = rule.old.chars();
            while let Some(c) = rest.next() {
                match c {
                    'x' => sample.push('3'),
                    '[' => {
                        let set: String = rest.by_ref().take_while(|c| *c != ']').collect();
                        sample.extend(set.chars().next());
                    }
                    digit => sample.push(digit),
                }
            }
            let new = rule.apply(&sample).expect("the sample fits the pattern");
            assert_eq!(rule.undo(&new), Some(sample.clone()), "{}", rule.old);
            let canonical = canonical(&sample).expect("a rule applies");
            assert!(others(&canonical).contains(&sample), "{sample} of {canonical}");
            assert_eq!(self::canonical(&canonical), None);
        }
    }
}
