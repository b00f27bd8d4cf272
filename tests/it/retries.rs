//! What is tried again, how often, and after which pause.

use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant, SystemTime};

use crate::harness::{Reply, Request, Running, Server, document, feather, id, ms, run};

/// A failure that is over at once: no time is lost in these tests where none has to be.
fn busy(status: u16) -> Reply {
    Reply::error(status, "busy", "Later.").header("Retry-After", "0")
}

/// The time between the first two requests.
fn gap(server: &Server) -> Duration {
    let requests = server.requests();
    requests[1].at - requests[0].at
}

#[test]
fn only_what_can_pass_is_tried_again() {
    let cut = || Reply::json(200, document(&id(1))).cut();
    let elsewhere = || Reply::json(307, "").header("Location", "http://127.0.0.1:9/");
    let cases: Vec<(String, Reply, bool)> = [
        ("cut", cut(), true),
        ("cut in the head", Reply::raw("HTTP/1.1 200"), true),
        ("reset", Reply::reset(), true),
        ("closed", Reply::raw(""), true),
        (
            "cut where no length was sent",
            Reply::raw("HTTP/1.1 200 OK\r\n\r\n{\"session_id\":"),
            true,
        ),
        ("no answer in time", Reply::hang(), true),
        ("stuck", Reply::json(200, "{").stuck(), true),
        ("a redirect", elsewhere(), false),
        ("no document", Reply::json(200, "[]"), false),
        ("nothing", Reply::json(200, ""), false),
        ("too large", Reply::json(200, vec![b' '; 3000]), false),
    ]
    .map(|(name, reply, again)| (name.to_owned(), reply, again))
    .into_iter()
    .chain(
        [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]
            .map(|status| (status.to_string(), busy(status), true)),
    )
    .chain(
        [400, 401, 402, 403, 404, 405, 409, 410, 418, 422, 451, 501, 505, 519, 525, 530, 599]
            .map(|status| (status.to_string(), busy(status), false)),
    )
    .collect();
    for (name, reply, again) in cases {
        let server = Server::always(reply);
        let arguments = [
            "--retries",
            "1",
            "--timeout",
            "300ms",
            "--max-size",
            "2KiB",
            "--error-format",
            "json",
        ];
        let failure = run(server.fetch(&arguments).arg(id(1)));
        let tries = if again { 2 } else { 1 };
        assert_eq!(server.count(), tries, "{name}: {failure:#?}");
        assert_eq!(failure.errors()[0]["tries"], tries, "{name}: {failure:#?}");
        assert_eq!(failure.stdout, "", "{name}");
    }
}

#[test]
fn retries_are_as_many_as_were_asked_for() {
    for (arguments, tries) in
        [(&["--retries", "0"][..], 1), (&["--retries", "2"], 3), (&[], 4), (&["--retries", "7"], 8)]
    {
        let server = Server::always(busy(503));
        run(server.fetch(arguments).arg(id(1))).failed_with(50);
        assert_eq!(server.count(), tries, "{arguments:?}");
    }
}

#[test]
fn what_passes_leaves_no_trace() {
    let server = Server::start(|request| match request.nth {
        1 => Reply::ok(request).cut(),
        2 => busy(429),
        3 => Reply::reset(),
        _ => Reply::ok(request),
    });
    let done = run(&mut server.fetch(&["--format", "ndjson", &id(1)]));
    assert_eq!(done.succeeded().stdout, format!("{}\n", document(&id(1))));
    assert_eq!(server.count(), 4);
}

#[test]
fn a_refused_connection_is_tried_again() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base = format!("http://{free}");
    let failure =
        run(feather().args(["fetch", "-v", "--retries", "2", "--base-url", &base, &id(1)]));
    failure.failed_with(3).says(&["try 1", "try 2", "try 3", "could not connect"]);
    assert_eq!(failure.stderr.matches("no answer").count(), 3, "{failure:#?}");
}

/// Refuses once with this `Retry-After`.
fn refusing_once(value: impl Fn() -> String + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.nth {
        1 => Reply::error(503, "busy", "Later.").header("Retry-After", value()),
        _ => Reply::ok(request),
    })
}

#[test]
fn the_servers_wish_for_a_pause_is_granted() {
    let server = refusing_once(|| "1".to_owned());
    run(&mut server.fetch(&[&id(1)])).succeeded();
    assert!(gap(&server) >= ms(990), "{:?}", gap(&server));

    // A date has whole seconds: at least one of the two is left of it.
    let server = refusing_once(|| httpdate::fmt_http_date(SystemTime::now() + ms(2000)));
    run(&mut server.fetch(&[&id(1)])).succeeded();
    assert!(gap(&server) >= ms(900), "{:?}", gap(&server));
}

#[test]
fn a_wish_that_makes_no_sense_is_no_wish() {
    for odd in
        ["soon", "-5", "", "1e99", "2099-11-25T18:00:00Z", "61s", "Mon, 01 Jan 1990 00:00:00 GMT"]
    {
        let server = refusing_once(move || odd.to_owned());
        run(&mut server.fetch(&[&id(1)])).succeeded();
        assert!(gap(&server) < ms(5000), "{odd}: {:?}", gap(&server));
    }
}

