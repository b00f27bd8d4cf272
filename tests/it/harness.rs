//! What the tests share: the program in a clean environment, the tools it is tried with, and a server
//! that does as it is told, however wrong that is. Everything here ends by itself.

mod server;

use std::fmt::Write as _;
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::Command;
#[cfg(unix)]
pub use rustix::process::Signal;

pub use self::server::{Reply, Request, Server};

/// Longer than any run takes that does not hang.
pub const LONG: Duration = Duration::from_secs(40);

/// A millisecond count, for tables.
pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The program, with nothing of the developer's environment.
pub fn feather() -> Command {
    let mut command = Command::from_std(process());
    command.timeout(LONG);
    command
}

/// The same as a plain process, for tests that meddle while it runs.
pub fn process() -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_feather-analysis"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", std::env::temp_dir())
        .stdin(Stdio::null());
    command
}

/// Whether a tool that a test needs is there; a test that goes without says so. Where `CI` is set it
/// must be there.
pub fn has(tool: &str) -> bool {
    // Not every tool knows the same option; one that is there can be started.
    let mut start = std::process::Command::new(tool);
    start.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    start.status().is_ok() || missing(tool)
}

/// Whether Python has a module, where it is looked for by its `PATH` alone.
pub fn can_import(module: &str) -> bool {
    let mut import = std::process::Command::new("python3");
    import.args(["-c", &format!("import {module}")]).stdin(Stdio::null()).stderr(Stdio::null());
    import.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    import.status().is_ok_and(|status| status.success())
}

/// Whether `strace` is there, and may look on as another program runs.
pub fn can_trace() -> bool {
    let mut trace = std::process::Command::new("strace");
    trace.args(["-o", "/dev/null", env!("CARGO_BIN_EXE_feather-analysis"), "--version"]);
    trace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    has("strace")
        && (trace.status().is_ok_and(|status| status.success())
            || skipped("nothing can be traced here"))
}

/// Says that a test goes without a tool.
fn missing(tool: &str) -> bool {
    assert!(std::env::var_os("CI").is_none(), "CI must have {tool}");
    skipped(&format!("{tool} is not installed"))
}

/// Says that a test was skipped, where the tests' own output does not hide it. Always false.
pub fn skipped(why: &str) -> bool {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
    false
}

/// Makes a named pipe.
#[cfg(unix)]
pub fn named_pipe(path: &Path) {
    use rustix::fs::{CWD, Mode, mkfifoat};
    mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code, -1 where a signal or the time limit ended the run.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// The lines of standard error, each a JSON object.
    pub fn errors(&self) -> Vec<serde_json::Value> {
        let parse = |line| {
            serde_json::from_str::<serde_json::Value>(line)
                .unwrap_or_else(|error| panic!("{error}: {line:?}"))
        };
        self.stderr.lines().map(parse).collect()
    }

    /// The documents of standard output.
    pub fn documents(&self) -> Vec<serde_json::Value> {
        serde_json::Deserializer::from_str(&self.stdout)
            .into_iter()
            .map(|document| document.unwrap_or_else(|error| panic!("{error}: {self:?}")))
            .collect()
    }

    /// The `session_id` of each document on standard output.
    pub fn ids(&self) -> Vec<String> {
        let id = |document: serde_json::Value| document["session_id"].as_str().unwrap().to_owned();
        self.documents().into_iter().map(id).collect()
    }

    /// Asserts the code and that nothing reached standard output.
    #[track_caller]
    pub fn failed_with(&self, code: i32) -> &Self {
        assert_eq!((self.code, &*self.stdout), (code, ""), "{self:#?}");
        self
    }

    /// Asserts success and that there is nothing to complain about.
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        assert_eq!((self.code, &*self.stderr), (0, ""), "{self:#?}");
        self
    }

    /// Asserts that standard error has all of these words.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is missing: {self:#?}");
        }
        self
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A process that is ended with its test.
pub struct Running(pub Child);

impl Running {
    /// Starts it with its output piped.
    pub fn start(command: &mut std::process::Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Sends what Ctrl-C sends.
    #[cfg(unix)]
    pub fn interrupt(&mut self) {
        self.signal(Signal::INT);
    }

    /// Sends a signal, unless it has ended by itself.
    #[cfg(unix)]
    pub fn signal(&mut self, signal: Signal) {
        // Until its end is taken note of, its id is nobody else's.
        if self.0.try_wait().unwrap().is_none() {
            let id = rustix::process::Pid::from_child(&self.0);
            rustix::process::kill_process(id, signal).unwrap();
        }
    }

    /// Waits for its end, but not forever.
    pub fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < LONG, "the program does not end");
            thread::sleep(ms(10));
        }
    }

    /// Its exit code, and the most memory it took, in KiB.
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&mut self) -> (Option<i32>, u64) {
        let status = format!("/proc/{}/status", self.0.id());
        let mut peak = 0;
        loop {
            // Gone between its end and our taking note of it.
            if let Ok(status) = std::fs::read_to_string(&status) {
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let number = line.and_then(|line| line.split_whitespace().next());
                peak = number.and_then(|number| number.parse().ok()).unwrap_or(0).max(peak);
            }
            if let Some(status) = self.0.try_wait().unwrap() {
                return (status.code(), peak);
            }
            thread::sleep(ms(1));
        }
    }

    /// Waits for its end and takes what it said on standard error.
    pub fn finish(&mut self) -> (Option<i32>, String) {
        let stderr = self.0.stderr.take().unwrap();
        let reader = thread::spawn(move || {
            let mut text = String::new();
            BufReader::new(stderr).read_to_string(&mut text).unwrap();
            text
        });
        (self.wait().code(), reader.join().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `done` holds.
#[track_caller]
pub fn until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LONG, "{what}: never");
        thread::sleep(ms(5));
    }
}

/// The `n`th session's id.
pub fn id(n: usize) -> String {
    format!("5e551000-0000-4000-8000-{n:012}")
}

/// Ids one a line.
pub fn list(ids: &[String]) -> String {
    ids.iter().fold(String::new(), |mut lines, id| {
        writeln!(lines, "{id}").unwrap();
        lines
    })
}

/// A small document of a session.
pub fn document(session: &str) -> String {
    format!(
        r#"{{"analyzer_input_schema_version":1,"session_id":"{session}","organization_id":"e3fc6dfd-027b-4df7-a27e-27943a32da3c","messages":[]}}"#
    )
}

/// What the API sends with a failure.
pub fn error_body(error: &str, message: &str) -> String {
    serde_json::json!({ "error": error, "message": message }).to_string()
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// `bytes`, gzipped.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
