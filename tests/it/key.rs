//! The key: where it is taken from, where it is not sent, and that it is never shown.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::harness::{Reply, Run, Running, Server, document, error_body, feather, id, run, until};

/// What is looked for in everything that is printed or written.
const SECRET: &str = "fk_live_N0b0dyMayReadThis";

/// A file that its owner alone can read.
fn private(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// The key that the server was sent with its last request.
fn sent(server: &Server) -> Option<String> {
    server.requests().last().unwrap().header("x-api-key").map(str::to_owned)
}

#[test]
fn the_key_is_sent_from_the_nearest_of_its_sources() {
    let folder = tempfile::tempdir().unwrap();
    let of_option = private(folder.path(), "option", b"from-option");
    let of_variable = private(folder.path(), "variable", b"from-file-variable\n");
    let of_option = of_option.to_str().unwrap();
    let of_variable = of_variable.to_str().unwrap();
    let server = Server::of_documents();
    for (option, variable, file_variable, expected) in [
        (None, None, None, None),
        (None, None, Some(of_variable), Some("from-file-variable")),
        (None, Some("from-variable"), None, Some("from-variable")),
        (None, Some("from-variable"), Some(of_variable), Some("from-variable")),
        (None, Some(""), Some(of_variable), Some("from-file-variable")),
        (None, Some(""), Some(""), None),
        (Some(of_option), None, None, Some("from-option")),
        (Some(of_option), Some("from-variable"), Some(of_variable), Some("from-option")),
        (Some("-"), Some("from-variable"), None, Some("from-stdin")),
        // What is not used need not be of use.
        (Some(of_option), Some("b a d"), Some("/nowhere"), Some("from-option")),
        (None, Some("from-variable"), Some("/nowhere"), Some("from-variable")),
    ] {
        let mut fetch = server.fetch(&[&id(1)]);
        fetch.write_stdin("from-stdin\n");
        if let Some(path) = option {
            fetch.args(["--api-key-file", path]);
        }
        if let Some(key) = variable {
            fetch.env("FEATHER_API_KEY", key);
        }
        if let Some(path) = file_variable {
            fetch.env("FEATHER_API_KEY_FILE", path);
        }
        run(&mut fetch).succeeded();
        assert_eq!(sent(&server).as_deref(), expected, "{option:?} {variable:?} {file_variable:?}");
    }
}

#[test]
fn the_line_break_at_the_end_of_a_file_is_not_part_of_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::of_documents();
    for end in ["", "\n", "\r\n", "\n\n"] {
        let path = private(folder.path(), "key", format!("{SECRET}{end}").as_bytes());
        run(server.fetch(&[&id(1), "--api-key-file"]).arg(&path)).succeeded();
        assert_eq!(sent(&server).as_deref(), Some(SECRET), "{end:?}");
    }
}

#[test]
fn a_key_that_cannot_be_one_is_refused_unseen() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::of_documents();
    for (bytes, reason) in [
        (&b"fk_live_N0b0dy\nMayReadThis"[..], "line break"),
        (b"fk_live_N0b0dy\r\nX-Evil: 1", "line break"),
        (b"fk_live_N0b0dy\rMayReadThis", "line break"),
        ("fk_live_N0b0dyMäyReadThis".as_bytes(), "not ASCII"),
        (b"fk_live_N0b0dy\xff", "not ASCII"),
        (b"fk_live_N0b0dy MayReadThis", "space"),
        (b" fk_live_N0b0dy", "space"),
        (b"fk_live_N0b0dy\tMayReadThis", "control"),
        (b"fk_live_N0b0dy\x1b[31m", "control"),
        (b"\x01fk_live_N0b0dy", "control"),
        (b"\x00fk_live_N0b0dy", "binary data"),
    ] {
        let path = private(folder.path(), "key", bytes);
        let from_file = server.fetch(&[&id(1), "--api-key-file", path.to_str().unwrap()]);
        let mut from_stdin = server.fetch(&[&id(1), "--api-key-file", "-"]);
        from_stdin.write_stdin(bytes);
        let mut commands = vec![from_file, from_file_named(&path, &server), from_stdin];
        if let Ok(text) = std::str::from_utf8(bytes).map(str::to_owned)
            && !text.contains('\0')
        {
            let mut from_variable = server.fetch(&[&id(1)]);
            from_variable.env("FEATHER_API_KEY", text);
            commands.push(from_variable);
        }
        for mut command in commands {
            let failure = run(&mut command);
            failure.failed_with(2).says(&["the API key from ", reason, "hint: "]);
            assert!(!failure.stderr.contains("N0b0dy"), "{failure:#?}");
            assert!(!failure.stderr.contains('\u{1b}'), "{failure:#?}");
        }
    }
    assert_eq!(server.connections(), 0);
}

