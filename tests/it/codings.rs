//! Inputs as other shells and tools write them: UTF-16, byte-order marks, gzip, and what is neither.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use crate::harness::{Run, Server, document, feather, gzip, id, list, named_pipe, run};

/// `text` as Windows writes it, the low byte of a unit first, or the high one.
fn utf16(text: &str, low_first: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

/// The same text in every coding that is read.
fn codings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (first, last) = text.split_at(text.len() / 2);
    let members = [gzip(first.as_bytes()), gzip(b""), gzip(last.as_bytes())].concat();
    vec![
        ("utf-8", text.into()),
        ("a mark", format!("\u{feff}{text}").into()),
        ("utf-16, low first", utf16(text, true)),
        ("utf-16, high first", utf16(text, false)),
        ("gzip", gzip(text.as_bytes())),
        ("gzip of a mark", gzip(format!("\u{feff}{text}").as_bytes())),
        ("gzip of utf-16", gzip(&utf16(text, true))),
        ("gzip members", members),
        ("gzip twice", gzip(&gzip(text.as_bytes()))),
    ]
}

/// A folder with one file.
fn saved(name: &str, bytes: &[u8]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// Runs a command line whose last word is a file, a pipe, and standard input with these bytes.
fn each_way(server: &Server, name: &str, bytes: &[u8]) -> Vec<(&'static str, Run)> {
    let (folder, path) = saved(name, bytes);
    let pipe = folder.path().join("pipe");
    named_pipe(&pipe);
    let writer = std::thread::spawn({
        let (pipe, bytes) = (pipe.clone(), bytes.to_vec());
        // Whoever reads it may have seen enough of it before its end.
        move || drop(fs::write(pipe, bytes))
    });
    let from_pipe = run(server.fetch(&[]).arg(&pipe));
    writer.join().unwrap();
    vec![
        ("a file", run(&mut server.fetch(&[&path]))),
        ("a pipe", from_pipe),
        ("standard input", run(server.fetch(&["-"]).write_stdin(bytes))),
    ]
}

#[test]
fn documents_are_read_in_every_coding() {
    let server = Server::of_documents();
    let text = format!(
        "{}\r\n{}\r\n",
        document(&id(1)).replace("\"messages\"", "\"text\":\"é日😀\",\"messages\""),
        document(&id(2))
    );
    for (coding, bytes) in codings(&text) {
        for name in ["saved.json", "saved.ndjson.gz", "saved"] {
            for (way, done) in each_way(&server, name, &bytes) {
                let context = format!("{coding}, {name}, {way}");
                assert_eq!(done.stderr, "", "{context}");
                assert_eq!(done.ids(), [1, 2].map(id), "{context}");
                assert_eq!(done.documents()[0]["text"], "é日😀", "{context}");
            }
        }
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn lists_of_ids_are_read_in_every_coding() {
    let server = Server::of_documents();
    let lines = format!("# ids\r\n{}\r\n\"{}\",\r\n", id(1), id(2).to_uppercase());
    let array = format!("[\r\n  \"{}\",\r\n  \"{}\"\r\n]\r\n", id(1), id(2));
    for text in [lines, array] {
        for (coding, bytes) in codings(&text) {
            for name in ["ids.txt", "ids.json", "ids.gz"] {
                for (way, done) in each_way(&server, name, &bytes) {
                    let context = format!("{coding}, {name}, {way}, {text}");
                    assert_eq!(
                        (&*done.stderr, done.ids()),
                        ("", [1, 2].map(id).into()),
                        "{context}"
                    );
                }
            }
        }
    }
}

#[test]
fn key_files_are_read_in_every_coding() {
    let server = Server::of_documents();
    for end in ["", "\n", "\r\n"] {
        for (coding, bytes) in codings(&format!("fk_live_0123{end}")) {
            let (_folder, path) = saved("key", &bytes);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            let mut from_stdin = server.fetch(&[&id(1), "--api-key-file", "-"]);
            from_stdin.write_stdin(bytes);
            let mut from_file = server.fetch(&[&id(1), "--api-key-file", &path]);
            for command in [&mut from_file, &mut from_stdin] {
                run(command).succeeded();
                let request = server.requests().pop().unwrap();
                assert_eq!(request.header("x-api-key"), Some("fk_live_0123"), "{coding} {end:?}");
            }
        }
    }
}

#[test]
fn a_key_in_quotes_or_of_another_kind_is_refused_before_any_request() {
    let server = Server::of_documents();
    let unmarked = utf16("fk_live_N0b0dy", true)[2..].to_vec();
    for (bytes, words) in [
        (b"\"fk_live_N0b0dy\"\n".to_vec(), "has quotes around it"),
        (b"'fk_live_N0b0dy'".to_vec(), "has quotes around it"),
        ("“fk_live_N0b0dy”\r\n".into(), "has quotes around it"),
        (b"`fk_live_N0b0dy`".to_vec(), "has quotes around it"),
        (utf16("\"fk_live_N0b0dy\"", true), "has quotes around it"),
        (b"FEATHER_API_KEY=fk_live_N0b0dy\n".to_vec(), "is a line of a settings file"),
        (unmarked, "is UTF-16 text without a byte-order mark"),
        (b"PK\x03\x04\x14\0fk_live_N0b0dy".to_vec(), "is a zip archive"),
        (gzip(b"fk_live_N0b0dy")[..20].to_vec(), "cannot be read: the gzip data breaks off"),
        (b"\xef\xbb\xbf\n".to_vec(), "is empty"),
    ] {
        let (_folder, path) = saved("key", &bytes);
        let mut from_stdin = server.fetch(&[&id(1), "--api-key-file", "-"]);
        from_stdin.write_stdin(bytes);
        let mut from_file = server.fetch(&[&id(1), "--quiet", "--api-key-file", &path]);
        for command in [&mut from_file, &mut from_stdin] {
            let failure = run(command);
            failure.failed_with(2).says(&["the API key from ", words]);
            assert!(!failure.stderr.contains("N0b0dy"), "{failure:#?}");
        }
    }
    let quoted = run(server.fetch(&[&id(1)]).env("FEATHER_API_KEY", "\"fk_live_N0b0dy\""));
    quoted.failed_with(2).says(&["FEATHER_API_KEY has quotes around it", "take the quotes away"]);
    assert!(!quoted.stderr.contains("N0b0dy"), "{quoted:#?}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_is_not_read_is_named() {
    let server = Server::of_documents();
    let text = document(&id(1));
    let mut tar = vec![b'a'; 257];
    tar.extend(b"ustar\0");
    tar.resize(2048, 0);
    let utf32: Vec<u8> = std::iter::once('\u{feff}')
        .chain(text.chars())
        .flat_map(|c| (c as u32).to_le_bytes())
        .collect();
    for (bytes, words) in [
        (b"PK\x03\x04\x14\0\x08\0".to_vec(), "a zip archive, not JSON"),
        (b"\x28\xb5\x2f\xfd\x04\0".to_vec(), "zstd data, not JSON"),
        (b"BZh91AY&SY\x01".to_vec(), "bzip2 data, not JSON"),
        (b"\xfd7zXZ\0\0".to_vec(), "xz data, not JSON"),
        (utf16(&text, true)[2..].to_vec(), "UTF-16 text without a byte-order mark, not JSON"),
        (utf16(&text, false)[2..].to_vec(), "UTF-16 text without a byte-order mark, not JSON"),
        (utf32, "UTF-32 text, not JSON"),
        (b"%PDF-1.7\n%\xe2\xe3".to_vec(), "a PDF, not JSON"),
        (b"<!DOCTYPE html>\n<title>Sign in</title>".to_vec(), "an HTML page, not JSON"),
        (b"PAR1\x15\x04\0".to_vec(), "a Parquet file, not JSON"),
        (b"SQLite format 3\0".to_vec(), "an SQLite database, not JSON"),
        (b"\x7fELF\x02\x01".to_vec(), "a program, not JSON"),
        (vec![0; 4096], "nothing but zero bytes, not JSON"),
        (b"\x07\x01\0\x02".to_vec(), "binary data, not JSON"),
        (tar.clone(), "a tar archive, not JSON"),
        (gzip(&tar), "a tar archive, not JSON"),
        (gzip(b"PK\x03\x04\x14\0"), "a zip archive, not JSON"),
    ] {
        for name in ["saved.json", "ids.txt", "saved.gz"] {
            for (way, failure) in each_way(&server, name, &bytes) {
                assert_eq!((failure.code, &*failure.stdout), (4, ""), "{way} {name}: {failure:#?}");
                failure.says(&[words, "hint: "]);
            }
        }
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_breaks_off_or_is_damaged_costs_what_comes_after() {
    let server = Server::of_documents();
    // Not to be packed well, so that the break is a good way in.
    let salt = (0..3000).map(|n: u64| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let text: String = (1..=3)
        .map(|n| {
            document(&id(n))
                .replace("[]", &format!("[],\"salt\":\"{}\"", salt.clone().collect::<String>()))
                + "\n"
        })
        .collect();
    let packed = gzip(text.as_bytes());
    let mut damaged = packed.clone();
    let sum = damaged.len() - 8;
    damaged[sum] ^= 0xff;
    let wide = utf16(&text, true);
    let half = [&wide[..], &[0x3d, 0xd8], &wide[2..]].concat();
    for (bytes, whole, words) in [
        (packed[..packed.len() / 2].to_vec(), 1, "the gzip data breaks off"),
        (packed[..packed.len() - 2].to_vec(), 3, "the gzip data breaks off"),
        (damaged, 3, "the gzip data is damaged"),
        ([&packed[..], b"and something more"].concat(), 3, "the gzip data is damaged"),
        (wide[..wide.len() - 1].to_vec(), 3, "breaks off in the middle of a unit"),
        (half, 3, "half of a surrogate pair"),
    ] {
        for (way, done) in each_way(&server, "saved.ndjson", &bytes) {
            let ids: Vec<_> = (1..=whole).map(id).collect();
            assert_eq!((done.code, done.ids()), (4, ids), "{way}: {}", done.stderr);
            done.says(&[words, "what came before was read"]);
        }
    }
    // A list is read whole before anything is asked for.
    let ids = list(&(1..=2000).map(|n| id(n * 7919)).collect::<Vec<_>>());
    let packed = gzip(ids.as_bytes());
    for (way, failure) in each_way(&server, "ids.txt", &packed[..packed.len() / 2]) {
        assert_eq!((failure.code, &*failure.stdout), (2, ""), "{way}: {failure:#?}");
        failure.says(&["the gzip data breaks off"]);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn text_in_a_coding_of_one_byte_a_letter_is_told_with_a_way_out() {
    let text = document(&id(1)).replace("[]", "[],\"city\":\"K\u{1}ln\"").into_bytes();
    let text: Vec<u8> = text.into_iter().map(|byte| if byte == 1 { 0xf6 } else { byte }).collect();
    let (_folder, path) = saved("saved.json", &text);
    let failure = run(feather().args(["fetch", &path]));
    failure.failed_with(4).says(&["saved.json: not JSON: byte ", "is not UTF-8", "WINDOWS-1252"]);
}

#[test]
fn a_packed_document_may_not_be_over_the_largest_size() {
    let (_folder, path) = saved("bomb.json.gz", &gzip(&vec![b' '; 64 << 20]));
    let blank = run(feather().args(["fetch", "--max-size", "1MiB", &path]));
    blank.failed_with(4).says(&["holds no document"]);
    let large = format!("{{\"session_id\":\"{}\",\"a\":\"{}\"}}", id(1), "x".repeat(64 << 20));
    let (_folder, path) = saved("bomb.json.gz", &gzip(large.as_bytes()));
    let mut fetch = crate::harness::process();
    let mut running =
        crate::harness::Running::start(fetch.args(["fetch", "--max-size", "1MiB", &path]));
    let (code, peak) = running.peak_memory();
    assert_eq!(code, Some(4));
    assert!(peak < 40 << 10, "{peak} KiB");
}
