//! Every row of the tables in `docs/phones.md` is true.

use rules::E164;
use rules::phone::{Country, Places, read};

const PAGE: &str = include_str!("../../../../docs/phones.md");

/// The cells of the rows of all tables with these columns.
fn rows(columns: [&str; 3]) -> Vec<[&'static str; 3]> {
    let mut rows = Vec::new();
    let mut is_inside = false;
    for line in PAGE.lines() {
        let cells = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")).unwrap_or_default();
        match cells.split(" | ").collect::<Vec<_>>().try_into() {
            Ok(cells) if cells == columns => is_inside = true,
            Ok(cells) if is_inside => rows.push(cells),
            _ => is_inside &= line.starts_with('|'),
        }
    }
    rows
}

/// The texts in backticks. `⟨U+00A0⟩` stands for a character that nobody sees.
fn codes(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(visible).collect()
}

fn visible(text: &str) -> String {
    let mut parts = text.split("⟨U+");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('⟩').unwrap();
        plain.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        plain.push_str(rest);
    }
    plain
}

/// The sure numbers of a field and the guesses, if these countries count and the line is in the first.
fn numbers(field: &str, countries: &[Country]) -> (Vec<String>, Vec<String>) {
    let places = Places { lines: &countries[..1], ..Places::default() };
    let meanings = read(field, countries).numbers.into_iter().flat_map(|number| number.meanings(&places));
    let (sure, guesses): (Vec<_>, Vec<_>) =
        meanings.filter(|meaning| meaning.is_valid).partition(|meaning| meaning.recognition.is_sure());
    let [sure, guesses] = [sure, guesses].map(|meanings| meanings.into_iter().map(|m| m.number.to_string()).collect());
    (sure, guesses)
}

/// Why a row is wrong.
fn mistake([field, line, means]: [&str; 3]) -> Option<String> {
    let expected = codes(means);
    let line = Country::of_address(line).unwrap_or_else(|| panic!("{line} is no country"));
    let field = codes(field).pop().unwrap_or_else(|| panic!("{field} is not in backticks"));
    // A guess needs a caller from that country.
    let callers = expected.iter().filter_map(|number| Country::of(&E164::parse(number).unwrap()));
    let countries: Vec<Country> =
        [line].into_iter().chain(callers.filter(|_| means.starts_with("a guess: "))).collect();
    let (sure, guesses) = numbers(&field, &countries);
    let is_right = match means {
        "no number" => sure.is_empty() && guesses.is_empty(),
        _ if means.starts_with("a guess: ") => sure.is_empty() && guesses == expected,
        _ => sure == expected && !sure.is_empty(),
    };
    (!is_right).then(|| format!("{field} in {line}: sure {sure:?}, guesses {guesses:?}, expected {means}"))
}

#[test]
fn every_row_of_the_page_is_read_as_it_says() {
    let rows = rows(["Field", "Line in", "Means"]);
    assert!(70 <= rows.len(), "{}", rows.len());
    let mistakes: Vec<String> = rows.into_iter().filter_map(mistake).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn every_other_spelling_of_the_page_is_the_same_persons() {
    let rows = rows(["Country", "Also written", "Is"]);
    assert!(25 <= rows.len(), "{}", rows.len());
    for [country, also, is] in rows {
        let [also, is] = [also, is].map(|cell| E164::parse(&codes(cell)[0]).unwrap());
        assert_eq!((also.canonical(), is.canonical()), (is.clone(), is.clone()), "{country}: {also}");
        assert!(also.is_written(is.as_str()) && is.is_written(also.as_str()), "{country}: {also}");
    }
}
