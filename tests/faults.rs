//! No fault harms the host program. Runs every fault of nango-dev against blocking calls and the
//! queue, over HTTP and TLS, and prints its measurements: `cargo test --test faults --
//! --nocapture`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nango::{
    CallOptions, Cancel, Client, Code, Error, Options, Parameters, Queue, Roots, Secret, catalogue,
};
use nango_test_support::machine::{allowed, scaled};
use nango_test_support::{
    ALWAYS, Dev, INTEGRATION, Server, options, read_request, token_of, variable,
};
use serde_json::{Value, json};

/// How late a deadline may be, and how long a cancelled call may take, on an idle machine.
const LATE: Duration = Duration::from_millis(250);
const LATE_CANCEL: Duration = Duration::from_millis(200);

/// The tests that measure time share it. One that keeps the library's only thread busy has it
/// alone, because a sleeping thread does not see that.
static LIBRARY_THREAD: RwLock<()> = RwLock::new(());

fn quiet() -> RwLockReadGuard<'static, ()> {
    LIBRARY_THREAD.read().unwrap_or_else(PoisonError::into_inner)
}

/// How many calls to time at each point. A p99 needs more of them.
fn samples() -> usize {
    std::env::var("NANGO_TEST_SAMPLES").map_or(2, |samples| samples.parse().expect("a number"))
}

/// How late calls returned, by where they were waiting.
#[derive(Default)]
struct Lateness(Mutex<BTreeMap<String, Vec<Duration>>>);

impl Lateness {
    fn add(&self, place: String, late: Duration) {
        self.0.lock().unwrap().entry(place).or_default().push(late);
    }