/// The key file named by the variable.
fn from_file_named(path: &Path, server: &Server) -> assert_cmd::Command {
    let mut command = server.fetch(&[&id(1)]);
    command.env("FEATHER_API_KEY_FILE", path);
    command
}

#[test]
fn a_key_file_that_holds_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::of_documents();
    for (path, words) in [
        (private(folder.path(), "empty", b""), "is empty"),
        (private(folder.path(), "blank", b"\n"), "is empty"),
        (folder.path().to_owned(), "cannot be read"),
    ] {
        let name = path.to_str().unwrap();
        let failure = run(&mut server.fetch(&[&id(1), "--api-key-file", name]));
        failure.failed_with(2).says(&[name, words]);
        run(&mut from_file_named(&path, &server)).failed_with(2).says(&[name, words]);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_file_that_others_can_read_is_worth_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = private(folder.path(), "key", SECRET.as_bytes());
    let server = Server::of_documents();
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let done = run(&mut from_file_named(&path, &server));
        assert_eq!((done.code, done.ids()), (0, vec![id(1)]));
        assert_eq!(done.stderr.starts_with("warning: "), warned, "{mode:o}: {done:#?}");
        assert_eq!(done.stderr.contains("chmod 600"), warned, "{mode:o}: {done:#?}");
        assert_eq!(sent(&server).as_deref(), Some(SECRET));
    }
}

