//! SOSL and parameterized search.

mod haystack;
mod parse;
mod run;
mod term;
mod terms;

pub(crate) use self::{
    parse::{Group, Returning, Search, group, search},
    run::run,
    terms::expression,
};
