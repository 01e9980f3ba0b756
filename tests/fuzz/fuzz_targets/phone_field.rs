//! Texts in phone fields.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/phone_field.rs"]
mod phone_field;

fuzz_target!(|text: &str| phone_field::check(text));
