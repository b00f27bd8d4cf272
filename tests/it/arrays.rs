//! Arrays of documents, taken apart as they stream.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::harness::{Run, Running, Server, document, feather, gzip, id, process, run};

/// `fetch` of a file that holds this, and of standard input.
fn fetch(text: &str) -> [Run; 2] {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("array.json"), text).unwrap();
    let from_file = run(feather().current_dir(&folder).args(["fetch", "array.json"]));
    let from_stdin = run(feather().args(["fetch", "-"]).write_stdin(text));
    assert_eq!(from_file.stdout, from_stdin.stdout, "{text}");
    assert_eq!(from_file.code, from_stdin.code, "{text}");
    [from_file, from_stdin]
}

/// The same document, indented.
fn indented(n: usize) -> String {
    let document: serde_json::Value = serde_json::from_str(&document(&id(n))).unwrap();
    format!("{document:#}")
}

#[test]
fn an_array_is_read_like_its_documents_in_a_row() {
    let documents: Vec<_> = (1..=3).map(|n| document(&id(n))).collect();
    let [one, two, three] = &documents[..] else { panic!() };
    let pretty = format!("[\n  {},\n  {}\n]", indented(1).replace('\n', "\n  "), indented(2));
    for text in [
        format!("[{}]", documents.join(",")),
        format!("[{}]\n", documents.join(",\n")),
        format!("\u{feff} [ \r\n{} ]\r\n", documents.join(" , ")),
        format!("[{one}]\n[{two},{three}]"),
        format!("[[{one}],[],[{two},{three}]]"),
        format!("{one}\n[{two},{three}]"),
        format!("[{one},{two}]\n{three}\n"),
        format!("{pretty}\n{three}"),
    ] {
        for done in fetch(&text) {
            assert_eq!(done.succeeded().ids(), (1..=3).map(id).collect::<Vec<_>>(), "{text}");
        }
        for command in ["transcript", "rag", "tools", "missing"] {
            let done = run(feather().args([command, "-", "--format", "json"]).write_stdin(&*text));
            assert_eq!((done.code, &*done.stderr), (0, ""), "{command}: {text}");
        }
    }
}

#[test]
fn nothing_of_an_element_is_lost() {
    let element =
        format!("{{\"session_id\":\"{}\",\"n\":1.0,\"n\":1e400,\"s\":\"\\u0041/],[{{\"}}", id(1));
    let text = format!("[{element},\n{element}]");
    let done = run(feather().args(["fetch", "-", "--format", "ndjson"]).write_stdin(&*text));
    assert_eq!(done.succeeded().stdout, format!("{element}\n{element}\n"));
    let done = run(feather().args(["fetch", "-", "--format", "raw"]).write_stdin(&*text));
    assert_eq!(done.succeeded().stdout, format!("{element}\n{element}"));
}

#[test]
fn a_broken_element_costs_one_document_and_is_told_by_its_line() {
    for (broken, words) in [
        ("{\"session_id\": \"cut of", "not JSON"),
        ("{\"session_id\": 17}", "not an analysis input"),
        ("{\"session\": \"other\"}", "session_id"),
        ("{\"session_id\": \"a\", \"n\": [1}", "not JSON: n[0]: "),
        ("{\"session_id\": \"a\", \"n\": {\"m\": tru", "not JSON"),
        ("{\"session_id\": \"a\", \"n\": 1", "breaks off"),
        ("17", "a JSON number, not an object"),
        ("null", "a JSON null, not an object"),
        ("oops", "not JSON"),
    ] {
        let [one, two, four] = [1, 2, 4].map(|n| document(&id(n)));
        let sorted = |text: &str| text.replacen("\"analyzer_input_schema_version\":1,", "", 1);
        let [one, two, four] = [one, two, four].map(|text| sorted(&text));
        for done in fetch(&format!("[\n{one},\n{two},\n{broken},\n{four}\n]\n")) {
            assert_eq!(
                (done.code, done.ids()),
                (4, [1, 2, 4].map(id).into()),
                "{broken}: {done:#?}"
            );
            done.says(&[", line 4: ", words, "1 of 4 failed: 1 with an unusable document"]);
            assert_eq!(done.stderr.lines().count(), 2, "{broken}: {done:#?}");
        }
    }
}

