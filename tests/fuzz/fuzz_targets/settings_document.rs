//! Settings documents.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/settings_document.rs"]
mod settings_document;

fuzz_target!(|text: &str| settings_document::check(text));
