//! Runs the conformance vectors in Rust. `tests/conformance/README.md` describes them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString};
use std::fs;
use std::time::Duration;

use nango::{
    CallOptions, Client, Error, Options, Parameters, Queue, Roots, Secret, Walk, catalogue, ffi,
};
use nango_test_support::{KEY, variable};
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");

/// The messages of all vectors, for docs/ERRORS.md and for the review of a change.
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/messages.txt");

thread_local! {
    /// The code and the message of each error in this thread's vectors.
    static MESSAGES: RefCell<BTreeSet<String>> = RefCell::default();
}

/// Longer messages quote what a vector sends.
const LONGEST_RECORDED: usize = 400;

/// Replaces numbers of 9 digits or more, which are times.
fn without_times(text: &str) -> String {
    let (mut shown, mut digits) = (String::new(), String::new());
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        shown += if digits.len() < 9 { &digits } else { "1234567890" };
        digits.clear();
        shown.push(letter);
    }
    shown.pop();
    shown
}

/// Keeps a message, without the operation and the ids in front of it, and without ports.
fn record(error: &Error) {
    let mut message = error.message();
    for operation in catalogue::ALL {
        assert!(message.matches(operation.name).count() < 2, "named twice: {message}");
    }
    if catalogue::ALL.iter().any(|operation| message.starts_with(operation.name)) {
        message = message.split_once(": ").map_or(message, |(_, rest)| rest);
    }
    let mut shown = message.to_owned();
    for host in ["127.0.0.1:", "localhost:"] {
        let mut parts = shown.split(host).map(str::to_owned).collect::<Vec<_>>().into_iter();
        let first = parts.next().unwrap_or_default();
        let digit = |digit: char| digit.is_ascii_digit();
        shown =
            parts.fold(first, |text, part| text + host + "3003" + part.trim_start_matches(digit));
    }
    let shown = without_times(&shown);
    if shown.len() <= LONGEST_RECORDED && !shown.contains(['\n', '\r']) {
        let line = format!("{}\t{shown}", error.code().name());
        MESSAGES.with_borrow_mut(|messages| messages.insert(line));
    }
}

/// The way a vector is run.
#[derive(Clone, Copy, Debug)]
struct Place {
    tls: bool,
    queued: bool,
}

#[test]
fn every_vector() {
    every_vector_at(Place { tls: false, queued: false });
    every_place_is_known();
    let seen: Vec<String> = MESSAGES.take().into_iter().collect();
    if std::env::var_os("NANGO_TEST_RECORD").is_some() {
        fs::write(RECORD, seen.join("\n") + "\n").expect("the record can be written");
    }
    let recorded = fs::read_to_string(RECORD).unwrap_or_default();
    let recorded: Vec<&str> = recorded.lines().collect();
    let new: Vec<_> = seen.iter().filter(|line| !recorded.contains(&line.as_str())).collect();
    let gone: Vec<_> = recorded.iter().filter(|line| !seen.iter().any(|s| s == *line)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "the messages differ from {RECORD}: run `make messages` and read what changed\n\
         new: {new:#?}\ngone: {gone:#?}"
    );
}

/// What ends a message that says what to do, or begins what it says.
const ADVICE: [&str; 7] =
    ["; ", ". ", ", or ", "try again", " must ", "is not a valid header name", "is not allowed in"];

#[test]
fn each_message_says_what_to_do_and_names_no_c_function() {
    for line in fs::read_to_string(RECORD).expect("the record").lines() {
        assert!(ADVICE.iter().any(|advice| line.contains(advice)), "no advice: {line}");
        assert!(!line.contains("nango_"), "C's name: {line}");
    }
}

