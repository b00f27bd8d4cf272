//! The pager as people meet it: the real `less` in a real terminal, tmux's.

#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Instant;

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{LONG, has, ms};

/// A terminal of 80 columns and 24 lines with a shell in it, and nothing of the user's settings.
struct Terminal {
    /// Where tmux has its socket, and where the shell begins.
    folder: TempDir,
}

impl Terminal {
    /// With these variables and no others but `PATH`. None where tmux or less is not installed;
    /// where CI is set they must be.
    fn open(variables: &[(&str, &str)]) -> Option<Self> {
        if !has("tmux") || !has("less") || !has("sh") {
            return None;
        }
        let terminal = Self { folder: tempfile::tempdir().unwrap() };
        let mut shell = vec!["env".to_owned(), "-i".to_owned()];
        let program = Path::new(env!("CARGO_BIN_EXE_feather-analysis")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        shell.push(format!("PATH={}:{path}", program.display()));
        shell.extend(variables.iter().map(|(name, value)| format!("{name}={value}")));
        shell.extend(["PS1=$ ".to_owned(), "sh".to_owned()]);
        let mut start = vec!["new-session", "-d", "-x", "80", "-y", "24"];
        start.extend(shell.iter().map(String::as_str));
        let started = terminal.tmux(&start);
        assert!(started.status.success(), "{started:?}");
        terminal.see("the shell", |screen| screen.contains('$'));
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .args(["-u", "-f", "/dev/null", "-S"])
            .arg(self.folder.path().join("socket"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap()
    }

    /// Presses keys, by tmux's names for them.
    fn press(&self, keys: &[&str]) {
        assert!(self.tmux(&[&["send-keys"], keys].concat()).status.success());
    }

    /// Types a command line; the word `code` and its exit code follow what it prints.
    fn run(&self, line: &str) {
        self.press(&[&format!("clear; {line}; echo \"code\" $?"), "Enter"]);
    }

    fn screen(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p"]).stdout).unwrap()
    }

    /// The screen, once it is as it should be.
    fn see(&self, what: &str, done: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if done(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < LONG, "{what} is never to be seen: {screen}");
            thread::sleep(ms(20));
        }
    }

    /// Saves a session of so many messages beside the shell.
    fn save(&self, name: &str, messages: usize) {
        let said = |n: usize| json!({"role": "user", "content": format!("{n}: 契約の解除, Zoë")});
        let messages: Vec<_> = (1..=messages).map(said).collect();
        let document = json!({"session_id": "s", "messages": messages}).to_string();
        std::fs::write(self.folder.path().join(name), document).unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// The code that the command ended with, once it has.
fn code(screen: &str) -> Option<u8> {
    screen.lines().find_map(|line| line.strip_prefix("code ")?.parse().ok())
}

#[test]
fn ctrl_c_in_the_pager_is_the_pager_s() {
    let Some(terminal) = Terminal::open(&[("TERM", "screen")]) else { return };
    terminal.save("long.json", 200);
    // So long that it is still being written while the pager shows its beginning.
    terminal.save("longer.json", 50_000);
    for line in [
        "feather-analysis transcript long.json",
        "feather-analysis transcript longer.json",
        "PAGER='less -FIRX' feather-analysis transcript long.json longer.json --width 40",
        // Fetched: what Ctrl-C stopped would be the fetches.
        "feather-analysis transcript --demo",
    ] {
        terminal.run(line);
        terminal.see(line, |screen| screen.trim_end().ends_with(':'));
        for _ in 0..3 {
            terminal.press(&["C-c"]);
            thread::sleep(ms(60));
        }
        // The pager still answers, and the shell does not.
        terminal.press(&["g"]);
        thread::sleep(ms(100));
        terminal.see(line, |screen| screen.trim_end().ends_with(':'));
        assert_eq!(code(&terminal.screen()), None, "{line}: {}", terminal.screen());
        terminal.press(&["q"]);
        terminal.see(line, |screen| code(screen) == Some(0));
    }
}

#[test]
fn ctrl_c_is_the_program_s_where_no_pager_runs() {
    let Some(terminal) = Terminal::open(&[("TERM", "screen")]) else { return };
    // Nothing comes: it waits for standard input.
    for line in ["feather-analysis transcript -", "PAGER=/none feather-analysis transcript -"] {
        terminal.run(line);
        thread::sleep(ms(200));
        terminal.press(&["C-c"]);
        terminal.see(line, |screen| screen.trim_end().ends_with('$'));
        assert_eq!(code(&terminal.screen()), None, "the shell gives up the rest of the line");
    }
}

#[test]
fn letters_past_ascii_are_letters_in_the_pager_without_a_locale() {
    for variables in [
        &[("TERM", "screen")][..],
        &[("TERM", "screen"), ("LANG", "C")],
        &[("TERM", "screen"), ("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")],
        &[("TERM", "screen"), ("LANG", "C.UTF-8")],
        &[("TERM", "screen"), ("PAGER", "less -R")],
        &[("TERM", "screen"), ("LESS", "-M")],
    ] {
        let Some(terminal) = Terminal::open(variables) else { return };
        terminal.save("long.json", 40);
        terminal.run("feather-analysis transcript long.json");
        let screen = terminal.see("a page", |screen| screen.contains("#5 "));
        assert!(screen.contains("5: 契約の解除, Zoë"), "{variables:?}: {screen}");
        assert!(!screen.contains("<E5>") && !screen.contains("ESC"), "{variables:?}: {screen}");
        assert_eq!(code(&screen), None, "{variables:?}: {screen}");
        terminal.press(&["q"]);
        terminal.see("the end", |screen| code(screen) == Some(0));
    }
}

#[test]
fn a_terminal_that_nobody_knows_is_not_paged_or_is_without_a_warning() {
    for (variables, paged) in [
        (&[][..], false),
        (&[("TERM", "")], false),
        (&[("TERM", "dumb")], false),
        (&[("TERM", "nonesuch")], true),
        (&[("TERM", "nonesuch"), ("PAGER", "less")], true),
    ] {
        let Some(terminal) = Terminal::open(variables) else { return };
        terminal.save("long.json", 40);
        terminal.press(&["feather-analysis transcript long.json; echo \"code\" $?", "Enter"]);
        if paged {
            let screen = terminal.see("a page", |screen| screen.contains("#5 "));
            assert!(!screen.contains("WARNING"), "{variables:?}: {screen}");
            assert_eq!(code(&screen), None, "{variables:?}: {screen}");
            terminal.press(&["q"]);
        }
        let screen = terminal.see("the end", |screen| code(screen) == Some(0));
        assert_eq!(screen.contains("40: 契約"), !paged, "{variables:?}: {screen}");
        assert!(!screen.contains('\u{1b}') && !screen.contains("[1m"), "{variables:?}: {screen}");
    }
}
