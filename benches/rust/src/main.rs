//! The contenders in Rust: libnango, and `reqwest::blocking` with serde_json.

use std::sync::Barrier;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use nango::{CallOptions, Client, Options, Parameters, Queue, Roots, catalogue};
use serde::Deserialize;

const KEY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

#[derive(Deserialize)]
struct Connection {
    credentials: Credentials,
}

#[derive(Deserialize)]
struct Credentials {
    access_token: String,
}

fn client(url: &str, pem: &[u8], in_flight: usize) -> Client {
    let mut options = Options::default();
    options.set_base_url(url).expect("a URL");
    options.set_secret_key(KEY).expect("a key");
    options.set_max_connections(in_flight.max(256)).expect("a number");
    options.set_idle_connections(in_flight.max(8));
    if url.starts_with("https") {
        options.set_tls_roots(Roots::CustomOnly);
        options.add_ca_pem(pem).expect("an authority");
    }
    Client::with_options(&options).expect("a client")
}

fn libnango(url: &str, pem: &[u8], in_flight: usize) -> impl Fn() + Sync {
    let client = client(url, pem, in_flight);
    move || drop(client.get_token("github", "bob", &CallOptions::default()).expect("a token"))
}

/// One thread that keeps `in_flight` calls in flight until `calls` are done.
fn run_queue(queue: &Queue, client: &Client, in_flight: usize, calls: usize) -> Report {
    let parameters = Parameters::from_iter(
        [("provider_config_key", "github"), ("connection_id", "bob")]
            .map(|(name, value)| (name.to_owned(), value.into())),
    );
    let mut begins = Vec::with_capacity(calls);
    let mut report = Report::begin(calls);
    while report.times.len() < calls {
        while begins.len() < calls && begins.len() - report.times.len() < in_flight {
            let data = begins.len() as u64;
            begins.push(Instant::now());
            queue
                .submit(
                    client,
                    &catalogue::GET_TOKEN,
                    parameters.clone(),
                    &CallOptions::default(),
                    data,
                )
                .expect("a ticket");
        }
        for done in queue.next(64, None) {
            done.result.expect("a token");
            report.times.push(begins[done.user_data as usize].elapsed());
        }
    }
    report
}

fn reqwest_blocking(url: &str, pem: &[u8]) -> impl Fn() + Sync {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = reqwest::Certificate::from_pem(pem).expect("an authority");
    let client =
        reqwest::blocking::Client::builder().tls_certs_only([authority]).build().expect("a client");
    let url = format!("{url}/connection/bob?provider_config_key=github");
    move || {
        let answer = client
            .get(&url)
            .bearer_auth(KEY)
            .send()
            .and_then(reqwest::blocking::Response::error_for_status)
            .expect("an answer");
        assert!(
            !answer.json::<Connection>().expect("a connection").credentials.access_token.is_empty()
        );
    }
}

fn cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists and the time is valid.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What a run is told of by.
struct Report {
    times: Vec<Duration>,
    began: Instant,
    spent: Duration,
}

impl Report {
    fn begin(calls: usize) -> Report {
        Report { times: Vec::with_capacity(calls), began: Instant::now(), spent: cpu() }
    }

    fn end(mut self) {
        let (seconds, spent) =
            (self.began.elapsed().as_secs_f64(), (cpu() - self.spent).as_secs_f64());
        self.times.sort_unstable();
        let micro = |at: usize| self.times[at].as_secs_f64() * 1e6;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.split_whitespace().next())
            .unwrap_or("0");
        println!(
            "{{\"seconds\": {seconds}, \"cpu\": {spent}, \"p50\": {}, \"p99\": {}, \"peak\": {peak}}}",
            micro(self.times.len() / 2),
            micro(self.times.len() * 99 / 100)
        );
    }
}

fn run(call: impl Fn() + Sync, in_flight: usize, calls: usize) {
    let each = (calls / in_flight).max(1);
    let barrier = Barrier::new(in_flight + 1);
    thread::scope(|scope| {
        let caller = || {
            (0..if calls > 1 { 20 } else { 0 }).for_each(|_| call());
            barrier.wait();
            barrier.wait();
            let timed = |_| {
                let before = Instant::now();
                call();
                before.elapsed()
            };
            (0..each).map(timed).collect::<Vec<_>>()
        };
        let callers: Vec<_> = (0..in_flight).map(|_| scope.spawn(caller)).collect();
        barrier.wait();
        let mut report = Report::begin(calls);
        barrier.wait();
        callers
            .into_iter()
            .for_each(|caller| report.times.extend(caller.join().expect("a caller")));
        report.end();
    });
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, kind, url, authority, in_flight, calls] = arguments.as_slice() else {
        panic!("bench KIND URL CA IN_FLIGHT CALLS");
    };
    let pem = fs::read(authority).expect("an authority");
    let number = |text: &String| text.parse().expect("a number");
    match kind.as_str() {
        "queue" => {
            let (in_flight, calls) = (number(in_flight), number(calls));
            let (queue, client) = (Queue::new().expect("a queue"), client(url, &pem, in_flight));
            run_queue(&queue, &client, in_flight, in_flight * 2 + 20);
            run_queue(&queue, &client, in_flight, calls).end();
        }
        "libnango" => run(libnango(url, &pem, number(in_flight)), number(in_flight), number(calls)),
        _ => run(reqwest_blocking(url, &pem), number(in_flight), number(calls)),
    }
}
