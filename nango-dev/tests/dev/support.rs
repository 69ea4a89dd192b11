//! A nango-dev that runs for one test, and a client that sends requests exactly as given.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::net::TcpStream;

pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_nango-dev"))
}

/// Stopped with the test, or by itself after two minutes if the test is killed.
pub struct Server {
    child: Child,
    variables: BTreeMap<String, String>,
}

impl Server {
    pub fn start(options: &[&str]) -> Server {
        let mut command = Command::new(binary());
        command.args(["--port", "0", "--print-env"]).args(options).args(["--", "sleep", "120"]);
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut server = Server { child, variables: BTreeMap::new() };
        for line in BufReader::new(stdout).lines() {
            let line = line.unwrap();
            let (name, value) = line.split_once('=').unwrap();
            server.variables.insert(name.to_owned(), value.to_owned());
            if name == "NANGO_DEV_READY" {
                return server;
            }
        }
        panic!("nango-dev {options:?} did not start");
    }

    pub fn with_seed(seed: &Value, options: &[&str]) -> Server {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), seed.to_string()).unwrap();
        let options = [options, &["--connections", file.path().to_str().unwrap()]].concat();
        Server::start(&options)
    }

    pub fn variable(&self, name: &str) -> &str {
        &self.variables[name]
    }

    /// The key with this name. Only three of them are in the environment; all are the same in every
    /// run.
    pub fn key(&self, name: &str) -> String {
        match name {
            "full" => self.variable("NANGO_SECRET_KEY").to_owned(),
            "read" => self.variable("NANGO_DEV_KEY_READ").to_owned(),
            "none" => self.variable("NANGO_DEV_KEY_NONE").to_owned(),
            "read_credentials" => "5e7a9b3c-1d2f-4e68-8c0b-9f4d6a2e7c33".to_owned(),
            "account" => "b6f2c8d0-5a4e-4b39-a7d1-0e3c9f8b6d44".to_owned(),
            other => panic!("no key is called {other}"),
        }
    }

    pub async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let host = self.variable("NANGO_HOST").strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(host).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(target).header(HOST, host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::from(body.unwrap_or_default().to_owned()));
        let answer = sender.send_request(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request with the full key and a JSON body.
    pub async fn call(&self, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let authorization = format!("Bearer {}", self.key("full"));
        let mut headers = vec![(AUTHORIZATION.as_str(), authorization.as_str())];
        let body = body.map(Value::to_string);
        if body.is_some() {
            headers.push((CONTENT_TYPE.as_str(), "application/json"));
        }
        self.send(method, target, &headers, body.as_deref()).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.call("GET", target, None).await
    }

    pub async fn get_as(&self, key: &str, target: &str) -> Answer {
        self.send("GET", target, &[("authorization", &format!("Bearer {}", self.key(key)))], None)
            .await
    }

    /// Calls one of the server's controls, which must succeed.
    pub async fn dev(&self, target: &str, body: &Value) {
        let answer = self.call("POST", target, Some(body)).await;
        assert!(answer.status.is_success(), "{target} {body}: {answer:?}");
    }

    pub async fn advance(&self, seconds: i64) {
        self.dev("/_dev/clock", &json!({"advance_ms": seconds * 1000})).await;
    }

    /// How often the provider was asked for a token of this connection.
    pub async fn token_calls(&self, connection: &str) -> u64 {
        let state = self.get("/_dev/state").await.json();
        state["token_calls"][connection].as_u64().unwrap()
    }

    /// The provider's answer to this token.
    pub async fn provider_says(&self, token: &str) -> StatusCode {
        self.send("GET", "/provider/me", &[("authorization", &format!("Bearer {token}"))], None)
            .await
            .status
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.child);
        let _ = kill_process(pid, Signal::TERM);
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}
