//! Why an exchange has no answer.

use std::error::Error as StdError;
use std::io;

use reqwest::StatusCode;

use super::resolve::LookupFailure;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Lookup(LookupFailure),
    ProxyLookup(LookupFailure),
    /// The server refuses or resets connections, or cannot be reached.
    Connect(String),
    ConnectTimeout,
    /// The proxy refuses or resets connections, or cannot be reached.
    ConnectProxy(String),
    Tls {
        why: String,
        fault: TlsFault,
    },
    /// The other end of a TLS connection does not speak TLS.
    NotTls,
    /// The proxy does not connect to the server.
    Proxy(String),
    /// The proxy requires a username and password, or rejected the ones given.
    ProxyCredentials,
    Io(String),
    /// The connection broke before any part of the request was sent.
    Unsent(String),
    /// What arrived is not the head of an HTTP/1 answer.
    NotHttp(String),
    /// A connection without TLS received a TLS record.
    SpeaksTls,
    TooLarge {
        status: StatusCode,
        limit: u64,
    },
    /// The process or the system has no file descriptor left.
    NoDescriptors(String),
    Internal(String),
}

/// What has to change for a TLS connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsFault {
    /// No trusted authority signed the server's certificate.
    Untrusted,
    /// The server's certificate is not valid now or not for this name.
    Certificate,
    /// The server wants a certificate of the client, or another one.
    ClientCertificate,
    /// The client's own configuration, as the reason says.
    Configuration,
    Other,
}

/// How far an exchange got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The server cannot be reached at the moment. It received no part of the request.
    Unreachable,
    /// The server cannot have received any part of the request.
    NothingSent,
    /// The server may have received the request.
    Sent,
}

impl Failure {
    /// Classifies an error of the HTTP library by its causes.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Failure {
        for cause in causes(error) {
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return Failure::of_tls(tls);
            }
            if let Some(io) = cause.downcast_ref::<io::Error>()
                && let Some(failure) = Failure::no_descriptors(io)
            {
                return failure;
            }
        }
        Failure::Io(root_cause(error))
    }

    fn of_tls(error: &rustls::Error) -> Failure {
        match error {
            // Every TLS record begins with its content type.
            rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
                Failure::NotTls
            }
            error => Failure::Tls { why: tls_reason(error), fault: tls_fault(error) },
        }
    }

    pub(super) fn no_descriptors(error: &io::Error) -> Option<Failure> {
        lacks_descriptors(error).then(|| Failure::NoDescriptors(error.to_string()))
    }

    pub(super) fn unsent(self) -> Failure {
        match self {
            Failure::Io(why) => Failure::Unsent(why),
            failure => failure,
        }
    }

    /// On a connection that has already carried an answer, the server does speak HTTP. What is no
    /// head of an answer are extra bytes that it sent after the previous one.
    pub(super) fn on_used(self) -> Failure {
        match self {
            Failure::NotHttp(_) => {
                Failure::Io("extra bytes after the previous answer came first".to_owned())
            }
            failure => failure,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        match self {
            Failure::Connect(_) | Failure::ConnectProxy(_) | Failure::Unsent(_) => {
                Progress::Unreachable
            }
            Failure::Io(_)
            | Failure::TooLarge { .. }
            | Failure::NotHttp(_)
            | Failure::SpeaksTls => Progress::Sent,
            Failure::Lookup(_)
            | Failure::ProxyLookup(_)
            | Failure::ConnectTimeout
            | Failure::Tls { .. }
            | Failure::NotTls
            | Failure::Proxy(_)
            | Failure::ProxyCredentials
            | Failure::NoDescriptors(_)
            | Failure::Internal(_) => Progress::NothingSent,
        }
    }
}

/// Whether the process or the system has no file descriptor left.
pub(crate) fn lacks_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// An error and its causes, the outermost first.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |current| {
        let current: &'a (dyn StdError + 'static) = *current;
        // The `source` of an io::Error skips the error that it wraps; `get_ref` returns it.
        match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => current.source(),
        }
    })
}

/// Whether a connection was refused or reset, or its target cannot be reached.
pub(super) fn is_unreachable(error: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind as Kind;
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| {
        matches!(
            error.kind(),
            Kind::ConnectionRefused
                | Kind::ConnectionReset
                | Kind::ConnectionAborted
                | Kind::HostUnreachable
                | Kind::NetworkUnreachable
                | Kind::NetworkDown
        )
    })
}

/// The reason of a TLS error, in words where rustls lists the numbers of algorithms.
fn tls_reason(error: &rustls::Error) -> String {
    use rustls::{
        AlertDescription, CertificateError as Certificate, Error, OtherError, PeerIncompatible,
    };
    match error {
        Error::InvalidCertificate(
            Certificate::UnsupportedSignatureAlgorithmContext { .. }
            | Certificate::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        )
        | Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon) => {
            "the server's certificate uses a kind of key or signature that this library does not \
             support, such as P-521; it supports RSA, P-256, P-384 and Ed25519"
                .to_owned()
        }
        Error::InvalidCertificate(Certificate::Other(OtherError(other)))
            if matches!(other.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            "the server's certificate is that of a certificate authority; to trust it anyway, add \
             exactly this certificate"
                .to_owned()
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the server and this library have no cipher or kind of key in common; this library \
             supports TLS 1.2 and 1.3 with RSA, P-256, P-384 and Ed25519, and no other kind of key, \
             such as P-521"
                .to_owned()
        }
        error => error.to_string(),
    }
}

fn tls_fault(error: &rustls::Error) -> TlsFault {
    use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error};
    match error {
        Error::InvalidCertificate(
            Certificate::UnknownIssuer | Certificate::BadSignature | Certificate::Other(_),
        ) => TlsFault::Untrusted,
        Error::InvalidCertificate(_) => TlsFault::Certificate,
        Error::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) => TlsFault::ClientCertificate,
        _ => TlsFault::Other,
    }
}

/// The innermost cause, as the system or the protocol describes it.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
