//! nango-dev's controls: connections with distinguishable tokens, and their faults.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::variable;

/// A number of times that no test uses up. What is missing from it is how often a fault was
/// applied.
pub const ALWAYS: u64 = 1_000_000_000;

/// The integration that the connections belong to.
pub const INTEGRATION: &str = "stripe-key";

#[derive(Clone)]
pub struct Dev {
    address: String,
    key: String,
}

impl Dev {
    pub fn running() -> Dev {
        let host = variable("NANGO_HOST");
        Dev {
            address: host.trim_start_matches("http://").to_owned(),
            key: variable("NANGO_SECRET_KEY"),
        }
    }

    /// Sends one request on a new connection. Returns the status and the JSON, or null without
    /// JSON.
    fn ask(&self, method: &str, target: &str, body: Option<&Value>) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).expect("nango-dev runs");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let body = body.map(Value::to_string).unwrap_or_default();
        let (key, length) = (&self.key, body.len());
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n"
        );
        stream.write_all((head + &body).as_bytes()).expect("nango-dev listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("nango-dev answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status =
            head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn done(&self, method: &str, target: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.ask(method, target, body);
        assert!((200..300).contains(&status), "{method} {target} {body:?}: {status} {answer}");
        answer
    }

    /// Imports a connection whose token is [`token_of`] its id.
    pub fn import(&self, id: &str) {
        let credentials = json!({"type": "API_KEY", "apiKey": token_of(id)});
        let import = json!({
            "provider_config_key": INTEGRATION, "connection_id": id, "credentials": credentials,
        });
        self.done("POST", "/connections", Some(&import));
    }

    /// Imports a connection of `github` whose token is [`token_of`] its id, until it is refreshed.
    pub fn import_oauth2(&self, id: &str) {
        let credentials = json!({"type": "OAUTH2", "access_token": token_of(id),
            "refresh_token": format!("refresh-{id}"), "expires_at": "2999-01-01T00:00:00Z"});
        let body = json!({"provider_config_key": "github", "connection_id": id,
            "credentials": credentials});
        self.done("POST", "/connections", Some(&body));
    }

    /// Sets how the provider treats a connection of `github`.
    pub fn set_behaviour(&self, id: &str, behaviour: &Value) {
        let mut body = json!({"integration": "github", "connection_id": id});
        if let (Some(body), Some(behaviour)) = (body.as_object_mut(), behaviour.as_object()) {
            body.extend(behaviour.clone());
        }
        self.done("POST", "/_dev/provider", Some(&body));
    }

    /// Makes plain reads of a connection of `github` slow enough for a forced refresh to join them.
    pub fn collapse(&self, id: &str, read_ms: u64) {
        let body = json!({"integration": "github", "connection_id": id, "read_ms": read_ms});
        self.done("POST", "/_dev/collapse", Some(&body));
    }

    /// How often the provider was asked for a token of a connection of `github`, and how often a
    /// forced refresh joined a plain read.
    pub fn refreshes(&self, id: &str) -> (u64, u64) {
        let state = self.done("GET", "/_dev/state", None);
        let count = |what: &str| state[what][format!("github/{id}")].as_u64().unwrap_or_default();
        (count("token_calls"), count("collapsed"))
    }

    /// The targets of the requests about a connection, in order.
    pub fn asked(&self, id: &str) -> Vec<String> {
        let log = self.done("GET", &format!("/_dev/log?connection={id}"), None);
        let entries = log["requests"].as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| Some(entry["target"].as_str()?.to_owned())).collect()
    }

    pub fn delete(&self, id: &str) {
        self.done("DELETE", &format!("/connections/{id}?provider_config_key={INTEGRATION}"), None);
    }

    /// Orders a fault for the next requests about a connection.
    pub fn order(&self, id: &str, times: u64, fault: &Value) {
        self.done(
            "POST",
            "/_dev/faults",
            Some(&json!({"connection": id, "times": times, "fault": fault})),
        );
    }

    /// Delays the next answers.
    pub fn delay(&self, id: &str, times: u64, delay: Duration) {
        self.done(
            "POST",
            "/_dev/faults",
            Some(&json!({"connection": id, "times": times, "delay_ms": delay.as_millis() as u64})),
        );
    }

    pub fn clear(&self, id: &str) {
        self.done("DELETE", &format!("/_dev/faults?connection={id}"), None);
    }

    /// How often a fault that was ordered [`ALWAYS`] was applied.
    pub fn faults_applied(&self, id: &str) -> u64 {
        let left = self.done("GET", "/_dev/faults", None);
        let rule = left["faults"]
            .as_array()
            .and_then(|rules| rules.iter().find(|rule| rule["connection"] == id))
            .expect("the fault");
        ALWAYS - rule["times"].as_u64().expect("a number")
    }
}

pub fn token_of(id: &str) -> String {
    format!("token-of-{id}")
}
