//! Bytes that answer no request: no call takes what follows an answer for its own, whatever it is
//! and whenever it arrives. `NANGO_TEST_ROUNDS=10000 cargo test --release --test surplus --
//! --nocapture` runs more rounds.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nango::catalogue::{self, Operation};
use nango::{CallOptions, Client, Code, Error, Options, Queue, Roots, Secret};
use nango_test_support::{KEY, Server, answer, connection, options, read_request};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// The number of rounds for each way and scheme.
fn rounds() -> usize {
    std::env::var("NANGO_TEST_ROUNDS").map_or(300, |rounds| rounds.parse().expect("a number"))
}

/// The number of rounds that wait at the same time.
const THREADS: usize = 50;

/// When the extra bytes follow the answer, in milliseconds.
const DELAYS: [u64; 5] = [0, 1, 3, 10, 100];

/// The longest wait before the next call, in milliseconds.
const LONGEST_GAP: u64 = 2_000;

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Surplus {
    /// Another answer.
    Answer,
    /// More bytes than `content-length` announces.
    PastTheLength,
    /// A body after a status that has none.
    Behind204,
    Behind304,
    /// The server's notice that it no longer waits, and a close.
    Late408,
}

const SURPLUS: [Surplus; 5] = [
    Surplus::Answer,
    Surplus::PastTheLength,
    Surplus::Behind204,
    Surplus::Behind304,
    Surplus::Late408,
];

impl Surplus {
    /// The id starts with the numbers of a kind and a delay: `3-10-…`.
    fn of(id: &str) -> Option<(Surplus, Duration)> {
        let mut parts = id.split('-');
        let kind = *SURPLUS.get(parts.next()?.parse::<usize>().ok()?)?;
        Some((kind, Duration::from_millis(parts.next()?.parse().ok()?)))
    }

    fn status(self) -> &'static str {
        match self {
            Surplus::Behind204 => "204 No Content",
            Surplus::Behind304 => "304 Not Modified",
            _ => "200 OK",
        }
    }

    fn text(self) -> String {
        let other = answer_about("somebody-else", "200 OK");
        match self {
            Surplus::PastTheLength => other.split("\r\n\r\n").nth(1).expect("a body").to_owned(),
            Surplus::Late408 => {
                "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                    .to_owned()
            }
            _ => other,
        }
    }
}

fn token_of(id: &str) -> String {
    format!("token-of-{id}")
}

fn answer_about(id: &str, status: &str) -> String {
    let body = json!({
        "connection_id": id, "provider_config_key": "gh",
        "credentials": {"type": "API_KEY", "apiKey": token_of(id)},
    })
    .to_string();
    if !status.starts_with("200") {
        return format!("HTTP/1.1 {status}\r\n\r\n");
    }
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Instead of a kind: new keys, which TLS 1.3 sends in a separate record.
const UPDATE: usize = SURPLUS.len();

trait Stream: Read + Write {
    /// Queues a record that contains no HTTP.
    fn update(&mut self) {}
}

impl Stream for TcpStream {}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn update(&mut self) {
        self.conn.refresh_traffic_keys().expect("TLS 1.3");
    }
}

/// Answers each request, sends extra bytes after the answers whose request selects them, and
/// continues.
fn serve(mut stream: impl Stream) -> io::Result<()> {
    let mut unread = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer)? {
                0 => return Ok(()),
                count => unread.extend_from_slice(&buffer[..count]),
            }
        };
        let head = String::from_utf8_lossy(&unread[..end]).into_owned();
        unread.drain(..end + 4);
        let path = head.split(['?', ' ']).nth(1).unwrap_or_default();
        if path == "/connection" {
            let list = r#"{"connections":[]}"#;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n{list}",
                list.len()
            )?;
            stream.flush()?;
            continue;
        }
        let id = path.rsplit('/').next().unwrap_or_default();
        let surplus = Surplus::of(id);
        let status = surplus.map_or("200 OK", |(kind, _)| kind.status());
        stream.write_all(answer_about(id, status).as_bytes())?;
        stream.flush()?;
        if id.starts_with(&format!("{UPDATE}-")) {
            thread::sleep(Duration::from_millis(5));
            stream.update();
            stream.flush()?;
        }
        if let Some((kind, delay)) = surplus {
            thread::sleep(delay);
            stream.write_all(kind.text().as_bytes())?;
            stream.flush()?;
            if kind == Surplus::Late408 {
                return Ok(());
            }
        }
    }
}

