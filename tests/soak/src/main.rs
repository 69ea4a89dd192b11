//! Runs everything that can go wrong at the same time, for any duration: `nango-dev --tls-port 0 --
//! nango-soak SECONDS`.
//!
//! Threads and queues share clients. They make calls that succeed, calls that meet every fault of
//! nango-dev, calls with too little time, and calls that are cancelled. Clients are created and
//! freed, and forked processes make calls too. Each answer must belong to its own request, each
//! call must end in time, and nothing may be left behind at the end.

#[allow(dead_code)] // The tests of the library use the rest.
mod tally;

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::process::ExitCode;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use nango::{
    CallOptions, Cancel, Client, Code, Error, Options, Parameters, Queue, Roots, Secret, Walk,
    catalogue, ffi,
};
use nango_test_support::{ALWAYS, Dev, INTEGRATION, token_of, variable};
use serde_json::{Value, json};
use tally::{Held, Tally};

const BLOCKING_THREADS: usize = 6;
const QUEUES: usize = 3;
const CONNECTIONS: usize = 4;
/// A call that has not returned this long after its deadline hangs.
const HUNG: Duration = Duration::from_secs(5);
/// The number of calls to a server that closes idle connections, if time allows.
const IDLE_CALLS: u64 = 10_000;

struct World {
    dev: Dev,
    tally: Tally,
    /// Over HTTP and TLS. All threads use them, and now and then one is replaced.
    clients: [RwLock<Client>; 2],
    /// A triggered handle, and a walk that uses it. All threads and child processes use both.
    cancel: Cancel,
    walk: Walk,
    stop: AtomicBool,
    /// For each worker, when its current call must have ended, in ms since the start; 0 without a
    /// call.
    due: Vec<AtomicU64>,
    start: Instant,
}

fn options(tls: bool) -> Options {
    let mut options = Options::default();
    // An address, not a name: a child that is forked during a lookup may deadlock in libc.
    let host = if tls {
        variable("NANGO_DEV_TLS_HOST").replace("localhost", "127.0.0.1")
    } else {
        variable("NANGO_HOST")
    };
    options.set_base_url(&host).expect("a URL");
    options.set_secret_key(&variable("NANGO_SECRET_KEY")).expect("a key");
    if tls {
        options.set_tls_roots(Roots::CustomOnly);
        options
            .add_ca_pem(&std::fs::read(variable("NANGO_DEV_CA_FILE")).expect("the authority"))
            .expect("an authority");
    }
    options.set_max_response_bytes(1_000_000).expect("a limit");
    options
}

fn client(tls: bool) -> Client {
    Client::with_options(&options(tls)).expect("a client")
}