    fn print(&self, what: &str) {
        let mut all = self.0.lock().unwrap();
        let whole: Vec<Duration> = all.values().flatten().copied().collect();
        all.insert("all".to_owned(), whole);
        for (place, late) in &mut *all {
            late.sort_unstable();
            let at = |share: usize| late[late.len() * share / 100].as_secs_f64() * 1000.0;
            let most = late.last().map_or(0.0, |last| last.as_secs_f64() * 1000.0);
            println!(
                "  {what:<8} {place:<28} {:>5} calls, late by ms: p50 {:.1}, p99 {:.1}, \
                 max {most:.1}",
                late.len(),
                at(50),
                at(99)
            );
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Blocking,
    Queued,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scheme {
    Http,
    Tls,
}

const EVERYWHERE: [(Way, Scheme); 4] = [
    (Way::Blocking, Scheme::Http),
    (Way::Blocking, Scheme::Tls),
    (Way::Queued, Scheme::Http),
    (Way::Queued, Scheme::Tls),
];

/// A client and the way in which it is called.
struct Caller {
    way: Way,
    client: Client,
    queue: Queue,
}

impl Caller {
    fn new(way: Way, scheme: Scheme, change: impl FnOnce(&mut Options)) -> Caller {
        let host =
            variable(if scheme == Scheme::Http { "NANGO_HOST" } else { "NANGO_DEV_TLS_HOST" });
        Caller::of(way, &host, change)
    }

    fn of(way: Way, url: &str, change: impl FnOnce(&mut Options)) -> Caller {
        let mut options = options(url, &variable("NANGO_SECRET_KEY"));
        if url.starts_with("https") {
            options.set_tls_roots(Roots::CustomOnly);
            options
                .add_ca_pem(&std::fs::read(variable("NANGO_DEV_CA_FILE")).expect("the authority"))
                .expect("an authority");
        }
        change(&mut options);
        Caller {
            way,
            client: Client::with_options(&options).expect("a client"),
            queue: Queue::new().expect("a queue"),
        }
    }

    fn get(&self, id: &str) -> Result<Secret, Error> {
        self.get_with(id, &CallOptions::default())
    }

    fn get_with(&self, id: &str, options: &CallOptions) -> Result<Secret, Error> {
        match self.way {
            Way::Blocking => self.client.get_token(INTEGRATION, id, options),
            Way::Queued => {
                let ticket = self.submit(id, options);
                let done =
                    self.queue.next(1, Some(Duration::from_secs(60))).pop().expect("it completes");
                assert_eq!(done.ticket, ticket);
                done.result.map(|token| token.expect("a token"))
            }
        }
    }

    fn submit(&self, id: &str, options: &CallOptions) -> u64 {
        let parameters = json!({"provider_config_key": INTEGRATION, "connection_id": id});
        let parameters: Parameters = parameters.as_object().cloned().expect("an object");
        self.queue
            .submit(&self.client, &catalogue::GET_TOKEN, parameters, options, 0)
            .expect("accepted")
    }

    /// Makes a call that must get its own answer and no other.
    fn good(&self, id: &str, when: &str) {
        match self.get(id) {
            Ok(token) => {
                assert_eq!(&*token, token_of(id), "{when}: the answer belongs to another call")
            }
            Err(error) => panic!("{when}: {error}"),
        }
    }
}

/// The expected result of a fault that always strikes, for a caller that makes three attempts.
struct Case {
    name: &'static str,
    fault: Value,
    /// `None` if the call succeeds nevertheless.
    code: Option<Code>,
    status: Option<u16>,
    retryable: bool,
    attempts: u32,
    /// Whether the connection breaks before the first byte of an answer. On a reused connection,
    /// the request is then sent once more, which the caller does not notice.
    unseen: bool,
    /// Whether the attempt's timeout ends it.
    slow: bool,
}

fn case(
    name: &'static str,
    fault: Value,
    code: Code,
    status: Option<u16>,
    retryable: bool,
) -> Case {
    let attempts = if retryable { 3 } else { 1 };
    Case { name, fault, code: Some(code), status, retryable, attempts, unseen: false, slow: false }
}

impl Case {
    fn without_event(self) -> Case {
        Case { unseen: true, ..self }
    }

    fn slow(self) -> Case {
        Case { slow: true, ..self }
    }

    fn attempts(self, attempts: u32) -> Case {
        Case { attempts, ..self }
    }

    fn without_error(self) -> Case {
        Case { code: None, attempts: 1, ..self }
    }
}

fn answer(status: u16, more: Value) -> Value {
    let mut fault = json!({"kind": "answer", "status": status});
    fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fault
}

fn extra(what: &str, after_ms: u64) -> Value {
    json!({"kind": "extra_answer", "what": what, "after_ms": after_ms})
}

fn interim() -> Value {
    json!({"kind": "endless_interim"})
}

fn limited(retry_after: Value) -> Value {
    answer(429, json!({"envelope": "D", "headers": {"retry-after": retry_after}}))
}

fn http_date(from_now: i64) -> Value {
    let now = SystemTime::now();
    let then = if from_now < 0 {
        now - Duration::from_secs(from_now.unsigned_abs())
    } else {
        now + Duration::from_secs(from_now.unsigned_abs())
    };
    Value::from(httpdate::fmt_http_date(then))
}

fn cases() -> Vec<Case> {
    let io = |name, fault| case(name, fault, Code::Io, None, true);
    let refused = |message: &str| {
        answer(424, json!({"envelope": "A", "code": "invalid_credentials", "message": message}))
    };
    vec![
        io("reset before the answer", json!({"kind": "reset"})).without_event(),
        io("reset in the headers", json!({"kind": "reset", "at": "headers"})),
        io("reset after the headers", json!({"kind": "reset", "at": "headers_end"})),
        io("reset in the body", json!({"kind": "reset", "at": "body"})),
        io("reset after the answer", json!({"kind": "reset", "at": "end"})).without_error(),
        io("close before the answer", json!({"kind": "close"})).without_event(),
        io("close in the headers", json!({"kind": "close", "at": "headers"})),
        io("close after the headers", json!({"kind": "close", "at": "headers_end"})),
        io("truncated body", json!({"kind": "close", "at": "body"})),
        io("close after the answer", json!({"kind": "close_idle"})).without_error(),
        io("reset of the idle connection", json!({"kind": "close_idle", "reset": true}))
            .without_error(),
        io("close when used again", json!({"kind": "close_on_reuse"})).without_error(),
        io("reset when used again", json!({"kind": "close_on_reuse", "reset": true}))
            .without_error(),
        io("an answer too many", json!({"kind": "extra_answer"})).without_error(),
        io("an answer too many, at once", extra("answer", 0)).without_error(),
        io("an answer too many, later", extra("answer", 5)).without_error(),
        io("a body too many, later", extra("body", 5)).without_error(),
        io("408 and a close, later", extra("timeout", 5)).without_error(),
        io("chunked garbage", json!({"kind": "chunks"})),
        case("no HTTP", json!({"kind": "garbage"}), Code::InvalidResponse, None, false)
            .without_event(),
        case("endless interim answers", interim(), Code::Timeout, None, true).slow(),
        case(
            "endless headers",
            json!({"kind": "endless_headers"}),
            Code::InvalidResponse,
            None,
            false,
        )
        .without_event(),
        case(
            "content-length too long",
            json!({"kind": "length", "by": 10}),
            Code::Timeout,
            None,
            true,
        )
        .slow(),
        case(
            "content-length too short",
            json!({"kind": "length", "by": -3}),
            Code::InvalidResponse,
            Some(200),
            false,
        ),
        case("silence", json!({"kind": "hang"}), Code::Timeout, None, true).slow(),
        case(
            "drip of the whole",
            json!({"kind": "drip", "every_ms": 10}),
            Code::Timeout,
            None,
            true,
        )
        .slow(),
        case(
            "drip of the body",
            json!({"kind": "drip", "part": "body", "every_ms": 10}),
            Code::Timeout,
            None,
            true,
        )
        .slow(),
        case(
            "too large, announced",
            json!({"kind": "oversize", "bytes": 3_000_000, "announced": true}),
            Code::ResponseTooLarge,
            Some(200),
            false,
        ),
        case(
            "too large, unannounced",
            json!({"kind": "oversize", "bytes": 3_000_000}),
            Code::ResponseTooLarge,
            Some(200),
            false,
        ),
        case(
            "an error of 30 MB, announced",
            json!({"kind": "oversize", "bytes": 30_000_000, "announced": true, "status": 500}),
            Code::Server,
            Some(500),
            true,
        ),
        case(
            "an error of 30 MB, unannounced",
            json!({"kind": "oversize", "bytes": 30_000_000, "status": 500}),
            Code::Server,
            Some(500),
            true,
        ),
        case(
            "a page with 200",
            answer(200, json!({"envelope": "H"})),
            Code::InvalidResponse,
            Some(200),
            false,
        ),
        case(
            "no body with 200",
            answer(200, json!({"envelope": "L"})),
            Code::InvalidResponse,
            Some(200),
            false,
        ),
        case(
            "redirect",
            answer(302, json!({"headers": {"location": "http://127.0.0.1:1/x"}})),
            Code::InvalidResponse,
            Some(302),
            false,
        ),
        case("429", answer(429, json!({"envelope": "D"})), Code::RateLimited, Some(429), true),
        case("429, after 0", limited(json!("0")), Code::RateLimited, Some(429), true),
        case("429, after 1", limited(json!("1")), Code::RateLimited, Some(429), true),
        case("429, by a date", limited(http_date(2)), Code::RateLimited, Some(429), true),
        case("429, by a past date", limited(http_date(-100)), Code::RateLimited, Some(429), true),
        case(
            "429, by a distant date",
            limited(json!("Fri, 31 Dec 9999 23:59:59 GMT")),
            Code::RateLimited,
            Some(429),
            true,
        )
        .attempts(1),
        case("429, after a day", limited(json!("86400")), Code::RateLimited, Some(429), true)
            .attempts(1),
        case(
            "429, after an absurd number",
            limited(json!("99999999999999999999")),
            Code::RateLimited,
            Some(429),
            true,
        )
        .attempts(1),
        case("429, after nonsense", limited(json!("soon, -1")), Code::RateLimited, Some(429), true),
        case(
            "backing off",
            refused("Backing off (invented)"),
            Code::RefreshBackoff,
            Some(424),
            true,
        )
        .attempts(1),
        case(
            "given up",
            refused("the refresh limit is reached (invented)"),
            Code::ReconnectRequired,
            Some(424),
            false,
        ),
        case(
            "outage",
            answer(401, json!({"envelope": "B", "code": "malformed_auth_header", "message": "m"})),
            Code::Server,
            Some(401),
            true,
        ),
        case("500", answer(500, json!({"envelope": "B"})), Code::Server, Some(500), true),
        case("gateway", answer(503, json!({"envelope": "K"})), Code::Server, Some(503), true),
    ]
}

fn run_case(case: &Case, way: Way, scheme: Scheme, warm: bool) -> Result<(), String> {
    let dev = Dev::running();
    let slug: String =
        case.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let id = format!("{slug}-{way:?}-{scheme:?}-{warm}");
    let other = format!("{id}-other");
    dev.import(&id);
    dev.import(&other);
    let caller = Caller::new(way, scheme, |options| {
        options.set_max_response_bytes(1_000_000).unwrap();
        options.set_timeout(Duration::from_secs(20)).unwrap();
        if case.slow {
            options.set_attempt_timeout(scaled(Duration::from_millis(300))).unwrap();
        }
    });
    if warm {
        caller.good(&other, "before");
    }
    dev.order(&id, ALWAYS, &case.fault);
    let result = caller.get(&id);
    let struck = dev.faults_applied(&id);
    let wanted = u64::from(case.attempts) + u64::from(case.unseen && warm);
    let mut wrong = String::new();
    match (&result, case.code) {
        (Ok(token), None) if **token == token_of(&id) => {}
        (Ok(_), None) => wrong.push_str("another's answer; "),
        (Ok(_), Some(code)) => write!(wrong, "it succeeded instead of {code:?}; ").unwrap(),
        (Err(error), code) => {
            let seen =
                (Some(error.code()), error.http_status(), error.retryable(), error.attempts());
            if seen != (code, case.status, case.retryable, case.attempts) {
                write!(wrong, "{seen:?}: {error}; ").unwrap();
            }
        }
    }
    if struck != wanted {
        write!(wrong, "{struck} requests instead of {wanted}; ").unwrap();
    }
    // No later call may receive an answer that arrived late or in part.
    caller.good(&other, case.name);
    if case.code.is_none() {
        caller.good(&id, case.name);
    }
    dev.clear(&id);
    for id in [&id, &other, &id] {
        caller.good(id, case.name);
    }
    // The fault strikes only once: the same call then gets the good answer, if it may be repeated.
    if case.code.is_some() && case.attempts == 3 {
        dev.order(&id, 1 + u64::from(case.unseen), &case.fault);
        caller.good(&id, &format!("{}, once", case.name));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{} ({way:?}, {scheme:?}, {}): {wrong}",
            case.name,
            if warm { "warm" } else { "cold" }
        ))
    }
}

#[test]
fn every_fault_has_its_error_and_the_next_call_works() {
    let cases = cases();
    let places = EVERYWHERE
        .into_iter()
        .flat_map(|(way, scheme)| [(way, scheme, false), (way, scheme, true)]);
    let runs: Vec<_> =
        places.flat_map(|place| cases.iter().map(move |case| (case, place))).collect();
    // Most of them wait most of the time.
    const THREADS: usize = 24;
    let next = AtomicUsize::new(0);
    let outcomes = thread::scope(|scope| {
        let run = || {
            let mine = std::iter::from_fn(|| runs.get(next.fetch_add(1, Ordering::Relaxed)));
            mine.map(|(case, (way, scheme, warm))| run_case(case, *way, *scheme, *warm))
                .collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread")).collect::<Vec<_>>()
    });
    let failures: Vec<String> =
        outcomes.iter().filter_map(|outcome| outcome.clone().err()).collect();
    let passed = outcomes.len() - failures.len();
    assert_eq!(outcomes.len(), runs.len());
    println!("faults: {} of them, {passed} runs as expected, {} not", cases.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// These statuses appear in each envelope at every place. For the others, each envelope appears at
/// one of the four places.
const STATUSES: [u16; 25] = [
    400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 415, 422, 424, 429, 431, 451, 500, 501, 502,
    503, 504, 505, 507, 520, 599,
];
const ENVELOPES: [&str; 13] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "text"];

#[test]
fn every_status_in_every_envelope() {
    let dev = Dev::running();
    let expected = |status: u16, envelope: &str| {
        let nangos = !["G", "H", "J", "K", "L"].contains(&envelope);
        match status {
            413 => (Code::BadRequest, false),
            400..500 if !nangos && ![407, 408, 429].contains(&status) => {
                (Code::InvalidResponse, false)
            }
            401 => (Code::Unauthorized, false),
            403 => (Code::Forbidden, false),
            404 => (Code::NotFound, false),
            407 => (Code::Proxy, false),
            408 => (Code::BadRequest, true),
            409 => (Code::Conflict, false),
            429 => (Code::RateLimited, true),
            400..500 => (Code::BadRequest, false),
            500 => (Code::Server, true),
            502..=504 | 520..=530 => (Code::Server, true),
            _ => (Code::Server, false),
        }
    };
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        for (place, (way, scheme)) in EVERYWHERE.into_iter().enumerate() {
            let (dev, count) = (&dev, &count);
            scope.spawn(move || {
                let (id, other) = (
                    format!("statuses-{way:?}-{scheme:?}"),
                    format!("statuses-{way:?}-{scheme:?}-other"),
                );
                dev.import(&id);
                dev.import(&other);
                let caller = Caller::new(way, scheme, |options| options.set_max_retries(0));
                for status in 400..600 {
                    for (number, envelope) in ENVELOPES.into_iter().enumerate() {
                        if !STATUSES.contains(&status)
                            && (number + usize::from(status)) % EVERYWHERE.len() != place
                        {
                            continue;
                        }
                        // A 408 on a reused connection causes a second attempt on a new one.
                        let times = if status == 408 { 2 } else { 1 };
                        let fault = answer(status, json!({"envelope": envelope, "message": "m"}));
                        dev.order(&id, times, &fault);
                        let error = caller.get(&id).expect_err("an error");
                        let seen = (
                            error.code(),
                            error.retryable(),
                            error.http_status(),
                            error.attempts(),
                        );
                        let (code, retryable) = expected(status, envelope);
                        assert_eq!(
                            seen,
                            (code, retryable, Some(status), 1),
                            "{status} {envelope}: {error}"
                        );
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    caller.good(&other, "between");
                }
                caller.good(&id, "in the end");
            });
        }
    });
    println!(
        "statuses and envelopes: 200 × {}, {} answers as expected",
        ENVELOPES.len(),
        count.into_inner()
    );
}

/// The key is only sent to the host that it is for, whatever that host answers.
#[test]
fn the_key_goes_nowhere_else() {
    let dev = Dev::running();
    let elsewhere = Server::start(|stream, _| drop(read_request(&stream)));
    let headers = [
        ("location", "/x"),
        ("content-location", "/x"),
        ("refresh", "0; url="),
        ("alt-svc", "h2="),
        ("link", "</x>; rel=preload"),
    ];
    let mut calls = 0;
    for (way, scheme) in EVERYWHERE {
        let id = format!("elsewhere-{way:?}-{scheme:?}");
        dev.import(&id);
        let caller = Caller::new(way, scheme, |_| ());
        for status in [200, 201, 300, 301, 302, 303, 305, 307, 308, 401, 407, 421, 503] {
            let headers = headers.map(|(name, value)| match value.strip_prefix('/') {
                Some(path) => (name, format!("{}/{path}", elsewhere.url)),
                None => (name, format!("{value}{}", elsewhere.url)),
            });
            let headers: serde_json::Map<_, _> = headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Value::from(value)))
                .collect();
            dev.order(&id, 1, &answer(status, json!({"headers": headers, "body": {}})));
            for _ in 0..2 {
                let _ = caller.get(&id);
                calls += 1;
            }
        }
        caller.good(&id, "in the end");
    }
    assert_eq!(elsewhere.connections(), 0);
    // Such a connection would have been noticed.
    let _ =
        Caller::of(Way::Blocking, &elsewhere.url, |options| options.set_max_retries(0)).get("c");
    assert_eq!(elsewhere.connections(), 1);
    println!("redirected to another host: {calls} calls, none followed");
}

