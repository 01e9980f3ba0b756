//! Random identifiers and secrets.

/// `length` random letters and digits.
pub(crate) fn alphanumeric(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).expect("the system has randomness");
        // Bytes outside the alphabet are discarded, so that all characters are equally likely.
        let accepted = bytes.iter().map(|byte| char::from(byte & 0x7f)).filter(char::is_ascii_alphanumeric);
        text.extend(accepted.take(length - text.len()));
    }
    text
}
