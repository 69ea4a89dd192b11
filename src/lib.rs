//! libnango: a client of [Nango](https://nango.dev), which stores the OAuth connections of a
//! product's users and returns fresh access tokens.
//!
//! This is the core, in Rust. `include/nango.h` is its C interface, and `bindings/` contains the
//! C++, Go and Ruby wrappers of that interface. For each call, [`Client`] takes an operation of the
//! [`catalogue`] and its parameters and builds a request. It sends the request through the engine,
//! retries it as the retry policy allows, and turns the answer into JSON text or an [`Error`].
//!
//! ```no_run
//! let client = nango::Client::new("<your secret key>")?;
//! let token = client.get_token("github", "alice", &nango::CallOptions::default())?;
//! # Ok::<(), nango::Error>(())
//! ```
//!
//! Each call fetches the token, and Nango refreshes it if needed. **libnango never caches a
//! token**, and neither should you.

#![deny(unsafe_code, missing_docs)]
// `Error::invalid_argument` as a value would record its own place instead of its caller's.
#![allow(clippy::redundant_closure)]

mod base_url;
mod cancel;
pub mod catalogue;
mod client;
mod credentials;
#[allow(unsafe_code)] // fork.rs and signals.rs make system calls without a safe wrapper.
mod engine;
mod envelope;
mod error;
mod events;
mod families;
#[allow(unsafe_code)]
#[doc(hidden)]
pub mod ffi;
#[cfg(nango_fuzz)]
pub mod fuzz;
mod json;
mod options;
mod pager;
mod panics;
mod queue;
mod replace;
mod request;
mod response;
mod retry;
mod scan;
mod secret;
mod sync;
mod unfilled;
mod wiped;

pub use cancel::Cancel;
pub use client::Client;
pub use engine::tls::Roots;
pub use error::*;
pub use options::{CallOptions, DEFAULT_BASE_URL, Options};
pub use pager::{Pager, Walk};
pub use queue::{Completion, Queue};
pub use request::Parameters;
pub use secret::Secret;
