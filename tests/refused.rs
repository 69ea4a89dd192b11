//! Input that is refused before anything is sent: options, parameters and the environment. Each
//! message names what is wrong.

use nango::{
    CallOptions, Client, Code, DEFAULT_BASE_URL, Error, Options, Parameters, Queue, catalogue,
};
use nango_test_support::{KEY, child, options, tell};
use serde_json::{Value, json};

fn plain() -> CallOptions {
    CallOptions::default()
}

/// The error is `INVALID_ARGUMENT`, and its message contains this.
fn refused<T>(result: Result<T, Error>, message: &str) {
    let error = result.err().unwrap_or_else(|| panic!("it is accepted: {message}"));
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    assert!(error.message().contains(message), "{error}\nlacks {message:?}");
}

fn parameters(value: Value) -> Parameters {
    value.as_object().expect("an object").clone()
}

#[test]
fn options_of_a_client() {
    let mut options = Options::default();
    refused(Client::with_options(&options), "a client needs a secret key");
    refused(options.set_secret_key("a key"), "a line break or a non-ASCII character");
    refused(options.set_max_connections(0), "max_connections must be greater than 0");
    refused(options.set_max_response_bytes(0), "max_response_bytes must be greater than 0");
    refused(options.set_user_agent_suffix("a(b)"), "the user agent suffix must be");
    refused(options.set_proxy(Some("ftp://proxy.test")), "the proxy must begin with http://");
    refused(options.add_ca_pem(b"nothing"), "the certificate authority holds no certificate");
    refused(
        options.set_client_identity_pem(b"nothing"),
        "the client identity holds no certificate",
    );
}

#[test]
fn values_that_nobody_filled_in() {
    let mut options = Options::default();
    for url in ["\"https://api.nango.dev\"", "'https://api.nango.dev'"] {
        refused(options.set_base_url(url), "the base URL is in quotes");
    }
    for url in ["https://${NANGO_HOST}", "https://{{ host }}", "<host>", "$(host)"] {
        refused(options.set_base_url(url), "the base URL contains a placeholder");
    }
    refused(options.set_secret_key("\"0f8fad5b\""), "the secret key is in quotes");
    refused(options.set_secret_key("${NANGO_SECRET_KEY}"), "the secret key contains a placeholder");
    refused(options.set_proxy(Some("http://${PROXY}:3128")), "the proxy contains a placeholder");
}

#[test]
fn parameters_of_a_call() {
    let client = Client::with_options(&options(DEFAULT_BASE_URL, KEY)).unwrap();
    let call = |operation, value| client.call(operation, parameters(value), &plain());
    refused(call(&catalogue::GET_TOKEN, json!({"connection_id": "c"})), "get_token: ");
    refused(
        call(&catalogue::GET_TOKEN, json!({"connection_id": "c"})),
        "provider_config_key is missing",
    );
    refused(
        call(&catalogue::GET_TOKEN, json!({})),
        "provider_config_key and connection_id are missing",
    );
    refused(
        call(&catalogue::REPLACE_TOKEN, json!({"connection_id": null})),
        "provider_config_key, connection_id and refused_token are missing",
    );
    refused(
        client.call(
            &catalogue::REPLACE_TOKEN,
            parameters(
                json!({"connection_id": "c", "provider_config_key": "k", "refused_token": 5}),
            ),
            &plain(),
        ),
        "refused_token must be a string",
    );
    let long = "x".repeat(70_000);
    refused(client.get_token("k", &long, &plain()), "connection_id is 70000 bytes long");
    let id = "é".repeat(10_000);
    refused(client.get_token(&id, &id, &plain()), "the URL is longer than 65534 bytes");
    refused(
        client.list_connections(parameters(json!({"limit": 5})), 0, plain()).map(drop),
        "limit is not allowed in the filter",
    );
}

