//! The parts of the local stack that can be tried without running a function.

mod aircall;
mod cli;
mod event_source;
mod http_api;
mod lambda;
mod output;
mod schedule;
mod services;
mod template;