#[test]
fn the_place_of_an_error_is_that_in_the_file() {
    // Inside an indented element.
    let text = format!(
        "[\n  {},\n  {{\n    \"session_id\": \"a\",\n    \"n\": NaN\n  }}\n]",
        document(&id(1))
    );
    fetch(&text)[0].says(&["array.json, line 3: ", "n holds NaN", "(line 5, column 10)"]);
    // On one line, where the column tells which.
    let one = document(&id(1));
    let text = format!("[{one}, {{\"session_id\":\"a\",\"n\":NaN}}, {one}]");
    let column = text.find("NaN").unwrap() + 1;
    let begin = text.find(", {").unwrap() + 3;
    for done in fetch(&text) {
        assert_eq!((done.code, done.ids()), (4, vec![id(1), id(1)]));
        done.says(&[&format!(", line 1, column {begin}: "), &format!("(line 1, column {column})")]);
    }
    // And so in NDJSON without line breaks.
    let text = format!("{one}{{\"session_id\":\"a\",\"n\":NaN}}");
    fetch(&text)[0].says(&[&format!("(line 1, column {})", text.find("NaN").unwrap() + 1)]);
}

#[test]
fn an_array_that_breaks_off_says_so_once() {
    let one = document(&id(1));
    for (text, words) in [
        (format!("[{one}"), "the array that begins on line 1 breaks off"),
        (format!("\n[{one},\n"), "the array that begins on line 2 breaks off"),
        (format!("[{one},{{\"session_id\":\""), "it breaks off: EOF"),
    ] {
        for done in fetch(&text) {
            assert_eq!((done.code, done.ids()), (4, vec![id(1)]), "{text}");
            done.says(&[words, "1 of 2 failed"]);
            assert_eq!(done.stderr.lines().count(), 2, "{text}: {done:#?}");
        }
    }
}

#[test]
fn an_array_of_nothing_names_no_session_and_one_of_ids_names_them() {
    let server = Server::of_documents();
    for text in ["[]", " [\n] ", "[[],[]]"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("none.json"), text).unwrap();
        let from_file = run(server.fetch(&["none.json"]).current_dir(&folder));
        from_file.failed_with(2).says(&["the input names no session"]);
        let from_stdin = run(server.fetch(&["-"]).write_stdin(text));
        from_stdin.failed_with(2).says(&["the input names no session"]);
    }
    for (text, words) in [
        (format!("[\"{}\",\n\"x\"]", id(1)), "standard input, line 2: \"x\" is not a session id"),
        (format!("[\"{}\",\n5]", id(1)), "standard input, line 2: \"5\" is not a session id"),
        (format!("['{}']", id(1)), "strings stand in double quotes"),
        (format!("[\"{}\"", id(1)), "line 1: not a JSON array of session ids: EOF"),
        ("[1, 2]".to_owned(), "line 1: \"1\" is not a session id"),
    ] {
        let failure = run(server.fetch(&["-"]).write_stdin(&*text));
        failure.failed_with(2).says(&[words, "nothing was fetched"]);
    }
    assert_eq!(server.connections(), 0);
    let ids = format!("[\"{}\"]\n[\n  \"{}\"\n]\n", id(1), id(2).to_uppercase());
    let done = run(server.fetch(&["-"]).write_stdin(&*ids));
    assert_eq!(done.succeeded().ids(), [1, 2].map(id));
}

#[test]
fn an_array_is_printed_before_it_ends() {
    let mut fetch = process();
    fetch.args(["fetch", "--format", "ndjson", "-"]).stdin(Stdio::piped());
    let mut running = Running::start(&mut fetch);
    let mut stdin = running.0.stdin.take().unwrap();
    let mut stdout = running.0.stdout.take().unwrap();
    let (enough, go_on) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        stdin.write_all(b"[").unwrap();
        for n in 0..20_000 {
            writeln!(stdin, "{},", document(&id(n))).unwrap();
        }
        // Open until something has come out at the other end.
        go_on.recv().unwrap();
        write!(stdin, "{}]", document(&id(20_000))).unwrap();
    });
    let mut printed = vec![0; 1000];
    stdout.read_exact(&mut printed).unwrap();
    enough.send(()).unwrap();
    stdout.read_to_end(&mut printed).unwrap();
    assert_eq!(String::from_utf8(printed).unwrap().lines().count(), 20_001);
    assert!(running.wait().success());
    writer.join().unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn an_array_takes_the_memory_of_a_document_however_long_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("[");
    for n in 0..40_000 {
        let comma = if n > 0 { ",\n" } else { "" };
        let filler = "x".repeat(1500);
        write!(
            text,
            "{comma}{}",
            document(&id(n)).replace("[]", &format!("[],\"f\":\"{filler}\""))
        )
        .unwrap();
    }
    text.push(']');
    assert!(text.len() > 60 << 20);
    for (name, bytes) in
        [("a.json", text.clone().into_bytes()), ("a.json.gz", gzip(text.as_bytes()))]
    {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let mut fetch = process();
        fetch.args(["missing", "--summary"]).arg(&path);
        let mut running = Running::start(&mut fetch);
        let (code, peak) = running.peak_memory();
        assert_eq!(code, Some(0), "{name}");
        assert!(peak < 30 << 10, "{name}: {peak} KiB");
    }
}
