//! Runs the conformance vectors in one language: `nango-dev --tls-port 0 --vectors … -- \
//! nango-conformance LANGUAGE [OPTION…] -- ADAPTER…`. The adapter is a program in that language;
//! `../README.md` describes what it reads and writes, and the options.

mod adapter;
mod generated;
mod judge;
mod messages;
mod places;
mod vector;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use adapter::Adapter;
use judge::{Outcome, Reached};
use vector::{Place, Transport, Vector};

/// How many adapters run at once. Most vectors wait: for a delay of the server, or for a retry.
const ADAPTERS: usize = 8;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../..");

struct Arguments {
    language: String,
    ways: Vec<String>,
    transports: Vec<Transport>,
    /// The record of the messages of all errors, for docs/ERRORS.md.
    messages: Option<String>,
    /// Whether to write that record, instead of comparing with it.
    record: bool,
    /// The list of the places in the core that no vector reaches.
    unreached: Option<String>,
    adapter: Vec<String>,
}

const USAGE: &str = "usage: nango-conformance LANGUAGE [--ways blocking,queued] \
                     [--transports http,tls] [--messages FILE [--record]] [--unreached FILE] \
                     -- ADAPTER…";

impl Arguments {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Arguments> {
        let language = arguments.next().filter(|language| !language.starts_with('-'))?;
        let mut read = Arguments {
            language,
            ways: vec!["blocking".to_owned()],
            transports: vec![Transport::Http, Transport::Tls],
            messages: None,
            record: false,
            unreached: None,
            adapter: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--ways" => read.ways = arguments.next()?.split(',').map(str::to_owned).collect(),
                "--transports" => {
                    let names = arguments.next()?;
                    read.transports =
                        names.split(',').map(Transport::named).collect::<Option<_>>()?;
                }
                "--messages" => read.messages = Some(arguments.next()?),
                "--record" => read.record = true,
                "--unreached" => read.unreached = Some(arguments.next()?),
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
    reached: Reached,
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let mut vectors = Vector::read_all(Path::new(VECTORS))?;
    vectors.extend(generated::all()?);
    let mut places = Vec::new();
    for way in &arguments.ways {
        for transport in &arguments.transports {
            places.push(Place::new(&arguments.language, way, *transport)?);
        }
    }
    let tallies = run_at(&places, &vectors, &arguments.adapter)?;
    let documented = documented()?;
    let mut passed = true;
    let mut wrong = Vec::new();
    for (place, tally) in places.iter().zip(&tallies) {
        passed &= tally.report(place);
        let untested = documented.iter().filter(|name| !tally.passed.contains_key(*name));
        wrong.extend(untested.map(|name| format!("{place}: no vector of {name} passed")));
    }
    if let Some(file) = &arguments.messages {
        // Those of the other places name other URLs.
        let messages = &tallies[0].reached.messages;
        if arguments.record {
            let text: String = messages.iter().map(|message| format!("{message}\n")).collect();
            fs::write(file, text).map_err(|error| format!("{file}: {error}"))?;
        }
        wrong.extend(messages::check(file, messages)?);
    }
    if let Some(file) = &arguments.unreached {
        let origins = tallies.iter().flat_map(|tally| &tally.reached.origins).cloned().collect();
        wrong.extend(places::check(Path::new(ROOT), file, &origins)?);
    }
    for why in &wrong {
        println!("FAILED {why}");
    }
    Ok(passed && wrong.is_empty())
}

/// The operations in the table of `docs/OPERATIONS.md`. Each must have a vector that passes, in every
/// language and in each of its ways to call.
fn documented() -> Result<Vec<String>, String> {
    let file = Path::new(ROOT).join("docs/OPERATIONS.md");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let named = |line: &str| Some(line.strip_prefix("| [`")?.split_once('`')?.0.to_owned());
    let names: Vec<String> = text.lines().filter_map(named).collect();
    if names.is_empty() { Err("docs/OPERATIONS.md has no table".to_owned()) } else { Ok(names) }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set; run this through nango-dev"))
}

/// Runs every vector in every place. Returns what became of them in each place.
fn run_at(places: &[Place], vectors: &[Vector], program: &[String]) -> Result<Vec<Tally>, String> {
    let next = AtomicUsize::new(0);
    let tallies: Vec<_> = places.iter().map(|_| Mutex::new(Tally::default())).collect();
    let work = || -> Result<(), String> {
        let mut adapter = Adapter::start(program)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(place) = places.get(number / vectors.len()) else { break };
            let vector = &vectors[number % vectors.len()];
            let outcome = judge::run(vector, place, &mut adapter);
            let tally = &tallies[number / vectors.len()];
            tally.lock().expect("no worker panicked").add(vector, outcome);
            if !adapter.is_running() {
                adapter = Adapter::start(program)?;
            }
        }
        adapter.end()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..ADAPTERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panicked"))
    })?;
    Ok(tallies.into_iter().map(|tally| tally.into_inner().expect("no worker panicked")).collect())
}

impl Tally {
    fn add(&mut self, vector: &Vector, outcome: Result<Outcome, String>) {
        match outcome {
            Ok(Outcome::Passed(reached)) => {
                *self.passed.entry(vector.subject().to_owned()).or_default() += 1;
                self.reached.messages.extend(reached.messages);
                self.reached.origins.extend(reached.origins);
            }
            Ok(Outcome::Skipped(why)) => *self.skipped.entry(why).or_default() += 1,
            Err(why) => self.failed.push(format!("{}: {why}", vector.name)),
        }
    }

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
