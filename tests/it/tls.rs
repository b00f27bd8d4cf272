//! TLS: whom the program trusts, what it shows of itself, and that each reason why there is no
//! connection has its own words and its own hint.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread;

use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};

use crate::harness::{Server, feather, id, run};
use crate::secure::{Authority, Identity, Manner, Secure};

/// A folder for certificates.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn refuses_a_certificate_nobody_vouches_for_and_says_how_to_trust_it() {
    let stranger = Authority::new("Some authority");
    for identity in [
        Identity::self_signed(&["localhost"], |_| {}),
        Identity::of_openssl(&["localhost"]),
        stranger.sign(&["localhost"], |_| {}),
    ] {
        let server = Secure::start(&identity);
        let failure = run(&mut server.fetch("localhost", &[&id(1)]));
        let host = format!("https://localhost:{}", server.port);
        failure.failed_with(3).says(&[
            &id(1),
            &host,
            "no trusted connection",
            "nobody",
            "--ca-cert",
        ]);
        assert_eq!(server.handshakes(), 1, "a certificate does not get better");
        assert_eq!(server.requests(), [""; 0]);
    }
}

#[test]
fn trusts_the_certificate_that_ca_cert_names_whatever_its_kind() {
    let folder = folder();
    let authority = Authority::new("Some authority");
    let signed = authority.sign(&["localhost", "127.0.0.1"], |_| {});
    let plain = Identity::self_signed(&["localhost", "127.0.0.1"], |_| {});
    let openssl = Identity::of_openssl(&["localhost", "127.0.0.1"]);
    for (name, shown, pinned) in [
        ("self-signed", &plain, &plain),
        ("as openssl makes it", &openssl, &openssl),
        ("its authority", &signed, &authority.identity),
        ("itself, whoever signed it", &signed, &signed),
    ] {
        let server = Secure::start(shown);
        let pem = pinned.save(folder.path(), "pinned.pem");
        for host in ["localhost", "127.0.0.1"] {
            let arguments = [&*id(1), "--ca-cert", pem.to_str().unwrap()];
            let done = run(&mut server.fetch(host, &arguments));
            assert_eq!(done.succeeded().ids(), [id(1)], "{name}");
        }
    }
}

#[test]
fn a_certificate_among_many_is_trusted_too() {
    let folder = folder();
    let identity = Identity::of_openssl(&["localhost"]);
    let other = Identity::of_openssl(&["localhost"]);
    let server = Secure::start(&identity);
    let pem = folder.path().join("both.pem");
    fs::write(&pem, format!("# a bundle\n{}\n{}", other.pem, identity.pem)).unwrap();
    let arguments = [&*id(1), "--ca-cert", pem.to_str().unwrap()];
    assert_eq!(run(&mut server.fetch("localhost", &arguments)).succeeded().ids(), [id(1)]);
}

#[test]
fn a_certificate_of_the_same_name_is_not_the_same() {
    let folder = folder();
    let older = Identity::self_signed(&["localhost"], |_| {});
    let pem = older.save(folder.path(), "older.pem");
    for renewed in
        [Identity::self_signed(&["localhost"], |_| {}), Identity::of_openssl(&["localhost"])]
    {
        let server = Secure::start(&renewed);
        let arguments = [&*id(1), "--ca-cert", pem.to_str().unwrap()];
        let failure = run(&mut server.fetch("localhost", &arguments));
        failure.failed_with(3).says(&["no trusted connection", "--ca-cert"]);
        assert_eq!(server.requests(), [""; 0]);
    }
}

