//! `report` as scripts meet it: what it reads, where the page goes, and with which exit code. How the
//! page looks and behaves, `browser` says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{Reply, Run, Server, document, feather, gzip, id, names, process, run};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions")
}

fn sample(name: &str) -> Value {
    let path = samples().join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn report(arguments: &[&str]) -> Run {
    run(feather().arg("report").args(arguments))
}

/// How often a text is in another.
fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn one_session_has_a_page_and_several_have_a_dashboard() {
    let showcase = samples().join("showcase.json");
    let one = report(&[showcase.to_str().unwrap()]);
    let page = &one.succeeded().stdout;
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
    for id in ["facts", "missing", "timeline", "transcript", "turn-1", "turn-14"] {
        assert_eq!(count(page, &format!("id=\"{id}\"")), 1, "{id}");
    }
    assert!(page.contains("<title>Session 7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11</title>"));
    assert!(page.contains("knowing in the customer"), "what is missing and what that rules out");

    let all = report(&[samples().to_str().unwrap(), "--title", "A <week> & more"]);
    let page = &all.succeeded().stdout;
    assert!(page.contains("<title>A &lt;week&gt; &amp; more</title>"), "{page}");
    for id in ["figures", "gaps", "retrieval", "tools", "missing", "sessions", "transcripts"] {
        assert_eq!(count(page, &format!("<section id=\"{id}\">")), 1, "{id}");
    }
    assert_eq!(count(page, "<details class=\"session\""), 14);
    assert_eq!(count(page, "<h1"), 1);
    // What a gap names is a turn that is there.
    let href = page.split("href=\"#").find(|rest| rest.starts_with('s') && rest.contains("-turn-"));
    let anchor = href.unwrap().split('"').next().unwrap();
    assert_eq!(count(page, &format!("id=\"{anchor}\"")), 1, "{anchor}");
    let demo = report(&["--demo", "--title", "A <week> & more"]);
    assert_eq!(demo.succeeded().stdout.len(), page.len(), "the demo's are the same sessions");
}

#[test]
fn transcripts_are_those_that_the_gaps_name_first() {
    let folder = samples();
    let folder = folder.to_str().unwrap();
    let titles = |transcripts: &str| -> Vec<String> {
        let done = report(&[folder, "--transcripts", transcripts]);
        let page = done.succeeded().stdout.clone();
        let parts = page.split("<summary><h3>").skip(1);
        parts.map(|part| part[..36].to_owned()).collect()
    };
    let gaps = run(feather().args(["gaps", folder, "--format", "json"]));
    let gaps: Vec<Value> = serde_json::from_str(&gaps.succeeded().stdout).unwrap();
    let mut named: Vec<&str> = gaps.iter().filter_map(|gap| gap["session_id"].as_str()).collect();
    named.dedup();
    named.retain({
        let mut seen = Vec::new();
        move |id| {
            !seen.contains(id) && {
                seen.push(*id);
                true
            }
        }
    });
    assert_eq!(titles("3"), named[..3]);
    assert_eq!(titles("0"), [""; 0]);
    assert_eq!(titles("500").len(), 14);
    assert_eq!(&titles("500")[..named.len()], named);
}

#[test]
fn selection_groups_and_a_base_hold_as_elsewhere() {
    let folder = samples();
    let folder = folder.to_str().unwrap();
    let chat = report(&[folder, "--where", "channel=chat", "--by", "agent,channel"]);
    let page = &chat.stdout;
    let overview = run(feather().args(["fetch", "--overview", "--format", "ndjson", folder]));
    let chats = count(&overview.stdout, "\"channel\":\"chat\"");
    assert!(page.contains(&format!(">{chats} sessions")), "{chats}: {page}");
    assert!(page.contains("only those with channel=chat"), "{page}");
    assert!(page.contains("by agent, channel"), "{page}");
    assert!(chat.stderr.contains(&format!("{chats} of 14 sessions selected")), "{}", chat.stderr);
    // The comparison comes first, and a gap says what became of it.
    let against = report(&[folder, "--against", folder, "--by", "channel"]);
    let page = &against.stdout;
    let chapters: Vec<&str> = page.split("<section id=\"").skip(1).collect();
    assert!(chapters[0].starts_with("compared") && chapters[1].starts_with("figures"), "{page}");
    assert!(page.contains("too few sessions") && page.contains(">open</td>"), "{page}");
    let mistaken = report(&[folder, "--by", "chanel"]);
    mistaken.failed_with(2).says(&["there is no field chanel", "did you mean channel?"]);
}

#[test]
fn streams_and_fetched_sessions_are_read_once() {
    // A stream cannot be read again, and yet its transcripts are there.
    let lines: Vec<String> =
        ["showcase", "worldwide", "legacy"].map(|name| sample(name).to_string()).to_vec();
    let mut piped = feather();
    piped.args(["report", "-", "--transcripts", "2"]).write_stdin(lines.join("\n"));
    let page = run(&mut piped).succeeded().stdout.clone();
    assert_eq!(count(&page, "<details class=\"session\""), 2);
    let mut alone = feather();
    alone.args(["report", "-"]).write_stdin(gzip(lines[0].as_bytes()));
    assert_eq!(count(&run(&mut alone).succeeded().stdout, "id=\"turn-14\""), 1);

    let server = Server::start(|request| {
        let mut document: Value = serde_json::from_str(&document(request.session())).unwrap();
        document["rag_traces"] = json!([{"assistant_turn_id": "t", "hit": false}]);
        Reply::json(200, document.to_string())
    });
    let ids: Vec<String> = (0..30).map(id).collect();
    let mut fetched = feather();
    fetched.env("FEATHER_API_KEY", "k").args(["--base-url", &server.url(), "report"]).args(&ids);
    let page = run(&mut fetched).succeeded().stdout.clone();
    assert_eq!((count(&page, "<details class=\"session\""), server.count()), (30, 30));
}

#[test]
fn what_is_broken_is_listed_in_the_page_and_in_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("week.ndjson");
    let broken = "{\"session_id\": <b>no</b>}";
    let lines = [sample("showcase").to_string(), broken.to_owned(), sample("legacy").to_string()];
    fs::write(&path, lines.join("\n")).unwrap();
    let out = folder.path().join("week.html");
    fs::write(&out, "before").unwrap();
    let done = report(&[path.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    done.failed_with(4).says(&["week.ndjson, line 2"]);
    let page = fs::read_to_string(&out).unwrap();
    let listed = page.split("<section id=\"failures\">").nth(1).unwrap();
    assert!(listed.contains("week.ndjson, line 2") && !page.contains("<b>no</b>"), "{listed}");
    assert!(page.contains("2 sessions from"), "{page}");
    // One of two that could be read has a page of its own.
    fs::write(&path, lines[..2].join("\n")).unwrap();
    let done = report(&[path.to_str().unwrap()]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert!(done.stdout.contains("<section id=\"failures\">") && done.stdout.contains("turn-14"));
}

#[test]
fn nothing_selected_makes_no_page_and_leaves_the_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("week.html");
    fs::write(&out, "before").unwrap();
    let out = out.to_str().unwrap();
    let samples = samples();
    let none = report(&[samples.to_str().unwrap(), "--where", "channel=pigeon", "--out", out]);
    none.failed_with(11).says(&["nothing to report", "0 of 14 sessions selected"]);
    let broken = folder.path().join("broken.json");
    fs::write(&broken, "{\"session_id\":").unwrap();
    let broken = report(&[broken.to_str().unwrap(), "--out", out]);
    broken.failed_with(4).says(&["nothing to report: no session could be read"]);
    let empty = folder.path().join("empty.ndjson");
    fs::write(&empty, "").unwrap();
    report(&[empty.to_str().unwrap(), "--out", out]).says(&["nothing to report"]);
    assert_eq!(fs::read_to_string(out).unwrap(), "before");
    assert_eq!(names(folder.path()), ["broken.json", "empty.ndjson", "week.html"]);
    report(&["--demo", "--out", folder.path().to_str().unwrap()]).failed_with(2);
    let nowhere = report(&["--demo", "--out", "/nonexistent/week.html"]);
    nowhere.failed_with(1).says(&["make its folder first"]);
}

#[test]
fn a_reader_that_goes_away_ends_it_and_a_full_disk_is_told() {
    let mut closed = process();
    let mut child = closed
        .args(["report", "--demo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    if Path::new("/dev/full").exists() {
        let full = report(&["--demo", "--out", "/dev/full"]);
        full.failed_with(1).says(&["No space left"]);
    }
}

#[test]
fn a_key_that_a_server_tells_is_not_in_the_page() {
    let server = Server::start(|request| match request.index() {
        0 => Reply::ok(request),
        _ => Reply::error(404, "not_found", "no session for the key sk-secret-of-mine-123"),
    });
    let mut fetched = feather();
    fetched.env("FEATHER_API_KEY", "sk-secret-of-mine-123");
    fetched.args(["--base-url", &server.url(), "report", &id(0), &id(1), &id(2)]);
    let done = run(&mut fetched);
    assert_eq!(done.code, 44, "{done:#?}");
    assert!(done.stdout.contains("no session for the key"), "{}", done.stdout);
    assert!(
        !done.stdout.contains("sk-secret-of-mine") && !done.stderr.contains("sk-secret-of-mine")
    );
}

#[test]
fn the_policy_names_the_hashes_of_the_style_and_the_script_that_are_there() {
    let page = report(&["--demo"]).succeeded().stdout.clone();
    let inside = |tag: &str| {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        assert_eq!((count(&page, &open), count(&page, &close)), (1, 1), "{tag}");
        page.split(&open).nth(1).unwrap().split(&close).next().unwrap().to_owned()
    };
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for tag in ["style", "script"] {
        let digest = ring::digest::digest(&ring::digest::SHA256, inside(tag).as_bytes());
        let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
        assert!(policy.contains(&format!("{tag}-src 'sha256-{hash}'")), "{tag}: {policy}");
    }
    // Nothing that the policy would have to allow.
    for forbidden in [" style=\"", " onclick", " src=\"", "<img", "<link", "url(", "@import"] {
        assert_eq!(count(&page, forbidden), 0, "{forbidden}");
    }
}

#[test]
fn a_large_transcript_leaves_room_for_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let miss = json!([{"assistant_turn_id": "b", "query_hash": "q", "hit": false}]);
    let session = |n: usize, turns: usize| {
        let message = |turn: usize| json!({"turn_id": turn.to_string(), "role": "user", "content": "words ".repeat(100)});
        json!({"session_id": id(n), "rag_traces": miss, "messages": (0..turns).map(message).collect::<Vec<_>>()})
    };
    let lines: Vec<String> =
        [session(0, 8000), session(1, 3), session(2, 3)].iter().map(Value::to_string).collect();
    let path = folder.path().join("week.ndjson");
    fs::write(&path, lines.join("\n")).unwrap();
    let page = report(&[path.to_str().unwrap()]).succeeded().stdout.clone();
    assert_eq!(count(&page, "<details class=\"session\""), 2);
    assert!(page.contains("There was no room for 1 transcript more."));
    assert!(page.len() < 5 << 20, "{}", page.len());
}
