//! Many sessions: order, the limits that are kept, and what is left when something goes wrong.

use std::io::{BufRead as _, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::harness::{
    LONG, Reply, Run, Running, Server, document, id, list, ms, process, run, until,
};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(id).collect()
}

/// Fetches the first `count` sessions, their ids on standard input.
fn fetch(server: &Server, arguments: &[&str], count: usize) -> Run {
    run(server.fetch(&["-"]).args(arguments).write_stdin(list(&ids(count))))
}

#[test]
fn two_hundred_sessions_come_in_order_by_sixteen_at_a_time() {
    let server = Server::start(|request| Reply::ok(request).after(ms(20)));
    let begun = Instant::now();
    let done = fetch(&server, &["--jobs", "16"], 200);
    assert_eq!(done.succeeded().ids(), ids(200));
    assert_eq!(server.count(), 200);
    assert!(server.most_in_flight() <= 16, "{}", server.most_in_flight());
    assert!(server.most_in_flight() > 8, "{}", server.most_in_flight());
    assert!(server.connections() <= 16, "{}", server.connections());
    assert!(server.most_connections() <= 16, "{}", server.most_connections());
    // One after the other would take four seconds.
    assert!(begun.elapsed() < ms(3500), "{:?}", begun.elapsed());
}

#[test]
fn one_job_is_one_request_at_a_time() {
    let server = Server::start(|request| Reply::ok(request).after(ms(2)));
    let done = fetch(&server, &["--jobs", "1"], 20);
    assert_eq!(done.succeeded().ids(), ids(20));
    assert_eq!((server.most_in_flight(), server.connections()), (1, 1));
    let asked: Vec<String> =
        server.requests().iter().map(|request| request.session().to_owned()).collect();
    assert_eq!(asked, ids(20));
}

#[test]
fn more_jobs_than_sessions_are_no_harm() {
    let server = Server::of_documents();
    assert_eq!(fetch(&server, &["--jobs", "5000"], 3).succeeded().ids(), ids(3));
    assert!(server.connections() <= 3, "{}", server.connections());
}

#[test]
fn answers_leave_while_later_ones_are_on_their_way() {
    let printed = Arc::new(AtomicBool::new(false));
    let waiting = Arc::clone(&printed);
    let server = Server::start(move |request| {
        // The last is answered only when the first ones have been read.
        if request.index() == 9 {
            until("the first are printed", || waiting.load(Ordering::SeqCst));
        }
        Reply::ok(request)
    });
    let mut command = server.fetch_process(&["--format", "ndjson"]);
    let mut running = Running::start(command.args(ids(10)));
    let stdout = BufReader::new(running.0.stdout.take().unwrap());
    let mut lines = stdout.lines().map(Result::unwrap);
    let first: Vec<String> = lines.by_ref().take(9).collect();
    printed.store(true, Ordering::SeqCst);
    assert_eq!(first, (0..9).map(|n| document(&id(n))).collect::<Vec<_>>());
    assert_eq!(lines.collect::<Vec<_>>(), [document(&id(9))]);
    assert!(running.wait().success());
}

#[test]
fn every_view_leaves_while_later_sessions_are_on_their_way() {
    for arguments in [
        &["transcript", "--format", "ndjson"][..],
        &["transcript"],
        &["rag"],
        &["tools", "--format", "markdown"],
        &["missing", "--format", "csv"],
    ] {
        let printed = Arc::new(AtomicBool::new(false));
        let waiting = Arc::clone(&printed);
        let server = Server::start(move |request| {
            if request.index() == 1 {
                until("the first is printed", || waiting.load(Ordering::SeqCst));
            }
            let mut session: serde_json::Value = serde_json::from_str(&document(&id(0))).unwrap();
            session["session_id"] = id(request.index()).into();
            session["messages"] = serde_json::json!([{"turn_id": "t", "content": "hello"}]);
            session["missing_evidence_reasons"] = serde_json::json!(["no_csat"]);
            Reply::json(200, session.to_string())
        });
        let mut command = process();
        command.args(arguments).args(["--base-url", &server.url(), &id(0), &id(1)]);
        let mut running = Running::start(&mut command);
        let stdout = BufReader::new(running.0.stdout.take().unwrap());
        let mut lines = stdout.lines().map(Result::unwrap);
        assert!(lines.next().is_some_and(|line| !line.is_empty()), "{arguments:?}");
        printed.store(true, Ordering::SeqCst);
        assert!(lines.count() > 0, "{arguments:?}");
        assert!(running.wait().success(), "{arguments:?}");
    }
}