/// A server over HTTP or TLS, and options for its clients.
fn server(tls: bool) -> (Server, Options) {
    let certificate: CertifiedKey<_> =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key.into())
            .expect("a server");
    let config = Arc::new(config);
    let server = Server::start(move |stream: TcpStream, _| {
        stream.set_nodelay(true).expect("a socket");
        // The client checks the outcome.
        let _ = if tls {
            let session = ServerConnection::new(Arc::clone(&config)).expect("a session");
            serve(StreamOwned::new(session, stream))
        } else {
            serve(stream)
        };
    });
    let url = if tls {
        server.url.replace("http://127.0.0.1", "https://localhost")
    } else {
        server.url.clone()
    };
    let mut options = options(&url, KEY);
    options.set_tls_roots(Roots::CustomOnly);
    options.add_ca_pem(certificate.cert.pem().as_bytes()).expect("an authority");
    options.set_max_retries(0);
    (server, options)
}

/// A client, and the queue through which it is called, if any.
struct Caller(Client, Option<Queue>);

impl Caller {
    fn get(&self, id: &str) -> Result<Secret, Error> {
        let parameters = json!({"provider_config_key": "gh", "connection_id": id});
        self.call(&catalogue::GET_TOKEN, parameters)
    }

    fn call(&self, operation: &'static Operation, parameters: Value) -> Result<Secret, Error> {
        let (options, parameters) =
            (CallOptions::default(), parameters.as_object().expect("an object").clone());
        let Some(queue) = &self.1 else {
            return self.0.call(operation, parameters, &options);
        };
        queue.submit(&self.0, operation, parameters, &options, 0)?;
        let done = queue.next(1, Some(Duration::from_secs(30))).pop().expect("it completes");
        done.result.map(|text| text.expect("a text"))
    }
}

/// The outcomes of the calls after the extra bytes, for each kind.
#[derive(Debug, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    failed: BTreeMap<&'static str, usize>,
}

fn no_call_takes_them(queued: bool, tls: bool) {
    let (_server, options) = server(tls);
    let tallies = Mutex::new(BTreeMap::<Surplus, Tally>::new());
    let each = rounds().div_ceil(THREADS);
    thread::scope(|scope| {
        for worker in 0..THREADS {
            let (options, tallies) = (&options, &tallies);
            scope.spawn(move || {
                let client = Client::with_options(options).expect("a client");
                let caller = Caller(client, queued.then(|| Queue::new().expect("a queue")));
                for round in 0..each {
                    let number = worker * each + round;
                    let kind = number % SURPLUS.len();
                    let delay = DELAYS[number / SURPLUS.len() % DELAYS.len()];
                    let first = caller.get(&format!("{kind}-{delay}-{number}"));
                    let bodiless = SURPLUS[kind].status() != "200 OK";
                    match first {
                        Ok(token) => {
                            assert_eq!(*token, token_of(&format!("{kind}-{delay}-{number}")));
                        }
                        Err(error) if bodiless => assert_eq!(error.code(), Code::InvalidResponse),
                        Err(error) => panic!("the call before the extra bytes: {error}"),
                    }
                    // Most calls start at about the time when the extra bytes arrive, some much
                    // later.
                    let gap = match number % 8 {
                        0 => fastrand::u64(0..=LONGEST_GAP * 1000),
                        1 => 0,
                        _ => (delay * 1000 + fastrand::u64(0..2000)).saturating_sub(1000),
                    };
                    thread::sleep(Duration::from_micros(gap));
                    for next in 0..3 {
                        let id = format!("next-{number}-{next}");
                        let result = caller.get(&id);
                        let mut tallies = tallies.lock().expect("a tally");
                        let tally = tallies.entry(SURPLUS[kind]).or_default();
                        match result {
                            Ok(token) if *token == token_of(&id) => tally.right += 1,
                            Ok(_) => tally.wrong += 1,
                            Err(error) => {
                                *tally.failed.entry(error.code().name()).or_default() += 1;
                            }
                        }
                    }
                }
            });
        }
    });
    for (kind, tally) in &*tallies.lock().expect("a tally") {
        println!("queued {queued}, TLS {tls}: {kind:?}: {tally:?}");
        assert_eq!(tally.wrong, 0, "{kind:?}");
        assert!(tally.failed.is_empty(), "{kind:?}");
    }
}

