//! Tests nango-dev as its clients and users see it: runs the program and calls it over HTTP.

mod command;
mod faults;
mod http;
mod import;
mod observed;
mod refresh;
mod sessions;
mod support;
