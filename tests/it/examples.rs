//! Runs every command of the README, of the manual and of `tests/cmd/*.md` and compares what it prints.
//!
//! A `console` block (with a longer fence where Markdown is printed) holds commands (`$ …`, going on
//! after a trailing backslash and up to the end of a `<<'WORD'`) and what they print, standard error
//! after standard output; a line `? 44` says that a command ends with that code instead of 0. The
//! commands of a file run in one empty folder, in order, each in a bash of its own, with a demo server as
//! the base URL. Commands and output are compared to the letter; `RENEW=1 cargo test examples` writes
//! what was printed into the files. A line `<!-- needs jq -->` above a block names tools without which
//! it is left out.
//!
//! Not trycmd, which has no pipes: half of what this program is for stands behind one.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::has;

/// A running `feather-analysis demo`.
struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_feather-analysis"))
            .args(["demo", "--port", "0", "--quiet"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Runs the console blocks of a Markdown file; returns the file with what they print now.
pub fn rerun(markdown: &str) -> String {
    let demo = Demo::start();
    let folder = tempfile::tempdir().unwrap();
    let mut renewed = String::new();
    let mut lines = markdown.lines().peekable();
    let mut can_run = true;
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        renewed.push('\n');
        let Some(fence) = line.strip_suffix("console").filter(|fence| fence.starts_with("```"))
        else {
            can_run = tools(line).all(has);
            continue;
        };
        if !can_run {
            continue;
        }
        while let Some(line) = lines.next_if(|line| *line != fence) {
            let Some(mut command) = line.strip_prefix("$ ").map(str::to_owned) else {
                // What was printed last time.
                continue;
            };
            writeln!(renewed, "{line}").unwrap();
            let mut more = |renewed: &mut String, command: &mut String| {
                let line = lines.next().expect("a command ends");
                writeln!(renewed, "{line}").unwrap();
                command.push('\n');
                command.push_str(line);
                line
            };
            while command.ends_with('\\') {
                more(&mut renewed, &mut command);
            }
            let word = command.split_once("<<'").and_then(|(_, rest)| rest.split_once('\''));
            if let Some(word) = word.map(|(word, _)| word.to_owned()) {
                while more(&mut renewed, &mut command) != word {}
            }
            renewed.push_str(&run(&command, &demo, folder.path()));
        }
    }
    renewed
}

/// What a command prints, and its code where that is not 0.
fn run(command: &str, demo: &Demo, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_feather-analysis"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let output = Command::new("bash")
        .args(["-o", "pipefail", "-c", command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .env("FEATHER_BASE_URL", &demo.url)
        .env("FEATHER_API_KEY", "fk_demo")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut printed = String::from_utf8(output.stdout).unwrap();
    printed.push_str(&String::from_utf8(output.stderr).unwrap());
    if !printed.is_empty() && !printed.ends_with('\n') {
        printed.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        code => writeln!(printed, "? {}", code.unwrap_or(-1)).unwrap(),
    }
    printed
}

/// Compares a file with what its commands print now.
fn check(path: &Path) {
    let markdown = std::fs::read_to_string(path).unwrap();
    let renewed = rerun(&markdown);
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(path, renewed).unwrap();
        return;
    }
    compare(&markdown, &renewed, &format!("{}; RENEW=1 cargo test examples", path.display()));
}

/// Asserts that what commands print now is what they printed.
#[track_caller]
pub fn compare(markdown: &str, renewed: &str, about: &str) {
    for (number, (there, now)) in markdown.lines().zip(renewed.lines()).enumerate() {
        assert_eq!(there, now, "line {} of {about}", number + 1);
    }
    assert_eq!(markdown, renewed, "{about}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The tools that a line says the block below it needs.
fn tools(line: &str) -> impl Iterator<Item = &str> {
    let named = line.strip_prefix("<!-- needs ").and_then(|line| line.strip_suffix(" -->"));
    named.unwrap_or_default().split_whitespace()
}

/// The Markdown files in a folder.
fn pages(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder}");
    paths
}

/// Whether what the recorded commands pipe into is here.
pub fn has_tools() -> bool {
    ["bash", "column", "jq"].into_iter().all(has)
}

#[test]
fn every_command_of_the_readme_prints_what_it_says() {
    if has("bash") {
        check(&root().join("README.md"));
    }
}

#[test]
fn every_command_of_the_manual_prints_what_it_says() {
    if has("bash") {
        // What engines there are has a test of its own.
        let pages = pages("src/manual").into_iter().filter(|path| !path.ends_with("cluster.md"));
        pages.for_each(|path| check(&path));
    }
}

#[test]
fn every_example_of_a_man_page_prints_what_it_says() {
    if has("bash") {
        for path in pages("src/manual/commands") {
            check(&path);
        }
    }
}

#[test]
fn every_recorded_command_prints_what_it_did() {
    if has_tools() {
        for path in pages("tests/cmd") {
            check(&path);
        }
    }
}

#[test]
fn the_readme_has_the_exit_codes_that_the_help_has() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme.split("\n| code | meaning |\n| --- | --- |\n").nth(1).unwrap();
    let written: Vec<String> = table
        .lines()
        .map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.replace(" | ", "  "))
        .collect();
    let help = crate::harness::run(crate::harness::feather().arg("--help")).stdout;
    let printed: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Exit codes"))
        .skip(1)
        .map_while(|line| Some(line.trim()).filter(|line| !line.is_empty()))
        .collect();
    assert_eq!(written, printed);
    assert!(printed.len() > 10, "{help}");
}

/// The commands of the README's list of questions.
fn questions() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.lines().filter(|line| line.contains("](src/manual/questions.md#q"));
    lines.map(|line| line.rsplit('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn every_question_of_the_readme_has_a_command_that_answers_it() {
    if !has("bash") {
        return;
    }
    let demo = Demo::start();
    let folder = tempfile::tempdir().unwrap();
    let samples = "7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11 3a6d81f5-b0c9-4e27-95d4-c1f807e2b69a";
    for given in [
        "feather-analysis fetch --demo > session.json".to_owned(),
        format!(
            "for to in sessions september october; do feather-analysis fetch -q --out-dir $to {samples}; done"
        ),
    ] {
        assert_eq!(run(&given, &demo, folder.path()), "", "{given}");
    }
    let questions = questions();
    assert_eq!(questions.len(), 20);
    for question in questions {
        let printed = run(&format!("feather-analysis {question}"), &demo, folder.path());
        let lines: Vec<&str> = printed.lines().collect();
        let code = lines.last().and_then(|line| line.strip_prefix("? "));
        assert!(code.is_none(), "{question}: {printed}");
        let failed = lines.iter().any(|line| line.starts_with("error:"));
        assert!(!failed && lines.len() > 1, "{question}: {printed}");
    }
}
