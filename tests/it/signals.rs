//! Signals that end the program, and those that do not.

use std::io::{BufRead as _, BufReader};
use std::thread::sleep;

use crate::harness::{Reply, Running, Server, Signal, has, id, ms, names, process, until};

#[test]
fn what_ends_a_run_ends_it_like_ctrl_c() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let server = Server::always(Reply::hang());
        let mut running = Running::start(server.fetch_process(&[]).args([id(1), id(2)]));
        until("it is asked for", || server.count() == 2);
        running.signal(signal);
        let (code, stderr) = running.finish();
        assert_eq!((code, &*stderr), (Some(130), "error: interrupted\n"), "{signal:?}");
    }
}

/// The names that so many sessions have in a folder.
fn files(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{}.json", id(n))).collect()
}

#[test]
fn what_was_written_before_a_signal_stays_and_the_rest_is_left() {
    let server = Server::start(|request| match request.index() {
        0..10 => Reply::ok(request),
        _ => Reply::hang(),
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let ids: Vec<String> = (0..20).map(id).collect();
    let mut running = Running::start(server.fetch_process(&["--out-dir", path]).args(ids));
    until("ten are there", || {
        let written = files(10);
        names(folder.path()).iter().filter(|name| written.contains(name)).count() == 10
    });
    running.signal(Signal::TERM);
    let (code, stderr) = running.finish();
    assert_eq!(code, Some(130), "{stderr}");
    let note = format!("10 written to {path}; run it again to go on\nerror: interrupted\n");
    assert_eq!(stderr, note);
    assert_eq!(names(folder.path()), files(10));
}

#[test]
#[cfg(target_os = "linux")]
fn a_hang_up_that_is_ignored_stays_so() {
    if !has("sh") {
        return;
    }
    let server = Server::start(|request| Reply::ok(request).after(ms(1000)));
    let fetch = server.fetch_process(&[&id(1)]);
    // What nohup does.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", r#"trap "" HUP; exec "$@""#, "sh"]).arg(fetch.get_program());
    shell.args(fetch.get_args()).env_clear();
    let mut running = Running::start(&mut shell);
    until("it is asked for", || server.count() == 1);
    running.signal(Signal::HUP);
    let (code, stderr) = running.finish();
    assert_eq!((code, &*stderr), (Some(0), ""));
}

#[test]
fn demo_ends_when_it_is_told_to() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut running = Running::start(process().args(["demo", "--port", "0"]));
        let mut line = String::new();
        BufReader::new(running.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("http://127.0.0.1:"), "{line}");
        running.signal(signal);
        // By itself, and not by what the signal does to those who do not expect it: where it is the
        // first process of a container, that would be nothing.
        assert_eq!(running.wait().code(), Some(130), "{signal:?}");
    }
}

#[test]
fn a_second_signal_ends_what_is_stuck() {
    // Nobody reads what is printed, so that the first one is not noticed.
    let server = Server::start(|request| {
        let filling = "x".repeat(1 << 20);
        Reply::json(
            200,
            format!(r#"{{"session_id":"{}","filling":"{filling}"}}"#, request.session()),
        )
    });
    let mut running = Running::start(server.fetch_process(&["-f", "ndjson"]).args([id(1), id(2)]));
    until("both are asked for", || server.count() == 2);
    sleep(ms(200));
    running.signal(Signal::TERM);
    sleep(ms(100));
    assert!(running.0.try_wait().unwrap().is_none(), "it is stuck");
    running.signal(Signal::TERM);
    assert_eq!(running.wait().code(), Some(130));
}