/// Each place in the core that makes an error is reached by a vector, or listed in
/// `tests/conformance/unreached.txt` with the test that reaches it or the reason why none does.
fn every_place_is_known() {
    let reached: BTreeSet<(String, u32)> =
        nango::origins::seen().into_iter().map(|(file, line)| (file.to_owned(), line)).collect();
    let unreached: BTreeSet<String> = places::all()
        .into_iter()
        .filter(|place| !reached.contains(&(place.file.clone(), place.line)))
        .map(|place| place.name)
        .collect();
    let listed = fs::read_to_string(UNREACHED).expect("the list");
    let listed: BTreeMap<&str, &str> = listed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').expect("a place, a tab and what reaches it"))
        .collect();
    let new: Vec<_> = unreached.iter().filter(|name| !listed.contains_key(&***name)).collect();
    let stale: Vec<_> = listed.keys().filter(|name| !unreached.contains(**name)).collect();
    assert!(
        new.is_empty() && stale.is_empty(),
        "no vector reaches these places that make an error: {new:#?}\n\
         these are reached, or gone, and still in {UNREACHED}: {stale:#?}"
    );
    for (place, what) in listed {
        let Some((file, test)) = what.split_once(": ") else { panic!("{place}: {what}") };
        let exists = || fs::read_to_string(file).is_ok_and(|text| text.contains(test));
        assert!(file == "none" || exists(), "{place}: {file} has no {test}");
    }
}

const UNREACHED: &str = "tests/conformance/unreached.txt";

/// The places in the sources that make an error.
mod places {
    use std::fs;
    use std::path::Path;

    pub struct Place {
        pub file: String,
        pub line: u32,
        /// The file and the function, and a number if there are several in the function.
        pub name: String,
    }

    pub fn all() -> Vec<Place> {
        let mut places = Vec::new();
        visit(Path::new("src"), &mut places);
        assert!(places.len() > 50, "{} places", places.len());
        places
    }

    fn visit(folder: &Path, places: &mut Vec<Place>) {
        for entry in fs::read_dir(folder).expect("the sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                visit(&path, places);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                read(path.to_str().expect("a path"), places);
            }
        }
    }

    fn read(file: &str, places: &mut Vec<Place>) {
        if file == "src/error.rs" || file.ends_with("/tests.rs") || file == "src/fuzz.rs" {
            return;
        }
        let text = fs::read_to_string(file).expect("a file");
        let begin = places.len();
        let mut function = String::new();
        for (number, line) in text.lines().enumerate() {
            if line.contains("#[cfg(test)]") || line.contains("#[cfg(all(test") {
                break;
            }
            if let Some(name) = function_of(line) {
                function = name.to_owned();
            }
            if line.contains("Error::new(") || line.contains("Error::invalid_argument(") {
                let name = format!("{file} {function}");
                places.push(Place { file: file.to_owned(), line: number as u32 + 1, name });
            }
        }
        let names: Vec<String> = places[begin..].iter().map(|place| place.name.clone()).collect();
        for (index, name) in names.iter().enumerate() {
            if names.iter().filter(|other| *other == name).count() > 1 {
                let earlier = names[..index].iter().filter(|other| *other == name).count();
                places[begin + index].name = format!("{name} {}", earlier + 1);
            }
        }
    }

    fn function_of(line: &str) -> Option<&str> {
        let (before, after) = line.split_once("fn ")?;
        let begins = before.trim_start().split(' ').all(|word| {
            ["", "pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\""]
                .contains(&word)
        });
        begins.then(|| after.split(['(', '<']).next().unwrap_or_default())
    }
}

#[test]
fn every_vector_over_tls() {
    every_vector_at(Place { tls: true, queued: false });
}

#[test]
fn every_vector_through_the_queue() {
    every_vector_at(Place { tls: false, queued: true });
}

#[test]
fn every_vector_through_the_queue_over_tls() {
    every_vector_at(Place { tls: true, queued: true });
}

