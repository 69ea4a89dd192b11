//! Faults, as a client sees them.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::Server;

const CAROL: &str = "/connections/carol?provider_config_key=stripe-key";

/// Returns everything that arrives on one connection after a request, and how it ends.
async fn raw(server: &Server) -> (Vec<u8>, Result<usize, ErrorKind>) {
    let host = server.variable("NANGO_HOST").strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    ask(&mut stream, server).await;
    let mut bytes = Vec::new();
    let end =
        tokio::time::timeout(Duration::from_millis(400), stream.read_to_end(&mut bytes)).await;
    (
        bytes,
        end.unwrap_or(Err(std::io::Error::from(ErrorKind::TimedOut))).map_err(|error| error.kind()),
    )
}

async fn ask(stream: &mut TcpStream, server: &Server) {
    let head = format!(
        "GET {CAROL} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        server.key("full")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
}

async fn order(server: &Server, fault: Value) {
    server.dev("/_dev/faults", &json!({"connection": "carol", "fault": fault})).await;
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_ordered_and_only_where() {
    let server = Server::start(&[]);
    let limited =
        json!({"kind": "answer", "status": 429, "envelope": "D", "headers": {"retry-after": "0"}});
    server.dev("/_dev/faults", &json!({"connection": "carol", "times": 2, "fault": limited})).await;
    server.dev("/_dev/faults", &json!({"path": "/integrations", "delay_ms": 150})).await;
    assert_eq!(server.get("/connections/bob?provider_config_key=github").await.status, 200);
    let refused = server.get(CAROL).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("0")));
    assert_eq!(
        refused.json(),
        json!({"error": {"code": "too_many_request", "method": "GET",
            "path": "/connections/carol"}})
    );
    let left = server.get("/_dev/faults").await.json();
    assert_eq!(
        (&left["faults"][0]["times"], &left["faults"][0]["fault"], &left["faults"][1]["delay_ms"]),
        (&json!(1), &limited, &json!(150))
    );
    assert_eq!(server.get(CAROL).await.status, 429);
    assert_eq!(server.get(CAROL).await.status, 200);
    let began = Instant::now();
    assert_eq!(server.get("/integrations").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_eq!(server.get("/_dev/faults").await.json(), json!({"faults": []}));
    order(&server, json!({"kind": "hang"})).await;
    assert_eq!(server.call("DELETE", "/_dev/faults?connection=bob", None).await.status, 204);
    assert_eq!(server.get("/_dev/faults").await.json()["faults"].as_array().unwrap().len(), 1);
    assert_eq!(server.call("DELETE", "/_dev/faults", None).await.status, 204);
    assert_eq!(server.get(CAROL).await.status, 200);
    let log = server.get("/_dev/log?connection=carol").await.json();
    let statuses: Vec<&Value> =
        log["requests"].as_array().unwrap().iter().map(|request| &request["status"]).collect();
    assert_eq!(statuses, [429, 429, 200, 200]);
    for nonsense in
        [json!({}), json!({"fault": {"kind": "x"}}), json!({"times": 0, "fault": {"kind": "hang"}})]
    {
        assert_eq!(
            server.call("POST", "/_dev/faults", Some(&nonsense)).await.code(),
            "bad_request"
        );
    }
}

#[tokio::test]
async fn every_envelope_has_its_shape() {
    let server = Server::start(&[]);
    let answer = async |letter: &str, status: u16| {
        order(
            &server,
            json!({"kind": "answer", "status": status, "envelope": letter, "code": "c",
            "message": "m"}),
        )
        .await;
        let answer = server.get(CAROL).await;
        assert_eq!(answer.status.as_u16(), status, "{letter}");
        answer
    };
    assert_eq!(answer("A", 424).await.json(), json!({"error": {"code": "c", "message": "m"}}));
    assert_eq!(
        answer("B", 401).await.json(),
        json!({"error": {"message": "m", "code": "c", "payload": {}}})
    );
    assert_eq!(answer("C", 424).await.json()["error"]["upstream"]["status"], 424);
    assert_eq!(answer("D", 429).await.json()["error"]["path"], "/connections/carol");
    assert_eq!(answer("E", 500).await.json(), json!({"error": {"code": "c"}}));
    assert_eq!(answer("F", 404).await.json(), json!({"message": "m"}));
    assert!(answer("G", 404).await.text().contains("Cannot GET /connections/carol"));
    assert_eq!(answer("H", 200).await.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer("I", 405).await.json()["jsonrpc"], "2.0");
    assert!(String::from_utf8(answer("J", 502).await.body.to_vec()).is_err());
    assert_eq!(answer("K", 503).await.header("content-type"), Some("text/html"));
    let empty = answer("L", 500).await;
    assert_eq!((empty.body.len(), empty.header("content-type")), (0, None));
    assert_eq!(answer("text", 400).await.json(), json!({"error": "m"}));
    order(
        &server,
        json!({"kind": "answer", "status": 302,
        "headers": {"location": "https://elsewhere.example/"}}),
    )
    .await;
    assert_eq!(server.get(CAROL).await.header("location"), Some("https://elsewhere.example/"));
}

#[tokio::test]
async fn what_breaks_breaks_where_it_was_told_to() {
    let server = Server::start(&[]);
    let whole = server.get(CAROL).await;
    let body = whole.body.len();
    let broken = async |fault: Value| {
        order(&server, fault).await;
        let (bytes, end) = raw(&server).await;
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|end| end + 4);
        (bytes.len(), head.map(|head| bytes.len() - head), end)
    };
    for (kind, end) in [("reset", Err(ErrorKind::ConnectionReset)), ("close", Ok(()))] {
        let ended = async |at: &str| {
            let (bytes, body, how) = broken(json!({"kind": kind, "at": at})).await;
            assert_eq!(how.map(drop), end, "{kind} {at}");
            (bytes, body)
        };
        assert_eq!(ended("before").await, (0, None));
        let (some, none) = ended("headers").await;
        assert!(some > 20 && none.is_none());
        assert_eq!(ended("headers_end").await.1, Some(0));
        assert_eq!(ended("body").await.1, Some(body / 2));
        assert_eq!(ended("end").await.1, Some(body));
    }
    let open = Err(ErrorKind::TimedOut);
    assert_eq!(broken(json!({"kind": "hang"})).await, (0, None, open));
    assert_eq!(broken(json!({"kind": "length", "by": -3})).await.1, Some(body));
    assert_eq!(broken(json!({"kind": "chunks"})).await.2, open);
    assert_eq!(broken(json!({"kind": "close_on_reuse"})).await.2, open);
    assert_eq!(broken(json!({"kind": "oversize", "bytes": 100_000})).await.1, Some(100_000));
    assert_eq!(
        broken(json!({"kind": "oversize", "bytes": 100_000, "announced": true})).await.1,
        Some(100_000)
    );
    assert_eq!(broken(json!({"kind": "close_idle", "after_ms": 50})).await.2.map(drop), Ok(()));
    let (bytes, head, end) = broken(json!({"kind": "drip", "every_ms": 20})).await;
    assert!((3..=25).contains(&bytes) && head.is_none() && end == open, "{bytes}");
    let (bytes, head, _) = broken(json!({"kind": "endless_headers"})).await;
    assert!(bytes > 100_000 && head.is_none());
    let (bytes, head, _) = broken(json!({"kind": "endless_interim"})).await;
    assert!(bytes > 100_000 && head.is_some());
    for what in ["answer", "body"] {
        for after in [json!(null), json!(0), json!(20)] {
            let fault = json!({"kind": "extra_answer", "what": what, "after_ms": after});
            let (_, twice, end) = broken(fault).await;
            assert!(twice.unwrap() > body + 50 && end == open, "{what} {after}");
        }
    }
    let (_, late, end) =
        broken(json!({"kind": "extra_answer", "what": "timeout", "after_ms": 20})).await;
    assert!(late.unwrap() > body + 50 && end.is_ok(), "{late:?} {end:?}");
    let log = server.get("/_dev/log?connection=carol").await.json();
    assert!(
        log["requests"]
            .as_array()
            .unwrap()
            .iter()
            .skip(1)
            .all(|request| request["status"].is_null())
    );
    assert_eq!(server.get(CAROL).await.body.len(), body);
}

