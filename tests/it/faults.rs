//! Answers as no server should give them: each ends in bounded time with its code and one message,
//! and nothing of a document that is not whole is printed.

use std::time::{Duration, Instant};

use crate::harness::{LONG, Reply, Run, Server, document, gzip, id, ms, names, run};

/// Fetches session 1, one try, and holds the run to a time that leaves room for a slow machine.
fn fetch(reply: Reply, arguments: &[&str]) -> Run {
    let begun = Instant::now();
    let server = Server::always(reply);
    let done = run(server.fetch(&["--retries", "0", &id(1)]).args(arguments));
    assert!(begun.elapsed() < LONG / 2, "{:?}: {done:#?}", begun.elapsed());
    done
}

/// What goes wrong, the answer that does it, and words of the message.
type Case = (&'static str, Reply, &'static [&'static str]);

#[track_caller]
fn each_fails(code: i32, arguments: &[&str], cases: Vec<Case>) {
    for (name, reply, words) in cases {
        let failure = fetch(reply, arguments);
        assert_eq!((failure.code, &*failure.stdout), (code, ""), "{name}: {failure:#?}");
        assert_eq!(failure.stderr.lines().count(), 1, "{name}: {failure:#?}");
        failure.says(&[&id(1), "hint: "]).says(words);
    }
}

/// 200 with this for a body.
fn ok(body: impl Into<Vec<u8>>) -> Reply {
    Reply::json(200, body)
}

/// The document, gzipped and declared so.
fn gzipped() -> Reply {
    Reply::json(200, gzip(document(&id(1)).as_bytes())).header("Content-Encoding", "gzip")
}

#[test]
fn an_answer_that_does_not_arrive_whole_is_3() {
    const CUT: &[&str] = &["the answer is not whole", "after"];
    const TIMED_OUT: &[&str] = &["timed out", "(1s)", "--timeout"];
    const UNUSABLE: &[&str] = &["no usable answer"];
    let whole = || Reply::json(200, document(&id(1)));
    let half = &document(&id(1))[..80];
    let cut_gzip = {
        let text: String =
            (0..5000).map(|n: u32| n.wrapping_mul(2_654_435_761).to_string()).collect();
        let mut bytes = gzip(format!(r#"{{"session_id":"{}","a":"{text}"}}"#, id(1)).as_bytes());
        bytes.truncate(bytes.len() / 2);
        Reply::json(200, bytes).header("Content-Encoding", "gzip")
    };
    let mut damaged = gzip(document(&id(1)).as_bytes());
    let checksum = damaged.len() - 6;
    damaged[checksum] ^= 0xff;
    let damaged = Reply::json(200, damaged).header("Content-Encoding", "gzip");
    each_fails(
        3,
        &["--timeout", "1s"],
        vec![
            ("cut", whole().cut(), CUT),
            ("stuck", whole().stuck(), TIMED_OUT),
            ("byte by byte", whole().trickle(ms(40)), TIMED_OUT),
            ("no answer", Reply::hang(), TIMED_OUT),
            ("slow to answer", whole().after(ms(4000)), TIMED_OUT),
            ("reset", Reply::reset(), UNUSABLE),
            ("closed at once", Reply::raw(""), UNUSABLE),
            ("closed in the head", Reply::raw("HTTP/1.1 200 OK\r\nContent-"), UNUSABLE),
            (
                "closed in a chunk",
                Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"session"),
                CUT,
            ),
            (
                "a chunk of no size",
                Reply::raw(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n",
                ),
                CUT,
            ),
            ("garbage for a status line", Reply::raw("\u{0}\u{1}\u{2} what\r\n\r\n"), UNUSABLE),
            ("a status of no number", Reply::raw("HTTP/1.1 2OO OK\r\n\r\n{}"), UNUSABLE),
            ("HTTP/0.9", Reply::raw("{\"session_id\":\"x\"}\n"), UNUSABLE),
            ("another protocol", Reply::raw("SSH-2.0-OpenSSH_9.6\r\n"), UNUSABLE),
            (
                "two lengths",
                Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
                UNUSABLE,
            ),
            ("half of a gzip stream", cut_gzip, CUT),
            ("a gzip stream that was damaged", damaged, &["the answer is damaged"]),
            (
                "a gzip header over no gzip",
                whole().header("Content-Encoding", "gzip"),
                &["the answer is damaged", "gzip"],
            ),
            ("half, and no length", Reply::raw(format!("HTTP/1.1 200 OK\r\n\r\n{half}")), CUT),
            ("half, HTTP/1.0", Reply::raw(format!("HTTP/1.0 200 OK\r\n\r\n{half}")), CUT),
            ("nothing, and no length", Reply::raw("HTTP/1.0 200 OK\r\n\r\n"), CUT),
            (
                "a byte-order mark, half, and no length",
                Reply::raw(format!("HTTP/1.1 200 OK\r\n\r\n\u{feff}{half}")),
                CUT,
            ),
        ],
    );
}

#[test]
fn an_answer_that_is_no_document_is_4() {
    let deep = format!(
        r#"{{"session_id":"{}","a":{}{}}}"#,
        id(1),
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    each_fails(
        4,
        &[],
        vec![
            ("nothing", ok(""), &["the server answered with an empty body (application/json)"]),
            ("blank space", ok(" \r\n"), &["an empty body"]),
            ("null", ok("null"), &["a JSON null, not an object"]),
            ("a list", ok("[]"), &["a JSON array, not an object"]),
            ("a string", ok("\"str\""), &["a JSON string, not an object"]),
            ("a number", ok("17"), &["a JSON number, not an object"]),
            ("an empty object", ok("{}"), &["not an analysis input", "session_id"]),
            ("no id", ok(r#"{"session_id":null}"#), &["not an analysis input"]),
            ("half", ok(r#"{"session_id":"x","a":[1,2"#), &["not JSON", "breaks off"]),
            (
                "half, chunked to its end",
                ok(r#"{"session_id":"x","a":[1,2"#).chunked(5),
                &["not JSON", "breaks off"],
            ),
            ("no JSON, and no length", Reply::raw("HTTP/1.0 200 OK\r\n\r\nmoved"), &["not JSON"]),
            ("no content", Reply::raw("HTTP/1.1 204 No Content\r\n\r\n"), &["an empty body"]),
            ("two documents", ok(document(&id(1)).repeat(2)), &["not JSON"]),
            ("a stray comma", ok(r#"{"session_id":"x",}"#), &["not JSON", "line 1"]),
            ("NaN", ok(r#"{"session_id":"x","a":NaN}"#), &["not JSON"]),
            (
                "a line feed in a string",
                ok("{\"session_id\":\"x\ny\"}"),
                &["JSON: session_id: control character", "line 1"],
            ),
            ("text", ok("Service moved"), &["not JSON"]),
            (
                "a page",
                Reply::of_type(200, "text/html", "<!DOCTYPE html><html><body>Log in</body></html>"),
                &["an HTML page, not JSON", "text/html", "--base-url"],
            ),
            ("no UTF-8", ok(b"{\"session_id\":\"\xff\xfe\"}".to_vec()), &["byte 16", "UTF-8"]),
            ("UTF-16", ok(b"\xff\xfe{\0}\0".to_vec()), &["UTF-8"]),
            ("undeclared gzip", ok(gzip(b"{}")), &["gzip", "not declared"]),
            ("100,000 levels", ok(deep), &["100001 levels deep", "1000 is the most"]),
        ],
    );
}

#[test]
fn what_stands_in_the_place_of_a_document_is_told_in_its_own_words() {
    const SAYS: &str = "200, but no analysis input, it says: ";
    let page = |body: &str| Reply::of_type(200, "text/html", body);
    each_fails(
        4,
        &[],
        vec![
            ("the API's error", ok(r#"{"error":"a","message":"b"}"#), &[SAYS, "a: b"]),
            (
                "a framework's",
                ok(r#"{"detail":"Not authenticated"}"#),
                &[SAYS, "Not authenticated"],
            ),
            ("a gateway's", ok(r#"{"fault":{"faultstring":"Quota"}}"#), &[SAYS, "Quota"]),
            ("a problem", ok(r#"{"title":"Gone","detail":"Was."}"#), &[SAYS, "Gone: Was."]),
            ("several", ok(r#"{"errors":[{"message":"x"},{"message":"y"}]}"#), &[SAYS, "x: y"]),
            (
                "an answer that is yet to come",
                Reply::json(202, r#"{"status":"assembling"}"#),
                &["202, but no analysis input, it says: assembling", "ask again later"],
            ),
            (
                "a page to log in",
                page("<!DOCTYPE html><html><head><title>Log in</title></head></html>"),
                &["an HTML page, not JSON (text/html): Log in", "--base-url"],
            ),
            ("a page without a title", page("<html><h1>Wi-Fi\n portal</h1>"), &["Wi-Fi portal"]),
            ("text", ok("Service moved"), &["not JSON (application/json): Service moved"]),
            ("a string", ok("\"No.\""), &["a JSON string, not an object (application/json): No."]),
            ("a list of errors", ok(r#"[{"message":"No."}]"#), &["a JSON array", ": No."]),
            (
                "another charset",
                Reply::of_type(200, "text/plain; charset=latin1", b"caf\xe9".to_vec()),
                &["byte 4 is not UTF-8 (text/plain; charset=latin1)"],
            ),
        ],
    );
    // Of a document nothing is told, wherever it went wrong: it is what customers said.
    let text = document(&id(1)).replace("[]", r#"[{"role":"user","content":"my secret"}]"#);
    for body in [format!(r#"{{"data":{text}}}"#), format!("[{text}]"), format!(")]}}',\n{text}")] {
        let failure = fetch(ok(body), &[]);
        assert!(!failure.failed_with(4).stderr.contains("secret"), "{failure:#?}");
    }
}

#[test]
fn a_content_coding_is_read_whatever_its_case() {
    let text = document(&id(1));
    let once = gzip(text.as_bytes());
    let twice = gzip(&once);
    for (coding, body) in [
        ("GZIP", &once),
        ("Gzip", &once),
        ("x-gzip", &once),
        ("identity, gzip", &once),
        ("gzip,gzip", &twice),
        ("gzip , X-GZIP", &twice),
        ("Identity", &text.as_bytes().to_vec()),
        ("", &text.as_bytes().to_vec()),
    ] {
        let reply = Reply::json(200, body.clone()).header("Content-Encoding", coding);
        for reply in [reply.clone(), reply.chunked(3)] {
            let done = fetch(reply, &["--format", "ndjson"]);
            assert_eq!(done.succeeded().stdout, format!("{text}\n"), "{coding}");
        }
    }
    let error = gzip(br#"{"error":"odd","message":"No."}"#);
    let failure = fetch(Reply::json(404, error).header("Content-Encoding", "GZip"), &[]);
    failure.failed_with(44).says(&["404 odd: No."]);
    // Of nothing there is nothing to decode.
    fetch(ok("").header("Content-Encoding", "GZIP"), &[]).failed_with(4).says(&["an empty body"]);
}

#[test]
fn a_coding_that_was_not_asked_for_is_named() {
    let once = gzip(document(&id(1)).as_bytes());
    for coding in ["br", "deflate", "zstd", "BR", "compress", "gzip, br", "zstd, gzip"] {
        let name = coding.split(", ").find(|name| *name != "gzip").unwrap();
        let reply = ok(once.clone()).header("Content-Encoding", coding);
        let failure = fetch(reply, &["--error-format", "json"]);
        failure.failed_with(4).says(&[&format!("encoded as {name}"), "not asked for"]);
        let row = failure.errors().pop().unwrap();
        assert_eq!((&row["status"], &row["tries"]), (&200.into(), &1.into()), "{row}");
        let reply = Reply::json(503, once.clone()).header("Content-Encoding", coding);
        fetch(reply, &[]).failed_with(50).says(&["503", &format!("encoded as {name}")]);
    }
}

#[test]
fn what_is_no_document_is_told_with_its_status_and_tries() {
    let server = Server::start(|request| match request.nth {
        1 => Reply::error(503, "busy", "Later.").header("Retry-After", "0"),
        _ => Reply::json(203, "[]"),
    });
    let failure = run(&mut server.fetch(&["--error-format", "json", &id(1)]));
    let [row] = &failure.failed_with(4).errors()[..] else { panic!("{failure:#?}") };
    assert_eq!((&row["status"], &row["tries"]), (&203.into(), &2.into()));
    assert_eq!((&row["session_id"], &row["exit_code"]), (&id(1).into(), &4.into()));
}

#[test]
fn an_answer_over_the_largest_size_is_4_and_is_not_read_to_its_end() {
    const TOO_LARGE: &[&str] = &["over --max-size (1.00 MiB)", "raise --max-size"];
    let bomb = Reply::json(200, gzip(&vec![b' '; 64 << 20])).header("Content-Encoding", "gzip");
    let declared = Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n");
    each_fails(
        4,
        &["--max-size", "1MiB"],
        vec![
            ("declared", declared, TOO_LARGE),
            ("endless", Reply::endless(vec![b' '; 60_000]), TOO_LARGE),
            ("chunked", Reply::json(200, vec![b' '; 3 << 20]).chunked(65_536), TOO_LARGE),
            ("a gzip bomb", bomb, TOO_LARGE),
        ],
    );
}

#[test]
#[cfg(target_os = "linux")]
fn neither_a_bomb_nor_an_endless_error_takes_memory() {
    let bomb = gzip(&vec![b' '; 200 << 20]);
    for (reply, code) in [
        (Reply::json(200, bomb.clone()).header("Content-Encoding", "gzip"), 4),
        (Reply::json(500, bomb).header("Content-Encoding", "gzip"), 50),
        (Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 8000000000000000\r\n\r\n{}"), 4),
    ] {
        let server = Server::always(reply);
        let arguments = ["--retries", "0", "--max-size", "4MiB", &id(1)];
        let mut running = crate::harness::Running::start(&mut server.fetch_process(&arguments));
        let (exit, peak) = running.peak_memory();
        assert_eq!(exit, Some(code));
        assert!(peak < 60 << 10, "{peak} KiB");
    }
}

#[test]
fn an_error_body_that_never_ends_does_not_hide_the_status() {
    let words = r#"{"error":"odd","message":"No."}"#;
    for (name, reply, word) in [
        ("cut", Reply::json(500, words).cut(), "odd: No."),
        ("stuck", Reply::json(500, words).stuck(), "odd: No."),
        ("endless", Reply::raw(format!("HTTP/1.1 500 X\r\n\r\n{}", "x".repeat(1 << 20))), "xxx…"),
        ("no gzip", Reply::json(500, words).header("Content-Encoding", "gzip"), ""),
        ("no text", Reply::json(500, b"\xff\xfe\x00".to_vec()), "not the API's"),
    ] {
        let failure = fetch(reply, &["--timeout", "1s"]);
        assert_eq!((failure.code, &*failure.stdout), (50, ""), "{name}: {failure:#?}");
        failure.says(&["500", word]);
        assert!(failure.stderr.len() < 1000, "{name}: {failure:#?}");
    }
}

#[test]
fn odd_answers_that_are_whole_are_taken() {
    let text = document(&id(1));
    let doubled = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Type: application/json\r\n\
         X-Request-Id: a\r\nX-Request-Id: b\r\nContent-Length: {0}\r\nContent-Length: {0}\r\n\r\n{text}",
        text.len()
    );
    let unnamed = format!("HTTP/1.1 200\r\n\r\n{text}");
    for (name, reply) in [
        ("chunked", Reply::json(200, &*text).chunked(7)),
        ("slow, but in time", Reply::json(200, &*text).trickle(ms(1))),
        ("late, but in time", Reply::json(200, &*text).after(ms(200))),
        ("gzipped", gzipped()),
        ("gzipped and chunked", gzipped().chunked(3)),
        ("a byte-order mark", Reply::json(200, format!("\u{feff}{text}\n"))),
        ("another type", Reply::of_type(200, "text/html", &*text)),
        ("headers twice", Reply::raw(doubled)),
        ("until the connection closes", Reply::raw(unnamed)),
        ("201", Reply::json(201, &*text)),
        (
            "an interim answer",
            Reply::raw(format!(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )),
        ),
        (
            "an encoding of no consequence",
            Reply::json(200, &*text).header("Content-Encoding", "identity"),
        ),
    ] {
        let done = fetch(reply, &["--format", "ndjson"]);
        assert_eq!((done.code, &*done.stderr), (0, ""), "{name}: {done:#?}");
        assert_eq!(done.stdout, format!("{text}\n"), "{name}");
    }
}

#[test]
fn a_newer_schema_is_a_warning() {
    let body =
        format!(r#"{{"analyzer_input_schema_version":99,"session_id":"{}","new":1}}"#, id(1));
    let done = fetch(Reply::json(200, &*body), &["--format", "ndjson"]);
    assert_eq!((done.code, done.stdout), (0, format!("{body}\n")));
    assert!(done.stderr.starts_with("warning: ") && done.stderr.contains("version 99"));
    let quiet = fetch(Reply::json(200, body), &["-q"]);
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));
    for odd in ["null", "\"2\"", "1.0", "-1", "1e400", "[]"] {
        let body = format!(r#"{{"analyzer_input_schema_version":{odd},"session_id":"{}"}}"#, id(1));
        assert_eq!(fetch(Reply::json(200, body), &[]).code, 0, "{odd}");
    }
}

#[test]
fn another_session_s_document_is_a_warning_and_keeps_the_name_that_was_asked_for() {
    let server = Server::always(Reply::json(200, document(&id(2))));
    let done = run(&mut server.fetch(&[&id(1)]));
    assert_eq!((done.code, done.ids()), (0, vec![id(2)]));
    done.says(&["warning: ", &id(1), "another session's document", &id(2)]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let done = run(&mut server.fetch(&["--out-dir", path, &id(1)]));
    done.says(&["warning: ", &id(2)]);
    assert_eq!(done.code, 0);
    assert_eq!(names(folder.path()), [format!("{}.json", id(1))]);
}

#[test]
fn a_hostile_id_in_a_document_neither_names_a_file_nor_reaches_the_terminal() {
    let body = r#"{"session_id":"../../\u001b[31mescaped\u202e"}"#;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b/c");
    let path = inner.to_str().unwrap();
    let done = run(&mut Server::always(Reply::json(200, body)).fetch(&["--out-dir", path, &id(1)]));
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(!done.stderr.contains(['\u{1b}', '\u{202e}']), "{done:#?}");
    assert_eq!(names(&inner), [format!("{}.json", id(1))]);

    let saved = folder.path().join("saved.json");
    std::fs::write(&saved, body).unwrap();
    let mut copy = crate::harness::feather();
    let copied = run(copy.args(["fetch", "--out-dir", path]).arg(&saved));
    copied.failed_with(1).says(&["saved.json", "session_id is no UUID"]);
    assert!(!copied.stderr.contains('\u{1b}'), "{copied:#?}");
    assert_eq!(names(&inner).len(), 1);
    assert_eq!(names(folder.path()), ["a", "saved.json"]);
}

#[test]
fn a_document_is_as_deep_as_it_may_be_and_no_deeper() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        Reply::json(200, format!(r#"{{"session_id":"{}","a":{open}{close}}}"#, id(1)))
    };
    assert_eq!(fetch(nested(1000), &["--format", "ndjson"]).code, 0);
    fetch(nested(1001), &[]).failed_with(4).says(&["1001 levels"]);
}

#[test]
fn a_connection_that_the_server_closes_between_requests_costs_nothing() {
    let server = Server::start(|request| Reply::ok(request).then_closes());
    let ids: Vec<String> = (0..30).map(id).collect();
    let done = run(server.fetch(&["--jobs", "2"]).args(&ids));
    assert_eq!(done.succeeded().ids(), ids);
}

#[test]
fn connections_are_used_again() {
    let server = Server::of_documents();
    let ids: Vec<String> = (0..30).map(id).collect();
    let done = run(server.fetch(&["--jobs", "1"]).args(&ids));
    assert_eq!(done.succeeded().ids(), ids);
    assert_eq!((server.count(), server.connections()), (30, 1));
}

#[test]
fn one_bad_answer_does_not_spoil_the_rest() {
    let server = Server::start(|request| match request.index() {
        1 => Reply::json(200, "{").cut(),
        2 => Reply::json(200, "[]"),
        3 => Reply::reset(),
        4 => Reply::json(200, vec![b'{'; 2000]),
        _ => Reply::ok(request),
    });
    let ids: Vec<String> = (0..8).map(id).collect();
    let done = run(server.fetch(&["--retries", "0", "--max-size", "1KiB"]).args(&ids));
    assert_eq!(done.code, 1, "{done:#?}");
    assert_eq!(done.ids(), [id(0), id(5), id(6), id(7)]);
    done.says(&[&id(1), &id(2), &id(3), &id(4), "4 of 8 failed"]);
    assert_eq!(done.stderr.lines().count(), 5, "{done:#?}");
}

#[test]
fn nothing_that_listens_is_3_with_a_hint() {
    // Bound and let go again: nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let begun = Instant::now();
    let mut fetch = crate::harness::feather();
    let base = format!("http://{free}");
    let failure = run(fetch.args(["fetch", "--retries", "0", "--base-url", &base, &id(1)]));
    failure.failed_with(3).says(&[&id(1), "could not connect", &base, "feather-analysis demo"]);
    assert!(begun.elapsed() < Duration::from_secs(10));
}
