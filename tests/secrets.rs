//! A server returns the key and every secret of every credentials vector in every place that a
//! server can write to. The test searches for them in everything that the library shows.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nango::{
    CallOptions, Client, Completion, Error, Options, Pager, Queue, Secret, Walk, catalogue,
};
use nango_test_support::{KEY, Server, options, read_request};
use serde_json::{Value, json};

/// The prefix of every secret.
const HUSH: &str = "hush-";

/// The connections of the vectors, with each text in their credentials replaced by a unique one.
fn connections() -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/credentials.json");
    let file: Value =
        serde_json::from_str(&fs::read_to_string(file).expect("the vectors")).expect("JSON");
    let bodies = file["vectors"]
        .as_array()
        .expect("vectors")
        .iter()
        .flat_map(|vector| vector["exchanges"].as_array().expect("exchanges"));
    let mut connections: Vec<Value> = bodies
        .map(|exchange| exchange["response"]["body"].clone())
        .filter(|body| body["credentials"].is_object())
        .collect();
    let mut count = 0;
    for connection in &mut connections {
        for (name, value) in connection["credentials"].as_object_mut().expect("credentials") {
            if name != "type" && name != "expires_at" {
                mask_secrets(value, &mut count);
            }
        }
    }
    assert!(count > 100, "{count} secrets");
    connections
}

fn mask_secrets(value: &mut Value, count: &mut usize) {
    match value {
        Value::String(text) => {
            *count += 1;
            *text = format!("{HUSH}{count}");
        }
        Value::Array(elements) => {
            elements.iter_mut().for_each(|element| mask_secrets(element, count))
        }
        Value::Object(members) => {
            members.values_mut().for_each(|member| mask_secrets(member, count))
        }
        _ => {}
    }
}

fn raw(status: &str, content_type: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Every way in which a server can return a connection, most of them wrong.
fn answers(connection: &Value) -> Vec<String> {
    let json = "application/json";
    let whole = connection.to_string();
    let cut = &whole[..whole.len() - 2];
    let told = |envelope: Value| raw("400 Bad Request", json, "", &envelope.to_string());
    vec![
        raw("200 OK", json, "", &whole),
        raw("200 OK", json, "", cut),
        raw("200 OK", json, "", &format!("{whole} {whole}")),
        raw("200 OK", "text/html", "", &format!("<html>{whole}")),
        raw("200 OK", &format!("text/{KEY}"), "", &whole),
        raw("200 OK", json, &format!("x-other: {KEY}\r\n"), &whole),
        told(json!({"error": {"code": "no", "message": "No.", "payload": connection}})),
        told(json!({"error": {"code": "no", "message": "No.", "errors": [connection,
            {"credentials": connection["credentials"]}]}})),
        told(json!({"error": {"credentials": connection["credentials"]}, "message": "No."})),
        told(json!({"error": {"code": KEY, "message": format!("the key {KEY} is wrong"),
            KEY: KEY}})),
        raw("500 Internal Server Error", "text/plain", "", &whole),
        raw("401 Unauthorized", "text/html", "", &format!("<p>{KEY}</p>{whole}")),
        raw(
            "424 Failed Dependency",
            json,
            "",
            &json!({"error": {"code": "invalid_credentials",
            "message": "No.", "payload": connection}})
            .to_string(),
        ),
        raw(
            "429 Too Many Requests",
            json,
            &format!("retry-after: {KEY}\r\nx-ratelimit-limit: {KEY}\r\n"),
            "{}",
        ),
        raw("302 Found", json, &format!("location: https://other.example/?key={KEY}\r\n"), &whole),
        format!("HTTP/1.1 200 {KEY}\r\nbroken: {KEY}\r\ncontent-length: nonsense {KEY}\r\n\r\n"),
        format!("{KEY}\r\n\r\n{whole}"),
        format!("HTTP/1.1 200 OK\r\ncontent-type: {json}\r\ncontent-length: 100000\r\n\r\n{whole}"),
    ]
}

#[test]
fn no_secret_is_shown() {
    let next = Arc::new(Mutex::new(VecDeque::<String>::new()));
    let server = Server::start({
        let next = Arc::clone(&next);
        move |mut stream, _| {
            while read_request(&stream).is_some() {
                let Some(answer) = next.lock().unwrap().pop_front() else { return };
                let _ = stream.write_all(answer.as_bytes());
                // An answer that was cut off ends with the connection.
                if !answer.starts_with("HTTP/1.1 200 OK") || answer.contains("length: 100000") {
                    return;
                }
            }
        }
    });
    let mut options = options(&server.url, KEY);
    options.set_max_retries(0);
    options.set_events(64);
    let (client, queue) = (Client::with_options(&options).unwrap(), Queue::new().unwrap());
    // Hundreds of panics, on purpose.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let (mut shown, mut failed) = (format!("{options:?}"), 0);
    for connection in connections() {
        for answer in answers(&connection) {
            let mut call = |result: Result<String, Error>| match result {
                Ok(debugged) => shown.push_str(&debugged),
                Err(error) => {
                    failed += 1;
                    let _ = write!(
                        shown,
                        "{error} {error:?} {error:#?} {} {:?} {:?}",
                        error.message(),
                        error.api_code(),
                        error.body_json()
                    );
                    for name in ["retry-after", "x-ratelimit-limit"] {
                        let _ = write!(shown, "{:?}", error.header(name));
                    }
                    let unwound = catch_unwind(|| panic!("{error} {error:?}")).unwrap_err();
                    let _ = write!(shown, "{:?}", unwound.downcast_ref::<String>());
                }
            };
            // Never resent over a reused connection: each answer is for one request.
            for operation in
                [&catalogue::GET_TOKEN, &catalogue::GET_CONNECTION, &catalogue::GET_CREDENTIALS]
            {
                *next.lock().unwrap() = [answer.clone(), answer.clone()].into();
                call(
                    client
                        .call(operation, parameters(), &CallOptions::default())
                        .map(|secret| format!("{secret:?}")),
                );
            }
            *next.lock().unwrap() = [answer.clone(), answer.clone()].into();
            queue
                .submit(&client, &catalogue::GET_TOKEN, parameters(), &CallOptions::default(), 0)
                .unwrap();
            let completion =
                queue.next(1, Some(Duration::from_secs(20))).pop().expect("a completion");
            let _ = write!(shown, "{completion:?} {queue:?}");
            while let Some(event) = client.next_event_json() {
                shown.push_str(&event);
            }
        }
    }
    set_hook(hook);
    let _ = write!(shown, "{client:?}");
    assert!(failed > 500 && shown.len() > 1_000_000, "{failed} failed, {} shown", shown.len());
    for secret in [KEY, HUSH] {
        if let Some(at) = shown.find(secret) {
            panic!(
                "shown: {}",
                &shown[shown.floor_char_boundary(at.saturating_sub(300))
                    ..shown.floor_char_boundary(at + 80)]
            );
        }
    }
    println!("{failed} errors and {} bytes of output, without a secret", shown.len());
}

fn parameters() -> nango::Parameters {
    json!({"provider_config_key": "k", "connection_id": "c"})
        .as_object()
        .cloned()
        .expect("an object")
}

/// Whether a type implements a trait, as the compiler sees it: an inherent method takes precedence
/// over the trait's.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        struct Probe<T>(std::marker::PhantomData<T>);
        #[allow(dead_code)]
        impl<T: $($bound)+> Probe<T> {
            fn has(&self) -> bool {
                true
            }
        }
        #[allow(dead_code)]
        trait Lacks {
            fn has(&self) -> bool {
                false
            }
        }
        impl<T> Lacks for Probe<T> {}
        Probe::<$type>(std::marker::PhantomData).has()
    }};
}