#[test]
fn a_failure_is_told_while_later_sessions_are_on_their_way() {
    let told = Arc::new(AtomicBool::new(false));
    let waiting = Arc::clone(&told);
    let server = Server::start(move |request| {
        if request.index() == 0 {
            return Reply::error(404, "not_found", "No.");
        }
        until("the failure is told", || waiting.load(Ordering::SeqCst));
        Reply::ok(request)
    });
    let mut command = server.fetch_process(&[]);
    let mut running = Running::start(command.args(ids(2)));
    let mut stderr = BufReader::new(running.0.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    told.store(true, Ordering::SeqCst);
    assert!(line.contains(&id(0)) && line.contains("404"), "{line}");
    assert_eq!(running.wait().code(), Some(44));
}

#[test]
fn a_session_that_still_runs_does_not_hold_up_the_rest() {
    let others = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&others);
    let server = Server::start(move |request| {
        // It ends only when all others have been asked for, and there is but one job.
        match request.index() {
            0 if !ended.load(Ordering::SeqCst) => {
                return Reply::error(409, "conflict", "Runs.").header("Retry-After", "0.05");
            }
            39 => ended.store(true, Ordering::SeqCst),
            _ => {}
        }
        Reply::ok(request)
    });
    let done = fetch(&server, &["--jobs", "1", "--wait"], 40);
    assert_eq!(done.succeeded().ids(), ids(40));
}

#[test]
fn a_slow_session_takes_no_more_than_its_own_job() {
    let release = Arc::new(AtomicBool::new(false));
    let waiting = Arc::clone(&release);
    let server = Server::start(move |request| {
        match request.index() {
            0 => until("all others have come", || waiting.load(Ordering::SeqCst)),
            39 => waiting.store(true, Ordering::SeqCst),
            _ => {}
        }
        Reply::ok(request)
    });
    assert_eq!(fetch(&server, &["--jobs", "2"], 40).succeeded().ids(), ids(40));
}

#[test]
fn ctrl_c_ends_every_kind_of_waiting() {
    for (what, reply, arguments) in [
        ("an answer", Reply::hang(), &[][..]),
        ("a body", Reply::json(200, "{").stuck(), &[]),
        ("the end of a session", Reply::error(409, "conflict", "Runs."), &["--wait"]),
        ("the next try", Reply::error(503, "busy", "").header("Retry-After", "30"), &[]),
        ("a limit", Reply::error(429, "limited", "").header("Retry-After", "30"), &[]),
    ] {
        let server = Server::always(reply);
        let mut running = Running::start(server.fetch_process(arguments).arg(id(1)));
        until("it is asked for", || server.count() > 0);
        // Time for the answer to be taken in.
        std::thread::sleep(ms(100));
        running.interrupt();
        let begun = Instant::now();
        let (code, stderr) = running.finish();
        assert_eq!((code, &*stderr), (Some(130), "error: interrupted\n"), "{what}");
        assert!(begun.elapsed() < LONG / 4, "{what}: {:?}", begun.elapsed());
    }
}

#[test]
fn an_interruption_is_told_to_programs_too() {
    let server = Server::always(Reply::hang());
    let mut running = Running::start(&mut server.fetch_process(&["--error-format=json", &id(1)]));
    until("it is asked for", || server.count() > 0);
    running.interrupt();
    let (code, stderr) = running.finish();
    let row: serde_json::Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((code, &row["exit_code"]), (Some(130), &130.into()));
    assert_eq!(row["message"], "interrupted");
}

#[test]
fn with_json_errors_every_line_of_standard_error_is_json() {
    let server = Server::start(|request| match request.index() {
        0 => Reply::error(404, "not_found", "No."),
        1 => Reply::json(200, "[]"),
        2 => Reply::json(200, document(&id(77))),
        _ => Reply::ok(request),
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let done = fetch(&server, &["--out-dir", path, "-v", "--error-format", "json"], 4);
    let rows = done.errors();
    assert_eq!(done.code, 1);
    let has = |key: &str| rows.iter().filter(|row| row.get(key).is_some()).count();
    let kinds = ["session_id", "warning", "note", "failed", "request"].map(has);
    assert_eq!((rows.len(), kinds), (9, [2, 1, 1, 1, 4]), "{rows:#?}");
    assert_eq!(
        rows.last().unwrap()["message"],
        "2 of 4 failed: 1 with 404, 1 with an unusable document"
    );
}
