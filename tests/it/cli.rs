//! The command line itself, and the demo.

use std::io::{BufRead as _, BufReader};

use crate::harness::{Running, feather, id, names, process, run};

const COMMANDS: [&str; 11] = [
    "fetch",
    "transcript",
    "rag",
    "tools",
    "missing",
    "gaps",
    "report",
    "schema",
    "completions",
    "demo",
    "help",
];

#[test]
fn short_help_fits_on_a_screen() {
    for command in COMMANDS {
        let help = run(feather().args([command, "-h"]));
        let lines = help.succeeded().stdout.lines().count();
        assert!((5..=45).contains(&lines), "{command}: {lines} lines");
        let (_, examples) = help.stdout.split_once("Examples:\n").unwrap();
        let example = format!("  feather-analysis {command} ");
        assert!(examples.lines().take(2).all(|line| line.starts_with(&example)), "{command}");
        assert!(examples.contains("see --help; the manual: "), "{command}");
    }
    let help = run(feather().arg("-h"));
    let lines = help.succeeded().stdout.lines().count();
    assert!((20..=45).contains(&lines), "{lines} lines");
    for command in COMMANDS {
        assert!(help.stdout.contains(command), "{command}");
    }
    assert!(help.stdout.contains("--demo"));
}

#[test]
fn long_help_has_examples_and_exit_codes() {
    for command in COMMANDS {
        let help = run(feather().args([command, "--help"]));
        let text = &help.succeeded().stdout;
        assert!(text.contains("Examples:") && text.contains("Exit codes:"), "{command}: {text}");
        assert!(text.contains(&format!("feather-analysis {command}")), "{command}");
    }
}

#[test]
fn long_help_fits_on_two_screens() {
    for (columns, most) in [(100, 100), (80, 120)] {
        for command in COMMANDS.map(|command| vec![command]).into_iter().chain([vec![]]) {
            let help =
                run(feather().args(&command).arg("--help").env("COLUMNS", columns.to_string()));
            let lines = help.succeeded().stdout.lines().count();
            assert!((15..=most).contains(&lines), "{command:?} at {columns}: {lines} lines");
            let widest = help.stdout.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= 100, "{command:?} at {columns}: {widest} columns");
        }
    }
}

#[test]
fn no_short_help_is_wider_than_a_hundred_columns() {
    for command in COMMANDS {
        let help = run(feather().args([command, "-h"]));
        let widest = help.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{command}: {widest}");
    }
}

