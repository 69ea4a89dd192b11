//! The C interface: the only place where raw pointers are read.
//!
//! Every function here checks and converts its arguments, calls the safe core where no panic gets
//! out, and converts the result. The rules that hold for all of them stand once, at the top of the
//! header (`build.rs`); a function's own documentation becomes the header's.

#![allow(non_camel_case_types)] // The names are the header's.
#![allow(clippy::missing_safety_doc)] // What is asked of a C caller stands at the top of the header, for all functions.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::bare_urls, rustdoc::invalid_html_tags)] // The documentation is written for the header.

pub mod call;
pub mod client;
pub mod error;
mod guard;
pub mod json;
pub mod list;
pub mod options;
pub mod queue;
mod setters;
pub mod version;