#[test]
fn a_minute_is_granted_and_not_a_second_more() {
    let server = refusing_once(|| "60".to_owned());
    let mut running = Running::start(&mut server.fetch_process(&["-v", &id(1)]));
    let mut line = String::new();
    BufReader::new(running.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("503") && line.contains("again in 60.0s"), "{line}");

    let day = || httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(86_400));
    for (status, code, asked, words) in [
        (503, 50, "61".to_owned(), "1m 1s"),
        (429, 29, "3600".to_owned(), "1h"),
        (408, 40, "61.5".to_owned(), "1m 1s"),
        (529, 50, day(), "23h 59m"),
        (429, 29, "99999999999999999999999999".to_owned(), "years"),
    ] {
        let begun = Instant::now();
        let reply = Reply::error(status, "busy", "Later.").header("Retry-After", &*asked);
        let server = Server::always(reply);
        let failure = run(&mut server.fetch(&["--error-format", "json", &id(1)]));
        let [row] = &failure.failed_with(code).errors()[..] else { panic!("{failure:#?}") };
        let message = row["message"].as_str().unwrap();
        assert!(message.starts_with("Later. (the server asks to be left alone for "), "{row}");
        assert!(message.contains(words), "{row}");
        assert_eq!((&row["tries"], server.count()), (&1.into(), 1), "{row}");
        assert!(begun.elapsed() < ms(5000), "{:?}", begun.elapsed());
    }
    // What is not tried again has its own words and no others.
    let gone = Reply::error(404, "not_found", "No.").header("Retry-After", "3600");
    let failure = run(&mut Server::always(gone).fetch(&[&id(1)]));
    assert!(!failure.failed_with(44).stderr.contains("left alone"), "{failure:#?}");
}

/// Still runs for so many requests.
fn ready_after(times: usize, conflict: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(
        move |request: &Request| {
            if request.nth > times { Reply::ok(request) } else { conflict() }
        },
    )
}

#[test]
fn a_session_that_still_runs_is_asked_for_again_until_it_has_ended() {
    // More often than a failure would be tried again.
    for wait in ["--wait", "--wait=1m"] {
        let server = ready_after(6, || busy(409));
        let done = run(&mut server.fetch(&[wait, "--retries", "1", &id(1)]));
        assert_eq!(done.succeeded().ids(), [id(1)]);
        assert_eq!(server.count(), 7);
    }
}

#[test]
fn a_session_that_still_runs_is_not_asked_for_in_a_hurry() {
    let server = ready_after(1, || Reply::error(409, "conflict", "Runs."));
    run(&mut server.fetch(&["--wait", &id(1)])).succeeded();
    assert!(gap(&server) >= ms(900), "{:?}", gap(&server));
}

#[test]
fn a_session_that_still_runs_when_the_time_is_up_is_49() {
    let server = ready_after(usize::MAX, || Reply::error(409, "conflict", "Still runs."));
    let begun = Instant::now();
    let failure = run(&mut server.fetch(&["--wait=1500ms", &id(1)]));
    failure.failed_with(49).says(&[&id(1), "409", "conflict: Still runs.", "waited 1s 500ms"]);
    assert!(begun.elapsed() >= ms(1400), "{:?}", begun.elapsed());
    // At once, after a second, and when the time is up.
    assert_eq!(server.count(), 3);
}

#[test]
fn a_session_that_still_runs_is_asked_for_once_where_nobody_waits() {
    let server = ready_after(1, || busy(409));
    run(&mut server.fetch(&[&id(1)])).failed_with(49).says(&["--wait"]);
    assert_eq!(server.count(), 1);
}

#[test]
fn waiting_and_retrying_are_counted_apart() {
    let server = Server::start(|request| match request.nth {
        1 | 2 | 4 | 5 | 7 => busy(409),
        3 | 6 => busy(503),
        _ => Reply::ok(request),
    });
    run(&mut server.fetch(&["--wait", "--retries", "2", &id(1)])).succeeded();
    assert_eq!(server.count(), 8);
    let failure = run(&mut Server::start(|request| match request.nth {
        1 | 2 => busy(409),
        _ => busy(503),
    })
    .fetch(&["--wait", "--retries", "1", "--error-format", "json", &id(1)]));
    assert_eq!(failure.failed_with(50).errors()[0]["tries"], 4);
}

#[test]
fn a_line_a_try_and_never_the_key() {
    let server = Server::start(|request| {
        let reply = match request.nth {
            1 => busy(503),
            2 => busy(429),
            _ => Reply::ok(request),
        };
        reply.header("X-Request-Id", format!("req-{}", request.nth))
    });
    let done = run(server.fetch(&["-v", &id(1)]).env("FEATHER_API_KEY", "fk_live_secret"));
    assert_eq!((done.code, done.ids()), (0, vec![id(1)]));
    let url = format!("GET {}/v1/sessions/{}/analysis-input", server.url(), id(1));
    let lines: Vec<&str> = done.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{done:#?}");
    for (line, words) in lines.iter().zip([
        ["503", "35 B", "try 1", "request id req-1", "again at once"],
        ["429", "35 B", "try 2", "request id req-2", "again in "],
        ["200", "158 B", "try 3", "request id req-3", ""],
    ]) {
        assert!(line.starts_with(&url), "{line}");
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
    assert!(!lines[2].contains("again"), "{}", lines[2]);
    assert!(!done.stderr.contains("fk_live_secret"), "{done:#?}");
}
