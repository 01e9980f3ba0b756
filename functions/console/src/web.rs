//! The kit that every feature is built with: sessions and their protection, forms and pages, the API's errors and its
//! document. It knows no feature.

pub(crate) mod assets;
pub(crate) mod base_url;
pub(crate) mod bearer;
pub(crate) mod csrf;
pub(crate) mod error;
pub(crate) mod error_code;
pub(crate) mod error_pages;
pub(crate) mod errors;
pub(crate) mod flash;
pub(crate) mod form;
pub(crate) mod kit;
pub(crate) mod nav;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod page_error;
pub(crate) mod page_request;
pub(crate) mod random;
pub(crate) mod return_to;
pub(crate) mod security_headers;
pub mod session;
pub(crate) mod signed_in;
pub(crate) mod when;
