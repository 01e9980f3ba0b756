//! The page to return to after signing in: always one of our own, to prevent open redirects.

/// Longest path, in bytes: longer than those of our own pages with all their filters.
const MAX_LEN: usize = 512;

/// `text` if it is a path of this console, else the path of the start page.
///
/// Browsers read `//example.com` and `/\example.com` as another host, and drop tabs and line breaks before they parse.
pub(crate) fn local_path(text: &str) -> &str {
    let mut chars = text.chars();
    let is_path = chars.next() == Some('/') && !matches!(chars.next(), Some('/' | '\\'));
    // All other characters in our own paths are percent-encoded.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain && text.len() <= MAX_LEN { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_paths_are_kept() {
        for path in ["/", "/general", "/activity?outcome=failed&cursor=a%2Fb", "/activity/call-7#trace"] {
            assert_eq!(local_path(path), path);
        }
    }

    #[test]
    fn a_long_path_leads_to_the_start_page() {
        let path = format!("/activity?q={}", "a".repeat(500));
        assert_eq!((path.len(), local_path(&path)), (512, path.as_str()));
        assert_eq!(local_path(&format!("{path}a")), "/");
    }

    #[test]
    fn other_texts_lead_to_the_start_page() {
        for text in [
            "",
            "general",
            "//example.com",
            "/\\example.com",
            "https://example.com/",
            "javascript:alert(1)",
            "/\t/example.com",
            "\t//example.com",
            "/a\r\nSet-Cookie: a=b",
            "/ä",
            "/a\\b",
        ] {
            assert_eq!(local_path(text), "/", "{text:?}");
        }
    }
}
