//! Keeps the files under `completions/`, and what of the manual is made, as the program has them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum as _;

use super::schema::KINDS;
use super::{command, completions, man, reference};
use crate::cli;
use crate::exit::Exit;
use crate::manual::TOPICS;

/// The command that renews them, as the README and a failing test say it.
const RENEW: &str = "RENEW=1 cargo test generated";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `completions/`, by name.
fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for shell in cli::Shell::value_variants() {
        let name = completions::completion_file(*shell).to_owned();
        files.insert(name, completions::completion_script(*shell));
    }
    let mut command = command();
    command.build();
    add_man_pages(&command, &mut files);
    // As they are now: what is built in may be older.
    files.extend(topics().iter().map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        man::of_topic(path.file_stem().unwrap().to_str().unwrap(), &text)
    }));
    files
}

/// The man page of a command and those of its subcommands.
fn add_man_pages(command: &clap::Command, files: &mut BTreeMap<String, Vec<u8>>) {
    let examples = root().join("src/manual/commands").join(command.get_name());
    let examples = examples.with_extension("md");
    let examples = std::fs::read_to_string(&examples)
        .unwrap_or_else(|error| panic!("{} has the examples: {error}", examples.display()));
    files.extend([man::of_command(command, &examples)]);
    for subcommand in command.get_subcommands() {
        add_man_pages(subcommand, files);
    }
}

#[test]
fn completions_and_man_pages_are_fresh() {
    // They are made of it.
    let _ = manual();
    let folder = root().join("completions");
    let files = files();
    if std::env::var_os("RENEW").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, contents) in &files {
            std::fs::write(folder.join(name), contents).unwrap();
        }
    }
    let mut there: Vec<String> = std::fs::read_dir(&folder)
        .map(|entries| {
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        })
        .unwrap_or_default();
    there.sort();
    let names: Vec<String> = files.keys().cloned().collect();
    assert_eq!(there, names, "completions/ is not what it should be; renew it: {RENEW}");
    for (name, contents) in &files {
        let there = std::fs::read(folder.join(name)).unwrap();
        assert!(there == *contents, "completions/{name} is stale; renew it: {RENEW}");
    }
}

#[test]
fn the_command_tree_builds_and_shows_the_exit_codes() {
    let help = command().render_long_help().to_string();
    for exit in Exit::ALL {
        let line = format!("{:>3}  {}", exit.code(), exit.meaning());
        let words: Vec<&str> = line.split_whitespace().collect();
        let shown: Vec<&str> = help.split_whitespace().collect();
        assert!(shown.windows(words.len()).any(|window| window == words), "{line}");
    }
}

/// The Markdown files of the topics.
fn topics() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("src/manual")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// A page, its tables of fields as the schemas have them and that of the exit codes as the program has
/// it: each stands between a comment that names it and one that ends it.
fn renewed(text: &str) -> String {
    let mut renewed = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- fields of ") {
        let (name, after) = after.split_once(" -->\n").unwrap();
        let (_, after) = after.split_once("<!-- end of fields -->").unwrap();
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let tables = reference::tables(&(kind.schema)());
        write!(renewed, "{before}<!-- fields of {name} -->\n{tables}<!-- end of fields -->")
            .unwrap();
        rest = after;
    }
    renewed.push_str(rest);
    let Some((before, after)) = renewed.split_once("<!-- exit codes -->\n") else { return renewed };
    let (_, after) = after.split_once("<!-- end of exit codes -->").unwrap();
    let codes = exit_codes();
    format!("{before}<!-- exit codes -->\n{codes}<!-- end of exit codes -->{after}")
}

fn exit_codes() -> String {
    let mut table = "| code | meaning |\n| --- | --- |\n".to_owned();
    for exit in Exit::ALL {
        writeln!(table, "| {} | {} |", exit.code(), exit.meaning()).unwrap();
    }
    table
}

/// The manual and the README with their tables, which are renewed where that is asked for.
fn manual() -> String {
    // One test at a time writes.
    static RENEWING: Mutex<()> = Mutex::new(());
    let _renewing = RENEWING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = String::new();
    let mut pages = topics();
    pages.push(root().join("README.md"));
    for path in pages {
        let text = std::fs::read_to_string(&path).unwrap();
        let now = renewed(&text);
        if text != now {
            let renew = std::env::var_os("RENEW").is_some();
            assert!(renew, "{} is stale; renew it: {RENEW}", path.display());
            std::fs::write(&path, &now).unwrap();
        }
        all.push_str(&now);
    }
    all
}

#[test]
fn the_manual_has_fields_and_exit_codes_as_the_program_has_them() {
    let manual = manual();
    for kind in KINDS {
        assert!(manual.contains(&format!("<!-- fields of {} -->", kind.name)), "{}", kind.name);
    }
    assert!(manual.contains("<!-- exit codes -->"));
}

#[test]
fn every_word_about_an_option_stands_in_the_page_of_its_command() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let files = files();
    let mut tree = command();
    tree.build();
    for command in tree.get_subcommands() {
        let page = &files[&format!("feather-analysis-{}.1", command.get_name())];
        let page = String::from_utf8(page.clone()).unwrap();
        let page = page.replace("\\*(Aq", "'").replace("\\-", "-").replace("\\(ga", "`");
        let page = words(&page.replace("\\(ti", "~").replace("\\(ha", "^"));
        for arg in command.get_arguments() {
            let about = arg.get_long_help().or_else(|| arg.get_help()).unwrap().to_string();
            assert!(page.contains(&words(&about)), "{}: {about}", command.get_name());
        }
    }
}

#[test]
fn every_file_of_the_manual_is_a_topic() {
    let name = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<String> = topics().into_iter().map(name).collect();
    files.sort();
    let mut listed: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    listed.sort_unstable();
    assert_eq!(files, listed, "src/manual/mod.rs lists the topics");
}