#[test]
fn without_a_key_no_strange_host_is_even_looked_up() {
    let begun = std::time::Instant::now();
    for base in ["https://example.invalid", "https://example.invalid/prefix", "sandbox"] {
        let failure = run(feather().args(["fetch", "--base-url", base, &id(1)]));
        failure.failed_with(41).says(&["no API key for https://", "FEATHER_API_KEY", "--demo"]);
        let json =
            run(feather().args(["fetch", "--base-url", base, &id(1), "--error-format=json"]));
        let [row] = &json.failed_with(41).errors()[..] else { panic!("{json:#?}") };
        assert_eq!((&row["exit_code"], &row["tries"]), (&41.into(), &0.into()));
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn the_base_url_comes_from_the_option_before_the_variable() {
    let server = Server::of_documents();
    let mut of_variable = feather();
    of_variable.args(["fetch", &id(1)]).env("FEATHER_BASE_URL", server.url());
    run(&mut of_variable).succeeded();
    run(server.fetch(&[&id(1)]).env("FEATHER_BASE_URL", "https://example.invalid")).succeeded();
    let prefixed = format!("{}/a/b/", server.url());
    run(feather().args(["fetch", "--base-url", &prefixed, &id(1)])).succeeded();
    let line = server.requests().pop().unwrap().line;
    assert_eq!(line, format!("GET /a/b/v1/sessions/{}/analysis-input HTTP/1.1", id(1)));
}

#[test]
fn plain_http_is_for_this_machine_unless_allowed() {
    for base in
        ["http://example.invalid", "http://10.1.2.3:8000", "http://localhost.example.invalid"]
    {
        let mut fetch = feather();
        fetch.args(["fetch", "--base-url", base, &id(1)]).env("FEATHER_API_KEY", SECRET);
        run(&mut fetch).failed_with(2).says(&[base, "plain http", "--allow-http"]);
        // Allowed, it is the missing key that is told.
        let mut fetch = feather();
        fetch.args(["fetch", "--allow-http", "--base-url", base, &id(1)]);
        run(&mut fetch).failed_with(41);
    }
}

#[test]
fn a_base_url_that_may_not_be_used_is_2_and_its_password_unseen() {
    for (base, words) in [
        ("https://user:hunter2@example.invalid", "user name or password"),
        ("http://user:hunter2@127.0.0.1:8000", "user name or password"),
        ("https://hunter2@example.invalid", "user name or password"),
        ("https://user:hunter2@[", "not usable"),
        ("ftp://example.invalid", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("https://example.invalid/?a=1", "a query or a fragment"),
        ("example.invalid", "no https:// in front"),
        ("localhost:8000", "no https:// in front"),
    ] {
        let mut fetch = feather();
        fetch.args(["fetch", "-v", "--base-url", base, &id(1)]).env("FEATHER_API_KEY", SECRET);
        let failure = run(&mut fetch);
        failure.failed_with(2).says(&[words, "hint: "]);
        assert!(!failure.stderr.contains("hunter2"), "{failure:#?}");
        let mut fetch = feather();
        fetch.args(["fetch", &id(1)]).env("FEATHER_BASE_URL", base);
        let failure = run(&mut fetch);
        assert!(!failure.failed_with(2).stderr.contains("hunter2"), "{failure:#?}");
    }
}

#[test]
fn the_request_says_what_it_is_and_what_it_takes() {
    let server = Server::of_documents();
    run(&mut server.fetch(&[&id(1).to_uppercase()])).succeeded();
    let request = server.requests().pop().unwrap();
    assert_eq!(request.line, format!("GET /v1/sessions/{}/analysis-input HTTP/1.1", id(1)));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(request.header("user-agent"), Some(&*format!("feather-analysis/{version}")));
}

#[test]
fn a_proxy_is_used_for_other_hosts_and_not_for_this_machine() {
    let proxy = Server::always(Reply::json(200, document(&id(1))));
    let server = Server::of_documents();
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy"] {
        run(server.fetch(&[&id(1)]).env(variable, proxy.url())).succeeded();
        assert_eq!(proxy.connections(), 0, "{variable}");
    }
    let mut fetch = feather();
    fetch.args(["fetch", "--allow-http", "--base-url", "http://example.invalid", &id(1)]);
    run(fetch.env("http_proxy", proxy.url()).env("FEATHER_API_KEY", SECRET)).succeeded();
    let line = proxy.requests().pop().unwrap().line;
    assert!(line.starts_with("GET http://example.invalid/v1/sessions/"), "{line}");
}

/// Everything in a folder, names and contents.
fn contents(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.push_str(&path.display().to_string());
        all.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap()));
    }
    all
}

