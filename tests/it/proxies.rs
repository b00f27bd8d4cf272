//! Proxies: which variable counts and which value is refused, HTTP and SOCKS proxies that work, and
//! that one which does not is told by its own name, without its password.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use assert_cmd::Command;

use crate::harness::{Reply, Run, Server, document, feather, id, run};
use crate::relay::Proxy;
use crate::secure::{Identity, Secure};

/// What no message may have in it.
const PASSWORD: &str = "hunter2";

/// The host that nobody can look up.
const HOST: &str = "feather.invalid";

/// The API behind a proxy, in TLS, under a name that only the proxy knows.
struct Api {
    server: Secure,
    folder: tempfile::TempDir,
}

impl Api {
    fn start() -> Self {
        let identity = Identity::self_signed(&[HOST, "localhost"], |_| {});
        let folder = tempfile::tempdir().unwrap();
        identity.save(folder.path(), "server.pem");
        Self { server: Secure::start(&identity), folder }
    }

    /// `fetch` of session 1 from the unknown host, with these variables.
    fn fetch(&self, variables: &[(&str, &str)]) -> Run {
        run(self.command(variables).args(["--retries", "0", &id(1)]))
    }

    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let mut fetch = self.server.fetch(HOST, &["-v"]);
        fetch.arg("--ca-cert").arg(self.folder.path().join("server.pem"));
        fetch.envs(variables.iter().copied());
        fetch
    }
}

/// `fetch` of session 1 in plain http from this host, with these variables.
fn fetch_plainly(base: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut fetch = feather();
    fetch.args(["fetch", "--retries", "0", "--allow-http", "--base-url", base, &id(1)]);
    fetch.env("FEATHER_API_KEY", "fk").envs(variables.iter().copied());
    run(fetch.args(arguments))
}

/// Asserts that session 1 came, over `proxy`.
#[track_caller]
fn came_through(done: &Run, proxy: &Proxy) {
    assert_eq!((done.code, done.ids()), (0, vec![id(1)]), "{done:#?}");
    assert_eq!(proxy.asked().len(), 1);
}

const AGREES: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

#[test]
fn a_tunnel_is_asked_for_with_the_name_and_password_of_the_variable() {
    let api = Api::start();
    let proxy = Proxy::http(AGREES);
    came_through(&api.fetch(&[("HTTPS_PROXY", &proxy.url("http"))]), &proxy);
    let head = proxy.asked().pop().unwrap();
    assert!(
        head.starts_with(&format!("CONNECT {HOST}:{} HTTP/1.1\r\n", api.server.port)),
        "{head}"
    );
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
    // The key is for the API.
    assert!(!head.contains("fk_secret"), "{head}");

    let proxy = Proxy::http(AGREES);
    let url = format!("http://us%40er:p%23ss@127.0.0.1:{}", proxy.port);
    came_through(&api.fetch(&[("https_proxy", &url)]), &proxy);
    let head = proxy.asked().pop().unwrap();
    // us@er:p#ss
    assert!(head.to_lowercase().contains("proxy-authorization: basic dxnazxi6ccnzcw=="), "{head}");
}

#[test]
fn the_nearest_variable_counts() {
    let api = Api::start();
    let nobody = "http://127.0.0.1:1";
    for (name, others) in [
        (
            "HTTPS_PROXY",
            &[("https_proxy", nobody), ("ALL_PROXY", nobody), ("HTTP_PROXY", nobody)][..],
        ),
        ("https_proxy", &[("HTTPS_PROXY", ""), ("ALL_PROXY", nobody)]),
        ("ALL_PROXY", &[("all_proxy", nobody), ("HTTP_PROXY", nobody)]),
        ("all_proxy", &[("HTTPS_PROXY", ""), ("http_proxy", nobody)]),
        // What is not used need not be of use.
        ("HTTPS_PROXY", &[("ALL_PROXY", "junk://"), ("http_proxy", "http://")]),
        ("HTTPS_PROXY", &[("NO_PROXY", "other.invalid,10.0.0.0/8")]),
    ] {
        let proxy = Proxy::http(AGREES);
        let url = proxy.url("http");
        came_through(&api.fetch(&[others, &[(name, &*url)]].concat()), &proxy);
    }
}

#[test]
fn a_scheme_may_be_left_out_and_a_slash_be_there() {
    let api = Api::start();
    for spelt in
        ["127.0.0.1:PORT", "http://127.0.0.1:PORT/", "HTTP://localhost:PORT", "u:p@127.0.0.1:PORT"]
    {
        let proxy = Proxy::http(AGREES);
        let url = spelt.replace("PORT", &proxy.port.to_string());
        came_through(&api.fetch(&[("HTTPS_PROXY", &url)]), &proxy);
    }
}

