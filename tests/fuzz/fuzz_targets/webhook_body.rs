//! Bodies at the webhook.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../properties/webhook_body.rs"]
mod webhook_body;

fuzz_target!(|text: &str| webhook_body::check(text));
