//! `help`: the manual without man; and what `--help` shows of each command.

use std::ffi::OsString;
use std::io::Write as _;

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction};

use super::command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::manual::{TOPICS, Topic, blocks};
use crate::output::{Out, Terminal};
use crate::render::manual;
use crate::render::style::Styles;
use crate::render::wrap::wrap;
use crate::rows::nearest;

/// Lines of help are at most so long, on a wider terminal too.
const WIDEST: usize = 100;

/// Options that the help of the program has, and that of a command leaves out: they are rarely needed,
/// and the same for all. `help connection` says more.
const RARE: [&str; 12] = [
    "retries",
    "timeout",
    "connect_timeout",
    "ca_cert",
    "cert",
    "key",
    "header",
    "max_size",
    "allow_http",
    "excel",
    "progress",
    "error_format",
];

/// `help`.
///
/// Fails where there is neither a command nor a topic of that name.
pub(super) fn print(asked: Option<&str>, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut out = Out::paged(terminal);
    let styles = Styles::new(terminal.color);
    match asked {
        None => contents(terminal.width.unwrap_or(usize::MAX), &styles, &mut out)?,
        Some(name) => {
            if let Some(topic) = Topic::named(name) {
                let width = terminal.width.map_or(WIDEST, |width| width.min(WIDEST));
                manual::page(&blocks(topic.text), width, &styles, &mut out)?;
            } else {
                let mut command = of_command(name).ok_or_else(|| unknown(name))?;
                if let Some(width) = terminal.width {
                    command = command.term_width(width.min(WIDEST));
                }
                let text = command.render_help();
                if terminal.color {
                    write!(out, "{}", text.ansi())?;
                } else {
                    write!(out, "{text}")?;
                }
            }
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// The commands and the topics.
fn contents(width: usize, styles: &Styles, out: &mut Out) -> anyhow::Result<()> {
    let heading = |text: &str| styles.strong.paint(text);
    let how = "feather-analysis help COMMAND shows what a command takes, help TOPIC the manual.";
    for line in wrap(how, width) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    let (commands, topics) = (commands(), topics());
    let names = commands.iter().chain(&topics).map(|(name, _)| name.len());
    let widest = names.max().unwrap_or(0);
    for (before, title, pages) in [("", "Commands:", commands), ("\n", "Topics:", topics)] {
        writeln!(out, "{before}{}", heading(title))?;
        for (name, about) in pages {
            for (place, line) in wrap(&about, width.saturating_sub(widest + 4)).iter().enumerate() {
                let name = if place == 0 { &*name } else { "" };
                writeln!(out, "  {name:widest$}  {line}")?;
            }
        }
    }
    Ok(())
}

/// A command by its name, as its long help shows it.
fn of_command(name: &str) -> Option<clap::Command> {
    let mut tree = command();
    tree.build();
    tree.find_subcommand(name).cloned().map(in_full)
}

/// A page's name, and what it is about.
type Known = (String, String);

fn commands() -> Vec<Known> {
    let about = |command: &clap::Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        (command.get_name().to_owned(), about)
    };
    command().get_subcommands().map(about).collect()
}

fn topics() -> Vec<Known> {
    TOPICS.iter().map(|topic| (topic.name.to_owned(), topic.title().to_owned())).collect()
}

/// What may be asked for.
pub(super) fn known() -> Vec<Known> {
    commands().into_iter().chain(topics()).collect()
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::usage(format!("there is neither a command nor a topic called {name}"));
    let known = known();
    match nearest(name, known.iter().map(|(name, _)| name.as_str())) {
        Some(nearest) => failure.hint(format!("did you mean: feather-analysis help {nearest}")),
        None => failure.hint("feather-analysis help lists them"),
    }
}

/// The command tree for the help that these arguments ask for, if they do.
pub(super) fn fitted(mut tree: clap::Command, arguments: &[OsString]) -> clap::Command {
    let typed = |option: &str| arguments.iter().skip(1).any(|argument| argument == option);
    let long = typed("--help");
    if !long && !typed("-h") {
        return tree;
    }
    tree.build();
    let named = arguments.iter().skip(1).find_map(|argument| tree.find_subcommand(argument));
    match named.map(|command| command.get_name().to_owned()) {
        Some(name) => tree.mut_subcommand(name, if long { in_full } else { in_brief }),
        None if long => in_full(tree),
        None => tree,
    }
}

/// Whether a command has nothing to do with sessions, nor with how they are fetched.
fn is_apart(command: &clap::Command) -> bool {
    !command.has_subcommands() && command.get_positionals().all(|arg| arg.get_id() != "sessions")
}

fn is_of_connection(arg: &Arg) -> bool {
    arg.get_help_heading() == Some("Connection")
}

/// A command as `-h` shows it: without what is of no use to it.
fn in_brief(command: clap::Command) -> clap::Command {
    let apart = is_apart(&command);
    command.mut_args(|arg| {
        let hidden = arg.is_hide_short_help_set() || apart && is_of_connection(&arg);
        arg.hide_short_help(hidden)
    })
}

/// A command as `--help` shows it: an option a line, its words beside it, in the layout of the short
/// help. The long layout of clap takes three lines for each; all its words are in the man page.
fn in_full(command: clap::Command) -> clap::Command {
    let apart = is_apart(&command);
    let whole = command.has_subcommands();
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.cloned().unwrap_or_default();
    let mut after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    if !whole {
        after.push_str(&elsewhere(&command, apart));
    }
    let command = command.about(about).after_help(after);
    command.mut_args(|arg| {
        if arg.get_id() == "help" {
            return arg.action(ArgAction::HelpShort).help("Print help (see a summary with '-h')");
        }
        let rare = RARE.iter().any(|id| arg.get_id() == id);
        let hidden = !whole && rare || apart && is_of_connection(&arg);
        let words = words(&arg);
        let arg = arg.hide_short_help(hidden).hide_possible_values(true);
        match words {
            Some(words) => arg.help(words),
            None => arg,
        }
    })
}

/// What an option is for: its first line, then, where it is the command's own, the first paragraph of
/// its long words; and its values with what each means.
fn words(arg: &Arg) -> Option<String> {
    let mut words = arg.get_help()?.to_string();
    let long = arg.get_long_help().map(ToString::to_string).unwrap_or_default();
    let more = long.split("\n\n").nth(1).filter(|_| !arg.is_global_set());
    if let Some(more) = more {
        let stop = if words.ends_with('.') { " " } else { ". " };
        words.push_str(stop);
        words.push_str(more);
    }
    let values = arg.get_possible_values();
    let is_listed = arg.get_action().takes_values() && !values.is_empty();
    if is_listed && !arg.is_hide_possible_values_set() {
        let values: Vec<String> = values.iter().filter_map(value).collect();
        // Before what the words themselves say of the default.
        let place = words.find(" [").unwrap_or(words.len());
        words.insert_str(place, &format!(": {}", values.join(", ")));
    }
    Some(words)
}

/// A value, with what it means where that is not its name.
fn value(value: &PossibleValue) -> Option<String> {
    if value.is_hide_set() {
        return None;
    }
    let name = value.get_name();
    let Some(help) = value.get_help().map(ToString::to_string) else {
        return Some(name.to_owned());
    };
    if help.eq_ignore_ascii_case(name) {
        return Some(name.to_owned());
    }
    let mut letters = help.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string()).unwrap_or_default();
    // A name, such as JSON's, stays in capitals.
    let help = if letters.clone().next().is_some_and(char::is_uppercase) {
        help
    } else {
        format!("{first}{}", letters.as_str())
    };
    Some(format!("{name} ({help})"))
}

/// Where the rest is to be found.
fn elsewhere(command: &clap::Command, apart: bool) -> String {
    let name = command.get_name();
    let rest = if apart {
        String::new()
    } else {
        "\nRetries, time-outs, certificates, headers, progress, failures as JSON: feather-analysis --help"
            .to_owned()
    };
    format!(
        "\n{rest}\nAll there is to say: man feather-analysis-{name}; the manual: feather-analysis help"
    )
}