#[test]
fn a_host_that_no_proxy_names_is_reached_without_one() {
    let proxy = Proxy::http(AGREES);
    let api = Api::start();
    let port = api.server.port;
    for list in [
        "*.invalid",
        ".invalid",
        "invalid",
        "*",
        HOST,
        "FEATHER.Invalid",
        "*.feather.invalid",
        "a.test, *.INVALID ,b.test",
        "a.test *.invalid",
        &format!("{HOST}:{port}"),
        &format!("*.invalid:{port}"),
    ] {
        for name in ["NO_PROXY", "no_proxy"] {
            let failure = api.fetch(&[("HTTPS_PROXY", &proxy.url("http")), (name, list)]);
            // There is no such host: the request goes nowhere.
            assert_eq!(failure.code, 3, "{list}: {failure:#?}");
            failure.says(&["could not connect to https://feather.invalid", "lookup"]);
            assert!(!failure.stderr.contains("127.0.0.1"), "{list}: {failure:#?}");
        }
    }
    assert_eq!(proxy.asked(), [""; 0]);
    for list in
        ["", "*.test", "valid", "feather", "*.x.feather.invalid", "feather.invalid:1", "inv*"]
    {
        let proxy = Proxy::http(AGREES);
        came_through(
            &api.fetch(&[("HTTPS_PROXY", &proxy.url("http")), ("NO_PROXY", list)]),
            &proxy,
        );
    }
}

#[test]
fn addresses_in_no_proxy_are_known_by_their_network_and_port() {
    let proxy = Proxy::http("HTTP/1.1 403 Forbidden\r\n\r\n");
    for (host, list, exempt) in [
        ("192.0.2.7", "192.0.2.0/24", true),
        ("192.0.2.7", "192.0.2.7:9", true),
        ("192.0.2.7", "192.0.2.7:10", false),
        ("192.0.2.7", "192.0.3.0/24", false),
        ("[2001:db8::1]", "2001:db8::1", true),
        ("[2001:db8::1]", "[2001:db8::1]", true),
        ("[2001:db8::1]", "[2001:db8::1]:9", true),
        ("[2001:db8::1]", "2001:db8::/32", true),
        ("[2001:db8::1]", "2001:db9::/32", false),
    ] {
        let mut fetch = feather();
        let base = format!("https://{host}:9");
        fetch.args(["fetch", "--retries", "0", "--connect-timeout", "200ms", "--base-url", &base]);
        fetch.env("FEATHER_API_KEY", "fk").env("https_proxy", proxy.url("http"));
        let failure = run(fetch.env("no_proxy", list).arg(id(1)));
        failure.failed_with(3);
        assert_eq!(failure.stderr.contains(&proxy.name()), !exempt, "{host} {list}: {failure:#?}");
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_refused_before_any_request() {
    let api = Api::start();
    let port = Proxy::http(AGREES).port.to_string();
    for (value, reason) in [
        ("http://user:hunter2#x@127.0.0.1:PORT", "invalid port number"),
        ("http://user:hunter2/x@127.0.0.1:PORT", "invalid port number"),
        ("http://user:hunter2?x@127.0.0.1:PORT", "invalid port number"),
        ("user:hunter2#x@127.0.0.1:PORT", "invalid port number"),
        // A password that begins with digits looks like a port.
        ("http://user:12/hunter2@127.0.0.1:PORT", "more after the port"),
        ("http://user:12#hunter2@127.0.0.1:PORT", "more after the port"),
        ("http://user:12?hunter2@127.0.0.1:PORT", "more after the port"),
        ("socks5h://user:12#hunter2@127.0.0.1:PORT", "more after the port"),
        ("http://", "empty host"),
        ("http://:PORT", "empty host"),
        ("http://user:hunter2@", "empty host"),
        ("socks5://", "no host"),
        ("://127.0.0.1:PORT", "none of http://"),
        ("ftp://127.0.0.1:PORT", "none of http://"),
        ("quic://user:hunter2@127.0.0.1:PORT", "none of http://"),
        ("socks://127.0.0.1:PORT", "socks5h://"),
        ("http://127.0.0.1:hunter2", "invalid port number"),
        ("http://127.0.0.1:70000", "invalid port number"),
        ("http://hunter2 x:PORT", "invalid"),
        ("http://[hunter2:PORT", "invalid"),
        ("http://127.0.0.1\n:PORT", "control character"),
        ("hunter2 is the password", "invalid"),
    ] {
        let value = value.replace("PORT", &port);
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let failure = api.fetch(&[(variable, &value)]);
            assert_eq!(failure.code, 2, "{value}: {failure:#?}");
            failure.says(&[variable, "names no proxy that can be used", reason, "%23"]);
            for secret in [PASSWORD, "user", &port] {
                assert!(!failure.stderr.contains(secret), "{value}: {failure:#?}");
            }
        }
    }
    assert_eq!(api.server.handshakes(), 0);
    // Where no proxy is used none is looked at.
    let server = Server::of_documents();
    for list in ["", "*"] {
        let mut fetch = server.fetch(&[&id(1)]);
        run(fetch.env("HTTP_PROXY", "junk://").env("NO_PROXY", list)).succeeded();
    }
    let exempt = api.fetch(&[("HTTPS_PROXY", "junk://"), ("NO_PROXY", "*.invalid")]);
    exempt.failed_with(3);
}

#[test]
#[cfg(unix)]
fn a_variable_that_is_no_text_is_refused_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let api = Api::start();
    let mut fetch = api.command(&[]);
    fetch.env("HTTPS_PROXY", OsStr::from_bytes(b"http://127.0.0.1:1\xff")).arg(id(1));
    run(&mut fetch).failed_with(2).says(&["HTTPS_PROXY", "not UTF-8"]);
}