#[test]
fn what_may_have_been_done_is_not_done_twice() {
    let dev = Dev::running();
    let mut forced = CallOptions::default();
    forced.set_force_refresh(true);
    for (way, scheme) in EVERYWHERE {
        for warm in [false, true] {
            for at in ["before", "headers", "body"] {
                let id = format!("forced-{way:?}-{scheme:?}-{warm}-{at}");
                dev.import(&id);
                let caller = Caller::new(way, scheme, |_| ());
                if warm {
                    caller.good(&id, "before");
                }
                dev.order(&id, ALWAYS, &json!({"kind": "reset", "at": at}));
                let error = caller.get_with(&id, &forced).unwrap_err();
                assert_eq!(
                    (error.code(), error.attempts(), error.retryable()),
                    (Code::Io, 1, true),
                    "{id}: {error}"
                );
                assert_eq!(dev.faults_applied(&id), 1, "{id}");
                dev.clear(&id);
                caller.good(&id, "after");
            }
        }
    }
}

#[test]
fn tls_that_cannot_be_trusted_and_tls_that_breaks() {
    for way in [Way::Blocking, Way::Queued] {
        for (host, code, attempts) in [
            ("EXPIRED", Code::Tls, 1),
            ("WRONG_NAME", Code::Tls, 1),
            ("UNKNOWN_CA", Code::Tls, 1),
            ("CLIENT_CERT", Code::Tls, 1),
            ("CUT_OFF", Code::Connect, 3),
            ("SILENT", Code::Timeout, 3),
        ] {
            let caller =
                Caller::of(way, &variable(&format!("NANGO_DEV_TLS_{host}_HOST")), |options| {
                    options.set_connect_timeout(Duration::from_millis(300)).unwrap();
                });
            for _ in 0..2 {
                let error = caller.get("bob").unwrap_err();
                let seen = (error.code(), error.attempts(), error.retryable(), error.http_status());
                assert_eq!(seen, (code, attempts, attempts > 1, None), "{way:?} {host}: {error}");
            }
        }
        let id = format!("client-cert-{way:?}");
        Dev::running().import(&id);
        let identity = std::fs::read(variable("NANGO_DEV_CLIENT_CERT_FILE")).unwrap();
        let caller = Caller::of(way, &variable("NANGO_DEV_TLS_CLIENT_CERT_HOST"), |options| {
            options.set_client_identity_pem(&identity).unwrap()
        });
        caller.good(&id, "with the certificate that is wanted");
    }
}

