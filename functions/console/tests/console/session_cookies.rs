//! No text that somebody makes up is read as a session.

use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../../../../tests/fuzz/properties/session_cookie.rs"]
mod session_cookie;

proptest! {
    #[test]
    fn no_made_up_cookie_is_a_session(text in prop_oneof![any::<String>(), "[A-Za-z0-9_=.-]{0,200}"]) {
        session_cookie::check(&text);
    }

    #[test]
    fn no_piece_of_a_session_is_one(from in any::<Index>(), to in any::<Index>(), put in "[A-Za-z0-9_=.-]{0,3}") {
        let ours = session_cookie::ours();
        let (from, to) = (from.index(ours.len()), to.index(ours.len()));
        let (from, to) = (from.min(to), from.max(to));
        session_cookie::check(&format!("{}{put}{}", &ours[..from], &ours[to..]));
        session_cookie::check(&ours[from..to]);
    }
}
