//! Certificate authorities and client certificates.

use std::fmt;
use std::sync::Arc;

use once_cell::race::OnceBox;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WantsClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, OtherError,
    RootCertStore, SignatureScheme, WantsVerifier,
};

use super::{Failure, TlsFault};

/// Which certificate authorities a client trusts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Roots {
    /// The operating system's, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. They are read
    /// on the first HTTPS call, once per process.
    #[default]
    Platform,
    /// Mozilla's, as of the library's build.
    Bundled,
    /// Only the ones that were added.
    CustomOnly,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct TlsOptions {
    pub(crate) roots: Roots,
    authorities: Vec<CertificateDer<'static>>,
    pub(crate) identity: Option<Identity>,
}

/// The client's certificate and key.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Clone for Identity {
    fn clone(&self) -> Identity {
        Identity { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl Identity {
    /// Returns the reason if the text cannot be used.
    pub(crate) fn from_pem(pem: &[u8]) -> Result<Identity, String> {
        let refuse = |why: String| {
            format!(
                "the client identity {why}; it must be PEM text with a certificate chain and its \
                 private key"
            )
        };
        let chain =
            certificates(pem).map_err(|error| refuse(format!("cannot be read ({error})")))?;
        if chain.is_empty() {
            return Err(refuse("holds no certificate".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| refuse("holds no private key".to_owned()))?;
        let identity = Identity { chain, key };
        // Checked here, where the caller can fix it, not at the first call.
        identity
            .shown_by(trusting(RootCertStore::empty().into()))
            .map_err(|error| refuse(format!("cannot be used ({error})")))?;
        Ok(identity)
    }

    fn shown_by(
        &self,
        config: ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Result<ClientConfig, rustls::Error> {
        config.with_client_auth_cert(self.chain.clone(), self.key.clone_key())
    }
}

impl TlsOptions {
    /// Returns the reason if the text cannot be used.
    pub(crate) fn add_ca_pem(&mut self, pem: &[u8]) -> Result<(), String> {
        let refuse = |why: String| {
            format!("the certificate authority {why}; it must be PEM text with certificates")
        };
        let authorities =
            certificates(pem).map_err(|error| refuse(format!("cannot be read ({error})")))?;
        if authorities.is_empty() {
            return Err(refuse("holds no certificate".to_owned()));
        }
        let mut store = RootCertStore::empty();
        for authority in &authorities {
            store
                .add(authority.clone())
                .map_err(|error| refuse(format!("has an unusable certificate ({error})")))?;
        }
        self.authorities.extend(authorities);
        Ok(())
    }

    /// The TLS configuration of a process's connections, which share its session cache.
    pub(super) fn config(&self) -> Result<ClientConfig, Failure> {
        let failed = |why: String| Failure::Tls { why, fault: TlsFault::Configuration };
        let mut roots = match self.roots {
            Roots::Platform => platform_roots()?,
            Roots::Bundled => bundled_roots(),
            Roots::CustomOnly => Arc::new(RootCertStore::empty()),
        };
        if !self.authorities.is_empty() {
            let store = Arc::make_mut(&mut roots);
            for authority in &self.authorities {
                store.add(authority.clone()).map_err(|error| failed(error.to_string()))?;
            }
        }
        if roots.is_empty() {
            let why = match self.roots {
                Roots::CustomOnly => {
                    "only custom certificate authorities are trusted, but none was added; add one \
                     (ca_pem)"
                }
                _ => {
                    "this system has no certificate authorities; install its ca-certificates \
                     package, set SSL_CERT_FILE to a file of certificates, or select the bundled \
                     authorities (tls_roots)"
                }
            };
            return Err(failed(why.to_owned()));
        }
        let config = if self.authorities.is_empty() {
            trusting(roots)
        } else {
            let verifier = OrExactly::new(roots, self.authorities.clone())
                .map_err(|error| failed(error.to_string()))?;
            builder().dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        };
        match &self.identity {
            None => Ok(config.with_no_client_auth()),
            Some(identity) => identity.shown_by(config).map_err(|error| failed(error.to_string())),
        }
    }

    /// Describes the trusted authorities for an error message.
    pub(crate) fn described(&self) -> String {
        let source = match self.roots {
            Roots::Platform => "the system's certificate authorities",
            Roots::Bundled => "the bundled certificate authorities",
            Roots::CustomOnly => "no default certificate authorities",
        };
        match self.authorities.len() {
            0 => source.to_owned(),
            added => format!("{source}, plus {added} added"),
        }
    }
}

/// For connections without TLS. Without a configuration, reqwest would search for roots itself.
pub(crate) fn unused() -> ClientConfig {
    trusting(RootCertStore::empty().into()).with_no_client_auth()
}

fn trusting(roots: Arc<RootCertStore>) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    builder().with_root_certificates(roots)
}

fn builder() -> ConfigBuilder<ClientConfig, WantsVerifier> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring has the default protocol versions")
}

/// Verifies a server's certificate as usual. Also accepts a certificate that was added and is
/// exactly the server's, even though it is a certificate authority: `openssl req -x509` makes such
/// certificates, and other clients accept them.
#[derive(Debug)]
struct OrExactly {
    usual: Arc<WebPkiServerVerifier>,
    added: Vec<CertificateDer<'static>>,
}

impl OrExactly {
    fn new(
        roots: Arc<RootCertStore>,
        added: Vec<CertificateDer<'static>>,
    ) -> Result<OrExactly, rustls::Error> {
        let usual = WebPkiServerVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        Ok(OrExactly { usual, added })
    }
}

impl ServerCertVerifier for OrExactly {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.usual
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .or_else(|error| {
                // webpki checks the time before it checks that this is no authority, and the name
                // after that.
                if !is_ca_as_end_entity(&error) || !self.added.contains(end_entity) {
                    return Err(error);
                }
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

fn is_ca_as_end_entity(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) = error
    else {
        return false;
    };
    matches!(other.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

/// Passed to rustls explicitly, because the process-wide default belongs to the host program.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceBox<Arc<CryptoProvider>> = OnceBox::new();
    Arc::clone(
        PROVIDER.get_or_init(|| Box::new(Arc::new(rustls::crypto::ring::default_provider()))),
    )
}

/// Parses the system's authorities once per process, because that takes milliseconds. They never
/// change afterwards, so a child of fork() can use them too.
///
/// Without a free descriptor the files cannot be read. That says nothing about the system, so the
/// next connection reads them again.
fn platform_roots() -> Result<Arc<RootCertStore>, Failure> {
    static ROOTS: OnceBox<Arc<RootCertStore>> = OnceBox::new();
    let roots = ROOTS.get_or_try_init(|| {
        let loaded = rustls_native_certs::load_native_certs();
        let no_descriptors = loaded.errors.iter().find_map(|error| match &error.kind {
            rustls_native_certs::ErrorKind::Io { inner, .. } => Failure::no_descriptors(inner),
            _ => None,
        });
        if let Some(failure) = no_descriptors {
            return Err(failure);
        }
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(loaded.certs);
        Ok(Box::new(Arc::new(store)))
    })?;
    Ok(Arc::clone(roots))
}

fn bundled_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceBox<Arc<RootCertStore>> = OnceBox::new();
    Arc::clone(ROOTS.get_or_init(|| {
        Box::new(Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }))
    }))
}
