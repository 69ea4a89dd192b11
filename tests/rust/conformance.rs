//! Makes the calls of the conformance vectors: reads a request on each line of the standard input,
//! and writes an answer on a line of the standard output. `tests/conformance/README.md` describes
//! both. An answer also has `origins`: the places in the core that have made an error.

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::fs;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use nango::{
    CallOptions, Client, Error, Options, Parameters, Queue, Roots, Secret, Walk,
    catalogue::{self, Operation},
    ffi,
};
use serde::Deserialize;
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut told = HashSet::new();
    for line in io::stdin().lock().lines() {
        let mut answer = answer(&deep(&line?));
        let origins = nango::origins::seen().into_iter().filter(|origin| told.insert(*origin));
        answer["origins"] = origins.map(|(file, line)| json!([file, line])).collect();
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Parses JSON of any depth.
fn deep(text: &str) -> Value {
    let mut source = serde_json::Deserializer::from_str(text);
    source.disable_recursion_limit();
    Value::deserialize(&mut source).expect("the driver writes JSON")
}

fn answer(request: &Value) -> Value {
    match request["do"].as_str() {
        Some("json_get") => json_get(request),
        Some("client") => match client(&request["client"]) {
            Ok(_) => json!({}),
            Err(error) => json!({"error": error_view(&error, request)}),
        },
        Some("list") => list(request),
        _ if request["typed"] == true => json!({"skip": "Rust has no typed view"}),
        _ => call(request),
    }
}

fn client(settings: &Value) -> Result<Client, Error> {
    let mut options = Options::default();
    options.set_events(64);
    options.set_user_agent_suffix("")?;
    for (name, value) in settings.as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        let number = value.as_u64().unwrap_or_default();
        match name.as_str() {
            "base_url" => options.set_base_url(text)?,
            "secret_key" => options.set_secret_key(text)?,
            "ca_file" => {
                options.set_tls_roots(Roots::CustomOnly);
                options.add_ca_pem(&fs::read(text).expect("the authority"))?;
            }
            "plural_routes" => options.set_plural_routes(*value == true),
            "max_retries" => options.set_max_retries(number as u32),
            "max_response_bytes" => options.set_max_response_bytes(number)?,
            "user_agent_suffix" => options.set_user_agent_suffix(text)?,
            other => panic!("unknown option {other}"),
        }
    }
    Client::with_options(&options)
}

fn call_options(settings: &Value) -> Result<CallOptions, Error> {
    let mut options = CallOptions::default();
    for (name, value) in settings.as_object().into_iter().flatten() {
        match name.as_str() {
            "force_refresh" => options.set_force_refresh(*value == true),
            "include_refresh_token" => options.set_include_refresh_token(*value == true),
            "timeout_ms" => {
                options.set_timeout(Duration::from_millis(value.as_u64().expect("a number")))?;
            }
            "headers" => {
                for header in value.as_array().into_iter().flatten() {
                    let text = |at: usize| header[at].as_str().expect("a text");
                    options.set_header(text(0), text(1))?;
                }
            }
            other => panic!("unknown option of a call {other}"),
        }
    }
    Ok(options)
}

fn is_queued(request: &Value) -> bool {
    request["way"] == "queued"
}

fn params(request: &Value) -> Parameters {
    request["params"].as_object().cloned().unwrap_or_default()
}

fn call(request: &Value) -> Value {
    let client = match client(&request["client"]) {
        Ok(client) => client,
        Err(error) => return json!({"error": error_view(&error, request)}),
    };
    let one = if is_queued(request) { one_queued_call } else { one_call };
    let mut result = one(&client, request);
    for _ in 1..request["calls"].as_u64().unwrap_or(1) {
        result = one(&client, request);
    }
    let mut answer = shown(&client, result.as_ref().err(), request);
    let printed = format!("{} {result:?}", answer["shown"]["client"]);
    answer["shown"]["client"] = printed.into();
    if let Ok(text) = &result {
        answer["text"] = (**text).into();
    }
    answer
}

fn operation(request: &Value) -> &'static Operation {
    let name = request["operation"].as_str().expect("an operation");
    catalogue::find(name).expect("a known operation")
}