#[test]
fn each_fault_of_a_certificate_has_its_words_and_its_hint() {
    let folder = folder();
    let authority = Authority::new("Some authority");
    let names = &["localhost"];
    let expired = |params: &mut rcgen::CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 2, 3);
    };
    let of_openssl = |params: &mut rcgen::CertificateParams| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        expired(params);
    };
    for (name, identity, words) in [
        (
            "expired",
            authority.sign(names, expired),
            &["ran out on 2021-02-03 00:00 UTC", "needs a new one", "clock"][..],
        ),
        ("pinned and expired", Identity::self_signed(names, expired), &["ran out on 2021-02-03"]),
        (
            "expired, of openssl",
            Identity::self_signed(names, of_openssl),
            &["ran out on 2021-02-03"],
        ),
        (
            "of the future",
            authority.sign(names, |params| params.not_before = date_time_ymd(2199, 1, 2)),
            &["is valid from 2199-01-02 00:00 UTC on", "clock"],
        ),
        (
            "another host's",
            authority.sign(&["a.test", "b.test"], |_| {}),
            &["not for localhost but for a.test, b.test", "check the host in --base-url"],
        ),
        (
            "pinned, another host's",
            Identity::of_openssl(&["a.test"]),
            &["not for localhost but for a.test"],
        ),
        (
            "an address's",
            authority.sign(&["10.0.0.1"], |_| {}),
            &["not for localhost but for 10.0.0.1"],
        ),
        ("nobody's", authority.sign(&[], |_| {}), &["for no host (it has no subjectAltName)"]),
        (
            "many hosts'",
            authority.sign(&["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"], |_| {}),
            &["d.test and 2 more"],
        ),
        (
            "a client's",
            authority.sign(names, |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }),
            &["cannot be used"],
        ),
    ] {
        let server = Secure::start(&identity);
        let pem = folder.path().join("trusted.pem");
        fs::write(&pem, format!("{}{}", authority.identity.pem, identity.pem)).unwrap();
        let arguments = [&*id(1), "--ca-cert", pem.to_str().unwrap()];
        let failure = run(&mut server.fetch("localhost", &arguments));
        assert_eq!(failure.code, 3, "{name}: {failure:#?}");
        failure.says(&["no trusted connection", "hint: "]).says(words);
        // Where others are to be trusted has nothing to do with it, and no clock counts in seconds.
        assert!(
            name == "a client's" || !failure.stderr.contains("--ca-cert"),
            "{name}: {failure:#?}"
        );
        assert!(!failure.stderr.contains("UNIX"), "{name}: {failure:#?}");
        assert_eq!(server.handshakes(), 1, "{name}: tried once");
    }
}

/// Answers each connection with these bytes, once something has come; the base URL of it.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    // Ends with the process: nobody comes any more.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello);
            let _ = stream.write_all(bytes);
        }
    });
    base
}

#[test]
fn a_port_that_speaks_no_tls_or_an_old_one_is_told_as_such() {
    const NO_TLS: &[&str] = &["does not speak TLS", "http://"];
    const OLD: &[&str] = &["versions of TLS that are no longer safe", "TLS 1.2 or 1.3"];
    // ServerHello of TLS 1.0 and of 1.1, with a cipher and no compression.
    const TLS_1_0: &[u8] = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
        0123456789abcdef0123456789abcdef\x00\xc0\x13\x00";
    const TLS_1_1: &[u8] = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02\
        0123456789abcdef0123456789abcdef\x00\xc0\x13\x00";
    for (name, bytes, words) in [
        ("plain http", &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], NO_TLS),
        ("ssh", b"SSH-2.0-OpenSSH_9.6\r\n", NO_TLS),
        ("smtp", b"220 mail.example.invalid ESMTP\r\n", NO_TLS),
        ("an alert of an old server", b"\x15\x03\x01\x00\x02\x02\x46", OLD),
        ("TLS 1.0", TLS_1_0, OLD),
        ("TLS 1.1", TLS_1_1, OLD),
        (
            "no cipher in common",
            b"\x15\x03\x03\x00\x02\x02\x28",
            &["broke off TLS (handshake failure)", "cipher"],
        ),
        (
            "an unknown host",
            b"\x15\x03\x03\x00\x02\x02\x70",
            &["unrecognised name", "does not know that host"],
        ),
        ("nothing", b"", &["closed the connection while TLS was being set up", "not plain http"]),
    ] {
        let base = answering(bytes);
        let mut fetch = feather();
        let failure = run(fetch.args(["fetch", "--retries", "0", "--base-url", &base, &id(1)]));
        assert_eq!(failure.code, 3, "{name}: {failure:#?}");
        failure.says(&[&base, "hint: "]).says(words);
        assert!(!failure.stderr.contains("--ca-cert"), "{name}: {failure:#?}");
    }
}

#[test]
fn a_plain_port_that_waits_is_told_with_the_time_out() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let mut fetch = feather();
    let options = ["fetch", "--retries", "0", "--connect-timeout", "300ms", "--base-url"];
    let failure = run(fetch.args(options).args([&base, &id(1)]));
    failure.failed_with(3).says(&["timed out connecting", "a port that speaks plain http"]);
    drop(listener);
}

