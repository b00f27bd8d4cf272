//! Many sessions: order, the limits that are kept, and what is left when something goes wrong.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::harness::{
    LONG, Reply, Run, Running, Server, document, feather, id, list, ms, names, process, run, until,
};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(id).collect()
}

/// Fetches the first `count` sessions, their ids on standard input.
fn fetch(server: &Server, arguments: &[&str], count: usize) -> Run {
    run(server.fetch(&["-"]).args(arguments).write_stdin(list(&ids(count))))
}

/// The names that so many sessions have in a folder.
fn files(count: usize) -> Vec<String> {
    ids(count).into_iter().map(|id| format!("{id}.json")).collect()
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

/// `fetch --out-dir` of the first `count` sessions.
fn fetch_into(server: &Server, folder: &Path, arguments: &[&str], count: usize) -> Run {
    fetch(server, &[&["--out-dir", folder.to_str().unwrap()], arguments].concat(), count)
}

#[test]
fn a_folder_gets_a_private_file_a_session() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    // Made, with what leads to it.
    let inner = folder.path().join("a/b");
    let done = fetch_into(&server, &inner, &[], 5);
    assert_eq!((done.code, &*done.stdout), (0, ""), "{done:#?}");
    assert_eq!(done.stderr, format!("5 written to {}\n", inner.display()));
    assert_eq!(names(&inner), files(5));
    for (n, name) in files(5).iter().enumerate() {
        let path = inner.join(name);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let printed = run(&mut server.fetch(&[&id(n)])).stdout;
        assert_eq!(fs::read_to_string(path).unwrap(), printed);
    }
}

#[test]
fn a_folder_takes_each_format_that_is_a_document() {
    let server = Server::of_documents();
    for (format, text) in [("raw", document(&id(0))), ("ndjson", format!("{}\n", document(&id(0))))]
    {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(fetch_into(&server, folder.path(), &["--format", format], 1).code, 0);
        assert_eq!(fs::read_to_string(folder.path().join(&files(1)[0])).unwrap(), text, "{format}");
    }
    let before = server.count();
    for format in ["table", "csv"] {
        let folder = tempfile::tempdir().unwrap();
        let failure = fetch_into(&server, folder.path(), &["--format", format], 1);
        failure.failed_with(2).says(&["--out-dir", format]);
    }
    assert_eq!(server.count(), before);
}

#[test]
fn what_is_there_is_neither_asked_for_nor_touched_unless_by_force() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join(&files(2)[1]);
    fs::write(&mine, "mine").unwrap();
    fs::write(folder.path().join("other.txt"), "also mine").unwrap();

    let done = fetch_into(&server, folder.path(), &[], 4);
    assert_eq!(done.code, 0);
    done.says(&["3 written to ", ", 1 already there"]);
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    assert!(server.requests().iter().all(|request| request.index() != 1));

    let again = fetch_into(&server, folder.path(), &[], 4);
    again.says(&["0 written to ", ", 4 already there"]);
    assert_eq!((again.code, server.count()), (0, 3));

    let forced = fetch_into(&server, folder.path(), &["--force"], 4);
    forced.says(&["4 written to "]);
    assert_eq!((forced.code, server.count()), (0, 7));
    assert!(fs::read_to_string(&mine).unwrap().contains(&id(1)));
    assert_eq!(fs::metadata(&mine).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()).len(), 5);
}

#[test]
fn a_saved_document_does_not_replace_what_is_there_either() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.json");
    fs::write(&source, document(&id(0))).unwrap();
    let source = source.to_str().unwrap();
    let target = folder.path().join("out");
    fs::create_dir(&target).unwrap();
    let there = target.join(format!("{}.json", id(0)));
    fs::write(&there, "mine").unwrap();
    let into = |arguments: &[&str]| {
        let mut fetch = feather();
        fetch.args(["fetch", source, source, "--out-dir", target.to_str().unwrap()]);
        run(fetch.args(arguments))
    };
    let kept = into(&[]);
    assert!(kept.code == 0 && kept.stderr.contains("0 written"), "{kept:#?}");
    assert!(kept.stderr.contains("2 already there"), "{kept:#?}");
    assert_eq!(fs::read_to_string(&there).unwrap(), "mine");
    let replaced = into(&["--force"]);
    assert!(replaced.stderr.contains("1 written") && replaced.stderr.contains("1 already there"));
    assert_ne!(fs::read_to_string(&there).unwrap(), "mine");
    assert_eq!(server.connections(), 0);
}

