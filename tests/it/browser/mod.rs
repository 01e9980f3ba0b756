//! Tests of the console's pages in headless Chromium.

mod accessibility;
mod conflict;
mod driver;
mod first_day;
mod keyboard;
mod markup;
mod mouse;
mod page_checks;
mod pages;
mod sign_in;
mod tampering;
mod unsaved;
mod user;
