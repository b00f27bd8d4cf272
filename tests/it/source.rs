//! What SESSION may be: ids, files, folders, standard input, in their order.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::{
    Reply, Run, Running, Server, document, feather, id, list, named_pipe, process, run, until,
};

/// Runs `fetch` of a server on what is typed and what standard input holds.
fn fetch(server: &Server, arguments: &[&str], stdin: &str) -> Run {
    run(server.fetch(arguments).write_stdin(stdin))
}

/// Files of saved documents.
struct Saved(TempDir);

impl Saved {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }
}

/// A line of NDJSON a session.
fn lines(numbers: impl IntoIterator<Item = usize>) -> String {
    list(&numbers.into_iter().map(|n| document(&id(n))).collect::<Vec<_>>())
}

#[test]
fn everything_named_comes_in_the_order_it_was_named() {
    let server = Server::start(|request| {
        // The first asked for is the last to come.
        Reply::ok(request).after(Duration::from_millis(if request.index() == 1 { 200 } else { 0 }))
    });
    let saved = Saved::new(&[("two.json", &document(&id(2))), ("four.ndjson", &lines([4, 5]))]);
    let folder = Saved::new(&[
        ("b.ndjson", &lines([8])),
        ("a.json", &document(&id(7))),
        ("c.JSON", &document(&id(9))),
    ]);
    let done = fetch(
        &server,
        &[
            &id(1),
            &saved.path("two.json"),
            &id(3),
            &saved.path("four.ndjson"),
            "-",
            folder.folder().to_str().unwrap(),
            &id(10),
        ],
        &id(6),
    );
    assert_eq!(done.succeeded().ids(), (1..=10).map(id).collect::<Vec<_>>());
    let mut asked: Vec<String> =
        server.requests().iter().map(|request| request.session().to_owned()).collect();
    asked.sort();
    assert_eq!(asked, [1, 3, 6, 10].map(id));
}

#[test]
fn ids_are_read_from_standard_input_and_from_files() {
    let ids = format!(
        "# sessions of a day\n\n{}  # the first\r\n  {}\t\n\n#{}\n{}",
        id(1),
        id(2),
        id(9),
        id(3)
    );
    let server = Server::of_documents();
    let stdin = fetch(&server, &["-"], &ids);
    assert_eq!(stdin.succeeded().ids(), [1, 2, 3].map(id));
    for name in ["ids.txt", "ids", "ids.csv"] {
        let saved = Saved::new(&[(name, &ids)]);
        let file = fetch(&server, &[&saved.path(name)], "");
        assert_eq!(file.succeeded().ids(), [1, 2, 3].map(id), "{name}");
    }
}

#[test]
fn an_id_has_every_spelling_that_a_uuid_has() {
    let server = Server::of_documents();
    let plain = id(10).replace('-', "");
    for spelling in
        [id(10).to_uppercase(), plain, format!("{{{}}}", id(10)), format!("urn:uuid:{}", id(10))]
    {
        let done = fetch(&server, &[&spelling], "");
        assert_eq!(done.succeeded().ids(), [id(10)], "{spelling}");
    }
}

#[test]
fn documents_are_read_from_standard_input_and_from_files() {
    let pretty = format!("{{\n  \"session_id\": \"{}\"\n}}", id(2));
    for text in [
        lines([1, 2, 3]),
        [document(&id(1)), pretty.clone(), document(&id(3))].join(""),
        [document(&id(1)), pretty.clone(), document(&id(3))].join("\n\n \n"),
        format!("\u{feff}\n {}", lines([1, 2, 3])),
        lines([1, 2, 3]).replace('\n', "\r\n"),
    ] {
        let mut stdin = feather();
        let stdin = run(stdin.args(["fetch", "-"]).write_stdin(text.as_str()));
        assert_eq!(stdin.succeeded().ids(), [1, 2, 3].map(id), "{text}");
        // Documents are known by what they are; the name does not matter.
        for name in ["saved.json", "saved.ndjson", "saved", "saved.txt"] {
            let saved = Saved::new(&[(name, &text)]);
            let file = run(feather().args(["fetch", &saved.path(name)]));
            assert_eq!(file.succeeded().ids(), [1, 2, 3].map(id), "{name}: {text}");
        }
    }
}

#[test]
fn what_needs_no_network_needs_no_key_either() {
    let saved = Saved::new(&[("saved.json", &document(&id(1)))]);
    let mut fetch = feather();
    fetch.args(["fetch", "--base-url", "https://example.invalid", &saved.path("saved.json")]);
    assert_eq!(run(&mut fetch).succeeded().ids(), [id(1)]);
}