#[test]
fn under_cgi_a_client_cannot_name_the_proxy() {
    let proxy = Server::always(Reply::json(200, document(&id(1))));
    for (variable, used) in [("HTTP_PROXY", false), ("http_proxy", true), ("ALL_PROXY", true)] {
        let before = proxy.count();
        let variables = [("REQUEST_METHOD", "GET"), (variable, &*proxy.url())];
        let done = fetch_plainly("http://feather.invalid", &variables, &[]);
        assert_eq!((done.code == 0, proxy.count() > before), (used, used), "{variable}: {done:#?}");
    }
}

#[test]
fn socks_proxies_pass_the_connection_on() {
    let api = Api::start();
    // The proxy looks the name up.
    let proxy = Proxy::socks5(0, None);
    came_through(&api.fetch(&[("ALL_PROXY", &proxy.url("socks5h"))]), &proxy);
    assert_eq!(proxy.asked(), [format!("{HOST}:{}", api.server.port)]);

    let proxy = Proxy::socks5(0, Some(("us@er", "p#ss")));
    let url = format!("socks5h://us%40er:p%23ss@127.0.0.1:{}", proxy.port);
    came_through(&api.fetch(&[("HTTPS_PROXY", &url)]), &proxy);

    let proxy = Proxy::socks4();
    came_through(&api.fetch(&[("ALL_PROXY", &proxy.url("socks4a"))]), &proxy);
    assert_eq!(proxy.asked(), [format!("{HOST}:{}", api.server.port)]);

    // Where names are looked up here, this one is not found, and the proxy is not to blame.
    for scheme in ["socks5", "socks4"] {
        let proxy = Proxy::socks5(0, None);
        let failure = api.fetch(&[("ALL_PROXY", &proxy.url(scheme))]);
        failure.failed_with(3).says(&["could not connect to https://feather.invalid", "lookup"]);
        failure.says(&[&proxy.name(), "socks5h:// in ALL_PROXY"]);
        assert_eq!(proxy.asked(), [""; 0]);
    }
}

#[test]
fn socks_proxies_are_told_addresses_where_names_are_looked_up_here() {
    let server = Server::of_documents();
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    for (proxy, scheme) in [
        (Proxy::socks5(0, None), "socks5"),
        (Proxy::socks5(0, None), "socks5h"),
        (Proxy::socks4(), "socks4"),
        (Proxy::socks4(), "socks4a"),
    ] {
        // An address that is not loopback; the proxies pass everything on to this machine.
        let base = format!("http://192.0.2.1:{port}");
        came_through(&fetch_plainly(&base, &[("ALL_PROXY", &proxy.url(scheme))], &[]), &proxy);
        assert_eq!(proxy.asked(), [format!("192.0.2.1:{port}")], "{scheme}");
    }
}

