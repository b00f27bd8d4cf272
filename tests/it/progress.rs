//! `--progress`: how far a run is, where there is no terminal.

use crate::harness::{Reply, Run, Server, feather, id, ms, run};

/// Two sessions at once, and one that takes more than three seconds.
fn slow() -> Server {
    Server::start(|request| match request.index() {
        0 => Reply::error(404, "not_found", "No."),
        2 => Reply::ok(request).after(ms(4500)),
        _ => Reply::ok(request),
    })
}

fn fetch(arguments: &[&str]) -> Run {
    let server = slow();
    run(server.fetch(&[&id(0), &id(1), &id(2)]).args(arguments))
}

#[test]
fn a_long_run_says_how_far_it_is_when_asked_to() {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let done = fetch(&["--progress", "always"]);
            let lines: Vec<&str> = done.stderr.lines().collect();
            assert_eq!((done.code, lines.len()), (44, 4), "{done:#?}");
            assert!(
                lines[0].starts_with("error: session ") && lines[3].starts_with("error: 1 of 3")
            );
            // It ends with the time it took.
            assert!(lines[2].starts_with("3 of 3 sessions, 1 failed, in 4."), "{}", lines[2]);
            assert!(lines[1].starts_with("2 of 3 sessions, 1 failed, 0."), "{}", lines[1]);
            assert!(lines[1].ends_with("s left"), "{}", lines[1]);
        });
        scope.spawn(|| {
            // Asked for, even where all else is to be quiet.
            let done = fetch(&["--progress=always", "--error-format=json", "-q"]);
            let rows = done.errors();
            assert_eq!((done.code, rows.len()), (44, 4), "{done:#?}");
            assert_eq!(rows[2]["progress"]["done"], 3);
            let progress = &rows[1]["progress"];
            let count = |field: &str| progress[field].as_u64();
            let counts = ["done", "failed", "total"].map(count);
            assert_eq!(counts, [Some(2), Some(1), Some(3)], "{progress}");
            assert!(count("elapsed_ms") >= Some(3000) && count("left_ms") >= Some(1000));
            assert!(progress["per_second"].as_f64().unwrap() > 0.3, "{progress}");
            assert!(progress["waiting"].is_null(), "{progress}");
        });
        scope.spawn(|| {
            for arguments in [&[][..], &["--progress", "auto"], &["--progress", "never"]] {
                let done = fetch(arguments);
                assert_eq!((done.code, done.stderr.lines().count()), (44, 2), "{done:#?}");
            }
        });
        scope.spawn(|| {
            let server = Server::always(Reply::error(409, "conflict", "Still runs."));
            let done = run(&mut server.fetch(&["--wait=4s", "--progress=always", &id(1)]));
            let lines: Vec<&str> = done.stderr.lines().collect();
            assert_eq!((done.code, lines.len()), (49, 3), "{done:#?}");
            let words = format!("0 of 1 sessions, 0.0/s; session {} still runs; asking", id(1));
            assert!(lines[0].starts_with(&words), "{}", lines[0]);
        });
    });
}

#[test]
fn a_short_run_says_nothing() {
    let server = Server::of_documents();
    let ids: Vec<String> = (0..100).map(id).collect();
    run(server.fetch(&["--progress", "always"]).args(ids)).succeeded();
    run(feather().args(["transcript", "--demo", "--progress=always"])).succeeded();
}
