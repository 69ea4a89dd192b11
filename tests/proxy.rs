//! A real proxy, tinyproxy, between the client and nango-dev: what goes through it, what it can
//! see, and the errors when it refuses.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nango::{CallOptions, Client, Code, Error, Options, Queue, Roots, catalogue};
use nango_test_support::{KEY, Server, answer, options, read_request, variable};
use tempfile::TempDir;

/// A tinyproxy on a free port, which stops with the test.
struct Proxy {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl Proxy {
    /// `more`: lines for its configuration.
    fn start(more: &str) -> Proxy {
        let folder = TempDir::new().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let file = folder.path().join("tinyproxy.conf");
        let log = folder.path().join("log");
        let configuration = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogFile \"{}\"\n\
                 LogLevel Connect\n{more}\n",
            log.display()
        );
        std::fs::write(&file, configuration).expect("its configuration");
        let process = Command::new("tinyproxy")
            .arg("-d")
            .arg("-c")
            .arg(&file)
            .spawn()
            .expect("tinyproxy, which scripts/setup.sh installs");
        let proxy = Proxy { process, folder, port };
        let patience = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "tinyproxy does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn url_for(&self, user: &str) -> String {
        format!("http://{user}@127.0.0.1:{}", self.port)
    }

    /// Returns its log of the requests that it received.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn requests(&self, method: &str) -> usize {
        self.log().lines().filter(|line| line.contains(&format!("): {method} "))).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Options for nango-dev over HTTP, or over TLS with its authority.
fn nango_dev(tls: bool) -> Options {
    let mut options = options(
        &variable(if tls { "NANGO_DEV_TLS_HOST" } else { "NANGO_HOST" }),
        &variable("NANGO_SECRET_KEY"),
    );
    options.set_tls_roots(Roots::CustomOnly);
    options
        .add_ca_pem(&std::fs::read(variable("NANGO_DEV_CA_FILE")).expect("an authority"))
        .expect("an authority");
    options.set_events(64);
    options.set_max_retries(1);
    options
}

/// Gets bob's token through a blocking call and through the queue, which must have the same
/// outcome. Everything that they show is added to `shown`.
fn token(options: &Options, shown: &mut String) -> Result<String, Error> {
    let client = Client::with_options(options)?;
    let blocking = client.get_token("github", "bob", &CallOptions::default());
    let queue = Queue::new().expect("a queue");
    let parameters = serde_json::json!({"provider_config_key": "github", "connection_id": "bob"})
        .as_object()
        .expect("an object")
        .clone();
    queue
        .submit(&client, &catalogue::GET_TOKEN, parameters, &CallOptions::default(), 0)
        .expect("a ticket");
    let queued = queue.next(1, Some(Duration::from_secs(30))).pop().expect("a completion").result;
    while let Some(event) = client.next_event_json() {
        shown.push_str(&event);
    }
    let _ = write!(shown, "{client:?} {options:?}");
    match (blocking, queued) {
        (Ok(one), Ok(Some(other))) => {
            assert_eq!(&*one, &*other);
            Ok(one.to_string())
        }
        (Err(one), Err(other)) => {
            let _ = write!(shown, "{one} {one:?} {other} {other:?}");
            assert_eq!(
                (one.code(), one.retryable(), one.attempts(), one.message()),
                (other.code(), other.retryable(), other.attempts(), other.message())
            );
            Err(one)
        }
        (one, other) => panic!("blocking: {:?}, queue: {:?}", one.map(drop), other.map(drop)),
    }
}

fn through(proxy: &str, tls: bool, shown: &mut String) -> Result<String, Error> {
    let mut options = nango_dev(tls);
    options.set_proxy(Some(proxy)).expect("a proxy");
    token(&options, shown)
}

#[test]
fn through_a_proxy() {
    let proxy = Proxy::start("");
    let mut shown = String::new();
    assert_eq!(through(&proxy.url(), false, &mut shown).unwrap(), "at-bob");
    assert_eq!((proxy.requests("GET"), proxy.requests("CONNECT")), (2, 0));
    assert_eq!(through(&proxy.url(), true, &mut shown).unwrap(), "at-bob");
    assert_eq!(
        (proxy.requests("GET"), proxy.requests("CONNECT")),
        (2, 2),
        "over TLS, a proxy sees a tunnel"
    );
}

/// A call over TLS shows the proxy its destination, but nothing of the key, the token or the ids.
#[test]
fn a_proxy_sees_nothing_of_what_goes_through_a_tunnel() {
    let behind = Proxy::start("");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let front = Server::start({
        let (seen, port) = (Arc::clone(&seen), behind.port);
        move |stream, _| {
            pass_on(&stream, &TcpStream::connect(("127.0.0.1", port)).expect("the proxy"), &seen)
        }
    });
    let mut shown = String::new();
    assert_eq!(
        through(&front.url.replace("://", "://user:correct-horse@"), true, &mut shown).unwrap(),
        "at-bob"
    );
    let seen = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
    assert!(seen.starts_with("CONNECT localhost:") && seen.contains("roxy-"), "{seen}");
    for secret in [KEY, "at-bob", "bob", "github", "authorization: Bearer", "uthorization: Bearer"]
    {
        assert!(!seen.contains(secret), "{secret:?} was seen by the proxy");
    }
}

#[test]
fn a_proxy_with_a_password() {
    let proxy = Proxy::start("BasicAuth user correct-horse");
    let mut shown = String::new();
    for tls in [false, true] {
        assert_eq!(
            through(&proxy.url_for("user:correct-horse"), tls, &mut shown).unwrap(),
            "at-bob"
        );
        let error = through(&proxy.url(), tls, &mut shown).unwrap_err();
        assert_eq!(
            (error.code(), error.retryable(), error.attempts()),
            (Code::Proxy, false, 1),
            "{error}"
        );
        assert_eq!(error.http_status(), (!tls).then_some(407));
        assert!(error.message().contains("requires a username and password"), "{error}");
        let before = proxy.requests(if tls { "CONNECT" } else { "GET" });
        let error = through(&proxy.url_for("user:battery-staple"), tls, &mut shown).unwrap_err();
        // tinyproxy answers 401 to a wrong password, where RFC 9110 requires 407. Over TLS that is
        // an unsuccessful tunnel like any other.
        assert_eq!(error.code(), if tls { Code::Proxy } else { Code::InvalidResponse }, "{error}");
        assert_eq!(
            proxy.requests(if tls { "CONNECT" } else { "GET" }) - before,
            if tls { 4 } else { 2 }
        );
    }
    for secret in ["correct-horse", "battery-staple", KEY, "at-bob", "dXNlcjpjb3JyZWN0LWhvcnNl"] {
        assert!(!shown.contains(secret), "{secret:?} is shown: {shown}");
    }
}

#[test]
fn a_proxy_that_says_407_to_a_wrong_password() {
    let proxy = Server::start(|stream, _| {
        while read_request(&stream).is_some() {
            answer(
                &stream,
                "407 Proxy Authentication Required",
                "proxy-authenticate: Basic realm=\"x\"\r\n",
                "{}",
            );
        }
    });
    for tls in [false, true] {
        let error = through(&proxy.url.replace("://", "://user:wrong@"), tls, &mut String::new())
            .unwrap_err();
        assert_eq!(
            (error.code(), error.retryable(), error.attempts()),
            (Code::Proxy, false, 1),
            "{error}"
        );
    }
}

#[test]
fn a_proxy_that_cannot_or_will_not() {
    let mut shown = String::new();
    let refused = nango_dev(false).set_proxy(Some("ftp://user:secret@x")).unwrap_err();
    assert!(
        refused.code() == Code::InvalidArgument && !refused.message().contains("secret"),
        "{refused}"
    );
    let narrow = Proxy::start("ConnectPort 563");
    let error = through(&narrow.url(), true, &mut shown).unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::Proxy, 2), "{error}");
    assert!(error.message().contains("whether the proxy allows this host and port"), "{error}");
    for tls in [false, true] {
        let error = through("http://127.0.0.1:1", tls, &mut shown).unwrap_err();
        assert_eq!(
            (error.code(), error.retryable(), error.attempts()),
            (Code::Proxy, true, 2),
            "{error}"
        );
        let error = through("http://proxy.invalid:3128", tls, &mut shown).unwrap_err();
        assert_eq!(error.code(), Code::Dns, "{error}");
        assert!(
            error.message().contains("proxy.invalid")
                && error.message().contains("check the proxy URL"),
            "{error}"
        );
    }
}

