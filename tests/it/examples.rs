//! Runs every command of the README and of `tests/cmd/*.md` and compares what it prints.
//!
//! A `console` block (with a longer fence where Markdown is printed) holds commands (`$ …`, going on after a trailing backslash and up to the end of
//! a `<<'WORD'`) and what they print, standard error after standard output; a line `? 44` says that a
//! command ends with that code instead of 0. The commands of a file run in one empty folder, in
//! order, each in a bash of its own, with a demo server as the base URL. Commands and output are
//! compared to the letter; `RENEW=1 cargo test examples` writes what was printed into the files.
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
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        renewed.push('\n');
        let Some(fence) = line.strip_suffix("console").filter(|fence| fence.starts_with("```"))
        else {
            continue;
        };
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

/// Whether what the README pipes into is here.
pub fn has_tools() -> bool {
    ["bash", "column", "jq"].into_iter().all(has)
}

#[test]
fn every_command_of_the_readme_prints_what_it_says() {
    if has_tools() {
        check(&root().join("README.md"));
    }
}

#[test]
fn every_recorded_command_prints_what_it_did() {
    if !has_tools() {
        return;
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join("tests/cmd"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        check(&path);
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
