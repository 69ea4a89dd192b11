//! nango-dev as its clients and its users meet it: the program itself runs, and is asked over HTTP.

mod command;
mod faults;
mod http;
mod import;
mod observed;
mod refresh;
mod support;