/// The environment's proxy applies to servers that are not on loopback. `0.0.0.0` is this machine,
/// but does not count as loopback.
#[test]
fn a_proxy_from_the_environment() {
    let proxy = Proxy::start("");
    let elsewhere = variable("NANGO_HOST").replace("127.0.0.1", "0.0.0.0");
    let uses = |environment: &[(&str, &str)], base_url: &str, option: Option<&str>| {
        let before = proxy.requests("GET");
        let said = child(environment, base_url, option);
        (said, proxy.requests("GET") - before)
    };
    let ok = |times| ("OK at-bob".to_owned(), times);
    let url = proxy.url();
    assert_eq!(uses(&[], &elsewhere, None), ok(0), "it is reachable without a proxy too");
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        assert_eq!(uses(&[(name, &url)], &elsewhere, None), ok(2), "{name}");
    }
    assert_eq!(
        uses(&[("HTTPS_PROXY", &url)], &elsewhere, None),
        ok(0),
        "that variable is for https"
    );
    assert_eq!(
        uses(&[("http_proxy", &url)], &variable("NANGO_HOST"), None),
        ok(0),
        "never for loopback"
    );
    assert_eq!(
        uses(&[("http_proxy", &url)], &elsewhere, Some("")),
        ok(0),
        "an empty option means no proxy"
    );
    assert_eq!(
        uses(&[("http_proxy", "http://127.0.0.1:1")], &elsewhere, Some(&url)),
        ok(2),
        "the option takes precedence"
    );
    for (name, list) in
        [("NO_PROXY", "0.0.0.0"), ("no_proxy", "example.com, 0.0.0.0/8"), ("NO_PROXY", "*")]
    {
        assert_eq!(
            uses(&[("http_proxy", &url), (name, list)], &elsewhere, None),
            ok(0),
            "{name}={list}"
        );
    }
    assert_eq!(uses(&[("http_proxy", &url), ("NO_PROXY", "example.com")], &elsewhere, None), ok(2));
    // tinyproxy cannot resolve this host. The error shows that it was asked for it.
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let before = proxy.requests("CONNECT");
        let said = child(&[(name, &url)], "https://nango.invalid", None);
        assert!(said.starts_with("PROXY "), "{said}");
        assert_eq!(proxy.requests("CONNECT") - before, 4, "{name}");
    }
    let strict = Proxy::start("BasicAuth user correct-horse");
    assert_eq!(
        child(&[("http_proxy", &strict.url_for("user:correct-horse"))], &elsewhere, None),
        "OK at-bob"
    );
    assert!(child(&[("http_proxy", &strict.url())], &elsewhere, None).starts_with("PROXY "));
}

