//! Connecting: the wrong protocol on a port, certificates, and a process without descriptors.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nango::{CallOptions, Client, Code, Error, Options, Queue, Roots};
use nango_test_support::machine::allowed;
use nango_test_support::{
    KEY, Server, child, close, connection, options, read_request, tell, variable,
};
use tempfile::TempDir;

fn token(options: &Options) -> Result<String, Error> {
    let client = Client::with_options(options)?;
    Ok(client.get_token("github", "bob", &CallOptions::default())?.to_string())
}

fn trusting(url: &str, pem: &[u8]) -> Options {
    let mut options = options(url, KEY);
    options.set_tls_roots(Roots::CustomOnly);
    options.add_ca_pem(pem).unwrap();
    options
}

#[test]
fn https_to_a_port_without_tls() {
    let url = variable("NANGO_HOST").replace("http://", "https://");
    let authority = fs::read(variable("NANGO_DEV_CA_FILE")).unwrap();
    let began = Instant::now();
    let error = token(&trusting(&url, &authority)).unwrap_err();
    assert_eq!((error.code(), error.retryable(), error.attempts()), (Code::Tls, false, 1));
    assert!(error.message().contains("does not speak TLS on this port"), "{error}");
    assert!(error.message().contains("http://"), "{error}");
    assert!(began.elapsed() < allowed(Duration::from_secs(5), began));
}

/// A server that expects TLS sends an alert, closes, or answers with a page that says so.
#[test]
fn http_to_a_port_with_tls() {
    let url = variable("NANGO_DEV_TLS_HOST").replace("https://", "http://");
    let mut answers = vec![(url, Code::Tls)];
    for page in [
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\ncontent-length: 62\r\n\r\n\
         <p>The plain HTTP request was sent to HTTPS port, I am afraid.",
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    ] {
        let server = Server::start(move |mut stream, _| {
            read_request(&stream);
            let _ = stream.write_all(page.as_bytes());
            close(&stream);
        });
        answers.push((server.url, Code::InvalidResponse));
    }
    for (url, code) in answers {
        let error = token(&options(&url, KEY)).unwrap_err();
        assert_eq!(
            (error.code(), error.retryable(), error.attempts()),
            (code, false, 1),
            "{error}"
        );
        assert!(error.message().contains("expects TLS on this port"), "{error}");
        assert!(error.message().contains("https://"), "{error}");
    }
}

/// Runs openssl in a folder.
fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// OpenSSL's server with a certificate of its own. It answers each request with bob's connection.
struct OpenSsl {
    process: Child,
    url: String,
    certificate: Vec<u8>,
    _folder: TempDir,
}

