//! What stands in phone fields, and whose number it is.

#[path = "../../../../tests/fuzz/properties/phone_field.rs"]
mod phone_field;

use proptest::prelude::*;
use rules::Candidate;
use rules::E164;
use rules::matching::{Callers, Matches};
use rules::phone::{Country, Places, Recognition, read};

/// The sure numbers of a field, read for a line of this country, and the guesses.
fn numbers(text: &str, line: u16) -> (Vec<String>, Vec<String>) {
    let line = country(line);
    let places = Places { lines: &[line], ..Places::default() };
    let meanings = read(text, &[line]).numbers.into_iter().flat_map(|number| number.meanings(&places));
    let (sure, guessed): (Vec<_>, Vec<_>) =
        meanings.filter(|meaning| meaning.is_valid).partition(|meaning| meaning.recognition.is_sure());
    let texts = |meanings: Vec<rules::phone::Meaning>| meanings.into_iter().map(|meaning| meaning.number.to_string());
    (texts(sure).collect(), texts(guessed).collect())
}

fn country(code: u16) -> Country {
    let phones = ["+14155550132", "+33612345678", "+442079460958", "+4915230000000", "+390612345678", "+34612345678"];
    let more = [
        "+5511987654321",
        "+525512345678",
        "+541123456789",
        "+919876543210",
        "+79123456789",
        "+37060012345",
        "+201001234567",
    ];
    let last = ["+31612345678", "+819012345678", "+36201234567", "+61491570156", "+22997123456", "+6421123456"];
    let of = |phone: &str| Country::of(&E164::parse(phone).unwrap()).unwrap();
    let all = phones.into_iter().chain(more).chain(last);
    all.map(of).find(|country| country.calling_code() == code).expect("a country of the list")
}

#[track_caller]
fn check(text: &str, line: u16, expected: &[&str]) {
    assert_eq!(numbers(text, line).0, expected, "{text:?}: {:?}", read(text, &[country(line)]));
}

#[test]
fn national_numbers_are_read_in_the_country_of_the_line() {
    check("06 12 34 56 78", 33, &["+33612345678"]);
    check("(415) 555-0132", 1, &["+14155550132"]);
    check("1-415-555-0132", 1, &["+14155550132"]);
    check("020 7946 0958", 44, &["+442079460958"]);
    check("030/1234567", 49, &["+49301234567"]);
    check("06 1234 5678", 39, &["+390612345678"]);
    check("612 34 56 78", 34, &["+34612345678"]);
    check("(11) 98765-4321", 55, &["+5511987654321"]);
    check("011 98765-4321", 55, &["+5511987654321"]);
    check("0 15 11 98765-4321", 55, &["+5511987654321"]);
    check("55 1234 5678", 52, &["+525512345678"]);
    check("044 55 1234 5678", 52, &["+525512345678"]);
    check("01 55 1234 5678", 52, &["+525512345678"]);
    check("011 15-2345-6789", 54, &["+5491123456789"]);
    check("(011) 2345-6789", 54, &["+541123456789"]);
    check("098765 43210", 91, &["+919876543210"]);
    check("98765 43210", 91, &["+919876543210"]);
    check("8 (912) 345-67-89", 7, &["+79123456789"]);
    check("8 600 12345", 370, &["+37060012345"]);
    check("06 20 123 4567", 36, &["+36201234567"]);
    check("0491 570 156", 61, &["+61491570156"]);
}

#[test]
fn country_codes_are_read_however_they_are_marked() {
    for text in [
        "+44 20 7946 0958",
        "0044 20 7946 0958",
        "0044 (0)20 7946 0958",
        "+44 (0)20 7946 0958",
        "+44 020 7946 0958",
        "011 44 20 7946 0958",
        "00 44-20-7946-0958",
        "tel:+44-20-7946-0958",
        "442079460958",
        "+0044 20 7946 0958",
        "tel:20-7946-0958;phone-context=+44",
        "(+44) 20 7946 0958",
        "+44(20)79460958",
        "0011 44 20 7946 0958",
    ] {
        check(text, 1, &["+442079460958"]);
    }
    check("+34 (0)612 34 56 78", 33, &["+34612345678"]);
    check("+39 (0)6 1234 5678", 33, &["+390612345678"]);
    check("8~10 44 20 7946 0958", 7, &["+442079460958"]);
}

#[test]
fn numbers_of_former_plans_are_valid() {
    check("+52 1 55 1234 5678", 1, &["+5215512345678"]);
    check("0052 1 55 1234 5678", 33, &["+5215512345678"]);
    check("+229 97 12 34 56", 33, &["+22997123456"]);
    check("(11) 8765-4321", 55, &["+551187654321"]);
}