#[test]
fn refuses_a_file_without_certificates() {
    let folder = folder();
    let server = Server::of_documents();
    let good = Identity::self_signed(&["localhost"], |_| {});
    let (half, _) = good.pem.split_at(good.pem.len() / 2);
    for (contents, what) in [
        (&b""[..], "holds no certificate"),
        (b"just text\n", "holds no certificate"),
        (good.key_pem.as_bytes(), "holds no certificate"),
        (b"\x30\x82\x01\x00DER", "DER or PKCS #12"),
        (b"-----BEGIN CERTIFICATE--\n", "damaged BEGIN line"),
        (half.as_bytes(), "breaks off"),
        (b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "not base64"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "cannot be read"),
    ] {
        let pem = folder.path().join("odd.pem");
        fs::write(&pem, contents).unwrap();
        let name = pem.to_str().unwrap();
        for option in ["--ca-cert", "--cert"] {
            let failure = run(&mut server.fetch(&[&id(1), option, name]));
            failure.failed_with(2).says(&[option, name, what, "hint: "]);
        }
    }
    let missing = folder.path().join("nowhere");
    let failure = run(&mut server.fetch(&[&id(1), "--ca-cert", missing.to_str().unwrap()]));
    failure.failed_with(2).says(&["--ca-cert", "No such file"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn where_the_system_trusts_nobody_that_is_told_with_what_to_do() {
    let folder = folder();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let blank = folder.path().join("blank.pem");
    fs::write(&blank, "").unwrap();
    let identity = Identity::self_signed(&["localhost"], |_| {});
    let server = Secure::start(&identity);
    let nowhere = Path::new("/nonexistent");
    for (file, dir) in [
        (Some(nowhere), Some(nowhere)),
        (Some(nowhere), None),
        (None, Some(&*empty)),
        (Some(&*blank), None),
    ] {
        let set = |fetch: &mut assert_cmd::Command| {
            let _ = file.map(|file| fetch.env("SSL_CERT_FILE", file));
            let _ = dir.map(|dir| fetch.env("SSL_CERT_DIR", dir));
        };
        let mut fetch = server.fetch("localhost", &[&id(1)]);
        set(&mut fetch);
        let failure = run(&mut fetch);
        failure.failed_with(3).says(&["no server can be trusted", "--ca-cert", "unset it"]);
        for path in [file, dir].into_iter().flatten() {
            failure.says(&[path.to_str().unwrap()]);
        }
        assert_eq!(failure.stderr.lines().count(), 1, "once for all sessions: {failure:#?}");
        assert_eq!(server.handshakes(), 0);
        // A plain address needs none of it.
        let plain = Server::of_documents();
        let mut fetch = plain.fetch(&[&id(1)]);
        set(&mut fetch);
        run(&mut fetch).succeeded();
    }
    let pem = identity.save(folder.path(), "pinned.pem");
    let mut fetch = server.fetch("localhost", &[&id(1), "--ca-cert", pem.to_str().unwrap()]);
    fetch.env("SSL_CERT_FILE", nowhere).env("SSL_CERT_DIR", nowhere);
    run(&mut fetch).succeeded();
}

#[test]
fn a_bundle_that_ssl_cert_file_names_is_trusted() {
    let folder = folder();
    let authority = Authority::new("Some authority");
    let server = Secure::start(&authority.sign(&["localhost"], |_| {}));
    let pem = authority.identity.save(folder.path(), "bundle.pem");
    let mut fetch = server.fetch("localhost", &[&id(1)]);
    run(fetch.env("SSL_CERT_FILE", &pem)).succeeded();
}

/// A server that wants client certificates, and what its clients need.
struct Guarded {
    folder: tempfile::TempDir,
    clients: Authority,
    server: Secure,
}

impl Guarded {
    fn start(change: impl FnOnce(&mut Manner)) -> Self {
        let folder = folder();
        let identity = Identity::self_signed(&["localhost"], |_| {});
        identity.save(folder.path(), "server.pem");
        let clients = Authority::new("Clients' authority");
        let mut manner = Manner::wanting(&clients);
        change(&mut manner);
        Self { server: Secure::with_manner(&identity, manner), clients, folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, contents: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;

        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn fetch(&self, arguments: &[&str]) -> crate::harness::Run {
        let trusted = ["--ca-cert", &*self.path("server.pem"), &*id(1)].map(str::to_owned);
        run(self.server.fetch("localhost", arguments).args(trusted))
    }
}

#[test]
fn a_client_certificate_is_shown_to_a_server_that_wants_one() {
    for versions in [vec![], vec![&rustls::version::TLS12]] {
        let guarded = Guarded::start(|manner| manner.versions = versions);
        let client = guarded.clients.sign(&[], |_| {});
        let cert = guarded.write("client.pem", &client.pem);
        let key = guarded.write("client.key", &client.key_pem);
        let both = guarded.write("both.pem", &format!("{}{}", client.key_pem, client.pem));
        assert_eq!(guarded.fetch(&["--cert", &cert, "--key", &key]).succeeded().ids(), [id(1)]);
        assert_eq!(guarded.fetch(&["--cert", &both]).succeeded().ids(), [id(1)]);
    }
}

#[test]
fn a_server_that_wants_a_certificate_and_gets_none_is_told() {
    let rude = |manner: &mut Manner| manner.rude = true;
    let old = |manner: &mut Manner| manner.versions = vec![&rustls::version::TLS12];
    for guarded in [Guarded::start(|_| {}), Guarded::start(old), Guarded::start(rude)] {
        let failure = guarded.fetch(&["--retries", "0"]);
        failure.failed_with(3).says(&["client certificate", "--cert", "--key"]);
        assert!(!failure.stderr.contains("--ca-cert"), "{failure:#?}");
        assert_eq!(guarded.server.requests(), [""; 0]);
    }
    // It is not asked again and again.
    let guarded = Guarded::start(|_| {});
    guarded.fetch(&[]).failed_with(3);
    assert_eq!(guarded.server.handshakes(), 1);
}

#[test]
fn a_client_certificate_that_is_not_accepted_is_told() {
    let old = |manner: &mut Manner| manner.versions = vec![&rustls::version::TLS12];
    for guarded in [Guarded::start(|_| {}), Guarded::start(old)] {
        let stranger = Authority::new("Some other authority").sign(&[], |_| {});
        let expired =
            guarded.clients.sign(&[], |params| params.not_after = date_time_ymd(2021, 1, 1));
        for client in [stranger, expired] {
            let both = guarded.write("both.pem", &format!("{}{}", client.pem, client.key_pem));
            let failure = guarded.fetch(&["--retries", "0", "--cert", &both]);
            failure.failed_with(3).says(&["did not accept the client certificate in --cert"]);
        }
    }
}

#[test]
fn a_certificate_or_key_that_cannot_be_used_is_refused_before_any_request() {
    let guarded = Guarded::start(|_| {});
    let client = guarded.clients.sign(&[], |_| {});
    let other = guarded.clients.sign(&[], |_| {});
    let cert = guarded.write("client.pem", &client.pem);
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAA=\n\
                  -----END RSA PRIVATE KEY-----\n";
    let damaged = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    for (contents, words) in [
        (&*other.key_pem, "is not that of the certificate"),
        (&*client.pem, "holds no private key"),
        ("", "holds no private key"),
        (encrypted, "passphrase"),
        (legacy, "passphrase"),
        (damaged, "cannot be used"),
    ] {
        let key = guarded.write("odd.key", contents);
        let failure = guarded.fetch(&["--cert", &cert, "--key", &key]);
        failure.failed_with(2).says(&["--key", &key, words, "hint: "]);
    }
    guarded.fetch(&["--cert", &cert]).failed_with(2).says(&["holds no private key", "with --key"]);
    let nowhere = guarded.path("nowhere");
    guarded.fetch(&["--cert", &nowhere]).failed_with(2).says(&["--cert", "No such file"]);
    guarded.fetch(&["--cert", &cert, "--key", &nowhere]).failed_with(2).says(&["--key", "No such"]);
    guarded.fetch(&["--key", &cert]).failed_with(2).says(&["--cert"]);
    assert_eq!(guarded.server.handshakes(), 0);
}

#[test]
fn a_private_key_that_others_can_read_is_worth_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let guarded = Guarded::start(|_| {});
    let client = guarded.clients.sign(&[], |_| {});
    let cert = guarded.write("client.pem", &client.pem);
    let key = guarded.write("client.key", &client.key_pem);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let done = guarded.fetch(&["--cert", &cert, "--key", &key]);
    assert_eq!(done.code, 0, "{done:#?}");
    done.says(&["warning: the private key file", &key, "chmod 600"]);
}