#[test]
fn what_holds_a_secret_has_no_way_to_be_written() {
    assert!(has!(String: serde::Serialize) && has!(String: std::fmt::Display));
    assert!(!has!(Secret: serde::Serialize) && !has!(Secret: std::fmt::Display));
    assert!(!has!(Client: serde::Serialize) && !has!(Client: std::fmt::Display));
    assert!(!has!(Options: serde::Serialize) && !has!(Options: std::fmt::Display));
    assert!(!has!(CallOptions: serde::Serialize) && !has!(Completion: serde::Serialize));
    assert!(!has!(Pager: serde::Serialize) && !has!(Walk: serde::Serialize));
    assert!(!has!(Error: serde::Serialize));
}

#[test]
fn debug_shows_no_secret() {
    let page = format!(
        r#"{{"connections":[{{"id":1,"connection_id":"c","metadata":{{"a":"{HUSH}1"}},"{HUSH}2":1}}]}}"#
    );
    let server = Server::start(move |stream, _| {
        while read_request(&stream).is_some() {
            nango_test_support::answer(&stream, "200 OK", "", &page);
        }
    });
    let options = options(&server.url, KEY);
    let client = Client::with_options(&options).unwrap();
    let mut call_options = CallOptions::default();
    call_options.set_header("x-secret", KEY).unwrap();
    let mut pager =
        client.list_connections(nango::Parameters::new(), 1, call_options.clone()).unwrap();
    let walk = Walk::new(pager.clone());
    let queue = Queue::new().unwrap();
    queue.submit_page(&walk, 0).unwrap();
    let completion = queue.next(1, Some(Duration::from_secs(20))).pop().expect("a completion");
    let page = pager.next_page_json().unwrap().expect("a page");
    let shown = format!(
        "{page:?} {completion:?} {pager:?} {walk:?} {queue:?} {client:?} {options:?} \
         {call_options:?} {:#?} {:#?} {:#?}",
        (&pager, &page),
        [&options],
        Some(&call_options)
    );
    assert!(shown.contains("1 connections") && shown.contains("[REDACTED]"), "{shown}");
    assert!(!shown.contains(HUSH) && !shown.contains(KEY), "{shown}");
}