#[test]
fn where_all_is_there_neither_key_nor_server_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    fetch_into(&Server::of_documents(), folder.path(), &[], 2);
    let mut again = feather();
    again.args(["fetch", "--base-url", "https://example.invalid", "--out-dir"]).arg(folder.path());
    let again = run(again.args(ids(2)));
    assert_eq!(again.code, 0, "{again:#?}");
}

#[test]
fn a_folder_that_cannot_be_is_told_before_any_request() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for (path, code, words) in [
        (file.clone(), 2, "is no folder"),
        (file.join("below"), 1, "writing to "),
        ("/proc/nowhere".into(), 1, "writing to "),
    ] {
        let failure = fetch_into(&server, &path, &[], 3);
        failure.failed_with(code).says(&[words, path.to_str().unwrap()]);
        assert!(!failure.stderr.contains("writing the output"), "{failure:#?}");
        assert_eq!(failure.stderr.lines().count(), 1, "{failure:#?}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_fails_leaves_no_file() {
    let server = Server::start(|request| match request.index() {
        0 => Reply::error(404, "not_found", "No."),
        1 => Reply::json(200, "{\"session_id\":").cut(),
        2 => Reply::json(200, "[]"),
        3 => Reply::json(200, document(request.session()).replace("[]", "[1,")),
        _ => Reply::ok(request),
    });
    let folder = tempfile::tempdir().unwrap();
    let done = fetch_into(&server, folder.path(), &["--retries", "0"], 6);
    assert_eq!((done.code, &*done.stdout), (1, ""), "{done:#?}");
    done.says(&["2 written to ", "4 of 6 failed: "]);
    assert_eq!(names(folder.path()), files(6)[4..]);
}

#[test]
fn a_run_that_broke_off_is_taken_up_where_it_was() {
    let alive = Arc::new(AtomicBool::new(true));
    let serving = Arc::clone(&alive);
    let server = Server::start(move |request| {
        if request.number > 20 && serving.load(Ordering::SeqCst) {
            return Reply::reset();
        }
        Reply::ok(request)
    });
    let folder = tempfile::tempdir().unwrap();
    let broken = fetch_into(&server, folder.path(), &["--retries", "0", "--jobs", "4"], 50);
    assert_eq!(broken.code, 3, "{broken:#?}");
    broken.says(&["20 written to ", "30 of 50 failed: 30 with no answer"]);
    let there = names(folder.path());
    assert_eq!(there.len(), 20);

    alive.store(false, Ordering::SeqCst);
    let before = server.count();
    let resumed = fetch_into(&server, folder.path(), &[], 50);
    assert_eq!(resumed.code, 0, "{resumed:#?}");
    resumed.says(&["30 written to ", ", 20 already there"]);
    assert_eq!(server.count() - before, 30);
    let asked_again = |name: &String| {
        server.requests()[before..].iter().any(|request| name.starts_with(request.session()))
    };
    assert!(!there.iter().any(asked_again));
    assert_eq!(names(folder.path()), files(50));
}

#[test]
fn ctrl_c_leaves_whole_files_only_and_the_next_run_goes_on() {
    let free = Arc::new(AtomicBool::new(false));
    let serving = Arc::clone(&free);
    let server = Server::start(move |request| {
        if request.number > 25 && !serving.load(Ordering::SeqCst) {
            return Reply::json(200, "{\"session_id\":").stuck();
        }
        Reply::ok(request)
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let mut command = server.fetch_process(&["--jobs", "8", "--out-dir", path]);
    let mut running = Running::start(command.args(ids(60)));
    until("some are on their way", || server.count() >= 30 && names(folder.path()).len() >= 20);
    running.interrupt();
    let begun = Instant::now();
    let (code, stderr) = running.finish();
    assert_eq!(code, Some(130), "{stderr}");
    assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
    let (note, error) = stderr.split_once('\n').unwrap();
    let written = names(folder.path()).len();
    assert_eq!(note, format!("{written} written to {path}; run it again to go on"));
    assert_eq!(error, "error: interrupted\n");
    for name in names(folder.path()) {
        assert!(files(60).contains(&name), "{name}");
        let text = fs::read_to_string(folder.path().join(&name)).unwrap();
        assert!(text.ends_with("}\n") && text.contains(&name[..36]), "{name}: {text}");
    }

    free.store(true, Ordering::SeqCst);
    let resumed = fetch_into(&server, folder.path(), &[], 60);
    assert_eq!(resumed.code, 0, "{resumed:#?}");
    assert_eq!(names(folder.path()), files(60));
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
    let done = fetch_into(&server, folder.path(), &["-v", "--error-format", "json"], 4);
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