fn every_vector_at(place: Place) {
    let (mut run, mut skipped, mut failures) = (0, 0, Vec::new());
    for entry in fs::read_dir(FOLDER).expect("the vectors") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Value =
            serde_json::from_str(&fs::read_to_string(&path).expect("a file")).expect("JSON");
        for vector in file["vectors"].as_array().expect("vectors") {
            // Rust has no typed view.
            if vector["typed"] == true {
                skipped += 1;
                continue;
            }
            run += 1;
            let outcome = match vector["kind"].as_str() {
                None | Some("call") => call(vector, place),
                Some("list") => list(vector, place),
                Some("client") => client(vector, place),
                Some("json_get") => json_get(vector),
                Some(other) => Err(format!("unknown kind {other}")),
            };
            if let Err(why) = outcome {
                failures.push(format!("{}: {why}", vector["name"]));
            }
        }
    }
    println!(
        "{place:?}: vectors: {} passed, {} failed, {skipped} skipped",
        run - failures.len(),
        failures.len()
    );
    assert!(run > 0, "no vector was run");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn options(vector: &Value, place: Place) -> Result<Options, Error> {
    let settings = &vector["client"];
    let mut options = Options::default();
    match settings["base_url"].as_str() {
        Some(url) => options.set_base_url(url)?,
        None if vector["kind"] == "client" => {}
        None => {
            let host = settings["server"].as_str().unwrap_or(if place.tls {
                "NANGO_DEV_TLS_HOST"
            } else {
                "NANGO_HOST"
            });
            let run = format!(
                "/_vectors/rust-{}-{}/{}",
                place.tls,
                place.queued,
                vector["name"].as_str().expect("a name")
            );
            options.set_base_url(&format!(
                "{}{}",
                variable(host),
                if settings["server"].is_null() { &run } else { "" }
            ))?;
            options.set_tls_roots(Roots::CustomOnly);
            options.add_ca_pem(&fs::read(variable("NANGO_DEV_CA_FILE")).expect("the authority"))?;
        }
    }
    options.set_events(64);
    options.set_secret_key(settings["secret_key"].as_str().unwrap_or(KEY))?;
    options.set_max_retries(settings["max_retries"].as_u64().unwrap_or(0) as u32);
    options.set_plural_routes(settings["plural_routes"].as_bool().unwrap_or(false));
    if let Some(bytes) = settings["max_response_bytes"].as_u64() {
        options.set_max_response_bytes(bytes)?;
    }
    options.set_user_agent_suffix(settings["user_agent_suffix"].as_str().unwrap_or_default())?;
    Ok(options)
}

fn made(vector: &Value, place: Place) -> Result<Client, Error> {
    Client::with_options(&options(vector, place)?)
}

fn call_options(settings: &Value) -> Result<CallOptions, Error> {
    let mut options = CallOptions::default();
    options.set_force_refresh(settings["force_refresh"] == true);
    options.set_include_refresh_token(settings["include_refresh_token"] == true);
    if let Some(ms) = settings["timeout_ms"].as_u64() {
        options.set_timeout(Duration::from_millis(ms))?;
    }
    for header in settings["headers"].as_array().into_iter().flatten() {
        options.set_header(
            header[0].as_str().expect("a name"),
            header[1].as_str().expect("a value"),
        )?;
    }
    Ok(options)
}

fn filter(value: &Value) -> Parameters {
    value.as_object().cloned().unwrap_or_default()
}

fn call(vector: &Value, place: Place) -> Result<(), String> {
    let client = made(vector, place).map_err(|error| error.to_string())?;
    let one_call = if place.queued { one_queued_call } else { one_call };
    let mut result = one_call(&client, &vector["call"]);
    for _ in 1..vector["calls"].as_u64().unwrap_or(1) {
        result = one_call(&client, &vector["call"]);
    }
    compare(&vector["expect"], &result)?;
    let mut shown = format!("{result:?} {client:?}");
    if let Err(error) = &result {
        shown.push_str(&format!(
            "{error} {} {}",
            error.message(),
            error.body_json().unwrap_or_default()
        ));
    }
    while let Some(event) = client.next_event_json() {
        shown.push_str(&event);
    }
    match secrets(vector).into_iter().find(|secret| shown.contains(secret)) {
        Some(secret) => Err(format!("the secret {secret} is shown: {shown}")),
        None => Ok(()),
    }
}

