//! Mistakes that people make on the command line: each is answered with what they meant.

use std::path::Path;

use crate::harness::{Server, document, feather, id, run};

/// What is looked for in everything that is said.
const SECRET: &str = "fk_live_N0b0dyMayReadThis";

/// A session of the samples.
const SHOWCASE: &str = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11";

/// The commands, with what each needs to be one.
const COMMANDS: [&str; 9] =
    ["fetch", "transcript", "rag", "tools", "missing", "gaps", "schema", "completions", "demo"];

#[test]
fn a_key_among_the_arguments_is_refused_and_never_repeated() {
    let options = [
        vec![format!("--api-key={SECRET}")],
        vec!["--api-key".to_owned(), SECRET.to_owned()],
        vec!["-k".to_owned(), SECRET.to_owned()],
        vec![format!("-k{SECRET}")],
        vec![format!("-k={SECRET}")],
        vec!["--key".to_owned(), SECRET.to_owned()],
        vec![format!("--key={SECRET}")],
        vec!["--token".to_owned(), SECRET.to_owned()],
        vec![format!("--token={SECRET}")],
        vec![format!("--x-api-key={SECRET}")],
        vec!["-token".to_owned(), SECRET.to_owned()],
    ];
    let needed = |command: &str| if command == "completions" { vec!["bash"] } else { vec![] };
    for option in &options {
        let lines = COMMANDS.iter().flat_map(|command| {
            let option = || option.iter().map(String::as_str);
            let needed = needed(command);
            [
                std::iter::once(*command).chain(needed.clone()).chain(option()).collect::<Vec<_>>(),
                option().chain([*command]).chain(needed).collect(),
            ]
        });
        for line in lines {
            for format in ["human", "json"] {
                let refused = run(feather().args(&line).args(["--error-format", format]));
                let words =
                    ["keys are not taken from arguments", "FEATHER_API_KEY", "--api-key-file"];
                refused.failed_with(2).says(&words);
                assert!(!refused.stderr.contains(SECRET), "{line:?}: {refused:?}");
                assert!(!refused.stderr.contains("N0b0dy"), "{line:?}: {refused:?}");
            }
        }
    }
}

#[test]
fn a_key_as_environments_have_it_is_refused_where_a_session_is_due() {
    for typed in ["FEATHER_API_KEY=", "feather_api_key=", "x-api-key: ", "export FEATHER_API_KEY="]
    {
        let typed = format!("{typed}{SECRET}");
        for line in [
            vec!["fetch", &typed],
            vec![&typed, "fetch"],
            vec!["rag", &typed, SHOWCASE],
            vec!["show", &typed, SHOWCASE],
            vec![SHOWCASE, &typed],
        ] {
            let refused = run(feather().args(&line));
            refused.failed_with(2).says(&["hint: "]);
            if !["show", SHOWCASE].contains(&line[0]) {
                refused.says(&["not taken from arguments", "set FEATHER_API_KEY"]);
            }
            assert!(!refused.stderr.contains(SECRET), "{line:?}: {refused:?}");
        }
    }
}

#[test]
fn no_error_repeats_what_a_key_option_names_where_that_is_no_file() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("cert.pem");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    let certificate = certificate.to_str().unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    let long = SECRET.repeat(200);
    for key in [SECRET, &long, &format!("{SECRET}/x"), &format!("/nowhere/{SECRET}")] {
        for line in [
            vec!["--api-key-file", key],
            vec!["--cert", certificate, "--key", key],
            vec!["--cert", &pem],
            vec!["--cert", certificate, "--key", &pem],
        ] {
            let refused = run(&mut server.fetch(&[&[&*id(1)], &line[..]].concat()));
            assert!(!refused.failed_with(2).stderr.contains(SECRET), "{line:?}: {refused:?}");
        }
        let refused = run(server.fetch(&[&id(1)]).env("FEATHER_API_KEY_FILE", key));
        refused.failed_with(2).says(&["FEATHER_API_KEY_FILE", "not repeated"]);
        assert!(!refused.stderr.contains(SECRET), "{refused:?}");
    }
    assert_eq!(server.connections(), 0);
}

/// Runs a command line in a folder with `week.ndjson` and the folder `sessions`.
fn in_a_folder(line: &[&str]) -> crate::harness::Run {
    let folder = tempfile::tempdir().unwrap();
    let sessions = folder.path().join("sessions");
    std::fs::create_dir(&sessions).unwrap();
    let session = document(SHOWCASE);
    for path in [folder.path().join("week.ndjson"), sessions.join(format!("{SHOWCASE}.json"))] {
        std::fs::write(path, &session).unwrap();
    }
    run(feather().current_dir(folder.path()).args(line))
}

#[test]
fn what_is_named_where_a_command_is_due_is_told_which() {
    let address = format!("https://app.invalid/sessions/{SHOWCASE}");
    for (line, meant) in [
        (&[SHOWCASE][..], &format!("transcript {SHOWCASE}")),
        (&["week.ndjson"], &"transcript week.ndjson".to_owned()),
        (&["sessions"], &"fetch --overview sessions".to_owned()),
        (&["7f3c1a52", "week.ndjson", "--full"], &"transcript 7f3c1a52 week.ndjson".to_owned()),
        (&[&address], &format!("transcript {address}")),
        (&["show", "week.ndjson"], &"transcript week.ndjson".to_owned()),
        (&["list", "sessions"], &"fetch --overview sessions".to_owned()),
        (&["summary", "sessions"], &"rag --summary sessions".to_owned()),
        (&["stats"], &"rag --summary SESSION".to_owned()),
        (&["errors", "sessions"], &"tools --only error sessions".to_owned()),
    ] {
        let refused = in_a_folder(line);
        refused.failed_with(2).says(&[&format!("did you mean: feather-analysis {meant}")]);
        assert!(!refused.stderr.contains("Usage"), "{refused:?}");
    }
}