fn main() -> ExitCode {
    let seconds: u64 = std::env::args()
        .nth(1)
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(10)
        .clamp(1, 7 * 24 * 3600);
    // The library's thread stays permanently, as does what the first calls load. Neither counts.
    for tls in [false, true] {
        let (queue, client) = (Queue::new().expect("a queue"), client(tls));
        let _ = client.warm_up();
        let _ = queue.submit(
            &client,
            &catalogue::WARM_UP,
            Parameters::new(),
            &CallOptions::default(),
            0,
        );
        queue.next(1, Some(Duration::from_secs(10)));
    }
    thread::sleep(Duration::from_millis(200));
    let before = Held::now();

    let workers = BLOCKING_THREADS + QUEUES + 4;
    let cancel = Cancel::new();
    let mut cancelled = CallOptions::default();
    cancelled.set_cancel(Some(&cancel));
    cancel.trigger();
    let walk = client(false).list_connections(Parameters::new(), 10, cancelled).expect("a walk");
    let world = Arc::new(World {
        cancel,
        walk: Walk::new(walk),
        dev: Dev::running(),
        tally: Tally::default(),
        clients: [RwLock::new(client(false)), RwLock::new(client(true))],
        stop: AtomicBool::new(false),
        due: (0..workers).map(|_| AtomicU64::new(0)).collect(),
        start: Instant::now(),
    });
    let mut threads = Vec::new();
    for number in 0..workers {
        let world = Arc::clone(&world);
        threads.push(thread::spawn(move || match number {
            0..BLOCKING_THREADS => Worker::new(&world, number).run(),
            _ if number < BLOCKING_THREADS + QUEUES => Queued::new(&world, number).run(),
            _ => idle(&world, number, number % 2 == 0, (number - BLOCKING_THREADS - QUEUES) < 2),
        }));
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        thread::sleep(Duration::from_millis(100));
        world.report_hung_calls();
    }
    world.stop.store(true, Ordering::SeqCst);
    let patience = Instant::now() + Duration::from_secs(60);
    while threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < patience {
        thread::sleep(Duration::from_millis(50));
        world.report_hung_calls();
    }
    let (done, stuck): (Vec<_>, Vec<_>) =
        threads.into_iter().partition(thread::JoinHandle::is_finished);
    world.tally.hung.fetch_add(stuck.len() as u64, Ordering::SeqCst);
    for thread in done {
        if thread.join().is_err() {
            world.tally.wrong("a worker has panicked".to_owned());
        }
    }
    for shared in &world.clients {
        // Creating this client drops the last of the old ones.
        let mut unused = Options::default();
        unused.set_secret_key(&variable("NANGO_SECRET_KEY")).expect("a key");
        *shared.write().unwrap_or_else(PoisonError::into_inner) =
            Client::with_options(&unused).expect("a client");
    }
    // The library's thread closes cancelled connections and may not be done yet.
    let settled = Instant::now() + Duration::from_secs(5);
    let mut after = Held::now();
    while !after.is_back_to(&before) && Instant::now() < settled {
        thread::sleep(Duration::from_millis(50));
        after = Held::now();
    }
    let (table, good) = world.tally.table();
    print!("{table}{}{}", before.row("held at the start"), after.row("held at the end"));
    let back = after.is_back_to(&before);
    println!("{}", if good && back { "soak: passed" } else { "soak: FAILED" });
    if good && back { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl World {
    fn running(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    fn client(&self, tls: bool) -> Client {
        self.clients[usize::from(tls)].read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Uses the shared handles. Returns whether a call that has them is refused.
    fn use_handles(&self) -> bool {
        self.cancel.trigger();
        self.walk.next_page_json().is_err_and(|error| error.code() == Code::Cancelled)
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    /// Records when a worker's call must have returned.
    fn expect_by(&self, worker: usize, allowed: Duration) {
        self.due[worker].store(self.now() + (allowed + HUNG).as_millis() as u64, Ordering::SeqCst);
    }

    fn call_returned(&self, worker: usize) {
        self.due[worker].store(0, Ordering::SeqCst);
    }

    fn report_hung_calls(&self) {
        let now = self.now();
        for (worker, due) in self.due.iter().enumerate() {
            let at = due.load(Ordering::SeqCst);
            // Counted once, because the mark is removed.
            if at != 0
                && at < now
                && due.compare_exchange(at, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok()
            {
                eprintln!("hung: a call of worker {worker}");
                self.tally.hung.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Names the result. A result that no fault explains is wrong.
    fn check_result(&self, kind: &str, id: &str, faulty: bool, result: Result<Secret, Error>) {
        match result {
            Ok(token) if *token == token_of(id) => self.tally.count(kind, "OK"),
            Ok(_) => {
                self.tally.count(kind, "WRONG");
                self.tally.wrong(format!("{kind}: {id} got another's answer"));
            }
            Err(error) => {
                self.tally.count(kind, error.code().name());
                let never = matches!(
                    error.code(),
                    Code::Panic
                        | Code::Internal
                        | Code::WrongProcess
                        | Code::InvalidArgument
                        | Code::Closed
                );
                if !faulty || never {
                    self.tally.wrong(format!("{kind}: {error}"));
                }
            }
        }
    }
}

/// A fault of nango-dev, its name, and the time for a call that meets it: silent servers get
/// little.
fn fault() -> (String, Value, Duration) {
    let long = Duration::from_secs(20);
    let short = Duration::from_millis(fastrand::u64(50..300));
    let at = ["before", "headers", "headers_end", "body", "end"][fastrand::usize(0..5)];
    let extra = ["answer", "body", "timeout"][fastrand::usize(0..3)];
    let kinds = [
        ("reset", json!({"kind": "reset", "at": at}), long),
        ("close", json!({"kind": "close", "at": at}), long),
        ("hang", json!({"kind": "hang"}), short),
        ("length", json!({"kind": "length", "by": -3}), long),
        ("length, too long", json!({"kind": "length", "by": 3}), short),
        ("chunks", json!({"kind": "chunks"}), long),
        ("garbage", json!({"kind": "garbage"}), long),
        ("drip", json!({"kind": "drip", "every_ms": 10}), short),
        (
            "drip, body",
            json!({"kind": "drip", "part": "body", "every_ms": fastrand::u64(1..20)}),
            short,
        ),
        (
            "oversize",
            json!({"kind": "oversize", "bytes": 1_100_000, "announced": fastrand::bool()}),
            long,
        ),
        (
            "huge error",
            json!({
                "kind": "oversize", "bytes": 20_000_000, "announced": fastrand::bool(),
                "status": 500,
            }),
            long,
        ),
        ("endless headers", json!({"kind": "endless_headers"}), long),
        (
            "close idle",
            json!({"kind": "close_idle", "after_ms": fastrand::u64(0..5),
                "reset": fastrand::bool()}),
            long,
        ),
        ("close on reuse", json!({"kind": "close_on_reuse", "reset": fastrand::bool()}), long),
        ("extra answer", json!({"kind": "extra_answer"}), long),
        (
            "late extra answer",
            json!({"kind": "extra_answer", "what": extra, "after_ms": fastrand::u64(0..20)}),
            long,
        ),
        ("endless interim", json!({"kind": "endless_interim"}), short),
        ("status", answer(), long),
        (
            "429",
            json!({"kind": "answer", "status": 429, "envelope": "D",
                "headers": {"retry-after": "0"}}),
            long,
        ),
        ("page", json!({"kind": "answer", "status": 200, "envelope": "H"}), long),
        (
            "redirect",
            json!({"kind": "answer", "status": 302,
                "headers": {"location": "http://127.0.0.1:1/"}}),
            long,
        ),
    ];
    let (name, fault, time) = kinds[fastrand::usize(0..kinds.len())].clone();
    (format!("fault: {name}"), fault, time)
}

fn answer() -> Value {
    let envelopes = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "text"];
    let statuses = [400, 401, 403, 404, 408, 409, 424, 500, 501, 502, 503, 504, 599];
    json!({"kind": "answer", "status": statuses[fastrand::usize(0..statuses.len())],
        "envelope": envelopes[fastrand::usize(0..envelopes.len())], "message": "m"})
}

fn within(time: Duration) -> CallOptions {
    let mut options = CallOptions::default();
    options.set_timeout(time).expect("a time");
    options
}

/// A thread that makes blocking calls.
struct Worker<'w> {
    world: &'w World,
    number: usize,
    ids: Vec<String>,
}

fn connections(world: &World, number: usize) -> Vec<String> {
    let ids: Vec<String> =
        (0..CONNECTIONS).map(|connection| format!("soak-{number}-{connection}")).collect();
    ids.iter().for_each(|id| world.dev.import(id));
    ids
}

impl<'w> Worker<'w> {
    fn new(world: &'w World, number: usize) -> Worker<'w> {
        Worker { world, number, ids: connections(world, number) }
    }

    fn run(&self) {
        while self.world.running() {
            match fastrand::u32(0..100) {
                0..40 => self.call("good", &within(Duration::from_secs(20)), false),
                40..70 => self.faulty(),
                70..80 => self.too_slow(),
                80..88 => self.cancelled(),
                88..91 => self.forced(),
                91..93 => self.own_client(),
                93 => self.handles(),
                94..97 => self.through_c(),
                97 => self.bad_tls(),
                98 => self.replace(),
                _ => self.fork(),
            }
        }
        self.ids.iter().for_each(|id| self.world.dev.delete(id));
    }

    fn id(&self) -> &str {
        &self.ids[fastrand::usize(0..self.ids.len())]
    }

    fn call(&self, kind: &str, options: &CallOptions, faulty: bool) {
        let id = self.id();
        self.ask(
            kind,
            &self.world.client(fastrand::bool()),
            id,
            options,
            Duration::from_secs(20),
            faulty,
        );
    }

    fn ask(
        &self,
        kind: &str,
        client: &Client,
        id: &str,
        options: &CallOptions,
        allowed: Duration,
        faulty: bool,
    ) {
        self.world.expect_by(self.number, allowed);
        let began = Instant::now();
        let result = client.get_token(INTEGRATION, id, options);
        let took = began.elapsed();
        self.world.call_returned(self.number);
        if result.as_ref().is_err_and(|error| error.code() == Code::Timeout) && took >= allowed {
            self.world.tally.record_lateness(took, allowed);
        }
        self.world.check_result(kind, id, faulty, result);
    }

    fn faulty(&self) {
        let (name, fault, time) = fault();
        let id = self.id();
        self.world.dev.order(id, fastrand::u64(1..4), &fault);
        self.ask(&name, &self.world.client(fastrand::bool()), id, &within(time), time, true);
        self.world.dev.clear(id);
        // Sometimes the next call immediately follows, on whatever the fault left behind.
        if fastrand::bool() {
            self.call("good, after a fault", &within(Duration::from_secs(20)), false);
        }
    }

    fn too_slow(&self) {
        let id = self.id();
        let time = Duration::from_millis(fastrand::u64(10..200));
        self.world.dev.delay(id, 3, Duration::from_millis(fastrand::u64(1..400)));
        self.ask(
            "short of time",
            &self.world.client(fastrand::bool()),
            id,
            &within(time),
            time,
            true,
        );
        self.world.dev.clear(id);
    }

    fn cancelled(&self) {
        let id = self.id();
        self.world.dev.delay(id, 3, Duration::from_millis(fastrand::u64(1..100)));
        let (cancel, mut options) = (Cancel::new(), within(Duration::from_secs(20)));
        options.set_cancel(Some(&cancel));
        let after = Duration::from_millis(fastrand::u64(0..60));
        let triggers = thread::spawn(move || {
            thread::sleep(after);
            let now = Instant::now();
            cancel.trigger();
            now
        });
        self.world.expect_by(self.number, Duration::from_secs(20));
        let result = self.world.client(fastrand::bool()).get_token(INTEGRATION, id, &options);
        let back = Instant::now();
        self.world.call_returned(self.number);
        let triggered = triggers.join().expect("the trigger");
        if result.as_ref().is_err_and(|error| error.code() == Code::Cancelled) {
            self.world.tally.cancelled(back.saturating_duration_since(triggered));
        }
        self.world.check_result("cancelled", id, true, result);
        self.world.dev.clear(id);
    }

    /// Uses a connection of the built-in seed, whose token changes with each of these calls.
    fn forced(&self) {
        let mut options = within(Duration::from_secs(20));
        options.set_force_refresh(true);
        self.world.expect_by(self.number, Duration::from_secs(20));
        let result =
            self.world.client(fastrand::bool()).get_connection_json("github", "alice", &options);
        self.world.call_returned(self.number);
        match result {
            Ok(connection) if connection.contains("\"connection_id\":\"alice\"") => {
                self.world.tally.count("forced refresh", "OK")
            }
            Ok(_) => self.world.tally.wrong("forced refresh: another's answer".to_owned()),
            Err(error) => {
                self.world.tally.count("forced refresh", error.code().name());
                // The refresh may have been made, so the call is not retried, neither after a break
                // on a connection that the server closed nor after a late extra answer that was
                // taken for its own.
                let foreign = error.code() == Code::InvalidResponse
                    && error.message().contains("belongs to another request");
                if error.code() != Code::Io && !foreign {
                    self.world.tally.wrong(format!("forced refresh: {error}"));
                }
            }
        }
    }

    fn own_client(&self) {
        let client = client(fastrand::bool());
        for _ in 0..fastrand::u32(1..4) {
            self.ask(
                "client made and freed",
                &client,
                self.id(),
                &within(Duration::from_secs(20)),
                Duration::from_secs(20),
                false,
            );
        }
    }

    /// The same through the C interface, whose objects are counted.
    fn through_c(&self) {
        let text = |text: &str| CString::new(text).expect("no NUL");
        let id = self.id();
        let faulty = fastrand::bool();
        if faulty {
            self.world.dev.order(id, 3, &answer());
        }
        let (url, key, integration, c_id) = (
            text(&variable("NANGO_HOST")),
            text(&variable("NANGO_SECRET_KEY")),
            text(INTEGRATION),
            text(id),
        );
        self.world.expect_by(self.number, Duration::from_secs(60));
        // SAFETY: the strings outlive the calls, and each result is freed once with its own
        // function.
        let outcome = unsafe {
            let mut error = ptr::null_mut();
            let client = ffi::client::nango_client_new(url.as_ptr(), key.as_ptr(), &mut error);
            let token = ffi::call::nango_get_token(
                client,
                integration.as_ptr(),
                c_id.as_ptr(),
                ptr::null(),
                &mut error,
            );
            let outcome = if token.is_null() {
                let code = ffi::error::nango_error_code(error);
                Err(CStr::from_ptr(ffi::error::nango_code_name(code))
                    .to_string_lossy()
                    .into_owned())
            } else {
                Ok(CStr::from_ptr(token).to_string_lossy().into_owned())
            };
            ffi::call::nango_free_string(token);
            ffi::error::nango_error_free(error);
            ffi::client::nango_client_free(client);
            outcome
        };
        self.world.call_returned(self.number);
        match outcome {
            Ok(token) if token == token_of(id) => self.world.tally.count("through C", "OK"),
            Ok(_) => self.world.tally.wrong(format!("through C: {id} got another's answer")),
            Err(code) => {
                self.world.tally.count("through C", &code);
                if !faulty {
                    self.world.tally.wrong(format!("through C: {code}"));
                }
            }
        }
        self.world.dev.clear(id);
    }

    fn bad_tls(&self) {
        let places = [
            ("EXPIRED", Code::Tls),
            ("WRONG_NAME", Code::Tls),
            ("UNKNOWN_CA", Code::Tls),
            ("CUT_OFF", Code::Connect),
            ("SILENT", Code::Timeout),
        ];
        let (place, code) = places[fastrand::usize(0..places.len())];
        let mut options = options(true);
        options
            .set_base_url(
                &variable(&format!("NANGO_DEV_TLS_{place}_HOST")).replace("localhost", "127.0.0.1"),
            )
            .expect("a URL");
        let client = Client::with_options(&options).expect("a client");
        let time = Duration::from_millis(if code == Code::Timeout { 150 } else { 20_000 });
        self.world.expect_by(self.number, time);
        let error = client.get_token(INTEGRATION, "nobody", &within(time)).expect_err("no trust");
        self.world.call_returned(self.number);
        self.world.tally.count(
            &format!("TLS: {}", place.to_lowercase().replace('_', " ")),
            error.code().name(),
        );
        if error.code() != code {
            self.world.tally.wrong(format!("{place}: {error}"));
        }
    }

    /// Replaces a client. Other threads may be in the middle of calls with it.
    fn replace(&self) {
        let tls = fastrand::bool();
        let new = client(tls);
        *self.world.clients[usize::from(tls)].write().unwrap_or_else(PoisonError::into_inner) = new;
        self.world.tally.count("shared client replaced", "OK");
    }

    /// Runs for a while, so that a fork finds threads using the handles.
    fn handles(&self) {
        for _ in 0..1000 {
            if !self.world.use_handles() {
                self.world.tally.wrong("a cancelled walk continued".to_owned());
            }
        }
        self.world.tally.count("shared handles", "OK");
    }

    /// Forks a child while other threads make calls. The child makes calls with an inherited client
    /// and with a new one, and uses the shared handles.
    fn fork(&self) {
        let tls = fastrand::bool();
        let (inherited, id) = (self.world.client(tls), self.id());
        self.world.expect_by(self.number, Duration::from_secs(20));
        // SAFETY: the child makes calls, which is what this tests, and exits without the parent's
        // clean-up.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: takes a number; it kills a child that hangs.
            unsafe { libc::alarm(15) };
            let works = |client: &Client| {
                client
                    .get_token(INTEGRATION, id, &within(Duration::from_secs(10)))
                    .is_ok_and(|token| *token == token_of(id))
            };
            let status = match (works(&inherited), works(&client(tls)), works(&inherited)) {
                (true, true, true) if self.world.use_handles() => 0,
                (true, true, true) => 4,
                (false, ..) => 1,
                (_, false, _) => 2,
                (.., false) => 3,
            };
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(status) };
        }
        let mut status = 0;
        // SAFETY: waits for the child that was just forked, which ends by its alarm at the latest.
        while child > 0 && unsafe { libc::waitpid(child, &mut status, 0) } == -1 {}
        self.world.call_returned(self.number);
        if child < 0 {
            return self.world.tally.count("forked child", "no process");
        }
        if libc::WIFSIGNALED(status) {
            self.world.tally.count("forked child", "HUNG");
            self.world.tally.hung.fetch_add(1, Ordering::SeqCst);
        } else if libc::WEXITSTATUS(status) != 0 {
            self.world
                .tally
                .wrong(format!("a child's call number {} failed", libc::WEXITSTATUS(status)));
        } else {
            self.world.tally.count("forked child", "OK");
        }
    }
}

/// A thread with a queue, and its calls in flight.
struct Queued<'w> {
    world: &'w World,
    number: usize,
    queue: Queue,
    ids: Vec<String>,
}

struct Flight {
    kind: String,
    id: String,
    faulty: bool,
    began: Instant,
    allowed: Duration,
    cancelled: Option<Instant>,
}

impl<'w> Queued<'w> {
    fn new(world: &'w World, number: usize) -> Queued<'w> {
        Queued {
            world,
            number,
            queue: Queue::new().expect("a queue"),
            ids: connections(world, number),
        }
    }

    fn run(mut self) {
        while self.world.running() {
            self.batch();
            if fastrand::u32(0..50) == 0 {
                // Some queues are closed with calls in flight, which must complete nevertheless.
                self.closed();
                self.queue = Queue::new().expect("a queue");
            }
        }
        self.ids.iter().for_each(|id| self.world.dev.delete(id));
    }

    fn submit(
        &self,
        flights: &mut HashMap<u64, Flight>,
        kind: &str,
        id: &str,
        faulty: bool,
        allowed: Duration,
    ) -> u64 {
        let parameters = json!({"provider_config_key": INTEGRATION, "connection_id": id});
        let parameters: Parameters = parameters.as_object().cloned().expect("an object");
        let began = Instant::now();
        let client = self.world.client(fastrand::bool());
        let ticket = self.queue.submit(
            &client,
            &catalogue::GET_TOKEN,
            parameters,
            &within(allowed),
            began.elapsed().as_nanos() as u64,
        );
        let ticket = ticket.expect("accepted");
        flights.insert(
            ticket,
            Flight {
                kind: kind.to_owned(),
                id: id.to_owned(),
                faulty,
                began,
                allowed,
                cancelled: None,
            },
        );
        ticket
    }

    fn batch(&self) {
        let mut flights = HashMap::new();
        let (spoilt, good) = self.ids.split_first().expect("connections");
        let (name, fault, time) = fault();
        let faults = fastrand::u64(1..10);
        self.world.dev.order(spoilt, faults, &fault);
        let kind = format!("queued {name}");
        let mut tickets = Vec::new();
        for _ in 0..fastrand::usize(1..24) {
            if fastrand::u32(0..3) == 0 {
                tickets.push(self.submit(&mut flights, &kind, spoilt, true, time));
            } else {
                tickets.push(self.submit(
                    &mut flights,
                    "queued good",
                    &good[fastrand::usize(0..good.len())],
                    false,
                    Duration::from_secs(20),
                ));
            }
        }
        for ticket in tickets {
            if fastrand::u32(0..12) == 0 {
                if let Some(flight) = flights.get_mut(&ticket) {
                    flight.cancelled = Some(Instant::now());
                }
                self.queue.cancel(ticket);
            }
        }
        self.drain(flights);
        self.world.dev.clear(spoilt);
    }

    fn closed(&self) {
        let mut flights = HashMap::new();
        for _ in 0..10 {
            let ticket = self.submit(
                &mut flights,
                "queue closed",
                &self.ids[1],
                true,
                Duration::from_secs(20),
            );
            flights.get_mut(&ticket).expect("it is in flight").cancelled = Some(Instant::now());
        }
        self.queue.close();
        self.drain(flights);
    }

    /// Every ticket completes exactly once and in time.
    fn drain(&self, mut flights: HashMap<u64, Flight>) {
        let allowed = flights.values().map(|flight| flight.allowed).max().unwrap_or_default();
        self.world.expect_by(self.number, allowed);
        let until = Instant::now() + allowed + HUNG;
        while !flights.is_empty() && Instant::now() < until {
            for done in self.queue.next(16, Some(Duration::from_millis(500))) {
                let Some(flight) = flights.remove(&done.ticket) else {
                    self.world.tally.wrong(format!(
                        "ticket {} completed twice or was never issued",
                        done.ticket
                    ));
                    continue;
                };
                let took = flight.began.elapsed();
                let code = done.result.as_ref().err().map(Error::code);
                match (code, flight.cancelled) {
                    (Some(Code::Cancelled), Some(at)) => self.world.tally.cancelled(at.elapsed()),
                    (Some(Code::Cancelled), None) => {
                        self.world.tally.wrong(format!("{}: nobody cancelled it", flight.kind))
                    }
                    (Some(Code::Timeout), _) if took >= flight.allowed => {
                        self.world.tally.record_lateness(took, flight.allowed)
                    }
                    _ => {}
                }
                let result = done.result.map(|token| token.expect("a token"));
                self.world.check_result(
                    &flight.kind,
                    &flight.id,
                    flight.faulty || flight.cancelled.is_some(),
                    result,
                );
            }
        }
        self.world.call_returned(self.number);
        self.world.tally.lost.fetch_add(flights.len() as u64, Ordering::SeqCst);
    }
}

/// Makes consecutive calls to a server that closes each connection after its answer. None fails,
/// and none is processed twice.
fn idle(world: &World, number: usize, tls: bool, on_reuse: bool) {
    let id = format!("soak-idle-{number}");
    let client = {
        let mut options = options(tls);
        options.set_max_retries(0);
        Client::with_options(&options).expect("a client")
    };
    let kind = if on_reuse { "close_on_reuse" } else { "close_idle" };
    world.dev.import(&id);
    world.dev.order(&id, ALWAYS, &json!({"kind": kind}));
    let mut calls = 0;
    while world.running() && calls < IDLE_CALLS {
        world.expect_by(number, Duration::from_secs(60));
        let result = client.get_token(INTEGRATION, &id, &CallOptions::default());
        world.call_returned(number);
        world.check_result(
            if on_reuse { "idle: closed when used" } else { "idle: closed between" },
            &id,
            false,
            result,
        );
        calls += 1;
        if calls % 2 == 0 {
            thread::sleep(Duration::from_micros(fastrand::u64(0..1500)));
        }
    }
    let struck = world.dev.faults_applied(&id);
    if struck != calls {
        world.tally.wrong(format!("{kind}: {calls} calls were processed {struck} times"));
    }
    world.dev.clear(&id);
    world.dev.delete(&id);
}