#[test]
fn a_server_that_closes_idle_connections_costs_no_call_and_no_second_request() {
    const CALLS: u64 = 125;
    let dev = Dev::running();
    let kinds = [
        ("close_idle", false),
        ("close_idle", true),
        ("close_on_reuse", false),
        ("close_on_reuse", true),
    ];
    thread::scope(|scope| {
        for (way, scheme) in EVERYWHERE {
            let dev = &dev;
            scope.spawn(move || {
                let caller = Caller::new(way, scheme, |options| options.set_max_retries(0));
                for (kind, reset) in kinds {
                    let id = format!("idle-{kind}-{reset}-{way:?}-{scheme:?}");
                    dev.import(&id);
                    dev.order(&id, ALWAYS, &json!({"kind": kind, "reset": reset}));
                    for call in 0..CALLS {
                        caller.good(&id, &format!("call {call}"));
                        // Sometimes the close has already arrived, sometimes it arrives while the
                        // next request is sent.
                        if call % 2 == 0 {
                            thread::sleep(Duration::from_micros(fastrand::u64(0..2000)));
                        }
                    }
                    assert_eq!(dev.faults_applied(&id), CALLS, "{id}");
                }
            });
        }
    });
    println!("idle connections closed: {} calls, none failed, none sent twice", CALLS * 16);
}

