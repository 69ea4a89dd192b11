//! Tests `replace_token`: one refresh, however many calls were refused, on a server that collapses
//! forced refreshes onto plain reads like a real one. Prints its counts: `cargo test --test replace
//! -- --nocapture`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nango::{CallOptions, Cancel, Client, Code, Error, Options, Parameters, Queue, catalogue};
use nango_test_support::machine::allowed;
use nango_test_support::{
    Dev, KEY, Server, answer, client, options, read_request, token_of, variable,
};
use serde_json::json;

const INTEGRATION: &str = "github";

/// How late a call may end on a machine that also does other work.
const LATE: Duration = Duration::from_millis(250);

fn parameters(id: &str, refused: &str) -> Parameters {
    let parameters =
        json!({"provider_config_key": INTEGRATION, "connection_id": id, "refused_token": refused});
    parameters.as_object().cloned().unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Blocking,
    Queued,
}

const WAYS: [(Way, Way); 4] = [
    (Way::Blocking, Way::Blocking),
    (Way::Blocking, Way::Queued),
    (Way::Queued, Way::Blocking),
    (Way::Queued, Way::Queued),
];

type Outcome = Result<String, Error>;

/// Makes one call on a separate thread, blocking or through a queue.
fn replace(
    way: Way,
    client: &Client,
    id: &str,
    refused: &str,
    options: &CallOptions,
) -> JoinHandle<(Outcome, Duration)> {
    let (client, id, refused) = (client.clone(), id.to_owned(), refused.to_owned());
    let options = options.clone();
    thread::spawn(move || {
        let began = Instant::now();
        let outcome = match way {
            Way::Blocking => client.replace_token(INTEGRATION, &id, &refused, &options),
            Way::Queued => {
                let queue = Queue::new().unwrap();
                let parameters = parameters(&id, &refused);
                queue.submit(&client, &catalogue::REPLACE_TOKEN, parameters, &options, 0).unwrap();
                let done = queue.next(1, Some(Duration::from_secs(60))).pop().unwrap();
                done.result.map(|token| token.unwrap())
            }
        };
        (outcome.map(|token| token.to_string()), began.elapsed())
    })
}

fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !so() {
        assert!(Instant::now() < until, "never: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

fn within(took: Duration, limit: Duration, what: &str) {
    let began = Instant::now().checked_sub(took).expect("an instant");
    let most = limit + allowed(LATE, began);
    assert!(took < most, "{what} took {took:?}, which is later than {limit:?}");
}

fn timeout(milliseconds: u64) -> CallOptions {
    let mut options = CallOptions::default();
    options.set_timeout(Duration::from_millis(milliseconds)).unwrap();
    options
}

/// Threads that read a connection continuously until this is dropped.
struct Readers(Arc<AtomicBool>, Vec<JoinHandle<()>>);

impl Readers {
    fn start(count: usize, id: &str, pause: fn() -> Duration) -> Readers {
        let stop = Arc::new(AtomicBool::new(false));
        // They stand for clients in other programs, which know nothing of the replacements.
        let threads = (0..count).map(|_| {
            let (stop, client, id) = (Arc::clone(&stop), client(), id.to_owned());
            thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    client.get_token(INTEGRATION, &id, &CallOptions::default()).unwrap();
                    thread::sleep(pause());
                }
            })
        });
        Readers(Arc::clone(&stop), threads.collect())
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

/// The same token is refused for 100 threads and 400 tickets of two queues at once.
fn five_hundred(client: &Client, id: &str) -> Vec<Outcome> {
    let ready = Arc::new(std::sync::Barrier::new(101));
    let threads: Vec<_> = (0..100)
        .map(|_| {
            let (client, id, ready) = (client.clone(), id.to_owned(), Arc::clone(&ready));
            thread::spawn(move || {
                ready.wait();
                client
                    .replace_token(INTEGRATION, &id, &token_of(&id), &CallOptions::default())
                    .map(|token| token.to_string())
            })
        })
        .collect();
    let queues = [Queue::new().unwrap(), Queue::new().unwrap()];
    ready.wait();
    for number in 0..400 {
        queues[number % 2]
            .submit(
                client,
                &catalogue::REPLACE_TOKEN,
                parameters(id, &token_of(id)),
                &CallOptions::default(),
                0,
            )
            .unwrap();
    }
    let mut outcomes: Vec<Outcome> =
        threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let until = Instant::now() + Duration::from_secs(60);
    for queue in &queues {
        let before = outcomes.len();
        while outcomes.len() < before + 200 && Instant::now() < until {
            let done = queue.next(64, Some(Duration::from_secs(1)));
            outcomes.extend(
                done.into_iter()
                    .map(|completion| completion.result.map(|token| token.unwrap().to_string())),
            );
        }
    }
    assert_eq!(outcomes.len(), 500, "each completes");
    outcomes
}

fn one_new_token(id: &str, outcomes: Vec<Outcome>) {
    let tokens: BTreeSet<String> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert!(!tokens.contains(&token_of(id)), "the refused token came back");
}

#[test]
fn five_hundred_at_once_refresh_once() {
    let (dev, id) = (Dev::running(), "replace-500");
    dev.import_oauth2(id);
    dev.set_behaviour(id, &json!({"delay_ms": 100}));
    one_new_token(id, five_hundred(&client(), id));
    let (refreshes, asked) = (dev.refreshes(id).0, dev.asked(id).len());
    println!("  500 at once: {refreshes} refresh, {asked} requests");
    assert_eq!(refreshes, 1);
}

/// The readers continue until two forced refreshes were answered with the old token. The third
/// forced refresh is the last one.
#[test]
fn five_hundred_at_once_refresh_once_where_forced_refreshes_collapse() {
    let dev = Dev::running();
    let mut all = (0, 0);
    for round in 0..3 {
        let id = &format!("replace-collapse-{round}");
        dev.import_oauth2(id);
        dev.collapse(id, 30);
        let readers = Readers::start(16, id, || Duration::ZERO);
        let watch = thread::spawn({
            let (dev, id) = (dev.clone(), id.clone());
            move || {
                eventually("the forced refreshes collapse", || {
                    let (refreshes, collapsed) = dev.refreshes(&id);
                    refreshes > 0 || collapsed >= 2
                });
                drop(readers);
            }
        });
        one_new_token(id, five_hundred(&client(), id));
        watch.join().unwrap();
        let (refreshes, collapsed) = dev.refreshes(id);
        assert_eq!(refreshes, 1, "round {round}");
        all = (all.0 + refreshes, all.1 + collapsed);
    }
    println!("  3 times 500 at once: {} refreshes, {} forced ones collapsed", all.0, all.1);
    assert!(all.1 >= 3, "the forced refreshes hardly collapsed: {}", all.1);
}

/// As on the real server, where 9 of 30 forced refreshes among 6 readers had no effect.
#[test]
fn forced_refreshes_succeed_among_constant_readers() {
    let dev = Dev::running();
    let (mut replaced, mut forced, mut collapsed) = (0, 0, 0);
    let plain = client();
    for round in 0..20 {
        let id = &format!("replace-readers-{round}");
        dev.import_oauth2(id);
        dev.collapse(id, 3);
        let readers = Readers::start(6, id, || Duration::from_micros(fastrand::u64(0..120_000)));
        thread::sleep(Duration::from_millis(20));
        let outcome = plain.replace_token(INTEGRATION, id, &token_of(id), &CallOptions::default());
        drop(readers);
        match outcome {
            Ok(token) => assert_ne!(*token, token_of(id)),
            Err(error) => assert_eq!(error.code(), Code::TokenNotReplaced, "{error}"),
        }
        let counts = dev.refreshes(id);
        replaced += counts.0;
        collapsed += counts.1;
        forced += dev.asked(id).iter().filter(|target| target.contains("force_refresh")).count();
    }
    println!(
        "  20 replacements among 6 readers: {replaced} refreshed, {forced} forced, {collapsed} \
         collapsed"
    );
    // Three times in a row is rare, and not a fault of the library.
    assert!(replaced >= 17, "{replaced} of 20");
}

/// Waits until the leader's request hangs and `others` wait for it. No further request is made
/// then.
fn wait_until_idle(dev: &Dev, id: &str, requests: usize) {
    eventually("the leader asks", || dev.asked(id).len() >= requests);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(dev.asked(id).len(), requests, "waiting calls make no requests");
}

#[test]
fn a_leader_that_is_cancelled_leaves_the_flight_to_the_next() {
    let dev = Dev::running();
    for (leads, waits) in WAYS {
        let id = &format!("replace-cancel-{leads:?}-{waits:?}");
        dev.import_oauth2(id);
        dev.order(id, 1, &json!({"kind": "hang"}));
        let client = client();
        let cancel = Cancel::new();
        let mut cancellable = CallOptions::default();
        cancellable.set_cancel(Some(&cancel));
        let leader = replace(leads, &client, id, &token_of(id), &cancellable);
        wait_until_idle(&dev, id, 1);
        let waiters: Vec<_> = (0..20)
            .map(|_| replace(waits, &client, id, &token_of(id), &CallOptions::default()))
            .collect();
        wait_until_idle(&dev, id, 1);
        let at = Instant::now();
        cancel.trigger();
        let (outcome, _) = leader.join().unwrap();
        assert_eq!(outcome.unwrap_err().code(), Code::Cancelled);
        within(at.elapsed(), Duration::ZERO, "the cancelled leader");
        let outcomes = waiters.into_iter().map(|waiter| waiter.join().unwrap().0).collect();
        one_new_token(id, outcomes);
        assert_eq!(dev.refreshes(id).0, 1, "{leads:?} leads, {waits:?} waits");
    }
}

#[test]
fn a_leader_whose_time_is_up_leaves_the_flight_to_the_next() {
    let dev = Dev::running();
    for (leads, waits) in WAYS {
        let id = &format!("replace-timeout-{leads:?}-{waits:?}");
        dev.import_oauth2(id);
        dev.order(id, 1, &json!({"kind": "hang"}));
        let client = client();
        let leader = replace(leads, &client, id, &token_of(id), &timeout(500));
        wait_until_idle(&dev, id, 1);
        let waiters: Vec<_> = (0..20)
            .map(|_| replace(waits, &client, id, &token_of(id), &CallOptions::default()))
            .collect();
        let (outcome, took) = leader.join().unwrap();
        assert_eq!(outcome.unwrap_err().code(), Code::Timeout);
        within(took, Duration::from_millis(500), "the leader");
        let outcomes = waiters.into_iter().map(|waiter| waiter.join().unwrap().0).collect();
        one_new_token(id, outcomes);
        assert_eq!(dev.refreshes(id).0, 1, "{leads:?} leads, {waits:?} waits");
    }
}

/// A leader that has no time for its next forced refresh fails at once; the others use their own
/// time.
#[test]
fn a_leader_with_too_little_time_for_another_refresh_leaves_it_to_the_next() {
    let (dev, id) = (Dev::running(), "replace-short");
    dev.import_oauth2(id);
    dev.collapse(id, 50);
    let readers = Readers::start(16, id, || Duration::ZERO);
    let client = client();
    let leader = replace(Way::Blocking, &client, id, &token_of(id), &timeout(700));
    eventually("it leads", || dev.asked(id).iter().any(|target| target.contains("refresh_token")));
    let waiter = replace(Way::Queued, &client, id, &token_of(id), &CallOptions::default());
    let (outcome, took) = leader.join().unwrap();
    // The refresh may have succeeded by chance.
    if let Err(error) = &outcome {
        assert_eq!(error.code(), Code::Timeout, "{error}");
        within(took, Duration::from_millis(700), "the leader");
    }
    drop(readers);
    let token = waiter.join().unwrap().0.unwrap();
    assert_ne!(token, token_of(id));
    assert_eq!(dev.refreshes(id).0, 1);
}

#[test]
fn each_waiter_keeps_its_own_deadline() {
    let dev = Dev::running();
    for (leads, waits) in WAYS {
        let id = &format!("replace-ends-{leads:?}-{waits:?}");
        dev.import_oauth2(id);
        dev.order(id, 1, &json!({"kind": "hang"}));
        let client = client();
        let (cancel_leader, cancel_waiter) = (Cancel::new(), Cancel::new());
        let mut cancellable = CallOptions::default();
        cancellable.set_cancel(Some(&cancel_leader));
        let leader = replace(leads, &client, id, &token_of(id), &cancellable);
        wait_until_idle(&dev, id, 1);
        let (outcome, took) =
            replace(waits, &client, id, &token_of(id), &timeout(200)).join().unwrap();
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.retryable()), (Code::Timeout, true));
        assert!(error.message().contains("another call"), "{error}");
        within(took, Duration::from_millis(200), "who waited");
        cancellable.set_cancel(Some(&cancel_waiter));
        let waiter = replace(waits, &client, id, &token_of(id), &cancellable);
        thread::sleep(Duration::from_millis(100));
        let at = Instant::now();
        cancel_waiter.trigger();
        assert_eq!(waiter.join().unwrap().0.unwrap_err().code(), Code::Cancelled);
        within(at.elapsed(), Duration::ZERO, "who waited and was cancelled");
        assert_eq!(dev.asked(id).len(), 1);
        cancel_leader.trigger();
        assert_eq!(leader.join().unwrap().0.unwrap_err().code(), Code::Cancelled);
    }
}

