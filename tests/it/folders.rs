//! Folders: what of them is read, what is passed over, and names that are no UTF-8.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use tempfile::TempDir;

use crate::harness::{Run, Server, document, feather, gzip, id, run};

/// A folder with these files.
fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn text(n: usize) -> Vec<u8> {
    document(&id(n)).into_bytes()
}

/// `fetch --format ndjson` in the folder's parent, under a short name.
fn fetch(folder: &TempDir, arguments: &[&str]) -> Run {
    run(feather().current_dir(folder).args(["fetch", "."]).args(arguments))
}

#[test]
fn every_kind_of_saved_document_is_read_by_name() {
    let folder = folder(&[
        ("a.json", text(1)),
        ("b.ndjson", [text(2), text(3)].join(&b'\n')),
        ("c.jsonl", [text(4), text(5)].join(&b'\n')),
        ("d.json.gz", gzip(&text(6))),
        ("e.ndjson.gz", gzip(&[text(7), text(8)].join(&b'\n'))),
        ("f.jsonl.gz", gzip(&text(9))),
        ("g.JSONL", text(10)),
        ("h.Json.GZ", gzip(&text(11))),
        // Not packed, whatever its name says.
        ("i.json.gz", text(12)),
        // Lists, which may be empty.
        ("j.jsonl", Vec::new()),
        ("k.ndjson.gz", gzip(b"")),
        ("l.json", b"[]".to_vec()),
    ]);
    let done = fetch(&folder, &[]);
    assert_eq!(done.succeeded().ids(), (1..=12).map(id).collect::<Vec<_>>());
    let overview = fetch(&folder, &["--format", "csv"]);
    assert_eq!(overview.succeeded().stdout.lines().count(), 13);
}

#[test]
fn what_is_passed_over_is_said_in_one_line_and_is_no_failure() {
    let folder = folder(&[
        ("a.json", text(1)),
        ("notes.txt", b"x".to_vec()),
        ("ids.csv", b"x".to_vec()),
        ("all.tar.gz", b"x".to_vec()),
        (".DS_Store", b"x".to_vec()),
    ]);
    fs::create_dir(folder.path().join("inner.json")).unwrap();
    let done = fetch(&folder, &[]);
    assert_eq!((done.code, done.ids()), (0, vec![id(1)]));
    assert_eq!(
        done.stderr,
        ".: passed over 4 of 6: all.tar.gz, ids.csv, inner.json/, notes.txt; what is read is \
         *.json, *.ndjson, *.jsonl and these with .gz\n"
    );
    assert_eq!(fetch(&folder, &["--quiet"]).succeeded().ids(), [id(1)]);
    let json = fetch(&folder, &["--error-format", "json"]);
    assert!(json.errors()[0]["note"].as_str().unwrap().contains("passed over 4 of 6"), "{json:?}");
    for number in 0..20 {
        fs::write(folder.path().join(format!("more{number:02}\u{1b}[31m\n.txt")), "").unwrap();
    }
    let many = fetch(&folder, &[]);
    assert_eq!(many.code, 0);
    assert_eq!(many.stderr.lines().count(), 1, "{many:?}");
    many.says(&["passed over 24 of 26", "and 19 more"]);
    assert!(!many.stderr.contains('\u{1b}') && many.stderr.len() < 300, "{many:?}");
    // Named by itself, a file is read whatever its name.
    let named = run(feather().current_dir(&folder).args(["missing", "a.json", "inner.json"]));
    named.failed_with(2).says(&["inner.json: the folder holds no"]);
}

#[test]
fn a_name_that_is_no_utf8_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let named = |bytes: &[u8]| folder.path().join(OsStr::from_bytes(bytes));
    fs::write(named(b"sess\xe9ance.json"), text(1)).unwrap();
    fs::write(named(b"\xff.json.gz"), gzip(&text(2))).unwrap();
    fs::write(named(b"ids\xfe"), id(3)).unwrap();
    fs::write(named(b"broken\xe9.json"), "{").unwrap();
    for name in [&b"sess\xe9ance.json"[..], b"\xff.json.gz"] {
        for command in ["fetch", "missing", "rag", "tools", "transcript"] {
            let done = run(feather().arg(command).arg(named(name)));
            assert!(!done.succeeded().stdout.is_empty(), "{command} {name:?}");
        }
    }
    let server = Server::of_documents();
    assert_eq!(run(server.fetch(&[]).arg(named(b"ids\xfe"))).succeeded().ids(), [id(3)]);
    let broken = run(feather().arg("fetch").arg(named(b"broken\xe9.json")));
    broken.failed_with(4).says(&["broken\u{fffd}.json: not JSON"]);
    let nowhere = run(feather().arg("fetch").arg(named(b"nowhere\xe9")));
    nowhere.failed_with(2).says(&["nowhere\u{fffd}\" is not a session id"]);
    let all = run(feather().args(["fetch", "--quiet"]).arg(folder.path()));
    assert_eq!((all.code, all.ids()), (4, vec![id(1), id(2)]), "{all:?}");
}

#[test]
fn a_list_in_a_folder_is_told_by_what_it_is() {
    let folder = folder(&[
        ("a.json", text(1)),
        ("ids.json", format!("[\"{}\",\"{}\"]", id(2), id(3)).into_bytes()),
    ]);
    let done = fetch(&folder, &[]);
    assert_eq!((done.code, done.ids()), (4, vec![id(1)]));
    done.says(&["ids.json: a list of session ids, not a document; name its file by itself"]);
    let server = Server::of_documents();
    let list = folder.path().join("ids.json");
    assert_eq!(run(server.fetch(&[]).arg(list)).succeeded().ids(), [2, 3].map(id));
}
