//! Keeps the files under `completions/` as the command tree has them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use clap::ValueEnum as _;

use super::schema::KINDS;
use super::{command, completions, reference};
use crate::cli;

/// The command that renews them, as the README and a failing test say it.
const RENEW: &str = "RENEW=1 cargo test generated";

/// Every generated file, by name.
fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for shell in cli::Shell::value_variants() {
        let name = completions::completion_file(*shell).to_owned();
        files.insert(name, completions::completion_script(*shell));
    }
    let mut command = command();
    command.build();
    add_man_pages(&command, &mut files);
    files
}

/// The man page of a command and those of its subcommands.
fn add_man_pages(command: &clap::Command, files: &mut BTreeMap<String, Vec<u8>>) {
    // What the short help leaves out would come without its words.
    let shown = command.clone().mut_args(|arg| arg.hide_short_help(false));
    let bare = shown.clone().after_help(None::<&str>).after_long_help(None::<&str>);
    let man = clap_mangen::Man::new(bare);
    let mut page = Vec::new();
    man.render(&mut page).unwrap();
    if let Some(extra) = shown.get_after_long_help() {
        add_extra(&extra.to_string(), &mut page);
    }
    files.insert(man.get_filename(), page);
    for subcommand in command.get_subcommands() {
        add_man_pages(subcommand, files);
    }
}

/// What follows the options in the long help: sections that begin with a word and a colon. They are
/// set as they stand, so that an example can be copied.
fn add_extra(text: &str, page: &mut Vec<u8>) {
    for part in text.split("\n\n") {
        let (title, body) = match part.split_once(":\n") {
            Some((title, body)) => (title, body),
            None => part.split_once(": ").unwrap_or(("Notes", part)),
        };
        let body = body.trim_end().replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
        let title = title.to_uppercase();
        writeln!(page, ".SH \"{title}\"\n.nf\n{body}\n.fi").unwrap();
    }
}

#[test]
fn completions_and_man_pages_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
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
    for exit in crate::exit::Exit::ALL {
        let line = format!("{:>3}  {}", exit.code(), exit.meaning());
        let words: Vec<&str> = line.split_whitespace().collect();
        let shown: Vec<&str> = help.split_whitespace().collect();
        assert!(shown.windows(words.len()).any(|window| window == words), "{line}");
    }
}

/// The README, its tables of fields as the schemas have them: each stands between a comment that
/// names the kind of rows and one that ends it.
fn readme(text: &str) -> String {
    let mut renewed = String::new();
    let mut parts = text.split("<!-- fields of ");
    renewed.push_str(parts.next().unwrap());
    for part in parts {
        let (name, rest) = part.split_once(" -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- end of fields -->").unwrap();
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let tables = reference::tables(&(kind.schema)());
        write!(renewed, "<!-- fields of {name} -->\n{tables}<!-- end of fields -->{after}")
            .unwrap();
    }
    renewed
}

#[test]
fn the_readme_has_the_fields_of_every_kind_as_the_schemas_have_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let renewed = readme(&text);
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(&path, &renewed).unwrap();
    } else {
        assert!(text == renewed, "README.md has stale tables of fields; renew them: {RENEW}");
    }
    for kind in KINDS {
        assert!(text.contains(&format!("<!-- fields of {} -->", kind.name)), "{}", kind.name);
    }
}
