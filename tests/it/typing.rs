//! A shell on a terminal, with somebody who types.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use tempfile::TempDir;

use crate::harness::{LONG, Running, has};

/// What the shell is to print before it is typed in.
pub const READY: &str = "IS-READY";

/// The key that has the shell print its line, as its settings must bind it: between the two marks.
const SHOW: &str = "\u{18}p";
const BEGIN: &str = "LINE<";
const END: &str = ">LINE";

/// A shell that is typed in.
pub struct Typist {
    shell: Running,
    keys: ChildStdin,
    shown: Receiver<Vec<u8>>,
    /// Its home, where it stands.
    pub home: TempDir,
}

impl Typist {
    /// Starts a shell in an empty home, with these settings in a file of that name. None where it is
    /// not installed, or there is no terminal to be had; where CI is set both must be.
    pub fn start(shell: &str, command: &str, settings: (&str, &str)) -> Option<Self> {
        if !has(shell) || !has("script") || !has("stty") {
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(settings.0), settings.1).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_feather-analysis")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let completions = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
        let mut script = Command::new("script");
        script
            .args(["-q", "-e", "-c", &format!("stty cols 200; exec {command}"), "/dev/null"])
            .env_clear()
            .env("PATH", format!("{}:{path}", program.display()))
            .envs([("TERM", "dumb"), ("LANG", "C.UTF-8"), ("SHELL", "/bin/sh")])
            .envs([("HOME", home.path()), ("ZDOTDIR", home.path())])
            .env("COMPLETIONS", completions)
            .current_dir(home.path())
            .stdin(Stdio::piped());
        let mut shell = Running::start(&mut script);
        let keys = shell.0.stdin.take().unwrap();
        let mut stdout = shell.0.stdout.take().unwrap();
        let (sender, shown) = channel();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut piece) {
                if sender.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut typist = Self { shell, keys, shown, home };
        typist.until(READY);
        Some(typist)
    }

    /// What the line is once these keys are pressed; it is gone afterwards.
    pub fn line(&mut self, keys: &str) -> String {
        write!(self.keys, "{keys}{SHOW}").unwrap();
        self.keys.flush().unwrap();
        let shown = self.until(END);
        let line = shown.rsplit_once(BEGIN).unwrap().1.split_once(END).unwrap().0.to_owned();
        // The end and the beginning of the line are killed.
        write!(self.keys, "\u{15}").unwrap();
        line
    }

    fn until(&mut self, mark: &str) -> String {
        let mut shown = Vec::new();
        loop {
            let Ok(piece) = self.shown.recv_timeout(LONG) else {
                let shown = String::from_utf8_lossy(&shown);
                panic!("no {mark} from process {}: {shown:?}", self.shell.0.id());
            };
            shown.extend(piece);
            let text = String::from_utf8_lossy(&shown);
            if text.contains(mark) {
                return text.into_owned();
            }
        }
    }
}