/// What a call may be waiting for when its time is up.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    Lookup,
    Connect,
    /// The proxy was asked for a tunnel to the server and does not answer.
    Tunnel,
    Handshake,
    Waiting,
    WaitingTls,
    Reading,
    ReadingTls,
    BackingOff,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Clock {
    Connect,
    Attempt,
    Call,
}

/// A listener whose backlog is full, so that nothing can connect to it.
struct Full {
    address: SocketAddr,
    _held: (TcpListener, Vec<TcpStream>),
}

impl Full {
    fn new() -> Full {
        let socket = rustix::net::socket(
            rustix::net::AddressFamily::INET,
            rustix::net::SocketType::STREAM,
            None,
        )
        .unwrap();
        rustix::net::bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        rustix::net::listen(&socket, 0).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        for _ in 0..8 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
                Ok(stream) => held.push(stream),
                Err(_) => return Full { address, _held: (listener, held) },
            }
        }
        panic!("the listener's backlog does not fill up");
    }
}

/// A caller that gets to this point and no further, and the connection that it requests. The
/// listener must be kept as long.
fn run_stalled(
    point: Point,
    way: Way,
    name: &str,
    change: impl FnOnce(&mut Options),
) -> (Caller, String, Option<Full>) {
    let dev = Dev::running();
    let id = format!("stuck-{name}-{point:?}-{way:?}");
    let here = |fault: Value| {
        dev.import(&id);
        dev.order(&id, ALWAYS, &fault);
    };
    let tls = matches!(point, Point::WaitingTls | Point::ReadingTls);
    let host = variable(if tls { "NANGO_DEV_TLS_HOST" } else { "NANGO_HOST" });
    let silent = variable("NANGO_DEV_TLS_SILENT_HOST").replace("localhost", "127.0.0.1");
    let (mut full, mut proxy) = (None, String::new());
    let url = match point {
        Point::Lookup => "http://hanging.invalid".to_owned(),
        Point::Connect => format!("http://{}", full.insert(Full::new()).address),
        Point::Tunnel => {
            proxy = silent.replace("https", "http");
            "https://nango.invalid".to_owned()
        }
        Point::Handshake => silent,
        Point::Waiting | Point::WaitingTls => {
            here(json!({"kind": "hang"}));
            host
        }
        Point::Reading | Point::ReadingTls => {
            here(json!({"kind": "drip", "part": "body", "every_ms": 20}));
            host
        }
        Point::BackingOff => {
            here(answer(503, json!({"envelope": "K", "headers": {"retry-after": "5"}})));
            host
        }
    };
    let change = |options: &mut Options| {
        options.set_proxy(Some(&proxy)).unwrap();
        options.set_max_retry_wait(Duration::from_secs(60));
        change(options);
    };
    (Caller::of(way, &url, change), id, full)
}

