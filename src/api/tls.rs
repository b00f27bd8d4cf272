//! TLS: whom to trust, and who we are where the server asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, InconsistentKeys, OtherError,
    RootCertStore, SignatureScheme,
};

use super::key;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};

/// Files that TLS needs, as the user named them.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// PEM file of certificates to trust beside the system's.
    pub ca_cert: Option<PathBuf>,
    /// PEM file of our own certificate and those that vouch for it.
    pub cert: Option<PathBuf>,
    /// PEM file of its private key, where that is not in the same file.
    pub key: Option<PathBuf>,
}

/// What the files hold, read and found to be of use.
#[derive(Debug, Default)]
pub struct Material {
    trusted: Vec<CertificateDer<'static>>,
    own: Option<Arc<CertifiedKey>>,
}

impl Files {
    /// Reads the files. Returns a warning too where a private key is open to others.
    ///
    /// Fails where one of them cannot be used.
    pub fn read(&self) -> Result<(Material, Option<String>), Failure> {
        let trusted = match &self.ca_cert {
            Some(path) => certificates(path).map_err(|reason| {
                Failure::usage(format!("--ca-cert {}: {reason}", path.display()))
                    .hint("it takes a PEM file with one or more certificates")
            })?,
            None => Vec::new(),
        };
        let Some(cert) = &self.cert else {
            return Ok((Material { trusted, own: None }, None));
        };
        let key = self.key.as_deref().unwrap_or(cert);
        let own = identity(cert, key)?;
        let warning = key::open_to_others(key).then(|| key::warning("private key", key));
        Ok((Material { trusted, own: Some(Arc::new(own)) }, warning))
    }
}

/// The certificates in a PEM file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| spell(&error))?;
    if certificates.is_empty() {
        return Err(match pem.first() {
            // A certificate in DER is a sequence.
            Some(0x30) => "holds no certificate in PEM; it looks like DER or PKCS #12".to_owned(),
            _ => "holds no certificate".to_owned(),
        });
    }
    // What cannot be parsed would fail each handshake in words that help nobody.
    for certificate in &certificates {
        ParsedCertificate::try_from(certificate)
            .map_err(|_| "holds a certificate that cannot be read".to_owned())?;
    }
    Ok(certificates)
}

/// Our own certificate and its key.
fn identity(cert: &Path, key: &Path) -> Result<CertifiedKey, Failure> {
    let chain = certificates(cert).map_err(|reason| {
        Failure::usage(format!("{}: {reason}", told("--cert", cert)))
            .hint("it takes a PEM file; openssl pkcs12 -in FILE.p12 -out FILE.pem -noenc makes one")
    })?;
    let option = if key == cert { "--cert" } else { "--key" };
    let refuse = |reason: &str, hint: &str| {
        Failure::usage(format!("{}: {reason}", told(option, key))).hint(hint)
    };
    let pem = std::fs::read(key).map_err(|error| {
        refuse(&error.to_string(), "name the PEM file that holds the private key")
    })?;
    let own = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        _ if is_encrypted(&pem) => refuse(
            "the private key is protected by a passphrase",
            "openssl pkey -in FILE -out PLAIN takes it off; keep the file to yourself",
        ),
        PemError::NoItemsFound if key == cert => {
            refuse("holds no private key", "name the key's own file with --key")
        }
        PemError::NoItemsFound => refuse(
            "holds no private key in PEM",
            "openssl pkey -in FILE -inform DER -out FILE.pem makes one of DER",
        ),
        error => refuse(&spell(&error), "name the PEM file that holds the private key"),
    })?;
    CertifiedKey::from_der(chain, own, &provider()).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => refuse(
            "the private key is not that of the certificate",
            "the first certificate in --cert must be the one that the key belongs to",
        ),
        _ => refuse(
            "the private key cannot be used",
            "it takes RSA of at least 2048 bits, ECDSA on P-256 or P-384, or Ed25519",
        ),
    })
}

/// An option with its file. What no file has for a name may be what should stand in one: of a private
/// key that is anything, of a certificate what goes over lines.
fn told(option: &str, path: &Path) -> String {
    let path_text = path.to_string_lossy();
    let may_be_secret = option == "--key" || path_text.contains(['\n', '\r']);
    if may_be_secret && !key::is_there(path) {
        return option.to_owned();
    }
    format!("{option} {path_text}")
}

