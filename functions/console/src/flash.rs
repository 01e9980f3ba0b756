//! What a page says once about what was just done.
//!
//! The change itself is answered with a redirect, so the message travels in a cookie. It holds the name of a message
//! and never the text, so that nobody can put words into the console's mouth.

use axum::http::{HeaderMap, HeaderValue};

use crate::signed_in::cookies;

/// The cookie's name.
const COOKIE_NAME: &str = "flash";

/// A message that is shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flash {
    /// Settings were saved.
    Saved,
    /// A form was sent that would have changed nothing.
    Unchanged,
    /// The settings of somebody else were kept.
    KeptTheirs,
    /// The session was ended.
    SignedOut,
}

impl Flash {
    const ALL: [Flash; 4] = [Flash::Saved, Flash::Unchanged, Flash::KeptTheirs, Flash::SignedOut];

    fn name(self) -> &'static str {
        match self {
            Flash::Saved => "saved",
            Flash::Unchanged => "unchanged",
            Flash::KeptTheirs => "kept-theirs",
            Flash::SignedOut => "signed-out",
        }
    }

    /// The message.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Flash::Saved => "Saved. The change counts for every call that ends from now on.",
            Flash::Unchanged => "Nothing was changed, so nothing was saved.",
            Flash::KeptTheirs => "The other version stays. Nothing of yours was saved.",
            Flash::SignedOut => "You are signed out.",
        }
    }

    /// The message that a request brings along.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        cookies(headers, COOKIE_NAME).find_map(|name| Flash::ALL.into_iter().find(|flash| flash.name() == name))
    }

    /// The `Set-Cookie` header that hands the message to the next page.
    pub(crate) fn set_cookie(self) -> HeaderValue {
        cookie(self.name(), 60)
    }

    /// The `Set-Cookie` header that ends it, once it was shown.
    pub(crate) fn end_cookie() -> HeaderValue {
        cookie("", 0)
    }
}

fn cookie(value: &str, seconds: u32) -> HeaderValue {
    let text = format!("{COOKIE_NAME}={value}; Max-Age={seconds}; Path=/; HttpOnly; Secure; SameSite=Lax");
    HeaderValue::try_from(text).expect("names of messages are plain")
}