/// The key, and everything under `credentials` in the answers.
fn secrets(vector: &Value) -> Vec<&str> {
    fn texts<'a>(value: &'a Value, inside: bool, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) if inside && text.len() >= 8 => found.push(text),
            Value::Array(elements) => {
                elements.iter().for_each(|element| texts(element, inside, found))
            }
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                if name != "type" && name != "expires_at" {
                    texts(member, inside || name == "credentials", found);
                }
            }),
            _ => {}
        }
    }
    let mut found = vec![vector["client"]["secret_key"].as_str().unwrap_or(KEY)];
    for exchange in vector["exchanges"].as_array().into_iter().flatten() {
        texts(&exchange["response"]["body"], false, &mut found);
    }
    found
}

fn one_queued_call(client: &Client, call: &Value) -> Result<Secret, Error> {
    let operation = catalogue::find(call["operation"].as_str().expect("an operation"))
        .expect("a known operation");
    let parameters = match call["operation"].as_str() {
        Some("list_connections") => filter(&call["filter"]),
        _ => ["provider_config_key", "connection_id", "refused_token"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), call.get(name)?.clone())))
            .collect(),
    };
    let queue = Queue::new()?;
    queue.submit(client, operation, parameters, &call_options(&call["options"])?, 0)?;
    let done = queue.next(1, Some(Duration::from_secs(60))).pop().expect("a completion");
    done.result.map(|text| text.expect("a text"))
}

fn one_call(client: &Client, call: &Value) -> Result<Secret, Error> {
    let options = call_options(&call["options"])?;
    let text = |name: &str| call[name].as_str().unwrap_or_default();
    let (key, id) = (text("provider_config_key"), text("connection_id"));
    match text("operation") {
        "get_connection" => client.get_connection_json(key, id, &options),
        "get_token" => client.get_token(key, id, &options),
        "get_credentials" => client.get_credentials_json(key, id, &options),
        "replace_token" => client.replace_token(key, id, text("refused_token"), &options),
        "list_connections" => client.list_connections_json(filter(&call["filter"]), &options),
        other => panic!("unknown operation {other}"),
    }
}

fn compare(expect: &Value, result: &Result<Secret, Error>) -> Result<(), String> {
    match (expect.get("error"), result) {
        (Some(expected), Err(error)) => compare_error(expected, error),
        (Some(expected), Ok(_)) => Err(format!("it succeeded, instead of {}", expected["code"])),
        (None, Err(error)) => Err(format!("it failed: {error}")),
        (None, Ok(text)) => {
            if let Some(expected) = expect["text"].as_str().or(expect["token"].as_str()) {
                equal("the text", &Value::from(expected), &Value::from(&**text))?;
            }
            if let Some(expected) = expect.get("json") {
                equal("the JSON", expected, &deep(text))?;
            }
            Ok(())
        }
    }
}

/// Parses JSON of any depth.
fn deep(text: &str) -> Value {
    let mut source = serde_json::Deserializer::from_str(text);
    source.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut source).expect("JSON")
}

fn compare_error(expected: &Value, error: &Error) -> Result<(), String> {
    record(error);
    let facts = json!({
        "code": error.code().name(),
        "http_status": error.http_status().unwrap_or(0),
        "api_code": error.api_code(),
        "retryable": error.retryable(),
        "retry_after_ms": error.retry_after().map_or(-1, |wait| wait.as_millis() as i64),
        "attempts": error.attempts(),
        "body_json": error.body_json().map_or(Value::Null, deep),
        "reveal_body": error.reveal_body(),
    });
    for (name, fact) in facts.as_object().expect("an object") {
        if let Some(expected) = expected.get(name) {
            equal(&format!("{name} of {error}"), expected, fact)?;
        }
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        equal(&format!("{name} of {error}"), value, &error.header(name).into())?;
    }
    let texts = |name: &str| {
        expected[name]
            .as_array()
            .into_iter()
            .flatten()
            .map(|text| text.as_str().expect("a text").to_owned())
            .collect::<Vec<_>>()
    };
    let printed = format!("{} {error} {error:?}", error.message());
    for text in texts("message_contains") {
        if !error.message().contains(&text) {
            return Err(format!("the message lacks {text:?}: {}", error.message()));
        }
    }
    for text in texts("message_lacks") {
        if printed.contains(&text) {
            return Err(format!("the error shows {text:?}: {printed}"));
        }
    }
    for text in texts("body_lacks") {
        if error.body_json().unwrap_or_default().contains(&text) {
            return Err(format!("the body shows {text:?}"));
        }
    }
    Ok(())
}

