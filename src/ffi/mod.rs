//! The C interface: the only module that dereferences raw pointers.
//!
//! Each function checks and converts its arguments, calls the safe core so that no panic escapes,
//! and converts the result. The rules that hold for all functions are at the top of the header
//! (`CONVENTIONS` in `build.rs`); the documentation of each function becomes the header's.

// The type names are those of the header.
#![allow(non_camel_case_types)]
// The top of the header says what callers must ensure, for all functions.
#![allow(clippy::missing_safety_doc)]
// The documentation is written for the header.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::bare_urls, rustdoc::invalid_html_tags)]

pub mod call;
pub mod client;
pub mod error;
mod guard;
pub mod json;
pub mod list;
pub mod options;
pub mod params;
pub mod queue;
mod setters;
pub mod version;
