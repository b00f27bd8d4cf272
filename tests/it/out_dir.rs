//! `fetch --out-dir`: a file a session, what is there from earlier runs, and what goes wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::harness::{
    LONG, Reply, Run, Running, Server, document, feather, id, list, named_pipe, names, run, until,
};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(id).collect()
}

/// The names that so many sessions have in a folder.
fn files(count: usize) -> Vec<String> {
    ids(count).into_iter().map(|id| format!("{id}.json")).collect()
}

/// `fetch --out-dir` of the first `count` sessions.
fn fetch_into(server: &Server, folder: &Path, arguments: &[&str], count: usize) -> Run {
    let arguments = [&["-", "--out-dir", folder.to_str().unwrap()], arguments].concat();
    run(server.fetch(&arguments).write_stdin(list(&ids(count))))
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
        failure.failed_with(2).says(&["--out-dir", "overview"]);
    }
    assert_eq!(server.count(), before);
}

#[test]
fn what_is_there_is_neither_asked_for_nor_touched_unless_by_force() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join(&files(2)[1]);
    let text = format!(r#"{{"session_id":"{}","mine":true}}"#, id(1));
    fs::write(&mine, &text).unwrap();
    fs::write(folder.path().join("other.txt"), "also mine").unwrap();

    let done = fetch_into(&server, folder.path(), &[], 4);
    assert_eq!(done.code, 0);
    done.says(&["3 written to ", ", 1 already there"]);
    assert_eq!(fs::read_to_string(&mine).unwrap(), text);
    assert!(server.requests().iter().all(|request| request.index() != 1));

    let again = fetch_into(&server, folder.path(), &[], 4);
    again.says(&["0 written to ", ", 4 already there"]);
    assert_eq!((again.code, server.count()), (0, 3));

    let forced = fetch_into(&server, folder.path(), &["--force"], 4);
    forced.says(&["4 written to "]);
    assert_eq!((forced.code, server.count()), (0, 7));
    assert!(!fs::read_to_string(&mine).unwrap().contains("mine"));
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
    let mine = format!(r#"{{"session_id":"{}","mine":true}}"#, id(0));
    fs::write(&there, &mine).unwrap();
    let into = |arguments: &[&str]| {
        let mut fetch = feather();
        fetch.args(["fetch", source, source, "--out-dir", target.to_str().unwrap()]);
        run(fetch.args(arguments))
    };
    let kept = into(&[]);
    assert!(kept.code == 0 && kept.stderr.contains("0 written"), "{kept:#?}");
    assert!(kept.stderr.contains("2 already there"), "{kept:#?}");
    assert_eq!(fs::read_to_string(&there).unwrap(), mine);
    let replaced = into(&["--force"]);
    assert!(replaced.stderr.contains("1 written") && replaced.stderr.contains("1 already there"));
    assert_ne!(fs::read_to_string(&there).unwrap(), mine);
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

/// A document of a session that is so long that no look at its beginning shows all of it.
fn long_document(session: &str) -> String {
    let text = r#"words in braces {} and, \"quotes\", "#.repeat(300);
    let rest = format!(r#""messages":[{{"content":"{text}"}},{{}}],"last":{{"a":{{}}}}}}"#);
    format!(r#"{{"analyzer_input_schema_version":1,"session_id":"{session}",{rest}"#)
}

#[test]
fn whole_documents_of_every_make_are_left_alone() {
    let server = Server::start(|request| Reply::json(200, long_document(request.session())));
    let value: serde_json::Value = serde_json::from_str(&long_document(&id(0))).unwrap();
    let mut late = value.clone();
    let session = late.as_object_mut().unwrap().remove("session_id").unwrap();
    let mut late = serde_json::to_string(&late).unwrap();
    late.truncate(late.len() - 1);
    for (name, text) in [
        ("compact, without an end of line", serde_json::to_string(&value).unwrap()),
        ("in lines", format!("{}\n", serde_json::to_string_pretty(&value).unwrap())),
        ("with the ends of lines of Windows", {
            serde_json::to_string_pretty(&value).unwrap().replace('\n', "\r\n")
        }),
        ("in lines, not indented", {
            serde_json::to_string_pretty(&value).unwrap().replace("\n ", "\n").replace("\n ", "\n")
        }),
        ("its id at the end", format!("{late},\"session_id\":{session}}}\n")),
        ("with a mark and blanks around it", format!("\u{feff} \n{value}\n\n")),
        ("its id in large letters", value.to_string().replace(&id(0), &id(0).to_uppercase())),
        ("short", document(&id(0))),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(&files(1)[0]), &text).unwrap();
        let done = fetch_into(&server, folder.path(), &[], 1);
        let path = folder.path().display();
        assert_eq!(done.stderr, format!("0 written to {path}, 1 already there\n"), "{name}");
        assert_eq!(fs::read_to_string(folder.path().join(&files(1)[0])).unwrap(), text, "{name}");
    }
    // Those that the program wrote itself.
    for format in ["json", "raw", "ndjson"] {
        let folder = tempfile::tempdir().unwrap();
        fetch_into(&server, folder.path(), &["--format", format], 3).says(&["3 written to"]);
        let before = server.count();
        fetch_into(&server, folder.path(), &[], 3).says(&["0 written to", "3 already there"]);
        assert_eq!(server.count(), before);
    }
}

#[test]
fn what_is_no_whole_document_is_said_and_fetched_again() {
    let server = Server::start(|request| Reply::json(200, long_document(request.session())));
    let whole = {
        let folder = tempfile::tempdir().unwrap();
        fetch_into(&server, folder.path(), &[], 1);
        fs::read(folder.path().join(&files(1)[0])).unwrap()
    };
    let compact = long_document(&id(0)).into_bytes();
    let brace = compact.windows(2).rposition(|two| two == b"}}").unwrap();
    let mut zeros = whole.clone();
    zeros.resize(whole.len() + 4096, 0);
    let mut hole = whole.clone();
    hole[whole.len() - 100..].fill(0);
    for (name, bytes, words) in [
        ("empty", b"".to_vec(), "is empty"),
        ("blank", b"\n\n".to_vec(), "is an empty body"),
        ("cut", whole[..whole.len() / 2].to_vec(), "breaks off"),
        ("cut in the head", whole[..100].to_vec(), "breaks off"),
        ("cut before its last brace", whole[..whole.len() - 2].to_vec(), "breaks off"),
        ("cut after a brace", compact[..=brace].to_vec(), "breaks off"),
        (
            "cut after a brace, with an end of line",
            [&compact[..=brace], b"\n"].concat(),
            "breaks off",
        ),
        ("zeros at the end", zeros, "not JSON"),
        ("zeros in the place of the end", hole, "not JSON"),
        ("another session's", long_document(&id(7)).into_bytes(), "another session"),
        ("another session's, short", document(&id(7)).into_bytes(), "another session"),
        ("of no session", b"{\"session_id\":\"x\"}".to_vec(), "another session"),
        ("an error", br#"{"error":"a","message":"b"}"#.to_vec(), "session_id"),
        ("a page", b"<html>".to_vec(), "an HTML page"),
        ("a list", b"[]".to_vec(), "a JSON array"),
        ("no text", b"{\"session_id\":\"\xff\"}".to_vec(), "not UTF-8"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(&files(1)[0]);
        fs::write(&path, &bytes).unwrap();
        let done = fetch_into(&server, folder.path(), &[], 2);
        assert_eq!(done.code, 0, "{name}: {done:#?}");
        let said = format!("warning: {} ", path.display());
        done.says(&[&said, words, "; it is fetched again", "2 written to "]);
        assert_eq!(fs::read(&path).unwrap(), whole, "{name}");
        assert_eq!(names(folder.path()), files(2), "{name}");
        let quiet = fetch_into(&server, folder.path(), &["-q"], 2);
        assert_eq!((quiet.code, &*quiet.stderr), (0, ""), "{name}");
    }
}

#[test]
fn what_is_flawed_stays_until_there_is_better() {
    let server = Server::always(Reply::error(503, "busy", "Later."));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(&files(1)[0]);
    fs::write(&path, "{\"half\":").unwrap();
    let failure = fetch_into(&server, folder.path(), &["--retries", "0"], 1);
    failure.failed_with(50).says(&["is not JSON: it breaks off", "0 written to"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"half\":");
}

#[test]
fn a_saved_document_replaces_what_is_flawed() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.json");
    fs::write(&source, document(&id(0))).unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let path = out.join(&files(1)[0]);
    fs::write(&path, "").unwrap();
    let done = run(feather().arg("fetch").arg(&source).arg("--out-dir").arg(&out));
    done.says(&["warning: ", "is empty; it is replaced", "1 written to"]);
    assert!(fs::read_to_string(&path).unwrap().contains(&id(0)));
}

#[test]
fn what_cannot_be_replaced_is_refused_and_the_rest_goes_on() {
    use std::os::unix::fs::symlink;

    let server = Server::of_documents();
    for arguments in [&[][..], &["--force"]] {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let at = |n: usize| folder.path().join(&files(9)[n]);
        fs::create_dir(at(0)).unwrap();
        named_pipe(&at(1));
        symlink(elsewhere.path(), at(2)).unwrap();
        symlink("/dev/null", at(3)).unwrap();
        // These two can be.
        symlink(elsewhere.path().join("nothing"), at(4)).unwrap();
        symlink(at(4), at(5)).unwrap();
        let before = server.count();
        let done = fetch_into(&server, folder.path(), arguments, 8);
        assert_eq!(done.code, 1, "{done:#?}");
        for (n, words) in [
            (0, "is a folder"),
            (1, "is no regular file"),
            (2, "is a folder"),
            (3, "is no regular file"),
        ] {
            done.says(&[&format!("{} {words}, which is not replaced", at(n).display())]);
        }
        done.says(&["4 written to ", "4 of 8 failed: 4 with another failure"]);
        assert_eq!(done.stderr.contains("is a link to nothing"), arguments.is_empty(), "{done:#?}");
        assert_eq!(server.count() - before, 4);
        assert!(at(0).is_dir() && fs::symlink_metadata(at(3)).unwrap().is_symlink());
        assert!(fs::symlink_metadata(at(4)).unwrap().is_file());
        assert!(!elsewhere.path().join("nothing").exists());
    }
}

#[test]
fn a_link_to_a_whole_document_is_as_good() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, document(&id(0))).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.path().join(&files(1)[0])).unwrap();
    fetch_into(&server, folder.path(), &[], 1).says(&["0 written to", "1 already there"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn thousands_of_files_are_looked_at_without_a_request() {
    const COUNT: usize = 2000;
    let folder = tempfile::tempdir().unwrap();
    for n in 0..COUNT {
        let place = folder.path().join(format!("{}.json", id(n)));
        fs::write(place, long_document(&id(n)) + "\n").unwrap();
    }
    let server = Server::of_documents();
    let done = fetch_into(&server, folder.path(), &[], COUNT);
    assert_eq!((done.code, server.connections()), (0, 0), "{done:#?}");
    done.says(&["0 written to ", "2000 already there"]);
}

#[test]
#[cfg(target_os = "linux")]
fn of_a_large_file_no_more_than_its_ends_is_read() {
    use std::io::{Seek as _, SeekFrom, Write as _};

    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    // All but its ends is a hole, which takes no room on disk.
    for n in 0..20 {
        let mut file = fs::File::create(folder.path().join(format!("{}.json", id(n)))).unwrap();
        write!(file, "{{\n  \"session_id\": \"{}\",\n  \"text\": \"", id(n)).unwrap();
        file.seek(SeekFrom::Start(1 << 30)).unwrap();
        file.write_all(b"\"\n}\n").unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let mut command = server.fetch_process(&["--out-dir", path]);
    let mut running = Running::start(command.args(ids(20)));
    let (code, peak) = running.peak_memory();
    let (_, stderr) = running.finish();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("20 already there"), "{stderr}");
    assert!(peak < 60 << 10, "{peak} KiB");
}