#[test]
fn pages_of_what_has_none() {
    let client = Client::with_options(&options(DEFAULT_BASE_URL, KEY)).unwrap();
    let pages = client.pages(&catalogue::LIST_PROVIDERS, parameters(json!({})), 0, plain());
    refused(pages.map(drop), "list_providers does not return pages; call it instead");
}

#[test]
fn a_body_that_is_too_long() {
    let client = Client::with_options(&options(DEFAULT_BASE_URL, KEY)).unwrap();
    let metadata = json!({"text": "x".repeat(75 * 1024 * 1024)});
    refused(
        client.call(
            &catalogue::SET_METADATA,
            parameters(
                json!({"provider_config_key": "k", "connection_id": "c", "metadata": metadata}),
            ),
            &plain(),
        ),
        "the body is longer than 78643200 bytes; shorten them",
    );
}

#[test]
fn a_closed_queue() {
    let client = Client::with_options(&options(DEFAULT_BASE_URL, KEY)).unwrap();
    let queue = Queue::new().unwrap();
    queue.close();
    let call = json!({"connection_id": "c", "provider_config_key": "k"});
    let error = queue
        .submit(&client, &catalogue::GET_TOKEN, parameters(call), &plain(), 0)
        .expect_err("the queue is closed");
    assert_eq!(error.code(), Code::Closed);
    assert!(error.message().contains("create a new queue"), "{error}");
}

const VARIABLES: [&str; 6] = [
    "NANGO_API_KEY",
    "NANGO_SECRET_KEY",
    "NANGO_BASE_URL",
    "NANGO_HOST",
    "NANGO_SERVER_URL",
    "NANGO_HOSTPORT",
];

/// What a process with only these variables makes of them.
fn with(set: &[(&str, &str)]) -> String {
    let value = |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let variables: Vec<_> = VARIABLES.into_iter().map(|name| (name, value(name))).collect();
    child("options_of_a_child", &variables)
}

#[test]
#[ignore = "run by the_environment, in a separate process"]
fn options_of_a_child() {
    match Options::from_env() {
        Ok(options) => tell(&format!("{:?}", Client::with_options(&options).unwrap())),
        Err(error) => tell(&error.to_string()),
    }
}

#[test]
fn the_environment() {
    const KEYED: (&str, &str) = ("NANGO_SECRET_KEY", KEY);
    assert!(with(&[]).contains("neither NANGO_API_KEY nor NANGO_SECRET_KEY is set"));
    assert!(with(&[KEYED]).contains(DEFAULT_BASE_URL));
    for name in &VARIABLES[2..] {
        assert!(with(&[KEYED, (name, "http://nango.test:3003")]).contains("nango.test:3003"));
        // The key must not go to the cloud because a variable was not filled in.
        let empty = with(&[KEYED, (name, "")]);
        assert!(empty.contains(&format!("{name} is set but empty")), "{empty}");
        for left in ["\"http://nango.test\"", "http://${HOST}"] {
            let refused = with(&[KEYED, (name, left)]);
            assert!(refused.contains(&format!("{name}: the base URL ")), "{refused}");
        }
    }
    for name in &VARIABLES[..2] {
        assert!(with(&[(name, "")]).contains(&format!("{name} is set but empty")));
        let refused = with(&[(name, "'0f8fad5b'")]);
        assert!(refused.contains(&format!("{name}: the secret key is in quotes")), "{refused}");
        assert!(!refused.contains("0f8fad5b"), "{refused}");
    }
    let both =
        with(&[KEYED, ("NANGO_BASE_URL", "http://one.test"), ("NANGO_HOST", "http://b.test")]);
    assert!(both.contains("one.test"), "{both}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "options_of_a_child", "--ignored", "--nocapture"])
        .env_remove("NANGO_API_KEY")
        .env("NANGO_SECRET_KEY", OsStr::from_bytes(b"\xff"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("NANGO_SECRET_KEY is not UTF-8"), "{said}");
}