/// Such a proxy must not be gone around: the key would leave over another way than meant.
#[test]
fn a_proxy_from_the_environment_that_cannot_be_used() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        for value in
            ["socks5://proxy.test:1080", "ftp://proxy.test", "\"proxy.test:3128\"", "http://"]
        {
            let said = child(&[(name, value)], "https://nango.invalid", None);
            assert!(said.starts_with("INVALID_ARGUMENT "), "{name}={value}: {said}");
            assert!(said.contains(&format!("{name}: the proxy ")), "{name}={value}: {said}");
        }
    }
    // An empty variable does not hide the other spelling.
    let said = child(
        &[("HTTPS_PROXY", ""), ("https_proxy", "socks5://proxy.test")],
        "https://nango.invalid",
        None,
    );
    assert!(said.contains("https_proxy: the proxy "), "{said}");
}

/// A host name that only the proxy can resolve, and TLS with the server behind the proxy.
#[test]
fn a_proxy_from_the_environment_to_a_server_over_tls() {
    let dev = variable("NANGO_DEV_TLS_HOST");
    let port: u16 = dev.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let proxy = Server::start({
        let asked = Arc::clone(&asked);
        move |mut stream, _| {
            let Some(head) = read_request(&stream) else { return };
            asked.lock().unwrap().push(head);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("it takes that");
            pass_on(
                &stream,
                &TcpStream::connect(("127.0.0.1", port)).expect("nango-dev"),
                &Mutex::default(),
            );
        }
    });
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        assert_eq!(child(&[(name, &proxy.url)], "https://nango.test", None), "OK at-bob", "{name}");
        let heads = std::mem::take(&mut *asked.lock().unwrap());
        assert_eq!(heads.len(), 2, "{name}");
        assert!(heads.iter().all(|head| head.starts_with("CONNECT nango.test:443 ")), "{heads:?}");
    }
    assert_eq!(
        child(&[("HTTPS_PROXY", &proxy.url)], &dev, None),
        "OK at-bob",
        "never for loopback"
    );
    assert!(
        child(
            &[("HTTPS_PROXY", &proxy.url), ("NO_PROXY", "nango.test")],
            "https://nango.test",
            None
        )
        .starts_with("DNS ")
    );
    assert!(asked.lock().unwrap().is_empty());
}

/// The environment is read once per process, so each case runs in a separate process. Returns the
/// outcome of its two calls.
fn child(environment: &[(&str, &str)], base_url: &str, option: Option<&str>) -> String {
    let mut variables = vec![("NANGO_TEST_BASE_URL", Some(base_url)), ("NANGO_TEST_PROXY", option)];
    for name in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ] {
        variables.push((
            name,
            environment.iter().find(|(set, _)| *set == name).map(|(_, value)| *value),
        ));
    }
    nango_test_support::child("calls_of_a_child", &variables)
}

#[test]
#[ignore = "run by a_proxy_from_the_environment, in a separate process"]
fn calls_of_a_child() {
    let mut options = nango_dev(false);
    options.set_base_url(&variable("NANGO_TEST_BASE_URL")).unwrap();
    if let Ok(proxy) = std::env::var("NANGO_TEST_PROXY") {
        options.set_proxy(Some(&proxy)).unwrap();
    }
    match token(&options, &mut String::new()) {
        Ok(token) => nango_test_support::tell(&format!("OK {token}")),
        Err(error) => nango_test_support::tell(&format!("{} {error}", error.code().name())),
    }
}

/// Forwards data in both directions until both sides have ended, and keeps what the client sends.
fn pass_on(client: &TcpStream, proxy: &TcpStream, kept: &Mutex<Vec<u8>>) {
    let copy = |mut from: &TcpStream, mut to: &TcpStream, kept: Option<&Mutex<Vec<u8>>>| {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if let Some(kept) = kept {
                kept.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| copy(proxy, client, None));
        copy(client, proxy, Some(kept));
    });
}
