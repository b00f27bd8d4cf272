//! TLS: an unknown certificate is refused, and trusted where `--ca-cert` names it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use assert_cmd::Command;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};

const SESSION: &str = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11";

/// A server for one name, with a certificate of its own.
struct Server {
    port: u16,
    certificate: String,
    handshakes: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![issued.cert.der().clone()], key.into())
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let handshakes = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&handshakes);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut tls = Stream::new(&mut connection, &mut stream);
                let mut request = [0; 4096];
                // A client that does not trust us goes away here.
                if tls.read(&mut request).is_ok() {
                    let body = format!("{{\"session_id\":\"{SESSION}\"}}");
                    let length = body.len();
                    write!(
                        tls,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                    )
                    .unwrap();
                }
            }
        });
        Self { port, certificate: issued.cert.pem(), handshakes }
    }

    fn fetch(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feather-analysis"));
        command
            .env_clear()
            .env("FEATHER_API_KEY", "fk_secret")
            .args(["fetch", SESSION, "--format", "ndjson", "--base-url"])
            .arg(format!("https://localhost:{}", self.port));
        command
    }
}

#[test]
fn refuses_a_certificate_nobody_vouches_for_and_says_how_to_trust_it() {
    let server = Server::start();
    let output = server.fetch().output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("no trusted connection") && errors.contains("--ca-cert"), "{errors}");
    assert_eq!(server.handshakes.load(Ordering::SeqCst), 1, "a certificate does not get better");
}

#[test]
fn trusts_the_certificate_that_ca_cert_names() {
    let server = Server::start();
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), &server.certificate).unwrap();
    let output = server.fetch().arg("--ca-cert").arg(pem.path()).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{{\"session_id\":\"{SESSION}\"}}\n")
    );
}

#[test]
fn refuses_a_file_without_certificates() {
    let server = Server::start();
    for (contents, what) in [("", "holds no certificate"), ("-----BEGIN", "--ca-cert")] {
        let pem = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(pem.path(), contents).unwrap();
        let output = server.fetch().arg("--ca-cert").arg(pem.path()).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(what), "{errors}");
    }
    assert_eq!(server.handshakes.load(Ordering::SeqCst), 0);
}