#[test]
fn spreadsheets_and_scripts_are_read() {
    for text in [
        "33612345678.0",
        "33612345678",
        "612345678",
        "612345678.0",
        "'0612345678",
        "3.3612345678E+10",
        "٠٦١٢٣٤٥٦٧٨",
        "０６ １２ ３４ ５６ ７８",
        "\u{202a}+33 6 12 34 56 78\u{202c}",
        "०६ १२ ३४ ५६ ७८",
        "06\u{a0}12\u{a0}34\u{a0}56\u{a0}78",
    ] {
        check(text, 33, &["+33612345678"]);
    }
}

#[test]
fn several_numbers_are_all_read() {
    check("06 12 34 56 78 / 01 23 45 67 89", 33, &["+33612345678", "+33123456789"]);
    check("Büro 030 1234567, mobil 0152 30000000", 49, &["+49301234567", "+4915230000000"]);
    check("415-555-0132/0133", 1, &["+14155550132", "+14155550133"]);
    check("+33 6 12 34 56 78 ou 04 12 34 56 78 (poste 12)", 33, &["+33612345678", "+33412345678"]);
}

#[test]
fn words_are_no_numbers_but_behind_a_toll_free_prefix() {
    check("1-800-FLOWERS", 1, &["+18003569377"]);
    for text in ["Jane Roe", "212-FLOWERS", "call me", "1-800 SMITH", "+33 6 12 34 CALL", "112", "n/a", "0000000000"] {
        check(text, 1, &[]);
    }
}

#[test]
fn a_near_country_does_not_hide_another() {
    let numbers = |text: &str, line: u16, org: u16| {
        let (lines, org) = ([country(line)], country(org));
        let places = Places { lines: &lines, org: Some(org), ..Places::default() };
        let meanings = read(text, &[lines[0], org]).numbers.remove(0).meanings(&places);
        let sure = meanings.into_iter().filter(|meaning| meaning.recognition.is_sure());
        sure.map(|meaning| meaning.number.to_string()).collect::<Vec<_>>()
    };
    for (text, line, org, expected) in [
        ("98765 43210", 91, 1, "+919876543210"),
        ("2079460958", 44, 1, "+442079460958"),
        ("010 6852 3456", 20, 1, "+201068523456"),
        ("011 98765-4321", 55, 1, "+5511987654321"),
    ] {
        assert!(numbers(text, line, org).contains(&expected.to_owned()), "{text}: {:?}", numbers(text, line, org));
    }
    let code = numbers("442079460958", 44, 33);
    assert_eq!(code, ["+442079460958"]);
}

#[test]
fn what_the_properties_found_stays_mended() {
    phone_field::check("64301000/011 00)");
    let gabon = E164::parse("+2413000000").unwrap();
    assert!(gabon.is_written("03 00 00 00"));
    assert!(E164::parse("+70010000000").unwrap().written_forms().iter().all(|form| form.starts_with('+')));
}

#[test]
fn a_number_without_a_hint_is_a_guess() {
    let meanings = |address, lines: &[Country], org| {
        let number = read("06 12 34 56 78", &[country(33), country(31)]).numbers.remove(0);
        let meanings = number.meanings(&Places { address, lines, org });
        meanings.into_iter().map(|meaning| (meaning.number.to_string(), meaning.recognition)).collect::<Vec<_>>()
    };
    let [france, netherlands] = [country(33), country(31)];
    let french = |recognition| ("+33612345678".to_owned(), recognition);
    let dutch = |recognition| ("+31612345678".to_owned(), recognition);
    assert_eq!(meanings(None, &[france], None), [french(Recognition::Line(france))]);
    assert_eq!(meanings(None, &[], Some(france)), [french(Recognition::Org(france))]);
    assert_eq!(meanings(Some(netherlands), &[france], Some(france)), [dutch(Recognition::Address(netherlands))]);
    let both = [french(Recognition::Line(france)), dutch(Recognition::Line(netherlands))];
    assert_eq!(meanings(None, &[france, netherlands], None), both);
    let guesses = [french(Recognition::Guess(france)), dutch(Recognition::Guess(netherlands))];
    assert_eq!(meanings(None, &[], None), guesses);
}

#[test]
fn how_a_number_was_recognised_is_a_sentence() {
    let france = country(33);
    for (recognition, sentence) in [
        (Recognition::CountryCode, "It is written with its country code."),
        (
            Recognition::Address(france),
            "It is written without a country code, and is a number of the country of the record's address, +33.",
        ),
        (
            Recognition::Line(france),
            "It is written without a country code, and is a number of the line's country, +33.",
        ),
        (
            Recognition::Org(france),
            "It is written without a country code, and is a number of the Salesforce org's country, +33.",
        ),
        (Recognition::Guess(france), "It is written without a country code: that it is a number of +33 is a guess."),
    ] {
        assert_eq!(recognition.because(), sentence);
    }
}