#[test]
fn a_session_named_again_is_asked_for_once() {
    let server = Server::of_documents();
    let again = id(1).to_uppercase();
    let stdin = format!("{}\n{}\n{}\n", id(2), id(1), id(3));
    let done = fetch(&server, &[&id(1), &again, &id(2), "-", &id(3)], &stdin);
    assert_eq!(done.succeeded().ids(), [1, 2, 3].map(id));
    assert_eq!(server.count(), 3);
}

#[test]
fn a_line_that_is_no_id_stops_everything_before_any_request() {
    let mut ids: Vec<String> = (1..=30).map(id).collect();
    ids[16] = "seventeen".into();
    let server = Server::of_documents();
    let stdin = fetch(&server, &[&id(99), "-"], &list(&ids));
    stdin.failed_with(2).says(&["standard input, line 17", "\"seventeen\"", "nothing was fetched"]);
    let saved = Saved::new(&[("ids.txt", &list(&ids))]);
    let file = fetch(&server, &[&id(99), &saved.path("ids.txt")], "");
    file.failed_with(2).says(&["ids.txt, line 17", "\"seventeen\""]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_list_whose_lines_are_of_no_use_says_which() {
    let long = "x".repeat(5000);
    for (stdin, words) in [
        (format!("{}\n{}", id(1), &id(2)[..30]), "line 2"),
        (format!("{} {}\n", id(1), id(2)), "line 1"),
        ("[\"a\"]".to_owned(), "line 1"),
        ("\u{1b}[31mred\n".to_owned(), "line 1"),
        (long.clone(), "line 1"),
    ] {
        let failure = fetch(&Server::of_documents(), &["-"], &stdin);
        failure.failed_with(2).says(&["standard input", words, "not a session id"]);
        assert!(!failure.stderr.contains(['\u{1b}']) && failure.stderr.len() < 500, "{failure:#?}");
    }
}

#[test]
fn what_is_neither_id_nor_file_is_told_apart() {
    let whole = id(1);
    let longer = format!("{whole}0");
    for (argument, words) in [
        (&whole[..35], &["not a session id", "32 hexadecimal digits", "this has 31"][..]),
        (&longer, &["not a session id", "this has 33"]),
        (&whole[..8], &["not a session id", "this has 8"]),
        ("session.json", &["session.json", "no such file"]),
        ("sessions/", &["sessions/", "no such file"]),
        ("fetch", &["\"fetch\"", "no such file"]),
        ("", &["no such file"]),
    ] {
        let failure = fetch(&Server::of_documents(), &[argument], "");
        failure.failed_with(2).says(words).says(&["hint: "]);
    }
}

#[test]
fn an_id_as_a_table_shortens_it_is_told_where_whole_ones_are() {
    let (whole, server) = (id(1), Server::of_documents());
    let short = format!("{}…{}", &whole[..4], &whole[34..]);
    for shortened in [
        &*short,
        &short.replace('…', ".."),
        &short.replace('…', "..."),
        &format!("{}…", &whole[..8]),
        &format!("{}…", &whole[..20]),
        &format!("…{}", &whole[30..]),
        &short.to_uppercase(),
    ] {
        let words = [
            &format!("{shortened:?} is a shortened id"),
            "--format json and csv",
            "saved document",
        ];
        fetch(&server, &[shortened], "").failed_with(2).says(&words);
        run(feather().args(["rag", shortened])).failed_with(2).says(&words);
        let list = fetch(&server, &["-"], &format!("{whole}\n{shortened}\n"));
        list.failed_with(2).says(&["line 2: ", words[0], "nothing was fetched"]);
    }
    for other in ["../nowhere", "a..b", "..", "notes…"] {
        let failure = fetch(&server, &[other], "");
        assert!(!failure.stderr.contains("shortened"), "{failure:?}");
    }
    // A file of that name is a file.
    let saved = Saved::new(&[(&*short, &document(&whole))]);
    let done = run(feather().args(["fetch", &saved.path(&short)]));
    assert_eq!(done.succeeded().ids(), [whole]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn one_bad_argument_stops_the_good_ones() {
    let server = Server::of_documents();
    fetch(&server, &[&id(1), "nowhere.json", &id(2)], "").failed_with(2).says(&["nowhere.json"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_broken_document_in_the_middle_costs_itself_alone() {
    for (broken, words) in [
        ("{\"session_id\": \"cut of", "not JSON"),
        ("{\"session_id\": 17}", "not an analysis input"),
        ("{\"session\": \"other\"}", "session_id"),
        ("[1, 2, 3]", ""),
        ("oops", "not JSON"),
    ] {
        let text = format!("{}{broken}\n{}", lines([1, 2]), lines([4, 5]));
        let saved = Saved::new(&[("saved.ndjson", &text)]);
        let done = run(feather().args(["fetch", &saved.path("saved.ndjson")]));
        assert_eq!(
            (done.code, done.ids()),
            (4, [1, 2, 4, 5].map(id).to_vec()),
            "{broken}: {done:#?}"
        );
        done.says(&["saved.ndjson, line 3: ", words, "1 of 5 failed: 1 with an unusable document"]);
        let places = broken.starts_with('{');
        assert_eq!(done.stderr.contains("(line 3, column "), places, "{broken}: {done:#?}");
        assert_eq!(done.stderr.lines().count(), 2, "{broken}: {done:#?}");
    }
}

#[test]
fn a_document_cut_off_at_the_end_of_a_file_is_not_shown() {
    let text = lines([1, 2]);
    let saved = Saved::new(&[("saved.ndjson", &text[..text.len() - 5])]);
    let done = run(feather().args(["fetch", &saved.path("saved.ndjson")]));
    assert_eq!((done.code, done.ids()), (4, vec![id(1)]));
    done.says(&["saved.ndjson, line 2: ", "it breaks off"]);
}

#[test]
fn a_file_over_the_largest_size_is_4() {
    let large = format!("{{\"session_id\":\"{}\",\"a\":\"{}\"}}\n", id(2), "x".repeat(5000));
    let saved = Saved::new(&[("large.json", &large), ("small.json", &document(&id(1)))]);
    let mut fetch = feather();
    fetch.args(["fetch", "--max-size", "1KiB"]);
    let done = run(fetch.args([saved.path("large.json"), saved.path("small.json")]));
    assert_eq!((done.code, done.ids()), (4, vec![id(1)]));
    done.says(&["large.json: ", "over --max-size (1.00 KiB)", "raise --max-size"]);
}

#[test]
fn an_empty_list_is_2_so_that_no_check_passes_by_mistake() {
    let saved = Saved::new(&[("ids.txt", "# none\n"), ("blank", " \n\n"), ("none.ndjson", "")]);
    for argument in ["-".to_owned(), saved.path("ids.txt"), saved.path("blank")] {
        let failure = fetch(&Server::of_documents(), &[&argument], " \n# nobody\n");
        failure.failed_with(2).says(&["the input names no session"]);
    }
    // NDJSON is what a fetch of no session that is there makes.
    let none = fetch(&Server::of_documents(), &[&saved.path("none.ndjson")], "");
    assert_eq!((none.code, &*none.stdout, &*none.stderr), (0, "", ""));
}

#[test]
fn a_byte_order_mark_or_quotes_do_not_spoil_a_list() {
    let list = format!("\u{feff}{}\r\n\"{}\"\r\n", id(1), id(2));
    let done = fetch(&Server::of_documents(), &["-"], &list);
    assert_eq!((done.code, done.ids()), (0, [1, 2].map(id).to_vec()), "{done:#?}");
    let saved = Saved::new(&[("ids.txt", &list)]);
    let done = fetch(&Server::of_documents(), &[&saved.path("ids.txt")], "");
    assert_eq!((done.code, done.ids()), (0, [1, 2].map(id).to_vec()), "{done:#?}");
}

#[test]
fn a_list_says_what_is_wrong_with_a_line_and_a_time_is_no_session() {
    let server = Server::of_documents();
    let cut = &id(1)[..30];
    fetch(&server, &["-"], cut).failed_with(2).says(&["line 1", "this has 26"]);
    fetch(&server, &["-"], "[]").failed_with(2).says(&["the input names no session"]);
    fetch(&server, &["--wait", "3s"], "").failed_with(2).says(&["--wait=3s"]);
    assert_eq!(server.connections(), 0);
}

#[test]
fn an_empty_document_is_4_so_that_no_check_passes_by_mistake() {
    for text in ["", " \n", "\u{feff}"] {
        let saved = Saved::new(&[("a.json", text), ("b.json", &document(&id(1)))]);
        let alone = run(feather().args(["missing", &saved.path("a.json")]));
        alone.failed_with(4).says(&["a.json: holds no document"]);
        let beside = run(feather().arg("fetch").arg(saved.folder()));
        assert_eq!((beside.code, beside.ids()), (4, vec![id(1)]), "{beside:#?}");
    }
}

#[test]
fn a_folder_without_documents_is_2() {
    let folder = Saved::new(&[("notes.txt", "")]);
    fs::create_dir(folder.folder().join("inner.json")).unwrap();
    let failure = run(feather().arg("fetch").arg(folder.folder()));
    failure.failed_with(2).says(&["holds no *.json, *.ndjson or *.jsonl"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_read_is_1_and_the_rest_go_on() {
    // There whoever asks, and unreadable to root itself.
    let unreadable = "/proc/self/mem";
    let saved = Saved::new(&[("saved.json", &document(&id(1)))]);
    std::os::unix::fs::symlink(unreadable, saved.folder().join("a.json")).unwrap();
    let done = run(feather().arg("fetch").arg(saved.folder()));
    assert_eq!((done.code, done.ids()), (1, vec![id(1)]), "{done:#?}");
    done.says(&["a.json: cannot be read: ", "1 of 2 failed"]);
}

#[test]
fn a_dangling_link_is_told_by_its_name() {
    let saved = Saved::new(&[("saved.json", &document(&id(1)))]);
    std::os::unix::fs::symlink("nowhere", saved.folder().join("a.json")).unwrap();
    let done = run(feather().arg("fetch").arg(saved.folder()));
    assert_eq!((done.code, done.ids()), (1, vec![id(1)]), "{done:#?}");
    done.says(&["a.json: cannot be read: "]);
}

#[test]
fn a_named_pipe_is_read_like_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("documents", lines([1, 2])), ("ids", list(&[1, 2].map(id)))] {
        let pipe = folder.path().join(name);
        named_pipe(&pipe);
        let writer = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::write(pipe, text).unwrap())
        };
        let done = run(Server::of_documents().fetch(&[]).arg(&pipe));
        assert_eq!(done.succeeded().ids(), [1, 2].map(id), "{name}");
        writer.join().unwrap();
    }
}

#[test]
fn a_stream_is_printed_before_it_ends() {
    let mut fetch = process();
    fetch.args(["fetch", "--format", "ndjson", "-"]).stdin(Stdio::piped());
    let mut running = Running::start(&mut fetch);
    let mut stdin = running.0.stdin.take().unwrap();
    let mut stdout = running.0.stdout.take().unwrap();
    // More than any buffer on the way holds.
    let text = lines(0..20_000);
    let (enough, go_on) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn({
        let text = text.clone();
        move || {
            stdin.write_all(text.as_bytes()).unwrap();
            // Open until something has come out at the other end.
            go_on.recv().unwrap();
        }
    });
    let mut printed = vec![0; 1000];
    stdout.read_exact(&mut printed).unwrap();
    enough.send(()).unwrap();
    stdout.read_to_end(&mut printed).unwrap();
    assert!(printed == text.as_bytes(), "{} of {}", printed.len(), text.len());
    assert!(running.wait().success());
    writer.join().unwrap();
}

#[test]
fn standard_input_is_used_for_one_thing() {
    let server = Server::of_documents();
    for arguments in [&["-", "-"][..], &["--api-key-file", "-", "-"]] {
        fetch(&server, arguments, &id(1))
            .failed_with(2)
            .says(&["standard input", "one thing only"]);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let saved = Saved::new(&[("saved.ndjson", &lines(0..20_000))]);
    let server = Server::of_documents();
    let many: Vec<String> = (0..2000).map(id).collect();
    for mut command in [
        {
            let mut command = process();
            command.args(["fetch", &saved.path("saved.ndjson")]);
            command
        },
        {
            let mut command = server.fetch_process(&["--jobs", "2"]);
            command.args(&many);
            command
        },
    ] {
        let mut running = Running::start(&mut command);
        let mut stdout = running.0.stdout.take().unwrap();
        let mut first = [0];
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        let (code, stderr) = running.finish();
        assert_eq!((code, &*stderr), (Some(0), ""));
    }
    // And what nobody reads is not fetched to its end.
    assert!(server.count() < many.len(), "{}", server.count());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_1() {
    let server = Server::of_documents();
    for arguments in [&["fetch", "--demo"][..], &["demo", "--list"], &["completions", "bash"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = process().args(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("No space left on device"), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    }
    until("no connection is left", || server.connections() == 0);
}