fn list(vector: &Value, place: Place) -> Result<(), String> {
    let client = made(vector, place).map_err(|error| error.to_string())?;
    let page_size = vector["page_size"].as_u64().unwrap_or(0) as u32;
    let queue = Queue::new().map_err(|error| error.to_string())?;
    let mut ids = Vec::new();
    let outcome = client
        .list_connections(filter(&vector["filter"]), page_size, CallOptions::default())
        .map(Walk::new)
        .and_then(|walk| {
            let next = || match place.queued {
                true => {
                    queue.submit_page(&walk, 0)?;
                    queue.next(1, None).pop().expect("a completion").result
                }
                false => walk.next_page_json(),
            };
            while let Some(page) = next()? {
                ids.extend(connection_ids(&page));
            }
            Ok(())
        });
    if let Some(expected) = vector["expect"].get("connection_ids") {
        equal("the ids", expected, &Value::Array(ids))?;
    }
    verdict(&vector["expect"], outcome)
}

/// Uses the library's C functions, because serde_json refuses numbers that do not fit a double.
fn connection_ids(page: &str) -> Vec<Value> {
    let (page, pointer) = (CString::new(page).expect("no NUL"), c"/connections");
    let mut ids = Vec::new();
    // SAFETY: all arguments are C strings, and the results are freed with their own functions.
    unsafe {
        let items = ffi::json::nango_json_items_new(page.as_ptr(), pointer.as_ptr());
        assert!(!items.is_null(), "a list");
        loop {
            let item = ffi::json::nango_json_items_next(items);
            if item.is_null() {
                break;
            }
            let id = ffi::json::nango_json_get(item, c"/connection_id".as_ptr());
            ids.push(taken(id).map_or(Value::Null, Value::from));
            ffi::call::nango_free_string(item);
        }
        ffi::json::nango_json_items_free(items);
    }
    ids
}

/// Copies a string that the library returned, and frees it.
///
/// # Safety
/// The pointer is NULL or such a string.
unsafe fn taken(text: *mut std::ffi::c_char) -> Option<String> {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let copy =
            (!text.is_null()).then(|| CStr::from_ptr(text).to_str().expect("UTF-8").to_owned());
        ffi::call::nango_free_string(text);
        copy
    }
}

fn client(vector: &Value, place: Place) -> Result<(), String> {
    verdict(&vector["expect"], made(vector, place).map(drop))
}

fn verdict(expect: &Value, outcome: Result<(), Error>) -> Result<(), String> {
    match (expect.get("error"), outcome) {
        (Some(expected), Err(error)) => compare_error(expected, &error),
        (None, Ok(())) => Ok(()),
        (Some(_), Ok(())) => Err("it succeeded".to_owned()),
        (None, Err(error)) => Err(format!("it failed: {error}")),
    }
}

fn json_get(vector: &Value) -> Result<(), String> {
    let text = |name: &str| CString::new(vector[name].as_str().expect("a text")).expect("no NUL");
    let (json, pointer) = (text("json"), text("pointer"));
    // SAFETY: both are C strings.
    let found = unsafe { taken(ffi::json::nango_json_get(json.as_ptr(), pointer.as_ptr())) };
    equal("the value", &vector["expect"], &found.map_or(Value::Null, Value::from))
}

fn equal(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what} is {found} instead of {expected}")) }
}
