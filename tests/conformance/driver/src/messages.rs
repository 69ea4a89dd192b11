//! The messages of errors, as `messages.txt` records them for the review of a change.

use serde_json::Value;

/// Longer messages quote what a vector sends.
const LONGEST: usize = 400;

/// The operations, as messages name them.
const OPERATIONS: [&str; 6] = [
    "get_connection",
    "get_token",
    "get_credentials",
    "replace_token",
    "list_connections",
    "warm_up",
];

/// The code and the message, without the operation and the ids in front of it, and without ports
/// and times. Nothing for a long message.
pub fn recorded(error: &Value) -> Result<Option<String>, String> {
    let mut message = error["message"].as_str().unwrap_or_default();
    if let Some(name) = OPERATIONS.iter().find(|name| message.matches(**name).count() > 1) {
        return Err(format!("{name} is named twice: {message}"));
    }
    if OPERATIONS.iter().any(|name| message.starts_with(name)) {
        message = message.split_once(": ").map_or(message, |(_, rest)| rest);
    }
    let shown = without_times(&without_ports(message));
    let line = format!("{}\t{shown}", error["code"].as_str().unwrap_or_default());
    Ok((shown.len() <= LONGEST && !shown.contains(['\n', '\r'])).then_some(line))
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