#[tokio::test]
async fn a_connection_closes_when_the_next_request_comes() {
    let server = Server::start(&[]);
    for (reset, end) in [(true, Err(ErrorKind::ConnectionReset)), (false, Ok(0))] {
        order(&server, json!({"kind": "close_on_reuse", "reset": reset})).await;
        let mut stream =
            TcpStream::connect(server.variable("NANGO_HOST").strip_prefix("http://").unwrap())
                .await
                .unwrap();
        ask(&mut stream, &server).await;
        let mut buffer = [0; 8192];
        assert!(stream.read(&mut buffer).await.unwrap() > 100);
        ask(&mut stream, &server).await;
        let ended = loop {
            match stream.read(&mut buffer).await {
                Ok(0) => break Ok(0),
                Ok(_) => {}
                Err(error) => break Err(error.kind()),
            }
        };
        // A close with part of the request unread is also a reset.
        assert!(ended == end || ended == Err(ErrorKind::ConnectionReset), "{ended:?}");
    }
}

#[tokio::test]
async fn tls_fails_where_it_is_to() {
    let server = Server::start(&["--tls-port", "0"]);
    let connect = async |variable: &str, identity: bool| {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(server.variable("NANGO_DEV_CA_FILE")).unwrap())
            .unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = config.with_root_certificates(roots);
        let config = if identity {
            let file = server.variable("NANGO_DEV_CLIENT_CERT_FILE");
            let certificate = CertificateDer::from_pem_file(file).unwrap();
            config
                .with_client_auth_cert(
                    vec![certificate],
                    PrivateKeyDer::from_pem_file(file).unwrap(),
                )
                .unwrap()
        } else {
            config.with_no_client_auth()
        };
        let stream =
            TcpStream::connect(server.variable(variable).strip_prefix("https://").unwrap())
                .await
                .unwrap();
        let talk = async {
            let mut stream = TlsConnector::from(Arc::new(config))
                .connect("localhost".try_into().unwrap(), stream)
                .await?;
            stream
                .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<String, std::io::Error>(answer)
        };
        let talked = tokio::time::timeout(Duration::from_millis(500), talk).await;
        talked
            .map_err(|_| "silence".to_owned())
            .and_then(|talked| talked.map_err(|error| error.to_string()))
    };
    assert!(connect("NANGO_DEV_TLS_EXPIRED_HOST", false).await.unwrap_err().contains("expired"));
    assert!(
        connect("NANGO_DEV_TLS_WRONG_NAME_HOST", false)
            .await
            .unwrap_err()
            .contains("elsewhere.example")
    );
    assert!(
        connect("NANGO_DEV_TLS_UNKNOWN_CA_HOST", false)
            .await
            .unwrap_err()
            .contains("UnknownIssuer")
    );
    assert!(
        connect("NANGO_DEV_TLS_CLIENT_CERT_HOST", false)
            .await
            .unwrap_err()
            .contains("CertificateRequired")
    );
    assert!(
        connect("NANGO_DEV_TLS_CLIENT_CERT_HOST", true).await.unwrap().starts_with("HTTP/1.1 200")
    );
    assert!(connect("NANGO_DEV_TLS_CUT_OFF_HOST", false).await.unwrap_err().contains("eof"));
    assert_eq!(connect("NANGO_DEV_TLS_SILENT_HOST", false).await.unwrap_err(), "silence");
}