fn deadline(point: Point, clock: Clock, way: Way, lateness: &Lateness) -> Result<(), String> {
    const TIME: Duration = Duration::from_millis(300);
    let (caller, id, _full) = run_stalled(point, way, &format!("{clock:?}"), |options| {
        match clock {
            Clock::Connect => options.set_connect_timeout(TIME).unwrap(),
            Clock::Attempt => options.set_attempt_timeout(TIME).unwrap(),
            Clock::Call => options.set_timeout(TIME).unwrap(),
        }
        options.set_max_retries(if clock == Clock::Call { 2 } else { 0 });
    });
    // The second call uses a client that has connected before, or tried to.
    for call in 0..samples() {
        let began = Instant::now();
        let error = caller.get(&id).unwrap_err();
        let took = began.elapsed();
        if error.code() != Code::Timeout
            || took + Duration::from_millis(5) < TIME
            || took > TIME + allowed(LATE, began)
        {
            return Err(format!("{point:?}, {clock:?}, {way:?}, call {call}: {took:?}, {error}"));
        }
        lateness.add(format!("{point:?}, {clock:?}, {way:?}"), took.saturating_sub(TIME));
    }
    Ok(())
}

fn deadlines(points: &[Point]) {
    let _quiet = quiet();
    let mut runs = Vec::new();
    for point in points {
        let clocks: &[Clock] = match point {
            Point::Lookup | Point::Connect | Point::Tunnel | Point::Handshake => {
                &[Clock::Connect, Clock::Attempt, Clock::Call]
            }
            _ => &[Clock::Attempt, Clock::Call],
        };
        runs.extend(
            clocks
                .iter()
                .flat_map(|clock| [(*point, *clock, Way::Blocking), (*point, *clock, Way::Queued)]),
        );
    }
    let lateness = &Lateness::default();
    let failures: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = runs
            .into_iter()
            .map(|(point, clock, way)| {
                scope.spawn(move || deadline(point, clock, way, lateness).err())
            })
            .collect();
        runs.into_iter().filter_map(|run| run.join().expect("a run")).collect()
    });
    lateness.print("deadline");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn deadlines_hold_in_every_phase() {
    deadlines(&[
        Point::Connect,
        Point::Tunnel,
        Point::Handshake,
        Point::Waiting,
        Point::WaitingTls,
        Point::Reading,
        Point::ReadingTls,
    ]);
}

