//! Comma-separated values: quotes around a value when it needs them, doubled inside.

/// The rows of a text, without those that are empty.
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

/// A row with its line end, every value in quotes.
pub(super) fn row<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = values.into_iter().map(|value| format!("\"{}\"", value.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{read, row};

    #[test]
    fn what_is_written_is_read() {
        let values = ["plain", "a, b", "say \"hi\"", "two\nlines", ""];
        assert_eq!(read(&row(values)), [values]);
    }

    #[test]
    fn lines_end_in_either_way() {
        assert_eq!(read("Id,Name\r\n1,\n\n2,x"), [["Id", "Name"], ["1", ""], ["2", "x"]]);
    }
}
