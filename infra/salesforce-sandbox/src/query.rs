//! SOQL: a lexer and a recursive-descent parser, resolution against the schema, and evaluation over the tables.

pub(crate) mod ast;
mod children;
mod column;
mod condition;
mod key;
mod lexer;
mod like;
mod parse;
mod run;

pub(crate) use self::condition::Test;
pub(crate) use self::{
    column::{Column, attributes, project},
    lexer::SyntaxError,
    parse::{Parser, select},
    run::{Scope, arrange, orders, run, visible},
};