#[test]
fn long_help_says_what_each_value_means_and_where_the_rest_stands() {
    let help = run(feather().args(["rag", "--help"]));
    let text = help.succeeded().stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "miss (no hit), unanswerable (unanswerable by its label",
        "json (an array, an object a row)",
        "[default: table]",
        "Without FIGURE: the command's main one",
        "man feather-analysis-rag",
        "feather-analysis help",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("--ca-cert") && text.contains("certificates"), "{text}");
    let program = run(feather().arg("--help"));
    assert!(program.stdout.contains("--ca-cert") && program.stdout.contains("--error-format"));
    // What a command has no use for is not offered.
    for option in ["-h", "--help"] {
        let help = run(feather().args(["schema", option]));
        assert!(!help.succeeded().stdout.contains("--api-key-file"), "{help:?}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let version = run(feather().arg("--version"));
    let expected = format!("feather-analysis {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(version.succeeded().stdout, expected);
}

#[test]
fn a_near_miss_is_told_what_was_meant() {
    for (arguments, meant) in [
        (&["fetsh"][..], "'fetch'"),
        (&["transcripts"], "'transcript'"),
        (&["tool"], "'tools'"),
        (&["fetch", "--formt", "json"], "'--format'"),
        (&["fetch", "--format", "jsn"], "'json'"),
        (&["fetch", "--retrys", "3"], "'--retries'"),
        (&["rag", "--only", "mis"], "'miss'"),
        (&["missing", "--fail-on", "no_citation"], "'no_citations'"),
        (&["completions", "bsh"], "'bash'"),
    ] {
        run(feather().args(arguments)).failed_with(2).says(&["tip: ", meant]);
    }
}

#[test]
fn no_argument_at_all_shows_the_help_and_is_2() {
    run(&mut feather()).failed_with(2).says(&["Usage:", "fetch", "transcript", "--demo"]);
}

#[test]
fn a_command_without_a_session_is_2_and_says_what_to_name() {
    for command in ["fetch", "transcript", "rag", "tools", "missing"] {
        run(feather().arg(command)).failed_with(2).says(&[
            "no session was named",
            "UUID",
            "--demo",
        ]);
    }
}

#[test]
fn a_value_of_no_use_is_2_and_names_its_option() {
    for (arguments, words) in [
        (&["--jobs", "0"][..], &["--jobs"][..]),
        (&["--jobs", "many"], &["--jobs", "many"]),
        (&["--retries", "-1"], &["-1"]),
        (&["--timeout", "0s"], &["--timeout", "more than 0"]),
        (&["--timeout", "soon"], &["--timeout", "30s"]),
        (&["--connect-timeout", "1000years"], &["--connect-timeout", "at most a year"]),
        (&["--wait=never"], &["--wait", "never"]),
        (&["--max-size", "big"], &["--max-size", "512MiB"]),
        (&["--max-size", "0"], &["--max-size"]),
        (&["--tz", "Mars"], &["--tz", "no such zone"]),
        (&["--width", "wide"], &["--width"]),
        (&["--color", "sometimes"], &["--color", "always"]),
        (&["--error-format", "xml"], &["--error-format", "human", "json"]),
        (&["--format", "yaml"], &["--format", "ndjson"]),
        (&["--force"], &["--out-dir"]),
        (
            &["--ca-cert", "/nowhere.pem", "--base-url", "http://localhost:1"],
            &["--ca-cert", "/nowhere.pem"],
        ),
    ] {
        run(feather().args(["fetch", &id(1)]).args(arguments)).failed_with(2).says(words);
    }
}

#[test]
fn options_of_the_connection_and_the_output_stand_before_or_after_the_command() {
    for arguments in [
        &["--demo", "-q", "--retries", "0", "--color", "never", "fetch"][..],
        &["fetch", "--demo", "-q", "--retries", "0", "--color", "never"],
        &["--demo", "fetch", "-q"],
    ] {
        let done = run(feather().args(arguments));
        assert_eq!(done.succeeded().documents().len(), 1, "{arguments:?}");
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, words) in [
        ("bash", "-F _feather_analysis feather-analysis"),
        ("zsh", "#compdef feather-analysis"),
        ("fish", "complete -c feather-analysis"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let script = run(feather().args(["completions", shell]));
        assert!(script.succeeded().stdout.contains(words), "{shell}");
        let asks = script.stdout.contains("FEATHER_ANALYSIS_COMPLETE");
        assert!(asks || script.stdout.contains("out-dir"), "{shell}");
    }
}

#[test]
fn a_plain_run_is_one_though_the_variable_of_the_completions_is_set() {
    let plain = run(feather().args(["missing", "--demo"]));
    let set = run(feather().env("FEATHER_ANALYSIS_COMPLETE", "zsh").args(["missing", "--demo"]));
    assert_eq!(set.succeeded().stdout, plain.succeeded().stdout);
    for (shell, words) in [("tcsh", &["feather-analysis", ""][..]), ("zsh", &[]), ("bash", &[])] {
        let asked = run(feather().env("FEATHER_ANALYSIS_COMPLETE", shell).arg("--").args(words));
        assert_eq!(asked.code, 0, "{shell}: {asked:?}");
    }
}

/// The sample ids and what is said of each.
fn samples() -> Vec<(String, String)> {
    let list = run(feather().args(["demo", "--list"]));
    let pair = |line: &str| {
        let (id, about) = line.split_once("  ").unwrap();
        (id.to_owned(), about.to_owned())
    };
    list.succeeded().stdout.lines().map(pair).collect()
}

#[test]
fn the_demo_needs_neither_key_nor_network() {
    let showcase = samples().remove(0).0;
    // None of these may matter.
    let environment = [
        ("FEATHER_API_KEY", "not a key\n"),
        ("FEATHER_API_KEY_FILE", "/nowhere"),
        ("FEATHER_BASE_URL", "ftp://user:password@example.invalid"),
        ("http_proxy", "http://127.0.0.1:9"),
        ("https_proxy", "http://127.0.0.1:9"),
        ("all_proxy", "http://127.0.0.1:9"),
    ];
    let done = run(feather().args(["fetch", "--demo"]).envs(environment));
    assert_eq!(done.succeeded().ids(), [showcase]);
    for command in ["transcript", "rag", "tools", "missing"] {
        run(feather().args([command, "--demo"]).envs(environment)).succeeded();
    }
}

#[test]
fn the_demo_answers_each_id_as_it_says() {
    let samples = samples();
    assert_eq!(samples.iter().filter(|(_, about)| about.starts_with("200: ")).count(), 14);
    for (id, about) in &samples {
        let (status, _) = about.split_at(3);
        let code = match status {
            "200" => 0,
            "429" => 29,
            "500" => 50,
            "400" => 40,
            "401" => 41,
            "403" => 43,
            "404" => 44,
            "409" => 49,
            "422" => 42,
            _ => panic!("{about}"),
        };
        let done = run(feather().args(["fetch", "--demo", "--retries", "0", id]));
        assert_eq!(done.code, code, "{about}: {done:#?}");
        match code {
            0 => assert_eq!(done.succeeded().ids(), [&**id]),
            _ => assert!(done.failed_with(code).stderr.contains(status), "{done:#?}"),
        }
    }
    let statuses: Vec<&str> = samples.iter().map(|(_, about)| &about[..3]).collect();
    for status in ["200", "400", "401", "403", "404", "409", "422", "429", "500"] {
        assert!(statuses.contains(&status), "{status}");
    }
    let unknown = run(feather().args(["fetch", "--demo", &id(1)]));
    unknown.failed_with(44).says(&["The demo has no such session."]);
}

#[test]
fn the_demo_serves_until_ctrl_c() {
    let mut demo = Running::start(process().args(["demo", "--port", "0"]));
    let mut url = String::new();
    BufReader::new(demo.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let url = url.trim_end();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");

    let samples = samples();
    let good: Vec<&String> =
        samples.iter().filter(|(_, about)| about.starts_with("200")).map(|(id, _)| id).collect();
    let done = run(feather().args(["fetch", "--base-url", url]).args(&good));
    assert_eq!(done.succeeded().ids(), good.into_iter().cloned().collect::<Vec<_>>());

    // Three at a time, since it is asked for twice in vain, a second and a half apart in all.
    let (ready, _) = samples.iter().find(|(_, about)| about.starts_with("409 twice")).unwrap();
    run(feather().args(["fetch", "--base-url", url, ready])).failed_with(49);
    let waited = run(feather().args(["fetch", "--wait=30s", "--base-url", url, ready]));
    assert_eq!(waited.succeeded().ids(), [&**ready]);

    // A second one on the same port.
    let port = url.rsplit(':').next().unwrap();
    let taken = run(feather().args(["demo", "--port", port]));
    taken.failed_with(1).says(&[&format!("cannot listen on port {port}"), "--port 0"]);

    demo.interrupt();
    let (code, stderr) = demo.finish();
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("until Ctrl-C"), "{stderr}");
}

#[test]
fn a_demo_session_is_written_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(feather().args(["fetch", "--demo", "--out-dir"]).arg(folder.path()));
    assert_eq!(done.code, 0);
    assert_eq!(names(folder.path()), [format!("{}.json", samples()[0].0)]);
    let saved = run(feather().arg("fetch").arg(folder.path()));
    assert_eq!(saved.succeeded().stdout, run(feather().args(["fetch", "--demo"])).stdout);
}

#[test]
fn colour_is_for_those_who_asked_for_it() {
    let failing = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut fetch = feather();
        fetch.args(["fetch", "nowhere.json"]).args(arguments).envs(environment.iter().copied());
        run(&mut fetch).failed_with(2).stderr.contains('\u{1b}')
    };
    assert!(!failing(&[], &[]));
    assert!(failing(&["--color", "always"], &[]));
    assert!(failing(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(failing(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!failing(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!failing(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!failing(&[], &[("CLICOLOR_FORCE", "0")]));
}