#[test]
fn the_key_is_in_nothing_that_is_printed_or_written() {
    let elsewhere = Server::of_documents();
    let location = format!("{}/{SECRET}", elsewhere.url());
    // What a server was sent it can tell, in every text that is passed on.
    let server = Server::start(move |request| match request.index() {
        0 => Reply::ok(request).header("X-Request-Id", SECRET),
        1 => Reply::json(302, "").header("Location", &*location),
        2 => Reply::json(200, error_body("odd", SECRET)),
        3 => Reply::json(200, "{").cut(),
        4 => Reply::raw("garbage\r\n\r\n"),
        5 => Reply::reset(),
        6 => Reply::hang(),
        7 => {
            let told = r#"{"detail":[{"loc":["a"],"msg":"KEY","type":"c","input":"KEY"}]}"#;
            Reply::json(422, told.replace("KEY", SECRET))
        }
        status => {
            let told = format!("The key {SECRET} is \"{SECRET}\".");
            Reply::error(u16::try_from(status).unwrap(), "odd", &told)
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let sessions: Vec<String> =
        (0..=7).chain([400, 401, 403, 404, 409, 429, 500]).map(id).collect();
    let sessions: Vec<&str> = sessions.iter().map(String::as_str).collect();
    let keys = tempfile::tempdir().unwrap();
    let file = private(keys.path(), "key", SECRET.as_bytes());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();

    let base = server.url();
    let quick = ["fetch", "--base-url", &*base, "--retries", "0", "--timeout", "300ms"];
    let out = folder.path().to_str().unwrap();
    let file_option = ["--api-key-file", file.to_str().unwrap()];
    let typed = format!("--api-key={SECRET}");
    let (good, bad) = (id(0), id(409));
    let cases: Vec<Vec<&str>> = vec![
        vec![],
        vec!["-h"],
        vec!["--help"],
        vec!["--version"],
        vec!["fetch", "--help"],
        vec!["fetch"],
        // Not an option, but one that is typed.
        vec!["fetch", "--api-key", SECRET],
        vec!["fetch", &typed],
        vec!["completions", "bash"],
        vec!["completions", "fish"],
        vec!["demo", "--list"],
        vec!["fetch", "--demo", "-v"],
        vec!["fetch", "--base-url", "http://example.invalid", &good],
        vec!["fetch", "--base-url", "https://127.0.0.1:1", "-v", "--retries", "0", &good],
        [&quick[..], &["-v"], &sessions].concat(),
        [&quick[..], &["-v", "--error-format", "json"], &sessions].concat(),
        [&quick[..], &["-v", "--color", "always"], &sessions].concat(),
        [&quick[..], &file_option, &["-v"], &sessions].concat(),
        [&quick[..], &["--out-dir", out, "-v"], &sessions].concat(),
        [&quick[..], &["--wait=100ms", "-v", &bad]].concat(),
    ];
    // Every view in every format, of a session that is there and of all that fail.
    let views = [
        ("fetch", &["json", "raw", "ndjson", "table", "csv"][..]),
        ("transcript", &["text", "markdown", "json", "ndjson"]),
        ("rag", &["table", "json", "ndjson", "csv", "markdown"]),
        ("tools", &["table", "json", "ndjson", "csv", "markdown"]),
        ("missing", &["table", "json", "ndjson", "csv", "markdown"]),
    ];
    let (sessions, options) = (&sessions[..], &quick[1..]);
    let views = views.iter().flat_map(|(command, formats)| {
        formats.iter().flat_map(move |format| {
            [&sessions[..1], &sessions[1..]].map(|sessions| {
                let shown = [command, "--format", format, "-v", "--jobs", "16"];
                [&shown[..], options, sessions].concat()
            })
        })
    });
    for arguments in cases.into_iter().chain(views) {
        let mut command = feather();
        command.args(&arguments).env("FEATHER_API_KEY", SECRET).env("RUST_BACKTRACE", "full");
        let Run { stdout, stderr, .. } = run(&mut command);
        assert!(!(stdout + &stderr).contains(SECRET), "{arguments:?}");
    }
    assert!(!contents(folder.path()).contains(SECRET));
    // It was there all the time.
    assert!(server.count() > 60, "{}", server.count());
    let with_key = |request: &crate::harness::Request| request.header("x-api-key") == Some(SECRET);
    assert!(server.requests().iter().all(with_key));
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn the_key_is_not_among_the_arguments_that_others_can_see() {
    let server = Server::always(Reply::hang());
    let mut fetch = server.fetch_process(&[&id(1)]);
    let running = Running::start(fetch.env("FEATHER_API_KEY", SECRET));
    until("it is asked for", || server.count() > 0);
    let line = fs::read_to_string(format!("/proc/{}/cmdline", running.0.id())).unwrap();
    assert!(line.contains(&id(1)) && !line.contains(SECRET), "{line}");
}