#[test]
fn what_is_ignored_is_told_in_sentences() {
    for (text, expected) in [
        ("415 555 0132 ext. 204", "204 is an extension."),
        ("112", "112 is too short for a phone number."),
        ("1234567890123456789", "1234567890123456789 is too long for a phone number."),
        ("33612345678.0", ".0 is the decimals of a spreadsheet."),
        ("030 1234567/8", "/8 is other last digits of the number before it."),
        ("00123", "00123 is not a phone number of any country in question."),
    ] {
        assert_eq!(read(text, &[country(33)]).ignored, [expected]);
    }
    let many = ["06 12 34 56 78"; 9].join(";");
    let rest = "The rest is not read: a field is read up to 80 characters and 8 numbers.";
    assert_eq!(read(&many, &[country(33)]).ignored, [rest]);
}

/// An example number of each calling code, with its last digits replaced.
fn example() -> impl Strategy<Value = E164> {
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};
    let regions: Vec<Region> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    let kinds = vec![PhoneNumberType::Mobile, PhoneNumberType::FixedLine];
    (prop::sample::select(regions), prop::sample::select(kinds), "[0-9]{15}", 4_usize..9).prop_filter_map(
        "the region has such numbers",
        |(region, kind, digits, count)| {
            let number = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok()?;
            let text = number.format_as(PhoneNumberFormat::E164).into_owned();
            // As many digits as the country lets be replaced.
            (4..=count).rev().find_map(|count| {
                let number = E164::parse(&format!("{}{}", &text[..text.len() - count], &digits[..count])).ok()?;
                PHONE_NUMBER_UTIL.parse(number.as_str(), None).ok()?.is_valid().then_some(number)
            })
        },
    )
}

proptest! {
    #[test]
    fn every_spelling_that_we_search_is_read_back(number in example()) {
        for spelling in number.spellings() {
            prop_assert_eq!(spelling.canonical(), number.canonical());
            prop_assert!(number.is_written(spelling.as_str()), "{}", spelling);
        }
        for form in number.written_forms() {
            prop_assert!(number.is_written(&form), "{}", form);
        }
        for core in number.cores() {
            let is_within = |digits: &str| {
                let mut rest = digits.chars();
                core.chars().all(|digit| rest.any(|other| other == digit))
            };
            prop_assert!(number.spellings().iter().any(|spelling| is_within(spelling.digits())), "{}", core);
        }
    }

    #[test]
    fn international_numbers_of_two_people_are_never_one(a in example(), b in example()) {
        // With the same last digits, as others are ruled out without being read.
        let last = &a.as_str()[a.as_str().len() - 4..];
        let b = E164::parse(&format!("{}{last}", &b.as_str()[..b.as_str().len() - 4])).unwrap();
        prop_assume!(a.canonical() != b.canonical());
        prop_assert!(!a.is_written(b.as_str()), "{} {}", a, b);
        prop_assert!(!a.is_written(&b.international()), "{} {}", a, b);
    }

    #[test]
    fn a_number_is_matched_as_it_is_written_in_the_country_of_its_line(
        // Other spellings may be those of another country.
        number in example().prop_filter("numbers with other spellings", |number| number.spellings().len() == 1),
        org in any::<bool>(),
    ) {
        let line = Country::of(&number).unwrap();
        let mut callers = Callers::new(org.then(|| country(1)));
        callers.add(&number, Some(line));
        let forms = number.written_forms();
        let candidates: Vec<Candidate> = forms.iter().map(|form| phone_field::candidate(form)).collect();
        let matches = Matches::new(&callers, &candidates);
        prop_assert_eq!(matches.count(&number), candidates.len(), "{:?}", forms);
    }

    #[test]
    fn valid_numbers_that_differ_stay_different(a in example(), digits in "[0-9]{4}") {
        // Numbers of one country, which only a rule could make one.
        let b = E164::parse(&format!("{}{digits}", &a.as_str()[..a.as_str().len() - 4])).unwrap();
        prop_assert_eq!(a == b, a.canonical() == b.canonical(), "{} {}", a, b);
    }

    #[test]
    fn a_field_means_the_same_however_it_is_written(text in field()) {
        phone_field::check(&text);
    }
}

/// What people put into phone fields, and what nobody would.
fn field() -> impl Strategy<Value = String> {
    let separator =
        prop::sample::select(vec!["", " ", "-", ".", "/", " / ", ", ", ";", " or ", "\n", "(", ")", " - ", "  "]);
    let word = prop::sample::select(vec![
        "+", "00", "011", "(0)", "ext. 7", "x12", "#9", ",,,4", "tel:", "mob", "FLOWERS", "1-800-", ".0",
    ]);
    let part = prop_oneof![
        4 => "[0-9]{1,12}",
        3 => example().prop_map(|number| number.international()),
        3 => example().prop_map(|number| number.written_forms().pop_last().unwrap_or_default()),
        2 => word.prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec((part, separator), 0..6)
        .prop_map(|parts| parts.into_iter().flat_map(|(part, separator)| [part, separator.to_owned()]).collect())
}
