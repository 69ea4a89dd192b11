//! A certificate authority and valid and invalid server certificates, created at each start.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The last name is for proxy tests, because no call to loopback uses a proxy.
const NAMES: [&str; 4] = ["localhost", "127.0.0.1", "::1", "nango.test"];

pub struct Tls {
    pub acceptor: TlsAcceptor,
    pub ca_file: PathBuf,
    /// Serves an expired certificate.
    pub expired: TlsAcceptor,
    /// Serves a certificate for another host.
    pub wrong_name: TlsAcceptor,
    /// Serves a certificate signed by an authority that is in no file.
    pub unknown_ca: TlsAcceptor,
    /// Requires a client certificate.
    pub client_cert: TlsAcceptor,
    /// The file that holds that certificate and its key.
    pub client_cert_file: PathBuf,
    /// Owns the files and deletes them when dropped.
    _directory: TempDir,
}

struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Result<Authority> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Authority {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// Returns the certificate as DER, its key, and both as PEM.
    fn sign(
        &self,
        purpose: ExtendedKeyUsagePurpose,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Result<Signed> {
        let mut params =
            CertificateParams::new(names.iter().copied().map(str::to_owned).collect::<Vec<_>>())?;
        params
            .distinguished_name
            .push(DnType::CommonName, names.first().copied().unwrap_or("client"));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose];
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Signed {
            pem: certificate.pem() + &key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        })
    }

    fn server(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Result<TlsAcceptor> {
        self.sign(ExtendedKeyUsagePurpose::ServerAuth, names, change)?.acceptor(None)
    }
}

struct Signed {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pem: String,
}

impl Signed {
    /// A server that presents this certificate. With an authority in `clients`, it requires a
    /// client certificate signed by it.
    fn acceptor(self, clients: Option<&Authority>) -> Result<TlsAcceptor> {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate.clone())?;
                config.with_client_cert_verifier(
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()?,
                )
            }
        };
        let mut config = config.with_single_cert(vec![self.certificate], self.key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

pub fn make() -> Result<Tls> {
    let authority = Authority::new("nango-dev, for this run only")?;
    let long_ago = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    };
    let client = authority.sign(ExtendedKeyUsagePurpose::ClientAuth, &[], |_| ())?;
    let directory = tempfile::Builder::new().prefix("nango-dev-").tempdir()?;
    let (ca_file, client_cert_file) =
        (directory.path().join("ca.pem"), directory.path().join("client.pem"));
    std::fs::write(&ca_file, &authority.pem)?;
    std::fs::write(&client_cert_file, &client.pem)?;
    Ok(Tls {
        acceptor: authority.server(&NAMES, |_| ())?,
        expired: authority.server(&NAMES, long_ago)?,
        wrong_name: authority.server(&["elsewhere.example"], |_| ())?,
        unknown_ca: Authority::new("an unknown authority")?.server(&NAMES, |_| ())?,
        client_cert: authority
            .sign(ExtendedKeyUsagePurpose::ServerAuth, &NAMES, |_| ())?
            .acceptor(Some(&authority))?,
        ca_file,
        client_cert_file,
        _directory: directory,
    })
}
