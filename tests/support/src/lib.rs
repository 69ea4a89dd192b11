//! Shared by the tests and the soak: the nango-dev that they run against and its controls, and
//! small servers that misbehave.

mod dev;
pub mod machine;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nango::{Client, Options};

pub use dev::{ALWAYS, Dev, INTEGRATION, token_of};

pub const KEY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// A variable that `nango-dev … -- cargo test` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set; run this inside `nango-dev --tls-port 0 -- …`, as `make test` does"
        )
    })
}

/// A client of the running nango-dev.
pub fn client() -> Client {
    Client::with_options(&options(&variable("NANGO_HOST"), &variable("NANGO_SECRET_KEY")))
        .expect("a client")
}

pub fn options(base_url: &str, key: &str) -> Options {
    machine::watch();
    let mut options = Options::default();
    options.set_base_url(base_url).expect("a base URL");
    options.set_secret_key(key).expect("a key");
    options
}

/// Runs a test of this program that is marked `#[ignore]` in a separate process, with these
/// variables (`None` removes one), and returns what it reported with [`tell`].
pub fn child(test: &str, variables: &[(&str, Option<&str>)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = String::from_utf8_lossy(&command.output().expect("a child").stdout).into_owned();
    let told = output
        .lines()
        .find_map(|line| line.split_once(TOLD))
        .unwrap_or_else(|| panic!("the child reported nothing: {output}"));
    told.1.to_owned()
}

/// Reports a text to the process that runs such a test.
pub fn tell(text: &str) {
    println!("{TOLD}{text}");
}

const TOLD: &str = "told: ";

/// A server on loopback. It runs the test's code for each connection, each on its own thread, and
/// stops with the test's process.
pub struct Server {
    pub url: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// `serve` receives each connection and its number, from 0.
    pub fn start(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicUsize::new(0));
        let (serve, counter) = (Arc::new(serve), Arc::clone(&connections));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(stream, number));
            }
        });
        Server { url, connections }
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads one request without a body. Returns its head, or `None` if the client closed the
/// connection.
pub fn read_request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream.take(1 << 20));
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return Some(head);
        }
        head.push_str(&line);
    }
}

/// Sends a complete JSON answer.
pub fn answer(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    );
}

/// The connection that a request asks for, always with the same token. Its ids must need no
/// encoding.
pub fn connection(head: &str) -> String {
    let target = head.split(' ').nth(1).expect("a request line");
    let (path, query) = target.split_once('?').expect("a query");
    let id = path.rsplit('/').next().expect("an id");
    let key = query.strip_prefix("provider_config_key=").expect("a key");
    format!(
        r#"{{"connection_id":"{id}","provider_config_key":"{key}","credentials":{{"type":"OAUTH2","access_token":"a-token"}}}}"#
    )
}

pub fn close(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