#[test]
fn what_a_socks_proxy_says_is_told() {
    let api = Api::start();
    for (code, words) in [
        (1, "server failure"),
        (2, "not allowed"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (9, "SOCKS"),
    ] {
        let proxy = Proxy::socks5(code, None);
        let failure = api.fetch(&[("ALL_PROXY", &proxy.url("socks5h"))]);
        failure.failed_with(3).says(&[&proxy.name(), "ALL_PROXY"]);
        let lower = failure.stderr.to_lowercase();
        assert!(code == 9 || lower.contains(words), "{code}: {failure:#?}");
    }
    for credentials in ["", "user:hunter2@"] {
        let proxy = Proxy::socks5(0, Some(("name", "password")));
        let url = format!("socks5h://{credentials}127.0.0.1:{}", proxy.port);
        let failure = api.fetch(&[("ALL_PROXY", &url)]);
        failure.failed_with(3).says(&[&proxy.name(), "ALL_PROXY"]);
        assert!(!failure.stderr.contains(PASSWORD), "{failure:#?}");
    }
    assert_eq!(api.server.handshakes(), 0);
}

/// A port that nothing listens on.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn a_proxy_that_is_not_there_is_named_without_its_password() {
    let api = Api::start();
    let port = free_port();
    for scheme in ["http", "https", "socks5", "socks5h", "socks4a"] {
        let url = format!("{scheme}://user:{PASSWORD}@127.0.0.1:{port}");
        // Where the name is looked up here, it is found.
        let failure = api.fetch(&[("HTTPS_PROXY", &url)]);
        failure.failed_with(3).says(&[
            &format!("could not connect to the proxy 127.0.0.1:{port}: Connection refused"),
            "HTTPS_PROXY",
            "NO_PROXY=feather.invalid",
        ]);
        assert!(!failure.stderr.contains(PASSWORD), "{failure:#?}");
    }
    let failure = api.fetch(&[("HTTPS_PROXY", "http://user:hunter2@proxy.invalid:3128")]);
    failure.failed_with(3).says(&["could not connect to the proxy proxy.invalid:3128", "lookup"]);
    assert!(!failure.stderr.contains(PASSWORD), "{failure:#?}");
    // The same without a tunnel.
    let url = format!("http://127.0.0.1:{port}");
    let failure = fetch_plainly("http://feather.invalid", &[("http_proxy", &url)], &[]);
    failure.failed_with(3).says(&[&format!("could not connect to the proxy 127.0.0.1:{port}")]);
}

#[test]
fn what_a_proxy_refuses_is_told_with_its_status_and_its_words() {
    let api = Api::start();
    let target = format!("{HOST}:{}", api.server.port);
    let refused = format!("did not connect to {target}: ");
    for (answer, words, tries) in [
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 49\r\n\r\n\
             <html><head><title>Blocked by policy</title></html>",
            &["403 Forbidden: Blocked by policy", "the proxy must allow feather.invalid"][..],
            1,
        ),
        ("HTTP/1.0 403 No\r\n\r\n", &[&*refused, "403 Forbidden"], 1),
        ("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", &["405 Method Not Allowed"], 1),
        ("HTTP/1.1 302 Found\r\nLocation: http://login.invalid/\r\n\r\n", &["302 Found"], 1),
        (
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nno route\n",
            &["502 Bad Gateway: no route"],
            2,
        ),
        ("HTTP/1.1 503 Busy\r\n\r\n", &["503 Service Unavailable"], 2),
        (
            "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
            &["asks for a name and a password (407)"],
            1,
        ),
        ("", &["no usable answer from", "HTTPS_PROXY"], 2),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", &["no usable answer from", "not HTTP"], 2),
    ] {
        let proxy = Proxy::http(answer);
        let mut fetch = api.command(&[("HTTPS_PROXY", &proxy.url("http"))]);
        let failure = run(fetch.args(["--retries", "1", "--error-format", "json", &id(1)]));
        failure.failed_with(3).says(&[&proxy.name()]).says(words);
        let row = failure.errors().pop().unwrap();
        assert_eq!((&row["tries"], &row["status"]), (&tries.into(), &().into()), "{answer}: {row}");
        assert!(!failure.stderr.contains("could not connect to https"), "{answer}: {failure:#?}");
    }
    assert_eq!(api.server.handshakes(), 0);
}