fn is_encrypted(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

/// What is wrong with a PEM file, in words.
fn spell(error: &PemError) -> String {
    match error {
        PemError::MissingSectionEnd { .. } => "breaks off in the middle of a section".to_owned(),
        PemError::IllegalSectionStart { .. } => "has a damaged BEGIN line".to_owned(),
        PemError::Base64Decode(_) => "is damaged: not base64".to_owned(),
        PemError::SectionTooLarge => "is too large".to_owned(),
        PemError::NoItemsFound => "holds nothing of use".to_owned(),
        error => error.to_string(),
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// How the client does TLS, and what it remembers of handshakes.
#[derive(Clone, Debug)]
pub struct Tls {
    /// For the HTTP client.
    pub config: ClientConfig,
    /// Whether a certificate of our own was given.
    pub has_own: bool,
    /// Whether a server asked for one.
    asked: Arc<AtomicBool>,
}

impl Tls {
    /// Sets TLS up. Where `wanted` is not, no certificate store is read and nobody is trusted.
    ///
    /// Fails where there is nobody to trust.
    pub fn new(material: Material, wanted: bool) -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        let has_own = material.own.is_some();
        let identity = Identity { own: material.own, asked: Arc::clone(&asked) };
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| no_tls(&error.to_string()))?;
        let builder = if wanted {
            let verifier = Trust::new(material.trusted)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        } else {
            builder.with_root_certificates(RootCertStore::empty())
        };
        let mut config = builder.with_client_cert_resolver(Arc::new(identity));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config, has_own, asked })
    }

    /// Whether a server asked for a certificate of ours.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

fn no_tls(reason: &str) -> Failure {
    Failure::new(Exit::Network, Subject::Run, format!("TLS cannot be set up: {reason}"))
}

/// Trusts whom the system trusts, and the certificates that the user named.
#[derive(Debug)]
struct Trust {
    system: rustls_platform_verifier::Verifier,
    pinned: Vec<CertificateDer<'static>>,
}

impl Trust {
    fn new(pinned: Vec<CertificateDer<'static>>) -> Result<Self, Failure> {
        let system = rustls_platform_verifier::Verifier::new_with_extra_roots(
            pinned.iter().cloned(),
            provider(),
        )
        .map_err(|error| match error {
            Error::General(_) => no_authorities(),
            error => no_tls(&error.to_string()),
        })?;
        Ok(Self { system, pinned })
    }
}

/// The failure where the system trusts nobody.
fn no_authorities() -> Failure {
    let named: Vec<String> = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
        .map(|(name, path)| format!("{name}={}", path.display()))
        .collect();
    let (reason, hint) = if named.is_empty() {
        (
            "this system has no certificates of authorities to check it by".to_owned(),
            "install them (Debian, Alpine: ca-certificates), name a bundle with SSL_CERT_FILE, or \
             the server's own with --ca-cert",
        )
    } else {
        (
            format!("there is no certificate of an authority in {}", named.join(", ")),
            "unset it to use the system's, point it to a PEM bundle, or name the server's own with \
             --ca-cert",
        )
    };
    let message = format!("no server can be trusted: {reason}");
    Failure::new(Exit::Network, Subject::Run, message).hint(hint)
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.system.verify_server_cert(
            certificate,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // The user trusts this very certificate, whoever else does. When these two errors come
            // up its dates have been found good, so that its name is all that is left to check.
            Err(error) if is_unvouched(&error) && self.pinned.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// Whether a certificate has no fault but that nobody vouches for it. Certificates that `openssl
/// req -x509` makes call themselves an authority's, which a server's must not be.
pub fn is_unvouched(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            matches!(other.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

/// Shows our certificate to a server that asks, and remembers that one did.
#[derive(Debug)]
struct Identity {
    own: Option<Arc<CertifiedKey>>,
    asked: Arc<AtomicBool>,
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.own.clone()
    }

    fn has_certs(&self) -> bool {
        self.own.is_some()
    }
}
