//! Writes the code and the tables that are generated from `api/`: run `nango-gen` from the root of
//! the repository. `nango-gen --check` writes nothing and fails if a file would change.

mod api;
mod model;
mod operations;
mod render;
mod types;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use api::Api;
use model::Library;

fn main() -> ExitCode {
    let check = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return fail("usage: nango-gen [--check]"),
    };
    match run(check) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(stale) => {
            fail(&format!("{stale} files differ from what api/ says: run `make generate`"))
        }
        Err(error) => fail(&error),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("nango-gen: {message}");
    ExitCode::FAILURE
}

/// Writes each output, or only compares it. Returns how many outputs differ.
fn run(check: bool) -> Result<usize, String> {
    let api = Api::read(Path::new("api/nango.openapi.yaml"))?;
    let library = Library::read(Path::new("api/library.toml"))?;
    let (mut outputs, mut stale) = (0, 0);
    for (path, text) in render::outputs(&api, &library)? {
        outputs += 1;
        if fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        stale += 1;
        println!("{}: {}", if check { "differs" } else { "written" }, path.display());
        if !check {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| format!("{folder:?}: {error}"))?;
            }
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    println!("nango-gen: {outputs} outputs, {stale} {}", if check { "differ" } else { "written" });
    Ok(if check { stale } else { 0 })
}