/// A Nango whose token is `t-` and a number, which each forced refresh increments.
fn numbered(refresh_takes: Duration) -> (Server, Arc<Mutex<Vec<String>>>) {
    let (newest, asked) = (Arc::new(AtomicUsize::new(1)), Arc::<Mutex<Vec<String>>>::default());
    let server = Server::start({
        let asked = Arc::clone(&asked);
        move |stream, _| {
            while let Some(head) = read_request(&stream) {
                let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let forced = target.contains("force_refresh=true");
                asked.lock().unwrap().push(target);
                if forced {
                    thread::sleep(refresh_takes);
                    newest.fetch_add(1, Ordering::SeqCst);
                }
                let token = newest.load(Ordering::SeqCst);
                let body =
                    format!(r#"{{"credentials":{{"type":"OAUTH2_CC","token":"t-{token}"}}}}"#);
                answer(&stream, "200 OK", "", &body);
            }
        }
    });
    (server, asked)
}

fn client_of(server: &Server, change: impl FnOnce(&mut Options)) -> Client {
    let mut options = options(&server.url, KEY);
    change(&mut options);
    Client::with_options(&options).unwrap()
}

/// A caller whose refused token is the one that a flight returns does not get that token.
#[test]
fn another_refused_token_is_another_flight() {
    for (leads, waits) in WAYS {
        let (server, asked) = numbered(Duration::from_millis(300));
        let client = client_of(&server, |_| ());
        let leader = replace(leads, &client, "c", "t-1", &CallOptions::default());
        eventually("it is forced", || asked.lock().unwrap().len() == 2);
        let other = replace(waits, &client, "c", "t-2", &CallOptions::default());
        let same = replace(waits, &client, "c", "t-1", &CallOptions::default());
        assert_eq!(leader.join().unwrap().0.unwrap(), "t-2");
        assert_eq!(same.join().unwrap().0.unwrap(), "t-2");
        assert_eq!(other.join().unwrap().0.unwrap(), "t-3");
        assert_eq!(asked.lock().unwrap().len(), 4);
        // Other connections and other clients have separate flights.
        let elsewhere = replace(leads, &client, "d", "t-3", &CallOptions::default());
        eventually("it is forced", || asked.lock().unwrap().len() == 6);
        let apart = replace(waits, &client, "c", "t-9", &CallOptions::default());
        assert_eq!(apart.join().unwrap().0.unwrap(), "t-3");
        assert_eq!(elsewhere.join().unwrap().0.unwrap(), "t-4");
    }
}

/// There is no cache: a call after the flight asks Nango.
#[test]
fn nothing_is_kept_after_a_flight() {
    let (server, asked) = numbered(Duration::ZERO);
    let client = client_of(&server, |_| ());
    for (way, requests) in [(Way::Blocking, 2), (Way::Queued, 3), (Way::Blocking, 4)] {
        let token = replace(way, &client, "c", "t-1", &CallOptions::default()).join().unwrap().0;
        assert_eq!(token.unwrap(), "t-2");
        assert_eq!(asked.lock().unwrap().len(), requests);
    }
}

#[test]
fn a_refusal_of_the_providers_is_shared() {
    for (leads, waits) in WAYS {
        let (dev, id) = (Dev::running(), &format!("replace-refused-{leads:?}-{waits:?}"));
        dev.import_oauth2(id);
        dev.set_behaviour(id, &json!({"on_refresh": "invalid_grant", "delay_ms": 300}));
        let client = client();
        let leader = replace(leads, &client, id, &token_of(id), &CallOptions::default());
        wait_until_idle(&dev, id, 3);
        let waiters = (0..20)
            .map(|_| replace(waits, &client, id, &token_of(id), &CallOptions::default()))
            .collect::<Vec<_>>();
        for call in std::iter::once(leader).chain(waiters) {
            let error = call.join().unwrap().0.unwrap_err();
            assert_eq!((error.code(), error.attempts()), (Code::RefreshFailed, 3), "{error}");
            assert!(error.message().contains(id), "{error}");
        }
        assert_eq!(dev.refreshes(id).0, 1);
    }
}

#[test]
fn what_is_not_refreshed_is_not_forced() {
    let (dev, client) = (Dev::running(), client());
    for (integration, id, refused) in [
        ("stripe-key", "carol", "sk_dev_carol"),
        ("basic-auth", "dave", "hunter2"),
        ("trello", "oauth1", "ot-dev"),
        ("netsuite", "tba", "ti-dev"),
        ("custom", "custom", "at-custom"),
        ("github", "stale", "at-stale"),
    ] {
        let before = dev.asked(id).len();
        let began = Instant::now();
        let error =
            client.replace_token(integration, id, refused, &CallOptions::default()).unwrap_err();
        assert_eq!((error.code(), error.retryable()), (Code::TokenNotReplaced, false), "{error}");
        within(began.elapsed(), Duration::ZERO, "a static type");
        let asked = dev.asked(id).split_off(before);
        assert_eq!(asked.len(), if id == "stale" { 2 } else { 1 }, "{asked:?}");
        assert!(asked.iter().all(|target| !target.contains("force_refresh")), "{asked:?}");
    }
}

/// Three forced refreshes, 0.5 s and 1 s apart.
#[test]
fn after_three_forced_refreshes_it_gives_up() {
    let (dev, id) = (Dev::running(), "replace-never");
    dev.import_oauth2(id);
    dev.collapse(id, 60);
    let readers = Readers::start(16, id, || Duration::ZERO);
    thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    let outcome = client().replace_token(INTEGRATION, id, &token_of(id), &CallOptions::default());
    let took = began.elapsed();
    drop(readers);
    let (refreshes, collapsed) = dev.refreshes(id);
    let forced = dev.asked(id).iter().filter(|target| target.contains("force_refresh")).count();
    match outcome {
        Err(error) => {
            assert_eq!(error.code(), Code::TokenNotReplaced, "{error}");
            assert!(!error.retryable() && error.attempts() == 5, "{error:?}");
            assert_eq!((refreshes, collapsed, forced), (0, 3, 3));
            assert!(took >= Duration::from_millis(1500), "{took:?}");
        }
        // It fell between two reads, which last as long as possible.
        Ok(_) => assert!(refreshes == 1 && forced <= 3, "{refreshes} {forced}"),
    }
}

/// Neither callers that wait for a flight nor a leader that waits between two forced refreshes
/// occupies one of the queue's connections.
#[test]
fn calls_that_back_off_hold_no_connection() {
    let (dev, id) = (Dev::running(), "replace-places");
    dev.import_oauth2(id);
    dev.import_oauth2("replace-places-other");
    dev.collapse(id, 20);
    let mut options = options(&variable("NANGO_HOST"), &variable("NANGO_SECRET_KEY"));
    options.set_max_connections(1).unwrap();
    let client = Client::with_options(&options).unwrap();
    let readers = Readers::start(16, id, || Duration::ZERO);
    let queue = Queue::new().unwrap();
    let begin = |operation, parameters, user_data| {
        queue.submit(&client, operation, parameters, &CallOptions::default(), user_data).unwrap();
    };
    for _ in 0..50 {
        begin(&catalogue::REPLACE_TOKEN, parameters(id, &token_of(id)), 1);
    }
    eventually("it is forced", || dev.refreshes(id) != (0, 0));
    // The leader is now waiting for half a second, and the others for the leader.
    let mut other = parameters("replace-places-other", "");
    other.remove("refused_token");
    let began = Instant::now();
    for _ in 0..10 {
        begin(&catalogue::GET_TOKEN, other.clone(), 2);
        let done = queue.next(1, Some(Duration::from_secs(10))).pop().unwrap();
        if done.user_data == 2 {
            assert_eq!(&*done.result.unwrap().unwrap(), token_of("replace-places-other"));
        }
    }
    within(began.elapsed(), Duration::ZERO, "ten calls during a flight");
    drop(readers);
}

/// The refused token is the caller's secret. Flags that the library sets on its own requests are
/// not the caller's.
#[test]
fn what_is_wrong_is_said_at_once() {
    let client = client();
    let refuse = |operation: &'static catalogue::Operation,
                  change: fn(&mut Parameters),
                  options: &CallOptions| {
        let mut parameters = parameters("bob", "a-refused-secret");
        change(&mut parameters);
        let error = client.call(operation, parameters.clone(), options).unwrap_err();
        let queue = Queue::new().unwrap();
        let queued = queue.submit(&client, operation, parameters, options, 0).unwrap_err();
        for error in [&error, &queued] {
            assert_eq!((error.code(), error.attempts()), (Code::InvalidArgument, 0), "{error}");
            assert!(!format!("{error} {error:?}").contains("a-refused-secret"), "{error:?}");
        }
        error
    };
    let plain = CallOptions::default();
    let (mut forced, mut included) = (CallOptions::default(), CallOptions::default());
    forced.set_force_refresh(true);
    included.set_include_refresh_token(true);
    let of = &catalogue::REPLACE_TOKEN;
    for (name, error) in [
        ("refused_token", refuse(of, |p| drop(p.remove("refused_token")), &plain)),
        (
            "refused_token",
            refuse(of, |p| drop(p.insert("refused_token".to_owned(), json!(7))), &plain),
        ),
        (
            "refused_token",
            refuse(of, |p| drop(p.insert("refused_token".to_owned(), json!(""))), &plain),
        ),
        ("connection_id", refuse(of, |p| drop(p.remove("connection_id")), &plain)),
        ("force_refresh", refuse(of, |_| (), &forced)),
        ("refresh_token", refuse(of, |_| (), &included)),
        ("refused_token", refuse(&catalogue::GET_TOKEN, |_| (), &plain)),
    ] {
        assert!(error.message().contains(name), "{error}");
    }
}
