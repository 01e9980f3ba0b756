//! Session cookies.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/session_cookie.rs"]
mod session_cookie;

fuzz_target!(|text: &str| session_cookie::check(text));
