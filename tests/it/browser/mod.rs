//! Tests of the console's pages in headless Chromium.

mod accessibility;
mod conflict;
mod driver;
mod first_day;
mod forged;
mod keyboard;
mod look;
mod markup;
mod mouse;
mod pages;
mod sign_in;
mod unsaved;
mod user;
