//! Sessions that are named by the first digits of their ids.

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use crate::harness::{Run, Running, Server, document, feather, id, list, names, process, run};

const FIRST: &str = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11";
const SECOND: &str = "7f3c9d00-9b0e-4d6f-8a21-5c4e0b9d2a12";
const THIRD: &str = "2c9e4b70-18d3-4f5a-b6c2-93a7e1f0d845";

/// A folder with `week.ndjson`, and the same sessions a file each in `sessions`.
fn saved() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sessions = folder.path().join("sessions");
    std::fs::create_dir(&sessions).unwrap();
    let all = [FIRST, SECOND, THIRD];
    for session in all {
        std::fs::write(sessions.join(format!("{session}.json")), document(session)).unwrap();
    }
    let lines = all.map(|session| document(session) + "\n").concat();
    std::fs::write(folder.path().join("week.ndjson"), lines).unwrap();
    folder
}

fn within(folder: &Path, line: &str) -> Run {
    run(feather().current_dir(folder).args(line.split(' ')))
}

#[test]
fn the_first_digits_of_an_id_find_its_session_in_what_is_given_beside_them() {
    let saved = saved();
    for line in [
        "fetch -q 7f3c1a52 week.ndjson",
        "fetch -q sessions 7f3c1a52",
        "fetch -q 7F3C1A sessions",
        "fetch -q 7f3c1a52-9b0e sessions/",
        "fetch -q 7f3c1a52… week.ndjson sessions",
        &format!("fetch -q {} sessions", &FIRST[..35]),
        "fetch -q --session 7f3c1a52 week.ndjson",
        "fetch -q week.ndjson --session=7f3c1",
        &format!("fetch -q --session {FIRST} sessions"),
    ] {
        let done = within(saved.path(), line);
        let mut found = done.succeeded().ids();
        found.dedup();
        assert_eq!(found, [FIRST], "{line}");
    }
    let stream = std::fs::read(saved.path().join("week.ndjson")).unwrap();
    let streamed = run(feather().args(["fetch", "-q", "2c9e", "-"]).write_stdin(stream));
    assert_eq!(streamed.succeeded().ids(), [THIRD]);
}

#[test]
fn several_are_picked_in_the_order_they_are_given_in() {
    let saved = saved();
    for line in [
        "fetch week.ndjson --session 2c9e,7f3c1a52",
        "fetch 2c9e week.ndjson 7f3c1a52",
        "fetch 2c9e week.ndjson --session 7f3c1a52",
    ] {
        let done = within(saved.path(), line);
        assert_eq!(
            (done.code, done.ids()),
            (0, vec![FIRST.to_owned(), THIRD.to_owned()]),
            "{line}"
        );
        done.says(&["2 of 3 sessions selected"]);
    }
}

#[test]
fn every_command_over_sessions_takes_them() {
    let saved = saved();
    for command in ["fetch", "transcript", "rag", "tools", "missing", "gaps"] {
        for options in ["--format json", "--format json --session 2c9e", "--summary"] {
            if command == "gaps" && options == "--summary" {
                continue;
            }
            let prefix = if options.contains("session") { "" } else { " 2c9e" };
            let line = format!("{command} week.ndjson{prefix} {options}");
            let done = within(saved.path(), &line);
            assert_eq!(done.code, 0, "{line}: {done:?}");
            done.says(&["1 of 3 sessions selected"]);
            assert!(!done.stdout.contains(FIRST), "{line}: {done:?}");
        }
        let ambiguous = within(saved.path(), &format!("{command} week.ndjson 7f3c"));
        ambiguous.failed_with(2).says(&[FIRST, SECOND]);
    }
}

#[test]
fn digits_of_more_than_one_session_print_nothing_and_name_them() {
    let saved = saved();
    for line in ["transcript 7f3c week.ndjson", "fetch --session 2c9e,7f3c sessions"] {
        let refused = within(saved.path(), line);
        refused.failed_with(2).says(&[
            "more than one session begins with 7f3c",
            FIRST,
            SECOND,
            "type more of its digits",
        ]);
        assert!(!refused.stderr.contains(THIRD), "{refused:?}");
    }
    let many: String = (1..=30).map(|n| document(&id(n)) + "\n").collect();
    std::fs::write(saved.path().join("many.ndjson"), many).unwrap();
    let refused = within(saved.path(), "rag many.ndjson 5e55");
    refused.failed_with(2).says(&[" and more"]);
    assert_eq!(refused.stderr.matches("5e551000-").count(), 10, "{refused:?}");
    // One session that is there twice is one.
    let twice = within(saved.path(), "fetch -q week.ndjson sessions 2c9e");
    assert_eq!(twice.succeeded().ids(), [THIRD, THIRD]);
}

