//! Headers of the user's own, for an access gateway: sent to one host, and shown to nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::{Reply, Server, feather, id, run};

/// What is looked for in everything that is printed.
const SECRET: &str = "gate_N0b0dyMayReadThis";

/// A file that its owner alone can read.
fn private(folder: &tempfile::TempDir, contents: &str) -> String {
    let path = folder.path().join("headers");
    fs::write(&path, contents).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn headers_go_with_every_request_beside_the_key() {
    let server = Server::start(|request| match request.nth {
        1 => Reply::error(503, "busy", "Later.").header("Retry-After", "0"),
        _ => Reply::ok(request),
    });
    let access = format!("CF-Access-Client-Secret: {SECRET}");
    let arguments = ["--header", &access, "--header=Cookie:a=1; b=2", "-v", &id(1), &id(2)];
    let done = run(server.fetch(&arguments).env("FEATHER_API_KEY", "fk_key"));
    assert_eq!((done.code, done.ids()), (0, vec![id(1), id(2)]), "{done:#?}");
    assert!(!done.stderr.contains("N0b0dy") && !done.stderr.contains("a=1"), "{done:#?}");
    assert_eq!(server.count(), 4);
    for request in server.requests() {
        assert_eq!(request.header("cf-access-client-secret"), Some(SECRET));
        assert_eq!(request.header("cookie"), Some("a=1; b=2"));
        assert_eq!(request.header("x-api-key"), Some("fk_key"));
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
    }
}

#[test]
fn a_file_holds_one_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::of_documents();
    for contents in [
        format!("X-Gate: {SECRET}\nX-Other: b"),
        format!("# for the gateway\n\n  \nX-Gate:{SECRET}\nX-Other: b\n"),
        format!("\u{feff}X-Gate: {SECRET}\r\nX-Other: b\r\n"),
    ] {
        let file = format!("@{}", private(&folder, &contents));
        run(&mut server.fetch(&["--header", &file, "--header", "X-Third: c", &id(1)])).succeeded();
        let request = server.requests().pop().unwrap();
        let sent = ["x-gate", "x-other", "x-third"].map(|name| request.header(name));
        assert_eq!(sent, [Some(SECRET), Some("b"), Some("c")], "{contents:?}");
    }
    let path = private(&folder, "X-Gate: a");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let done = run(&mut server.fetch(&["--header", &format!("@{path}"), &id(1)]));
    assert_eq!(done.code, 0, "{done:#?}");
    done.says(&["warning: the header file", &path, "chmod 600"]);
}

#[test]
fn the_users_agent_may_take_the_programs_place() {
    let server = Server::of_documents();
    run(&mut server.fetch(&["--header", "User-Agent: curl/8", &id(1)])).succeeded();
    let request = server.requests().pop().unwrap();
    let agents = request.headers.iter().filter(|(name, _)| name == "user-agent");
    assert_eq!(agents.map(|(_, value)| &**value).collect::<Vec<_>>(), ["curl/8"]);
}

#[test]
fn what_cannot_be_sent_is_refused_before_any_request_and_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::of_documents();
    for (header, words) in [
        (SECRET.to_owned(), "no colon"),
        (String::new(), "no colon"),
        (format!("Bearer {SECRET}: x"), "not a header's name"),
        (format!(": {SECRET}"), "not a header's name"),
        (format!("x-api-key: {SECRET}"), "FEATHER_API_KEY"),
        (format!("X-API-KEY:{SECRET}"), "--api-key-file"),
        (format!("Host: {SECRET}"), "--base-url"),
        (format!("Content-Length: {SECRET}"), "cannot be set"),
        (format!("Proxy-Authorization: {SECRET}"), "variable"),
        ("X-Gate:".to_owned(), "x-gate has no value"),
        ("X-Gate:   ".to_owned(), "if it comes from a variable, that is not set"),
        (format!("X-Gate: {SECRET}\r\nX-Evil: 1"), "x-gate has a character"),
        (format!("X-Gate: {SECRET}é"), "x-gate has a character"),
        (format!("X-Gate: {SECRET}\u{1b}[31m"), "x-gate has a character"),
    ] {
        let failure = run(&mut server.fetch(&["-v", "--header", &header, &id(1)]));
        failure.failed_with(2).says(&["--header", words, "hint: "]);
        assert!(!failure.stderr.contains("N0b0dy"), "{failure:#?}");
        if header.contains('\n') || header.is_empty() {
            continue;
        }
        let path = private(&folder, &format!("A: b\n{header}\n"));
        let failure = run(&mut server.fetch(&["--header", &format!("@{path}"), &id(1)]));
        failure.failed_with(2).says(&[&path, "line 2", words]);
        assert!(!failure.stderr.contains("N0b0dy"), "{failure:#?}");
    }
    let nowhere = folder.path().join("nowhere");
    let nowhere = format!("@{}", nowhere.to_str().unwrap());
    let failure = run(&mut server.fetch(&["--header", &nowhere, &id(1)]));
    failure.failed_with(2).says(&[&nowhere, "No such file"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn neither_a_redirect_nor_a_proxy_s_tunnel_learns_of_them() {
    let elsewhere = Server::of_documents();
    let server = Server::always(Reply::json(307, "").header("Location", elsewhere.url()));
    let header = format!("X-Gate: {SECRET}");
    run(&mut server.fetch(&["--header", &header, &id(1)])).failed_with(30);
    assert_eq!(elsewhere.connections(), 0);

    let proxy = crate::relay::Proxy::http("HTTP/1.1 403 Forbidden\r\n\r\n");
    let mut fetch = feather();
    fetch.args(["fetch", "--retries", "0", "--base-url", "https://feather.invalid", &id(1)]);
    fetch.env("FEATHER_API_KEY", "fk_key").env("HTTPS_PROXY", proxy.url("http"));
    let failure = run(fetch.args(["--header", &header]));
    assert!(!failure.failed_with(3).stderr.contains("N0b0dy"), "{failure:#?}");
    let asked = proxy.asked();
    assert!(!asked.is_empty() && !asked.concat().contains("N0b0dy"), "{asked:?}");
    assert!(!asked.concat().contains("fk_key"), "{asked:?}");
}

#[test]
fn a_key_that_is_typed_where_a_private_key_belongs_is_not_shown() {
    let failure = run(feather().args(["fetch", "--key", SECRET, &id(1)]));
    assert!(!failure.failed_with(2).stderr.contains("N0b0dy"), "{failure:#?}");
}
