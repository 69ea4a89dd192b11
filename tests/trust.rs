//! Which servers a TLS connection trusts, and which certificate the client presents. Only this test
//! trusts nango-dev's authority.

use std::fs;
use std::path::Path;
use std::time::Duration;

use nango::{CallOptions, Client, Code, Error, Options, Queue, Roots, catalogue};
use nango_test_support::{child, options, tell, variable};
use tempfile::TempDir;

fn nango_dev(host: &str, roots: Roots) -> Options {
    let mut options = options(&variable(host), &variable("NANGO_SECRET_KEY"));
    options.set_tls_roots(roots);
    options.set_max_retries(0);
    options
}

fn authority() -> Vec<u8> {
    fs::read(variable("NANGO_DEV_CA_FILE")).expect("nango-dev's authority")
}

/// Gets bob's token through a blocking call and through the queue, which must agree.
fn token(options: &Options) -> Result<String, Error> {
    let client = Client::with_options(options)?;
    let blocking = client.get_token("github", "bob", &CallOptions::default());
    let queue = Queue::new()?;
    let parameters = serde_json::json!({"provider_config_key": "github", "connection_id": "bob"})
        .as_object()
        .expect("an object")
        .clone();
    queue.submit(&client, &catalogue::GET_TOKEN, parameters, &CallOptions::default(), 0)?;
    let queued = queue.next(1, Some(Duration::from_secs(30))).pop().expect("a completion").result;
    match (&blocking, &queued) {
        (Ok(one), Ok(Some(other))) => assert_eq!(**one, **other),
        (Err(one), Err(other)) => {
            assert_eq!((one.code(), one.message()), (other.code(), other.message()))
        }
        _ => panic!("blocking: {:?}, queue: {:?}", blocking.map(drop), queued.map(drop)),
    }
    blocking.map(|token| token.to_string())
}

/// The system's authorities are read once per process, so each case runs in a separate process.
fn with_system(file: Option<&Path>, folder: Option<&Path>, added: bool) -> String {
    let path = |path: Option<&Path>| path.map(|path| path.to_str().expect("a path").to_owned());
    let (file, folder) = (path(file), path(folder));
    child(
        "calls_of_a_child",
        &[
            ("SSL_CERT_FILE", file.as_deref()),
            ("SSL_CERT_DIR", folder.as_deref()),
            ("NANGO_TEST_ADDED", added.then_some("yes")),
        ],
    )
}

#[test]
#[ignore = "run by other tests, in a separate process"]
fn calls_of_a_child() {
    let mut options = nango_dev("NANGO_DEV_TLS_HOST", Roots::Platform);
    if std::env::var_os("NANGO_TEST_ADDED").is_some() {
        options.add_ca_pem(&authority()).expect("an authority");
    }
    match token(&options) {
        Ok(token) => tell(&format!("OK {token}")),
        Err(error) => tell(&format!("{} {error}", error.code().name())),
    }
}

#[test]
fn the_authorities_of_the_system() {
    let said = with_system(None, None, false);
    assert!(said.starts_with("TLS "), "the system does not trust nango-dev's authority: {said}");
    assert_eq!(
        with_system(Some(Path::new(&variable("NANGO_DEV_CA_FILE"))), None, false),
        "OK at-bob"
    );
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("0a1b2c3d.0"), authority()).unwrap();
    assert_eq!(with_system(None, Some(folder.path()), false), "OK at-bob");
}

#[test]
fn no_authorities_at_all() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let nonsense = folder.path().join("nonsense.pem");
    fs::write(&nonsense, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    for file in [&empty, &nonsense, &folder.path().join("absent.pem")] {
        let said = with_system(Some(file), None, false);
        assert!(
            said.starts_with("TLS ")
                && said.contains("no certificate authorities")
                && said.contains("SSL_CERT_FILE"),
            "{said}"
        );
        assert_eq!(
            with_system(Some(file), None, true),
            "OK at-bob",
            "one added authority is enough"
        );
    }
    let error = token(&nango_dev("NANGO_DEV_TLS_HOST", Roots::CustomOnly)).unwrap_err();
    assert!(error.code() == Code::Tls && error.message().contains("none was added"), "{error}");
}

#[test]
fn an_added_authority_is_one_more() {
    let mut options = nango_dev("NANGO_DEV_TLS_HOST", Roots::Platform);
    options.add_ca_pem(&authority()).unwrap();
    assert_eq!(token(&options).unwrap(), "at-bob");
    for roots in [Roots::Bundled, Roots::CustomOnly] {
        options.set_tls_roots(roots);
        assert_eq!(token(&options).unwrap(), "at-bob");
    }
    let error = token(&nango_dev("NANGO_DEV_TLS_HOST", Roots::Bundled)).unwrap_err();
    assert!(
        error.code() == Code::Tls && error.message().contains("bundled") && !error.retryable(),
        "{error}"
    );
}

#[test]
fn a_client_certificate_is_presented() {
    let mut options = nango_dev("NANGO_DEV_TLS_CLIENT_CERT_HOST", Roots::CustomOnly);
    options.add_ca_pem(&authority()).unwrap();
    let error = token(&options).unwrap_err();
    assert_eq!((error.code(), error.retryable()), (Code::Tls, false), "{error}");
    let stranger = rcgen::generate_simple_self_signed(["a stranger".to_owned()]).unwrap();
    let pem = format!("{}{}", stranger.cert.pem(), stranger.signing_key.serialize_pem());
    options.set_client_identity_pem(pem.as_bytes()).unwrap();
    let error = token(&options).unwrap_err();
    assert_eq!((error.code(), error.retryable()), (Code::Tls, false), "{error}");
    options
        .set_client_identity_pem(&fs::read(variable("NANGO_DEV_CLIENT_CERT_FILE")).unwrap())
        .unwrap();
    assert_eq!(token(&options).unwrap(), "at-bob");
    // A server that requests no certificate gets none, and accepts that.
    options.set_base_url(&variable("NANGO_DEV_TLS_HOST")).unwrap();
    assert_eq!(token(&options).unwrap(), "at-bob");
    // A certificate without its key, and with the key of another.
    let other = rcgen::generate_simple_self_signed(["another".to_owned()]).unwrap();
    for pem in [
        stranger.cert.pem(),
        format!("{}{}", stranger.cert.pem(), other.signing_key.serialize_pem()),
    ] {
        assert_eq!(
            options.set_client_identity_pem(pem.as_bytes()).unwrap_err().code(),
            Code::InvalidArgument
        );
    }
}