/// A server that always has data to read delays no call beyond its time, and no other call on the
/// queue either.
#[test]
fn a_flood_outlasts_no_deadline() {
    let _alone = LIBRARY_THREAD.write().unwrap_or_else(PoisonError::into_inner);
    const LONG: u64 = 60 * 1024 * 1024;
    let dev = Dev::running();
    let lateness = Lateness::default();
    for (way, scheme) in EVERYWHERE {
        for (name, fault) in [
            ("interim", interim()),
            ("headers", json!({"kind": "endless_headers"})),
            ("a long answer", json!({"kind": "oversize", "bytes": LONG})),
            ("an announced one", json!({"kind": "oversize", "bytes": LONG, "announced": true})),
        ] {
            let caller = Caller::new(way, scheme, |options| options.set_max_retries(0));
            for sample in 0..samples() {
                let id = format!("flood-{way:?}-{scheme:?}-{}-{sample}", name.replace(' ', "-"));
                dev.import(&id);
                caller.good(&id, name);
                dev.order(&id, ALWAYS, &fault);
                let given = Duration::from_millis(if name == "interim" { 300 } else { 20 });
                let mut options = CallOptions::default();
                options.set_timeout(given).unwrap();
                let began = Instant::now();
                let error = caller.get_with(&id, &options).expect_err("it is not done by then");
                let late = began.elapsed().saturating_sub(given);
                // Endless headers are refused before the time is up.
                let early = name == "headers" && error.code() == Code::InvalidResponse;
                assert!(error.code() == Code::Timeout || early, "{name} {way:?}: {error}");
                assert!(late < allowed(LATE, began), "{name}, {way:?} {scheme:?}: {late:?} late");
                lateness.add(format!("{way:?} {scheme:?} {name}"), late);
                dev.clear(&id);
            }
        }
    }
    for scheme in [Scheme::Http, Scheme::Tls] {
        let caller = Caller::new(Way::Queued, scheme, |options| {
            options.set_max_retries(0);
        });
        let mut flood = CallOptions::default();
        flood.set_timeout(Duration::from_millis(1500)).unwrap();
        let mut hang = CallOptions::default();
        hang.set_timeout(Duration::from_millis(300)).unwrap();
        for (name, fault, options, count) in [
            ("flood", interim(), &flood, 4),
            ("flood-body", json!({"kind": "oversize", "bytes": LONG}), &flood, 4),
            ("hang", json!({"kind": "hang"}), &hang, 20),
        ] {
            for number in 0..count {
                let id = format!("among-{scheme:?}-{name}-{number}");
                dev.import(&id);
                dev.order(&id, ALWAYS, &fault);
                caller.submit(&id, options);
            }
        }
        let began = Instant::now();
        let mut ended = 0;
        while ended < 28 {
            for done in caller.queue.next(64, Some(Duration::from_secs(60))) {
                let error = done.result.expect_err("none is done by then");
                assert_eq!(error.code(), Code::Timeout, "{error}");
                ended += 1;
                let given = Duration::from_millis(if ended <= 20 { 300 } else { 1500 });
                let late = began.elapsed().saturating_sub(given);
                assert!(late < allowed(LATE, began), "{scheme:?}, {ended}: {late:?} late");
                lateness.add(format!("{scheme:?} among floods"), late);
            }
        }
    }
    lateness.print("flood");
}

#[test]
fn waiting_between_attempts_does_not_outlive_the_call() {
    let _quiet = quiet();
    let dev = Dev::running();
    for (way, scheme) in EVERYWHERE {
        let id = format!("waits-{way:?}-{scheme:?}");
        dev.import(&id);
        let caller = Caller::new(way, scheme, |options| {
            options.set_max_retries(1000);
            options.set_timeout(Duration::from_millis(700)).unwrap();
        });
        // With a Retry-After of 5 s the client does not start to wait. Without one it retries as
        // long as there is time.
        for (fault, least) in [
            (answer(503, json!({"envelope": "K", "headers": {"retry-after": "5"}})), 0),
            (answer(500, json!({"envelope": "B"})), 2),
        ] {
            dev.order(&id, ALWAYS, &fault);
            let began = Instant::now();
            let error = caller.get(&id).unwrap_err();
            let took = began.elapsed();
            println!(
                "  {way:?} {scheme:?}: {} after {} attempts and {} ms (700 set)",
                error.code().name(),
                error.attempts(),
                took.as_millis()
            );
            assert!(
                matches!(error.code(), Code::Server | Code::Timeout) && error.attempts() >= least,
                "{error}"
            );
            assert!(took < Duration::from_millis(700) + allowed(LATE, began), "{took:?}");
            dev.clear(&id);
        }
    }
}

/// Returns the intervals between the requests that a server receives if it always gives this
/// answer.
fn waits_between(way: Way, retries: u32, retry_after: Option<String>) -> Vec<Duration> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start({
        let asked = Arc::clone(&asked);
        move |stream, _| {
            while read_request(&stream).is_some() {
                asked.lock().unwrap().push(Instant::now());
                let told = retry_after
                    .as_ref()
                    .map(|told| format!("retry-after: {told}\r\n"))
                    .unwrap_or_default();
                nango_test_support::answer(&stream, "503 Service Unavailable", &told, "{}");
            }
        }
    });
    let caller = Caller::of(way, &server.url, |options| {
        options.set_max_retries(retries);
        options.set_max_retry_wait(Duration::from_secs(60));
    });
    let error = caller.get("c").unwrap_err();
    let asked = asked.lock().unwrap();
    assert_eq!(
        (error.code(), error.attempts(), asked.len() as u32),
        (Code::Server, retries + 1, retries + 1),
        "{error}"
    );
    asked.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn attempts_wait_as_long_as_the_server_asks() {
    let _quiet = quiet();
    let ms = Duration::from_millis;
    thread::scope(|scope| {
        for way in [Way::Blocking, Way::Queued] {
            // A second more than it asks for, because the server rounds down, and up to another
            // second so that the calls of a burst do not return at the same time.
            for (told, least) in [("0", 1000), ("1", 2000), ("2", 3000)] {
                scope.spawn(move || {
                    let began = Instant::now();
                    for wait in waits_between(way, 2, Some(told.to_owned())) {
                        let most = ms(least + 1000) + allowed(LATE, began);
                        assert!(
                            wait >= ms(least) && wait < most,
                            "{way:?}, Retry-After {told}: {wait:?}"
                        );
                    }
                });
            }
            scope.spawn(move || {
                let date = http_date(3).as_str().expect("a text").to_owned();
                // Dates are in whole seconds.
                let began = Instant::now();
                let waits = waits_between(way, 1, Some(date));
                assert!(
                    waits[0] > ms(2900) && waits[0] < ms(5000) + allowed(LATE, began),
                    "{way:?}, Retry-After is a date: {waits:?}"
                );
            });
            for retries in [0, 1, 2] {
                scope.spawn(move || {
                    assert_eq!(waits_between(way, retries, None).len() as u32, retries)
                });
            }
            // Each wait is twice as long as the one before, up to 2 s, and part of it is random so
            // that the calls of a burst do not return at the same time.
            scope.spawn(move || {
                let began = Instant::now();
                let waits = waits_between(way, 7, None);
                for (number, wait) in waits.iter().enumerate() {
                    let most = ms(100 << number).min(ms(2000)) + allowed(LATE, began);
                    assert!(*wait < most, "{way:?}: {waits:?}");
                }
                println!("  {way:?}: waits without Retry-After {waits:?}");
                let others = waits_between(way, 2, None);
                assert!(
                    waits[..2] != others[..] && waits.iter().sum::<Duration>() > ms(300),
                    "{way:?}: {waits:?} {others:?}"
                );
            });
        }
    });
}

