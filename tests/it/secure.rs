//! What the tests of TLS share: authorities, certificates with whatever is wrong with them, and a
//! server that shows them. Everything here ends with its test.

use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use assert_cmd::Command;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};

use crate::harness::{document, feather};

/// A certificate and its private key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    /// The certificate in PEM.
    pub pem: String,
    /// The key in PEM.
    pub key_pem: String,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            certificate: self.certificate.clone(),
            key: self.key.clone_key(),
            pem: self.pem.clone(),
            key_pem: self.key_pem.clone(),
        }
    }
}

impl Identity {
    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// Signed by its own key, for these names, and otherwise as `change` has it.
    pub fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names, change).self_signed(&key).unwrap();
        Self::new(&certificate, &key)
    }

    /// As `openssl req -x509` makes it: one that calls itself an authority's.
    pub fn of_openssl(names: &[&str]) -> Self {
        Self::self_signed(names, |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        })
    }

    /// How a server with this certificate does TLS.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let chain = vec![self.certificate.clone()];
        let builder = builder.with_no_client_auth();
        Arc::new(builder.with_single_cert(chain, self.key.clone_key()).unwrap())
    }

    /// Written to a file of this name.
    pub fn save(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, &self.pem).unwrap();
        path
    }
}

fn params(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    params
}

/// An authority that signs certificates.
pub struct Authority {
    /// Its own certificate.
    pub identity: Identity,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = params(&[], |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, name);
        });
        let identity = Identity::new(&params.self_signed(&key).unwrap(), &key);
        Self { identity, issuer: Issuer::new(params, key) }
    }

    /// A certificate that it vouches for.
    pub fn sign(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names, change).signed_by(&key, &self.issuer).unwrap();
        Identity::new(&certificate, &key)
    }
}

/// What a server does apart from showing its certificate.
#[derive(Default)]
pub struct Manner {
    /// The authority whose certificates its clients must show.
    pub wants: Option<CertificateDer<'static>>,
    /// Its versions; all where there is none.
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// Whether it closes with a reset on whom it does not like.
    pub rude: bool,
}

impl Manner {
    /// One that wants certificates of `authority`.
    pub fn wanting(authority: &Authority) -> Self {
        Self { wants: Some(authority.identity.certificate.clone()), ..Self::default() }
    }
}

/// A TLS server that serves a small document for every session.
pub struct Secure {
    /// Where it listens.
    pub port: u16,
    handshakes: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl Secure {
    /// One with this certificate.
    pub fn start(identity: &Identity) -> Self {
        Self::with_manner(identity, Manner::default())
    }

    pub fn with_manner(identity: &Identity, manner: Manner) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = if manner.versions.is_empty() {
            builder.with_safe_default_protocol_versions().unwrap()
        } else {
            builder.with_protocol_versions(&manner.versions).unwrap()
        };
        let builder = match manner.wants {
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
            None => builder.with_no_client_auth(),
        };
        let chain = vec![identity.certificate.clone()];
        let config = Arc::new(builder.with_single_cert(chain, identity.key.clone_key()).unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            handshakes: Arc::default(),
            requests: Arc::default(),
            stopped: Arc::default(),
        };
        let (handshakes, requests) = (Arc::clone(&server.handshakes), Arc::clone(&server.requests));
        let stopped = Arc::clone(&server.stopped);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                handshakes.fetch_add(1, Ordering::SeqCst);
                let (config, requests) = (Arc::clone(&config), Arc::clone(&requests));
                thread::spawn(move || serve(stream.unwrap(), config, &requests, manner.rude));
            }
        });
        server
    }

    /// How many connections were made.
    pub fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::SeqCst)
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// `fetch` from here, one try, under a name that its certificate should have.
    pub fn fetch(&self, host: &str, arguments: &[&str]) -> Command {
        let mut command = feather();
        let base = format!("https://{host}:{}", self.port);
        command
            .env("FEATHER_API_KEY", "fk_secret")
            .args(["fetch", "--format", "ndjson", "--base-url", &base])
            .args(arguments);
        command
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, requests: &Mutex<Vec<String>>, rude: bool) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let raw = stream.try_clone().unwrap();
    let connection = ServerConnection::new(config).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    while let Some(head) = read_head(&mut stream) {
        let session = head.split("/v1/sessions/").nth(1).unwrap_or_default();
        let body = document(session.split('/').next().unwrap());
        requests.lock().unwrap().push(head);
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            break;
        }
    }
    if rude {
        let _ = socket2::SockRef::from(&raw).set_linger(Some(Duration::ZERO));
        return;
    }
    // A reset would take the alert with it: what the client still sends is read first.
    let _ = raw.shutdown(Shutdown::Write);
    let _ = raw.set_read_timeout(Some(Duration::from_millis(500)));
    let _ = std::io::copy(&mut &raw, &mut std::io::sink());
}

/// The head of the next request; None where there is none, or no handshake.
fn read_head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => head.extend_from_slice(&piece[..read]),
        }
    }
    String::from_utf8(head).ok()
}
