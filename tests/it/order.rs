//! Results in the order asked for, whatever comes: what is held back, where, and what is lost.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::harness::{
    Reply, Request, Run, Running, Server, document, gzip, id, list, ms, run, until,
};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(id).collect()
}

/// A document of so many bytes.
fn filled(request: &Request, bytes: usize) -> Reply {
    let session = request.session();
    Reply::json(200, format!(r#"{{"session_id":"{session}","filling":"{}"}}"#, "x".repeat(bytes)))
}

/// What a run printed, by id, how it ended, and the most memory it took, in KiB.
#[cfg(target_os = "linux")]
fn watch(command: &mut std::process::Command) -> (Vec<String>, Option<i32>, u64) {
    let mut running = Running::start(command);
    let stdout = BufReader::new(running.0.stdout.take().unwrap());
    let printed = thread::spawn(move || {
        let id = |line: String| line.split('"').nth(3).map(str::to_owned);
        stdout.lines().filter_map(|line| id(line.unwrap())).collect::<Vec<_>>()
    });
    let (code, peak) = running.peak_memory();
    (printed.join().unwrap(), code, peak)
}

#[test]
fn answers_in_any_order_are_printed_in_the_order_asked_for() {
    // The later it was asked for, the sooner it comes.
    let server = Server::start(|request| {
        let index = request.index();
        let bytes = if index % 3 == 0 { 300_000 } else { 10 };
        filled(request, bytes).after(ms(if index == 0 { 600 } else { 40 - index as u64 }))
    });
    let done = run(server.fetch(&["--jobs", "4"]).args(ids(40)));
    assert!(done.code == 0 && done.stderr.is_empty(), "{}", done.stderr);
    assert_eq!(done.ids(), ids(40));
    for (index, document) in done.documents().iter().enumerate() {
        let length = document["filling"].as_str().unwrap().len();
        assert_eq!(length, if index % 3 == 0 { 300_000 } else { 10 });
    }
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_bounded_however_many_answers_wait_for_the_first() {
    const SESSIONS: usize = 160;
    let asked = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |request| {
        // The first is answered last, so that all others have to be held back.
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            until("all are asked for", || asked.load(Ordering::SeqCst) == SESSIONS);
        }
        filled(request, 1 << 20)
    });
    let mut command = server.fetch_process(&["--jobs", "4", "--format", "ndjson"]);
    let (printed, code, peak) = watch(command.args(ids(SESSIONS)));
    assert_eq!((code, printed), (Some(0), ids(SESSIONS)));
    // 64 MiB, the answers under way, those read ahead for the workers, and the program itself. All
    // answers have 160 MiB.
    assert!(peak < 120 << 10, "{peak} KiB");
}

#[test]
#[cfg(target_os = "linux")]
fn where_no_temporary_file_can_be_made_the_jobs_wait_and_nothing_is_lost() {
    const SESSIONS: usize = 90;
    // The first takes its time, or has to be tried again while all others wait for it.
    for (what, first) in [
        ("slow", (|request| filled(request, 1 << 20).after(ms(1500))) as fn(&Request) -> Reply),
        ("refused", |request| match request.nth {
            1 => Reply::error(503, "busy", "Later.").header("Retry-After", "1.5"),
            _ => filled(request, 1 << 20),
        }),
    ] {
        let server = Server::start(move |request| match request.index() {
            0 => first(request),
            _ => filled(request, 1 << 20),
        });
        let mut command = server.fetch_process(&["--jobs", "8", "--format", "ndjson"]);
        command.env("TMPDIR", "/nonexistent").args(ids(SESSIONS));
        let watching = thread::spawn(move || watch(&mut command));
        until("the bound is reached", || server.count() >= 64);
        thread::sleep(ms(400));
        // 64 of a MiB, one more that shows that there is no room, and those under way.
        assert!(server.count() <= 64 + 2 + 8 + 1, "{what}: {}", server.count());
        let (printed, code, _) = watching.join().unwrap();
        assert_eq!((code, printed), (Some(0), ids(SESSIONS)), "{what}");
    }
}

#[test]
fn one_in_a_hundred_that_takes_ten_times_as_long_holds_nothing_up() {
    let server = Server::start(|request| {
        Reply::ok(request).after(ms(if request.index() % 100 == 50 { 250 } else { 25 }))
    });
    let begun = Instant::now();
    let mut command = server.fetch(&["-", "--jobs", "16", "-f", "ndjson"]);
    let done = run(command.write_stdin(list(&ids(1000))));
    assert_eq!(done.succeeded().ids(), ids(1000));
    assert!(server.most_in_flight() <= 16, "{}", server.most_in_flight());
    // All of it by 16 at a time takes 1.7 s.
    assert!(begun.elapsed() < ms(3400), "{:?}", begun.elapsed());
}

/// What is to become of a session, and the answer to the request for it.
fn fate(request: &Request) -> (u8, Reply) {
    let (session, nth) = (request.session(), request.nth);
    let whole = || document(session).replace("[]}", &format!(r#"[],"x":"{}"}}"#, "x".repeat(8000)));
    let ok = || Reply::json(200, whole());
    let passing = |reply: Reply| (0, if nth == 1 { reply } else { ok() });
    let busy = |status| Reply::error(status, "busy", "Later.").header("Retry-After", "0.05");
    let cut_off = || Reply::raw(format!("HTTP/1.0 200 OK\r\n\r\n{}", &whole()[..4000]));
    match mix(request.index()) % 300 {
        // What fails for good.
        0 => (44, Reply::error(404, "not_found", "No.")),
        1 => (43, Reply::error(403, "forbidden", "No.")),
        2 => (42, Reply::json(422, r#"{"detail":[]}"#)),
        3 => (49, Reply::error(409, "conflict", "Runs.")),
        4 => (30, Reply::json(302, "").header("Location", "http://127.0.0.1:9/")),
        5 => (4, Reply::json(200, "[1,2]")),
        6 => (4, Reply::json(200, "{\"session_id\":")),
        7 => (3, ok().cut()),
        8 => (3, cut_off()),
        9 => (50, busy(500)),
        10 => (29, busy(429).header("Retry-After", "3600")),
        11 => (50, Reply::error(503, "busy", "").header("Retry-After", "3600")),
        12 => (40, Reply::error(418, "teapot", "No.")),
        13 => (3, Reply::reset()),
        // What passes.
        14 => passing(ok().cut()),
        15 => passing(cut_off()),
        16 => passing(Reply::reset()),
        17 => passing(Reply::raw("HTTP/1.1 20")),
        18 => passing(busy(408)),
        19 => passing(busy(425)),
        20 => passing(busy(502)),
        21 => passing(busy(522)),
        22 => passing(busy(529)),
        23 => passing(Reply::of_type(503, "text/html", "<html><title>Busy</title>")),
        24..32 => passing(busy(429)),
        32 => passing(Reply::error(429, "limited", "No.")),
        // What is odd and whole.
        33 => (0, ok().after(ms(100))),
        34 => (0, ok().chunked(700)),
        35 => (0, Reply::json(200, gzip(whole().as_bytes())).header("Content-Encoding", "gzip")),
        36 => (0, ok().then_closes()),
        37 => (0, Reply::raw(format!("HTTP/1.1 200 OK\r\n\r\n{}", whole()))),
        _ => (0, ok()),
    }
}

/// A number that looks random.
fn mix(index: usize) -> u64 {
    let mixed = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20
}

#[test]
#[cfg(target_os = "linux")]
fn each_of_twenty_thousand_is_printed_once_in_order_or_reported_once_with_its_code() {
    let count = 20_000;
    let expected = Arc::new(std::sync::Mutex::new(HashMap::new()));
    let fates = Arc::clone(&expected);
    let server = Server::start(move |request| {
        let (code, reply) = fate(request);
        fates.lock().unwrap().insert(request.session().to_owned(), code);
        reply
    });
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("ids");
    std::fs::write(&input, list(&ids(count))).unwrap();
    let mut command = server.fetch_process(&["-f", "ndjson", "--error-format", "json"]);
    let errors = folder.path().join("errors");
    command.args(["--jobs", "16"]).arg(&input);
    let mut running = Running(
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::fs::File::create(&errors).unwrap())
            .spawn()
            .unwrap(),
    );
    let mut stdout = BufReader::new(running.0.stdout.take().unwrap());
    let printed = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        text
    });
    let (code, peak) = running.peak_memory();
    let stdout = printed.join().unwrap();
    let stderr = std::fs::read_to_string(errors).unwrap();
    let done = Run { code: code.unwrap_or(-1), stdout, stderr };
    assert_eq!(done.code, 1, "{}", done.stderr);

    let expected = expected.lock().unwrap();
    assert_eq!(expected.len(), count, "each was asked for");
    let good: Vec<String> = ids(count).into_iter().filter(|id| expected[id] == 0).collect();
    let printed: Vec<String> = done.ids();
    assert!(printed == good, "{} of {} printed", printed.len(), good.len());

    let rows = done.errors();
    let (last, rows) = rows.split_last().unwrap();
    let reported: HashMap<&str, u64> = rows
        .iter()
        .map(|row| (row["session_id"].as_str().unwrap(), row["exit_code"].as_u64().unwrap()))
        .collect();
    assert_eq!(reported.len(), rows.len(), "each is reported once");
    assert_eq!(
        (last["failed"].as_u64(), rows.len()),
        (Some(rows.len() as u64), count - good.len())
    );
    for (id, code) in expected.iter().filter(|(_, code)| **code != 0) {
        assert_eq!(reported.get(&**id), Some(&u64::from(*code)), "{id}");
    }
    assert!(server.most_in_flight() <= 16, "{}", server.most_in_flight());
    assert!(peak < 120 << 10, "{peak} KiB");
}
