//! The local stack: its parts, and the whole with the real functions.

mod aircall;
mod cli;
mod demo;
mod event_source;
mod http_api;
mod lambda;
mod output;
mod schedule;
mod services;
mod stack;
mod template;
