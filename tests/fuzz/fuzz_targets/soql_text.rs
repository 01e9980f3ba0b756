//! Texts in SOQL.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/soql_text.rs"]
mod soql_text;

fuzz_target!(|text: &str| soql_text::check(text));