fn one_queued_call(client: &Client, request: &Value) -> Result<Secret, Error> {
    let queue = Queue::new()?;
    let options = call_options(&request["options"])?;
    queue.submit(client, operation(request), params(request), &options, 0)?;
    let done = queue.next(1, Some(Duration::from_secs(60))).pop().expect("a completion");
    done.result.map(|text| text.expect("a text"))
}

fn one_call(client: &Client, request: &Value) -> Result<Secret, Error> {
    let options = call_options(&request["options"])?;
    let text = |name: &str| request["params"][name].as_str().unwrap_or_default();
    let (key, id) = (text("provider_config_key"), text("connection_id"));
    if request["generic"] == true {
        return client.call(operation(request), params(request), &options);
    }
    match request["operation"].as_str().unwrap_or_default() {
        "get_connection" => client.get_connection_json(key, id, &options),
        "get_token" => client.get_token(key, id, &options),
        "get_credentials" => client.get_credentials_json(key, id, &options),
        "replace_token" => client.replace_token(key, id, text("refused_token"), &options),
        "list_connections" => client.list_connections_json(params(request), &options),
        _ => client.call(operation(request), params(request), &options),
    }
}

fn error_view(error: &Error, request: &Value) -> Value {
    let asked = request["asked"]["headers"].as_array().into_iter().flatten();
    let headers = asked.filter_map(Value::as_str).map(|name| (name, error.header(name)));
    json!({
        "code": error.code().name(),
        "http_status": error.http_status().unwrap_or(0),
        "api_code": error.api_code(),
        "retryable": error.retryable(),
        "retry_after_ms": error.retry_after().map_or(-1, |wait| wait.as_millis() as i64),
        "attempts": error.attempts(),
        "message": error.message(),
        "body_json": error.body_json(),
        "reveal_body": error.reveal_body(),
        "headers": headers.map(|(name, value)| (name.to_owned(), value.into()))
            .collect::<serde_json::Map<String, Value>>(),
    })
}

/// The error, if there is one, and what a program could print.
fn shown(client: &Client, error: Option<&Error>, request: &Value) -> Value {
    let events: String = std::iter::from_fn(|| client.next_event_json()).collect();
    let mut answer = json!({"shown": {"client": format!("{client:?}"), "events": events}});
    if let Some(error) = error {
        answer["error"] = error_view(error, request);
        let body = error.body_json().unwrap_or_default();
        answer["shown"]["error"] = format!("{} {error} {error:?} {body}", error.message()).into();
    }
    answer
}

fn list(request: &Value) -> Value {
    let mut ids = Vec::new();
    let client = match client(&request["client"]) {
        Ok(client) => client,
        Err(error) => return json!({"error": error_view(&error, request)}),
    };
    let size = request["page_size"].as_u64().unwrap_or(0) as u32;
    let pages = client.list_connections(params(request), size, CallOptions::default());
    let outcome = pages.map(Walk::new).and_then(|walk| {
        let queue = Queue::new()?;
        let next = || match is_queued(request) {
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
    let mut answer = shown(&client, outcome.as_ref().err(), request);
    answer["items"] = ids.into_iter().map(|id| json!({"connection_id": id})).collect();
    answer
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
            ids.push(taken(id).into());
            ffi::call::nango_free_string(item);
        }
        ffi::json::nango_json_items_free(items);
    }
    ids
}

fn json_get(request: &Value) -> Value {
    let text = |name: &str| CString::new(request[name].as_str().expect("a text")).expect("no NUL");
    let (json, pointer) = (text("json"), text("pointer"));
    // SAFETY: all are C strings or NULL, which `nango_json_get` takes too, and `taken` frees them.
    unsafe {
        let value = taken(ffi::json::nango_json_get(json.as_ptr(), pointer.as_ptr()));
        let found = ffi::json::nango_json_get_json(json.as_ptr(), pointer.as_ptr());
        let again = taken(ffi::json::nango_json_get(found, c"".as_ptr()));
        ffi::call::nango_free_string(found);
        json!({"value": value, "again": again})
    }
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