#[test]
fn a_password_that_a_proxy_does_not_accept_is_told_unseen() {
    let api = Api::start();
    let proxy = Proxy::http("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let url = format!("http://user:{PASSWORD}@127.0.0.1:{}", proxy.port);
    let failure = api.fetch(&[("HTTPS_PROXY", &url)]);
    failure
        .failed_with(3)
        .says(&[&proxy.name(), "did not accept the name and password in HTTPS_PROXY"]);
    assert!(!failure.stderr.contains(PASSWORD), "{failure:#?}");
    assert!(!failure.stderr.contains("dXNlcj"), "nor in base64: {failure:#?}");
}

#[test]
fn without_a_tunnel_too_the_proxy_is_named() {
    for (reply, code, words) in [
        (Reply::json(407, ""), 40, &["407", "name and password of the proxy 127.0.0.1"][..]),
        (
            Reply::of_type(403, "text/html", "<title>Blocked</title>"),
            43,
            &["403 Forbidden, with a body that is not the API's: Blocked (asked through the proxy"],
        ),
        (Reply::json(502, "no route"), 50, &["no route (asked through the proxy 127.0.0.1"]),
        (Reply::error(404, "not_found", "No."), 44, &["not_found: No."]),
    ] {
        let proxy = Server::always(reply);
        let variables = [("http_proxy", &*proxy.url())];
        fetch_plainly("http://feather.invalid", &variables, &[]).failed_with(code).says(words);
    }
}

#[test]
fn an_https_proxy_on_a_plain_port_is_told_as_such() {
    let api = Api::start();
    let proxy = Proxy::start(|stream, _| {
        // As an HTTP proxy answers what is no HTTP.
        let _ = stream.read(&mut [0; 512]);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        None
    });
    let failure = api.fetch(&[("HTTPS_PROXY", &proxy.url("https"))]);
    failure.failed_with(3).says(&[
        &proxy.name(),
        "does not speak TLS",
        "write http:// in HTTPS_PROXY",
    ]);
    // The proxy closes, as others do.
    let proxy = Proxy::start(|_, _| None);
    let failure = api.fetch(&[("HTTPS_PROXY", &proxy.url("https"))]);
    failure.failed_with(3).says(&["no usable answer from", &proxy.name(), "HTTPS_PROXY"]);
}

#[test]
fn an_https_proxy_that_is_trusted_passes_the_connection_on() {
    let api = Api::start();
    let identity = Identity::of_openssl(&["localhost"]);
    let pem = api.folder.path().join("server.pem");
    let both = std::fs::read_to_string(&pem).unwrap() + &identity.pem;
    std::fs::write(&pem, both).unwrap();
    let proxy = Proxy::https(&identity);
    let url = format!("https://localhost:{}", proxy.port);
    came_through(&api.fetch(&[("HTTPS_PROXY", &url)]), &proxy);
    // The API without TLS, and the proxy with it.
    let proxy = Secure::start(&identity);
    let variables = [("http_proxy", &*format!("https://localhost:{}", proxy.port))];
    let trusted = ["--ca-cert", pem.to_str().unwrap()];
    fetch_plainly("http://feather.invalid", &variables, &trusted).succeeded();
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn an_https_proxy_that_nobody_vouches_for_is_told_by_its_name() {
    let api = Api::start();
    let proxy = Secure::start(&Identity::self_signed(&["localhost"], |_| {}));
    let url = format!("https://localhost:{}", proxy.port);
    let failure = api.fetch(&[("HTTPS_PROXY", &url)]);
    failure.failed_with(3).says(&[
        &format!("no trusted connection to the proxy localhost:{}", proxy.port),
        "--ca-cert",
    ]);
    assert_eq!(proxy.requests(), [""; 0]);
}

#[test]
fn what_is_wrong_beyond_the_tunnel_is_not_the_proxys_fault() {
    let api = Api::start();
    let proxy = Proxy::http(AGREES);
    // Without --ca-cert nobody vouches for the API.
    let mut fetch = api.server.fetch(HOST, &["--retries", "0", &id(1)]);
    let failure = run(fetch.env("HTTPS_PROXY", proxy.url("http")));
    failure.failed_with(3).says(&["no trusted connection to https://feather.invalid", "--ca-cert"]);
    assert!(!failure.stderr.contains("proxy"), "{failure:#?}");
}

#[test]
fn a_proxy_that_hangs_is_named_with_the_time_out() {
    let api = Api::start();
    let proxy = Proxy::start(|stream, _| {
        let _ = stream.read_to_end(&mut Vec::new());
        None
    });
    let mut fetch = api.command(&[("HTTPS_PROXY", &proxy.url("http"))]);
    let failure = run(fetch.args(["--retries", "0", "--connect-timeout", "300ms", &id(1)]));
    failure.failed_with(3).says(&[
        "timed out connecting to https://feather.invalid",
        "through",
        &proxy.name(),
    ]);
}
