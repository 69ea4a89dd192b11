//! The messages of errors, as `messages.txt` records them for the review of a change.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

/// Longer messages quote what a vector sends.
const LONGEST: usize = 400;

/// The code and the message, without the operation and the ids in front of it, and without ports
/// and times. Nothing for a long message.
pub fn recorded(error: &Value, operation: &str) -> Result<Option<String>, String> {
    let mut message = error["message"].as_str().unwrap_or_default();
    if !operation.is_empty() && message.matches(operation).count() > 1 {
        return Err(format!("{operation} is named twice: {message}"));
    }
    if !operation.is_empty() && message.starts_with(operation) {
        message = message.split_once(": ").map_or(message, |(_, rest)| rest);
    }
    let shown = without_times(&without_ports(message));
    let line = format!("{}\t{shown}", error["code"].as_str().unwrap_or_default());
    Ok((shown.len() <= LONGEST && !shown.contains(['\n', '\r'])).then_some(line))
}

/// What ends a message that says what to do, or begins what it says.
const ADVICE: [&str; 7] =
    ["; ", ". ", ", or ", "try again", " must ", "is not a valid header name", "is not allowed in"];

/// Compares the messages with those on record. Returns what is wrong.
pub fn check(record: &str, messages: &BTreeSet<String>) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(record).map_err(|error| format!("{record}: {error}"))?;
    let recorded: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let new = messages.difference(&recorded).map(|line| format!("a new message: {line}"));
    let gone = recorded.difference(messages).map(|line| format!("a message is gone: {line}"));
    let mut wrong: Vec<String> = new.chain(gone).collect();
    if !wrong.is_empty() {
        wrong.push("run `make messages` and read what changed".to_owned());
    }
    for line in messages {
        if !ADVICE.iter().any(|advice| line.contains(advice)) {
            wrong.push(format!("it does not say what to do: {line}"));
        }
        if line.contains("nango_") {
            wrong.push(format!("it names a C function: {line}"));
        }
    }
    Ok(wrong)
}

fn without_ports(message: &str) -> String {
    let mut shown = message.to_owned();
    for host in ["127.0.0.1:", "localhost:"] {
        let mut parts = shown.split(host).map(str::to_owned).collect::<Vec<_>>().into_iter();
        let first = parts.next().unwrap_or_default();
        let digit = |digit: char| digit.is_ascii_digit();
        shown =
            parts.fold(first, |text, part| text + host + "3003" + part.trim_start_matches(digit));
    }
    shown
}

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
