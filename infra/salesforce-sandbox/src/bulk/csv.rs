//! Comma-separated values: values may be in quotes; quotes inside are doubled.

/// The non-empty rows of a text.
pub(super) fn read(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(row) = rows.last_mut() else { break };
        let Some(value) = row.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                value.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            c => value.push(c),
        }
    }
    rows.retain(|row| row.iter().any(|value| !value.is_empty()));
    rows
}

/// A row with every value in quotes, and its line end.
pub(super) fn row<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = values.into_iter().map(|value| format!("\"{}\"", value.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{read, row};

    #[test]
    fn a_written_row_is_read_back() {
        let values = ["plain", "a, b", "say \"hi\"", "two\nlines", ""];
        assert_eq!(read(&row(values)), [values]);
    }

    #[test]
    fn both_line_ends_are_accepted() {
        assert_eq!(read("Id,Name\r\n1,\n\n2,x"), [["Id", "Name"], ["1", ""], ["2", "x"]]);
    }
}