#[test]
fn help_can_be_asked_for_by_a_command() {
    for command in COMMANDS.into_iter().chain(["help"]) {
        let asked = run(feather().args(["help", command]));
        let long = run(feather().args([command, "--help"]));
        assert_eq!(asked.succeeded().stdout, long.stdout, "{command}");
    }
    run(feather().args(["help", "fetsh"])).failed_with(2).says(&["help fetch"]);
    run(feather().args(["help", "row"])).failed_with(2).says(&["help rows"]);
    run(feather().args(["help", "zzz"])).failed_with(2).says(&["feather-analysis help lists them"]);
}

#[test]
fn an_option_that_a_command_has_not_is_told_with_what_it_has() {
    for (line, words) in [
        ("transcript week.ndjson -o out.txt", "> FILE"),
        ("rag week.ndjson --output out.txt", "> FILE"),
        ("fetch week.ndjson --out out.txt", "--output FILE"),
        ("transcript week.ndjson --limit 3", "--turn ..10"),
        ("gaps week.ndjson --by day", "--summary --by FIELD"),
        ("schema --by day", "it is an option of fetch, transcript, rag, tools, missing"),
        ("tools week.ndjson --errors", "--only error"),
        ("rag week.ndjson --misses", "--only miss"),
        ("tools week.ndjson --json", "--format json"),
        ("missing week.ndjson --chunks", "it is an option of rag"),
        ("tools week.ndjson --no-color", "--color never"),
        ("tools week.ndjson --from 7d", "--since"),
    ] {
        let refused = in_a_folder(&line.split(' ').collect::<Vec<_>>());
        refused.failed_with(2).says(&["has no option", words]);
        assert!(!refused.stderr.contains(" -- "), "{refused:?}");
    }
    // Nobody knows what is meant, but it is no session.
    let refused = in_a_folder(&["rag", "week.ndjson", "--zzz"]);
    assert!(!refused.failed_with(2).says(&["--zzz"]).stderr.contains(" -- "), "{refused:?}");
}

#[test]
fn a_value_that_an_option_does_not_take_is_told_with_the_one_it_takes() {
    for (line, meant) in [
        ("tools week.ndjson --only failed", "error"),
        ("tools week.ndjson --fail-on failures", "error"),
        ("tools week.ndjson --only none", "no-result"),
        ("rag week.ndjson --only no_hit", "miss"),
        ("missing week.ndjson --fail-on all", "any"),
        ("rag week.ndjson --format md", "markdown"),
        ("rag week.ndjson --format text", "table"),
        ("transcript week.ndjson --format plain", "text"),
    ] {
        let refused = in_a_folder(&line.split(' ').collect::<Vec<_>>());
        refused.failed_with(2).says(&[&format!("'{meant}'"), "tip: "]);
    }
}

#[test]
fn an_id_is_taken_out_of_what_stands_around_it() {
    let server = Server::of_documents();
    let (session, other) = (id(1), id(2));
    for typed in [
        format!(" {session} "),
        format!("{session}\n"),
        format!("'{session}',"),
        format!("https://app.invalid/sessions/{session}"),
        format!("https://app.invalid/sessions/{session}?tab=rag#turn-4"),
        format!("https://app.invalid/org/{other}/sessions/{session}/transcript"),
        format!("https://app.invalid/{}?session_id={session}&org={other}", "x".repeat(300)),
    ] {
        let done = run(&mut server.fetch(&[&typed]));
        assert_eq!(done.succeeded().ids(), [&*session], "{typed}");
        let done = run(server.fetch(&["-"]).write_stdin(typed.clone()));
        assert_eq!(done.succeeded().ids(), [&*session], "{typed}");
    }
    let before = server.connections();
    for typed in [
        format!("sessions/{session}.json"),
        format!("https://app.invalid/{session}/{other}"),
        "https://app.invalid/sessions/latest".to_owned(),
    ] {
        run(&mut server.fetch(&[&typed])).failed_with(2).says(&["no such file"]);
    }
    assert_eq!(server.connections(), before);
}

#[test]
fn the_name_of_a_file_with_a_letter_wrong_is_told_with_the_nearest() {
    for (typed, meant) in [
        ("weak.ndjson", Some("week.ndjson")),
        ("Week.ndjson", Some("week.ndjson")),
        ("week.njdson", Some("week.ndjson")),
        ("week", Some("week.ndjson")),
        ("sesions", Some("sessions")),
        (&format!("sesions/{SHOWCASE}.json"), Some(&*format!("sessions/{SHOWCASE}.json"))),
        // The nearest id is another session's.
        (&format!("sessions/{}2.json", &SHOWCASE[..35]), None),
        ("today.ndjson", None),
    ] {
        let refused = in_a_folder(&["rag", typed]);
        refused.failed_with(2).says(&["no such file"]);
        match meant {
            Some(meant) => {
                refused.says(&[&format!("did you mean {meant}?")]);
            }
            None => assert!(!refused.stderr.contains("did you mean"), "{refused:?}"),
        }
    }
    assert!(!Path::new("week.ndjson").exists());
}