impl OpenSsl {
    /// `key` and `certificate` are arguments of `openssl req`.
    fn start(key: &[&str], certificate: &[&str]) -> OpenSsl {
        let folder = TempDir::new().unwrap();
        let request = ["req", "-x509", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"];
        let name = ["-subj", "/CN=libnango's test"];
        openssl(folder.path(), &[&request[..], &name, key, certificate].concat());
        OpenSsl::serve(folder)
    }

    /// The folder holds the certificate and its key.
    fn serve(folder: TempDir) -> OpenSsl {
        let target = folder.path().join("connection/bob?provider_config_key=github");
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let body = connection("GET /connection/bob?provider_config_key=github HTTP/1.1");
        let head = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n";
        fs::write(target, format!("{head}{body}")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = Command::new("openssl")
            .args(["s_server", "-HTTP", "-key", "key.pem", "-cert", "cert.pem", "-accept"])
            .arg(format!("127.0.0.1:{port}"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It prints ACCEPT when it listens.
        let mut ready = Vec::new();
        let stdout = process.stdout.as_mut().unwrap();
        while !String::from_utf8_lossy(&ready).contains("ACCEPT") {
            let mut byte = [0];
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "openssl s_server does not start");
            ready.push(byte[0]);
        }
        let certificate = fs::read(folder.path().join("cert.pem")).unwrap();
        let url = format!("https://localhost:{port}");
        OpenSsl { process, url, certificate, _folder: folder }
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const P256: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const NAMED: [&str; 2] = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];

/// `openssl req -x509` makes a certificate with CA:TRUE. curl and Go accept it if it is added.
#[test]
fn a_self_signed_certificate_that_was_added_is_accepted() {
    for authority in ["CA:TRUE", "CA:FALSE"] {
        let constraints = format!("basicConstraints=critical,{authority}");
        let server =
            OpenSsl::start(&P256, &[&NAMED[..], &["-addext", constraints.as_str()]].concat());
        let token = token(&trusting(&server.url, &server.certificate));
        assert_eq!(token.unwrap_or_else(|error| panic!("{authority}: {error}")), "a-token");
    }
}

#[test]
fn another_certificate_of_the_same_name_is_not_accepted() {
    let server = OpenSsl::start(&P256, &NAMED);
    let other = OpenSsl::start(&P256, &NAMED);
    let error = token(&trusting(&server.url, &other.certificate)).unwrap_err();
    assert_eq!((error.code(), error.retryable(), error.attempts()), (Code::Tls, false, 1));
    assert!(!error.message().contains("OtherError"), "{error}");
}

#[test]
fn a_self_signed_certificate_is_still_checked() {
    let elsewhere = OpenSsl::start(&P256, &["-addext", "subjectAltName=DNS:elsewhere.example"]);
    let error = token(&trusting(&elsewhere.url, &elsewhere.certificate)).unwrap_err();
    assert!(error.message().contains("not valid for name"), "{error}");
    let expired = expired();
    let error = token(&trusting(&expired.url, &expired.certificate)).unwrap_err();
    assert!(error.message().contains("expired"), "{error}");
}

/// `openssl req` makes no certificate that has expired.
fn expired() -> OpenSsl {
    let mut request = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    request.not_before = rcgen::date_time_ymd(2020, 1, 1);
    request.not_after = rcgen::date_time_ymd(2021, 1, 1);
    request.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = request.self_signed(&key).unwrap();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
    OpenSsl::serve(folder)
}

#[test]
fn a_kind_of_key_that_is_not_supported_is_named() {
    let p521 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"];
    let server = OpenSsl::start(&p521, &NAMED);
    let error = token(&trusting(&server.url, &server.certificate)).unwrap_err();
    assert_eq!((error.code(), error.attempts()), (Code::Tls, 1), "{error}");
    assert!(error.message().contains("such as P-521"), "{error}");
    assert!(error.message().contains("RSA, P-256, P-384"), "{error}");
}

/// The last descriptors of the process, so that nothing can be opened.
fn without_descriptors<T>(work: impl FnOnce() -> T) -> T {
    let mut taken = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        taken.push(file);
    }
    let result = work();
    drop(taken);
    result
}

const CASE: &str = "NANGO_TEST_CASE";

/// Each case runs in a process of its own, because the others open descriptors too.
#[test]
fn a_process_without_descriptors() {
    for case in ["blocking", "name", "tls", "queue", "queued"] {
        let said = child("calls_without_descriptors", &[(CASE, Some(case))]);
        assert!(said.starts_with("INTERNAL true Too many open files "), "{case}: {said}");
        assert!(said.ends_with(" then OK"), "{case}: {said}");
    }
}

#[test]
#[ignore = "run by a_process_without_descriptors, in a separate process"]
fn calls_without_descriptors() {
    let case = std::env::var(CASE).expect("a case");
    // Otherwise it would take as many files as the system allows.
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(200), maximum: Some(200) },
    )
    .unwrap();
    let mut options = match case.as_str() {
        // The system's authorities are files. If they cannot be read, that is not remembered.
        "tls" => options(&variable("NANGO_DEV_TLS_HOST"), KEY),
        "name" => options(&variable("NANGO_HOST").replace("127.0.0.1", "localhost."), KEY),
        _ => options(&variable("NANGO_HOST"), &variable("NANGO_SECRET_KEY")),
    };
    options.set_secret_key(&variable("NANGO_SECRET_KEY")).unwrap();
    options.set_max_retries(0);
    let client = Client::with_options(&options).unwrap();
    let queue = (case == "queued").then(|| Queue::new().unwrap());
    let call = || match (case.as_str(), &queue) {
        ("queue", _) => Queue::new().map(drop),
        (_, Some(queue)) => {
            let ids = serde_json::json!({"provider_config_key": "github", "connection_id": "bob"});
            let ids = ids.as_object().unwrap().clone();
            queue
                .submit(&client, &nango::catalogue::GET_TOKEN, ids, &CallOptions::default(), 0)
                .unwrap();
            let done = queue.next(1, Some(Duration::from_secs(30))).pop().unwrap();
            done.result.map(drop)
        }
        _ => client.get_token("github", "bob", &CallOptions::default()).map(drop),
    };
    let error = without_descriptors(call).expect_err("nothing can be opened");
    let reason = if error.message().contains("Too many open files") {
        "Too many open files"
    } else {
        error.message()
    };
    let later = match call() {
        // Nango-dev's authority is not one of the system's.
        Err(error) if case == "tls" && error.code() == Code::Tls => {
            assert!(error.message().contains("UnknownIssuer"), "{error}");
            "OK".to_owned()
        }
        Ok(()) => "OK".to_owned(),
        Err(error) => error.to_string(),
    };
    tell(&format!("{} {} {reason}  then {later}", error.code().name(), error.retryable()));
}

#[test]
fn a_localhost_with_a_dot_is_loopback() {
    let url = variable("NANGO_HOST").replace("127.0.0.1", "localhost.");
    let client = Client::with_options(&options(&url, &variable("NANGO_SECRET_KEY"))).unwrap();
    assert_eq!(client.warning(), None);
    assert_eq!(&*client.get_token("github", "bob", &CallOptions::default()).unwrap(), "at-bob");
}

#[test]
fn what_is_unsafe_can_be_asked_for() {
    let warning = |url: &str, proxy: &str| {
        let mut options = options(url, KEY);
        options.set_proxy(Some(proxy)).unwrap();
        Client::with_options(&options).unwrap().warning().map(str::to_owned)
    };
    for (url, proxy) in [
        ("http://nango.internal:3003", ""),
        ("http://192.0.2.1", "http://127.0.0.1:3128"),
        // What goes to the proxy leaves this machine.
        ("http://localhost:3003", "http://proxy.example:3128"),
        ("http://127.0.0.1:3003", "https://proxy.example:3128"),
    ] {
        let warning = warning(url, proxy).unwrap_or_else(|| panic!("{url} {proxy}"));
        assert!(warning.contains("unencrypted; use https"), "{warning}");
    }
    for (url, proxy) in [
        ("https://api.nango.dev", ""),
        ("https://api.nango.dev", "http://proxy.example:3128"),
        ("http://localhost:3003", ""),
        ("http://[::1]:3003", "http://localhost:3128"),
    ] {
        assert_eq!(warning(url, proxy), None, "{url} {proxy}");
    }
}