#[test]
fn digits_of_no_session_are_2_and_are_named() {
    let saved = saved();
    for line in [
        "transcript abcd week.ndjson",
        "tools --fail-on error --session abcd week.ndjson",
        "fetch --session 7f3c1a52,abcd sessions",
        "rag abcd --summary week.ndjson --against sessions",
    ] {
        let refused = within(saved.path(), line);
        refused.failed_with(2).says(&["no session begins with abcd", "3 sessions"]);
    }
    for bad in ["7f3", "xyz1", "--", ""] {
        let refused = within(saved.path(), &format!("fetch week.ndjson --session={bad}"));
        refused.failed_with(2).says(&["--session"]);
    }
}

#[test]
fn digits_alone_need_a_file_to_look_in() {
    let server = Server::of_documents();
    for line in [&["7f3c1a52"][..], &["7f3c1a52", &id(1)], &["7f3c1a52…"]] {
        let refused = run(&mut server.fetch(line));
        refused.failed_with(2).says(&["name the file to look in beside it"]);
    }
    assert_eq!(server.connections(), 0);
    // The samples are there to be looked through.
    let sample = run(feather().args(["fetch", "-q", "--demo", "7f3c1a52"]));
    assert_eq!(sample.succeeded().ids(), [FIRST]);
    let sample = run(feather().args(["fetch", "-q", "--demo", "--session", "2c9e4b70"]));
    assert_eq!(sample.succeeded().ids(), [THIRD]);
    let once = run(feather().args(["fetch", "-q", "--demo", "7f3c1a52", FIRST]));
    assert_eq!(once.succeeded().ids(), [FIRST]);
}

#[test]
fn a_session_that_is_not_meant_is_not_fetched() {
    let server = Server::of_documents();
    let ids: Vec<String> = (1..=20).map(id).collect();
    let meant = &ids[6][..36];
    let mut fetch = server.fetch(&["-q", "-", "--session", meant]);
    let done = run(fetch.write_stdin(list(&ids)));
    assert_eq!((done.succeeded().ids(), server.count()), (vec![meant.to_owned()], 1));
    // That digits are not enough is known before anything is fetched.
    let mut fetch = server.fetch(&["-", "--session", "5e551000"]);
    run(fetch.write_stdin(list(&ids))).failed_with(2).says(&["more than one session"]);
    assert_eq!(server.count(), 1);
}

#[test]
fn a_condition_that_makes_no_sense_is_told_before_a_stream_is_waited_for() {
    let mut fetch = process();
    fetch.args(["fetch", "-", "--session", "2c9e", "--where", "nonsense=1"]).stdin(Stdio::piped());
    let mut running = Running::start(&mut fetch);
    let stdin = running.0.stdin.take();
    let (code, stderr) = running.finish();
    assert_eq!((code, stderr.contains("nonsense")), (Some(2), true), "{stderr}");
    drop(stdin);
}

#[test]
fn whole_ids_are_meant_whatever_stands_beside_them() {
    let (server, saved) = (Server::of_documents(), saved());
    let mut fetch = server.fetch(&["-q", &id(1), "2c9e", "week.ndjson"]);
    let done = run(fetch.current_dir(saved.path()));
    assert_eq!(done.succeeded().ids(), [&*id(1), THIRD]);
}

#[test]
fn a_file_of_such_a_name_is_a_file() {
    let saved = saved();
    std::fs::copy(saved.path().join("week.ndjson"), saved.path().join("7f3c")).unwrap();
    let done = within(saved.path(), "fetch 7f3c");
    assert_eq!(done.succeeded().ids().len(), 3);
}

#[test]
fn what_is_compared_with_is_not_picked_from() {
    let saved = saved();
    let done = within(saved.path(), "fetch --summary 2c9e week.ndjson --against sessions -f json");
    assert_eq!(done.code, 0, "{done:?}");
    done.says(&["1 of 3 sessions of those named selected"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&rows[0]["sessions_before"], &rows[0]["sessions_after"]), (&3.into(), &1.into()));
    // Each side is counted by itself.
    let line = "fetch --summary --demo --session 2c9e --against week.ndjson --where channel!=fax";
    let done = within(saved.path(), line);
    done.says(&[
        "3 of 3 sessions of --against selected",
        "1 of 14 sessions of those named selected",
    ]);
}

#[test]
fn what_fails_is_told_and_the_session_is_found_all_the_same() {
    let saved = saved();
    std::fs::write(saved.path().join("sessions/broken.json"), "{\"session_id\": \"cut").unwrap();
    let done = within(saved.path(), "fetch 2c9e sessions");
    assert_eq!((done.code, done.ids()), (4, vec![THIRD.to_owned()]));
    let done = within(saved.path(), "fetch 2c9e sessions --out-dir out");
    assert_eq!((done.code, names(&saved.path().join("out"))), (4, vec![format!("{THIRD}.json")]));
}
