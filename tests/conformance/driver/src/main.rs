//! Runs the conformance vectors in one language: `nango-dev --tls-port 0 --vectors … -- \
//! nango-conformance LANGUAGE [--ways blocking,queued] -- ADAPTER…`. The adapter is a program in
//! that language; `../README.md` describes what it reads and writes.

mod adapter;
mod judge;
mod messages;
mod vector;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use adapter::Adapter;
use vector::{Place, Vector};

/// How many adapters run at once. Most vectors wait: for a delay of the server, or for a retry.
const ADAPTERS: usize = 8;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

struct Arguments {
    language: String,
    ways: Vec<String>,
    /// Where the messages of all errors are written, for docs/ERRORS.md.
    messages: Option<String>,
    adapter: Vec<String>,
}

const USAGE: &str = "usage: nango-conformance LANGUAGE [--ways blocking,queued] [--messages FILE] \
                     -- ADAPTER…";

impl Arguments {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Arguments> {
        let language = arguments.next().filter(|language| !language.starts_with('-'))?;
        let mut read = Arguments {
            language,
            ways: vec!["blocking".to_owned()],
            messages: None,
            adapter: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--ways" => read.ways = arguments.next()?.split(',').map(str::to_owned).collect(),
                "--messages" => read.messages = Some(arguments.next()?),
                "--" => read.adapter = arguments.by_ref().collect(),
                _ => return None,
            }
        }
        (!read.adapter.is_empty()).then_some(read)
    }
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::read(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("nango-conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What became of the vectors.
#[derive(Default)]
struct Tally {
    /// Passed calls, by operation; other vectors by their kind.
    passed: BTreeMap<String, usize>,
    /// By the adapter's reason.
    skipped: BTreeMap<String, usize>,
    failed: Vec<String>,
    messages: BTreeSet<String>,
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let vectors = Vector::read_all(Path::new(VECTORS))?;
    let mut passed = true;
    let mut messages = BTreeSet::new();
    for way in &arguments.ways {
        for tls in [false, true] {
            let place = Place::new(&arguments.language, way, tls)?;
            let tally = run_at(&place, &vectors, &arguments.adapter)?;
            passed &= tally.report(&place);
            messages.extend(tally.messages);
        }
    }
    if let Some(file) = &arguments.messages {
        let text: String = messages.iter().map(|message| format!("{message}\n")).collect();
        fs::write(file, text).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(passed)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set; run this through nango-dev"))
}

/// Runs every vector over one transport, in one of the language's ways to call.
fn run_at(place: &Place, vectors: &[Vector], program: &[String]) -> Result<Tally, String> {
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let work = || -> Result<(), String> {
        let mut adapter = Adapter::start(program)?;
        while let Some(vector) = vectors.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = judge::run(vector, place, &mut adapter);
            let mut tally = tally.lock().expect("no worker panicked");
            match outcome {
                Ok(judge::Outcome::Passed(messages)) => {
                    *tally.passed.entry(vector.subject().to_owned()).or_default() += 1;
                    tally.messages.extend(messages);
                }
                Ok(judge::Outcome::Skipped(why)) => *tally.skipped.entry(why).or_default() += 1,
                Err(why) => {
                    tally.failed.push(format!("{}: {why}", vector.name));
                    drop(tally);
                    if !adapter.is_running() {
                        adapter = Adapter::start(program)?;
                    }
                }
            }
        }
        adapter.end()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..ADAPTERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panicked"))
    })?;
    Ok(tally.into_inner().expect("no worker panicked"))
}

impl Tally {
    /// Prints the counts. Returns whether every vector passed, and there were some.
    fn report(&self, place: &Place) -> bool {
        for why in &self.failed {
            println!("FAILED {place}: {why}");
        }
        let by_name = |counts: &BTreeMap<String, usize>| {
            let counts = counts.iter().map(|(name, count)| format!("{name} {count}"));
            counts.collect::<Vec<_>>().join(", ")
        };
        let sum = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let (passed, skipped) = (sum(&self.passed), sum(&self.skipped));
        println!("{place}: {passed} passed, {} failed, {skipped} skipped", self.failed.len());
        println!("  passed: {}", by_name(&self.passed));
        if skipped > 0 {
            println!("  skipped: {}", by_name(&self.skipped));
        }
        passed > 0 && self.failed.is_empty()
    }
}
