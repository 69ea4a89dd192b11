//! A local Nango server: the Connections API with the real server's behaviour, an OAuth provider,
//! and controls for tests. See `README.md` in this package.

mod api;
mod app;
mod args;
mod auth;
mod catalogue;
mod check;
mod clock;
mod dev;
mod envelopes;
mod faults;
mod limit;
mod log;
mod provider;
mod query;
mod refresh;
mod reply;
mod run;
mod seed;
mod server;
mod session;
mod store;
mod tls;
mod vectors;
mod wire;

use std::io::Write;
use std::process::ExitCode;

use app::App;

/// The exit status for an invalid command line or file.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args_os()) {
        Ok(args::Parsed::Run(args)) => *args,
        Ok(args::Parsed::Help) => return say(args::HELP),
        Ok(args::Parsed::Version) => {
            return say(concat!("nango-dev ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        Err(error) => return fail_with(&format!("{error} (try --help)"), USAGE),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail_with(&error.to_string(), 1),
    };
    let code = match runtime.block_on(run::run(args)) {
        Ok(code) => ExitCode::from(code),
        Err(run::Failure::Usage(message)) => fail_with(&message, USAGE),
        Err(run::Failure::System(message)) => fail_with(&message, 1),
    };
    runtime.shutdown_background();
    code
}

/// Prints the text. A closed pipe is not an error.
fn say(text: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn fail_with(message: &str, status: u8) -> ExitCode {
    eprintln!("nango-dev: {message}");
    ExitCode::from(status)
}