fn cancels(points: &[Point]) {
    let _quiet = quiet();
    let lateness = &Lateness::default();
    thread::scope(|scope| {
        for point in points {
            for way in [Way::Blocking, Way::Queued] {
                scope.spawn(move || cancel(*point, way, lateness));
            }
        }
    });
    lateness.print("cancel");
}

fn cancel(point: Point, way: Way, lateness: &Lateness) {
    const BEFORE: Duration = Duration::from_millis(150);
    let (caller, id, _full) = run_stalled(point, way, "cancel", |_| ());
    for _ in 0..samples() {
        let (cancel, mut options) = (Cancel::new(), CallOptions::default());
        options.set_cancel(Some(&cancel));
        let triggers = thread::spawn(move || {
            thread::sleep(BEFORE);
            let now = Instant::now();
            cancel.trigger();
            now
        });
        let error = caller.get_with(&id, &options).unwrap_err();
        let returned = Instant::now();
        let triggered = triggers.join().unwrap();
        let late = returned.saturating_duration_since(triggered);
        assert_eq!(error.code(), Code::Cancelled, "{point:?} {way:?}: {error}");
        assert!(late < allowed(LATE_CANCEL, triggered), "{point:?} {way:?}: {late:?}");
        lateness.add(format!("{point:?}, {way:?}"), late);
        if way == Way::Queued {
            let ticket = caller.submit(&id, &CallOptions::default());
            thread::sleep(BEFORE);
            let began = Instant::now();
            caller.queue.cancel(ticket);
            let done =
                caller.queue.next(1, Some(Duration::from_secs(10))).pop().expect("it completes");
            let late = began.elapsed();
            assert_eq!(done.result.unwrap_err().code(), Code::Cancelled);
            assert!(late < allowed(LATE_CANCEL, began), "{point:?}: {late:?}");
            lateness.add(format!("{point:?}, by its ticket"), late);
        }
    }
}

#[test]
fn a_cancel_ends_the_call_in_every_phase() {
    cancels(&[
        Point::Connect,
        Point::Tunnel,
        Point::Handshake,
        Point::Waiting,
        Point::WaitingTls,
        Point::Reading,
        Point::ReadingTls,
        Point::BackingOff,
    ]);
}

/// Set in the process that runs with a library whose lookups hang.
const IN_CHILD: &str = "NANGO_TEST_LOOKUPS_HANG";

const HANGING: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **out) {
    if (node && strstr(node, "hanging")) {
        sleep(600);
        return EAI_AGAIN;
    }
    if (node && strstr(node, "again")) return EAI_AGAIN;
    return ((lookup *)dlsym(RTLD_NEXT, "getaddrinfo"))(node, service, hints, out);
}
"#;

#[test]
fn a_lookup_that_hangs_delays_no_deadline() {
    if std::env::var_os(IN_CHILD).is_some() {
        deadlines(&[Point::Lookup]);
        cancels(&[Point::Lookup]);
        for way in [Way::Blocking, Way::Queued] {
            let error = Caller::of(way, "http://again.invalid", |_| ()).get("c").unwrap_err();
            assert_eq!(
                (error.code(), error.attempts(), error.retryable()),
                (Code::Dns, 3, true),
                "{error}"
            );
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("hanging.c"), folder.path().join("libhanging.so"));
    std::fs::write(&source, HANGING).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .expect("a C compiler");
    assert!(built.success());
    // Runs this same test in a separate process.
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_lookup_that_hangs_delays_no_deadline", "--nocapture"]);
    let output = command.env("LD_PRELOAD", &library).env(IN_CHILD, "1").output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