/// Nothing in a list identifies its connection, so only the check of the connection protects it.
#[test]
fn no_list_takes_them_either() {
    for (queued, tls) in [(false, false), (false, true), (true, false), (true, true)] {
        let (_server, options) = server(tls);
        let client = Client::with_options(&options).expect("a client");
        let caller = Caller(client, queued.then(|| Queue::new().expect("a queue")));
        for number in 0..10 {
            caller.get(&format!("0-5-{number}")).expect("a token");
            thread::sleep(Duration::from_millis(30));
            let list = caller.call(&catalogue::LIST_CONNECTIONS, json!({})).expect("a list");
            let other = list.contains("somebody-else");
            assert!(!other, "queued {queued}, TLS {tls}: another's answer");
        }
    }
}

/// A call that is not sent twice says what came first, and that its outcome is unknown. On a new
/// connection the same bytes mean that the server does not speak HTTP.
#[test]
fn a_call_that_is_not_sent_twice_tells_of_extra_bytes() {
    let server = Server::start(|stream, _| {
        while let Some(head) = read_request(&stream) {
            if head.contains("force_refresh=true") {
                return (&stream).write_all(b"not an answer\r\n\r\n").unwrap_or_default();
            }
            answer(&stream, "200 OK", "", &connection(&head));
        }
    });
    for queued in [false, true] {
        let client = Client::with_options(&options(&server.url, KEY)).expect("a client");
        let caller = Caller(client, queued.then(|| Queue::new().expect("a queue")));
        let forced = || {
            let mut parameters = json!({"provider_config_key": "gh", "connection_id": "c"});
            parameters["force_refresh"] = true.into();
            caller.call(&catalogue::GET_CONNECTION, parameters).expect_err("not an answer")
        };
        let error = forced();
        assert_eq!(error.code(), Code::InvalidResponse, "queued {queued}: {error}");
        assert!(!error.retryable());
        caller.get("c").expect("a token");
        let error = forced();
        assert_eq!(error.code(), Code::Io, "queued {queued}: {error}");
        assert!(error.retryable());
        assert_eq!(error.attempts(), 1);
        for part in ["extra bytes after the previous answer", "may or may not have processed"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
}

/// Late bytes of TLS itself are not an answer, and no reason to open another connection.
#[test]
fn late_records_of_tls_cost_no_connection() {
    for queued in [false, true] {
        let (server, options) = server(true);
        let client = Client::with_options(&options).expect("a client");
        let caller = Caller(client, queued.then(|| Queue::new().expect("a queue")));
        for number in 0..20 {
            caller.get(&format!("{UPDATE}-5-{number}")).expect("a token");
            thread::sleep(Duration::from_millis(20 * (number % 2)));
        }
        assert_eq!(server.connections(), 1, "queued {queued}");
    }
}

#[test]
fn no_blocking_call_takes_surplus_bytes_for_its_answer() {
    no_call_takes_them(false, false);
}

#[test]
fn no_blocking_call_takes_surplus_bytes_for_its_answer_over_tls() {
    no_call_takes_them(false, true);
}

#[test]
fn no_queued_call_takes_surplus_bytes_for_its_answer() {
    no_call_takes_them(true, false);
}

#[test]
fn no_queued_call_takes_surplus_bytes_for_its_answer_over_tls() {
    no_call_takes_them(true, true);
}
