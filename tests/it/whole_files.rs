//! Whole files only: whatever ends a run, at whatever moment, and how many runs there are.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::harness::{
    Reply, Request, Running, Server, Signal, can_trace, has, id, list, ms, names, process, run,
    skipped,
};

/// Sessions of each test.
const COUNT: usize = 60;

/// What ends a run.
const SIGNALS: [Signal; 4] = [Signal::KILL, Signal::TERM, Signal::HUP, Signal::INT];

/// The name of a file that a run has left behind.
fn is_leftover(name: &str) -> bool {
    name.starts_with('.') && Path::new(name).extension().is_some_and(|end| end == "part")
}

/// A server of documents of a few to some hundred KiB, with pauses, which come with any luck in the
/// middle of a file.
fn slow_server() -> Server {
    Server::start(|request| Reply::json(200, text_of(request)).after(ms(3)))
}

fn text_of(request: &Request) -> String {
    let index = request.index();
    let filling = "some words, {}, ".repeat(index * 300);
    format!(r#"{{"session_id":"{}","filling":"{filling}","end":[]}}"#, request.session())
}

/// Ids on standard input, for a plain process.
fn with_ids(command: &mut Command, folder: &Path) -> Running {
    let path = folder.join("ids.txt");
    // Once: another run may be reading it.
    if !path.exists() {
        let ids: Vec<String> = (0..COUNT).map(id).collect();
        fs::write(&path, list(&ids)).unwrap();
    }
    Running::start(command.arg(path).stdin(Stdio::null()))
}

/// What a folder is like after a run that nothing ended.
fn reference(server: &Server) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let ids: Vec<String> = (0..COUNT).map(id).collect();
    run(server.fetch(&["--out-dir", path]).args(ids)).says(&[&format!("{COUNT} written to")]);
    assert_eq!(names(folder.path()).len(), COUNT);
    folder
}

/// Asserts that each file of `folder` is as in `reference`; how many there are.
#[track_caller]
fn whole_files(folder: &Path, reference: &Path) -> usize {
    let all = names(folder);
    let files: Vec<&String> = all.iter().filter(|name| !is_leftover(name)).collect();
    for name in &files {
        let expected = fs::read(reference.join(name)).unwrap();
        assert!(fs::read(folder.join(name)).unwrap() == expected, "{name} is not whole");
    }
    files.len()
}

#[test]
fn a_run_that_is_killed_again_and_again_comes_to_the_same_files() {
    let server = slow_server();
    let reference = reference(&server);
    let scratch = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut killed = 0;
    for round in 0.. {
        let folder = scratch.path().join("sessions");
        fs::remove_dir_all(&folder).ok();
        for attempt in 0.. {
            let path = folder.to_str().unwrap();
            let arguments = ["--jobs", "4", "--out-dir", path];
            let mut running = with_ids(&mut server.fetch_process(&arguments), scratch.path());
            // Some of these moments are those of a write, and every file has several.
            std::thread::sleep(pause(round, attempt));
            let before = running.0.try_wait().unwrap();
            running.signal(SIGNALS[(round + attempt) % SIGNALS.len()]);
            let (_, stderr) = running.finish();
            let there = if folder.exists() { whole_files(&folder, reference.path()) } else { 0 };
            if before.is_some() {
                assert_eq!(there, COUNT, "{stderr}");
                break;
            }
            killed += 1;
        }
        if round >= 3 && begun.elapsed() > Duration::from_secs(8) {
            break;
        }
    }
    assert!(killed > 20, "{killed}");
}

/// A pause of 5 to 200 ms, different each time and the same in each run of the tests.
fn pause(round: usize, attempt: usize) -> Duration {
    let mixed = (round * 7919 + attempt * 104_729 + 13) as u64;
    let mixed = mixed.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17);
    Duration::from_micros(5_000 + mixed % 195_000)
}

#[test]
fn what_a_killed_run_left_is_removed_by_a_later_one_and_nothing_else() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let past = SystemTime::now() - Duration::from_secs(3600);
    let left = [format!(".{}.json.a1B2c3.part", id(1)), format!(".{}.json.a1B2c3.part", id(777))];
    let kept = [
        ".notes.a1B2c3.part".to_owned(),
        format!(".{}.json.part", id(1)),
        format!("{}.json.a1B2c3.part", id(1)),
        format!(".{}.json.a1B2c3.part.txt", id(1)),
    ];
    for name in left.iter().chain(&kept) {
        fs::write(at(name), "{\"half\":").unwrap();
        fs::File::options().write(true).open(at(name)).unwrap().set_modified(past).unwrap();
    }
    let young = format!(".{}.json.young1.part", id(1));
    fs::write(at(&young), "").unwrap();
    let held = format!(".{}.json.locked.part", id(1));
    let lock = fs::File::create(at(&held)).unwrap();
    lock.set_modified(past).unwrap();
    lock.lock().unwrap();

    let path = folder.path().to_str().unwrap();
    run(&mut server.fetch(&["--out-dir", path, &id(1)])).says(&["1 written to"]);
    let mut expected: Vec<String> = kept.into_iter().chain([young, held]).collect();
    expected.push(format!("{}.json", id(1)));
    expected.sort();
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn two_runs_into_one_folder_do_each_other_no_harm() {
    let server = slow_server();
    let reference = reference(&server);
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let arguments = ["--out-dir", folder.path().to_str().unwrap(), "--jobs", "3"];
    let mut runs: Vec<Running> =
        (0..3).map(|_| with_ids(&mut server.fetch_process(&arguments), scratch.path())).collect();
    for running in &mut runs {
        let (code, stderr) = running.finish();
        assert_eq!(code, Some(0), "{stderr}");
        assert!(!stderr.contains("warning"), "{stderr}");
    }
    assert_eq!(whole_files(folder.path(), reference.path()), COUNT);
    assert_eq!(names(folder.path()).len(), COUNT);
}

/// Runs a shell script with the program's path as `$0` and the server's address as `$1`.
fn script(server: &Server, script: &str, arguments: &[&str]) -> crate::harness::Run {
    let mut command = Command::new("bash");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(["-c", script, env!("CARGO_BIN_EXE_feather-analysis"), &server.url()]);
    run(assert_cmd::Command::from_std(command).args(arguments))
}

/// Asserts that a run into a folder that takes no more told so, and that the next one goes on.
#[track_caller]
fn full_then_free(server: &Server, folder: &Path, done: &crate::harness::Run, words: &str) {
    assert_eq!(done.code, 1, "{done:#?}");
    done.says(&["error: writing ", folder.to_str().unwrap(), words, "; run it again to go on"]);
    let there = names(folder);
    assert!(!there.iter().any(|name| is_leftover(name)), "{there:?}");
    let written = done.stderr.split_once(" written to").unwrap().0.lines().last().unwrap();
    assert_eq!(written, there.len().to_string(), "{done:#?}");
    let ids: Vec<String> = (0..COUNT).map(id).collect();
    let path = folder.to_str().unwrap();
    let resumed = run(server.fetch(&["--out-dir", path]).args(ids));
    assert_eq!(resumed.code, 0, "{resumed:#?}");
    assert_eq!(names(folder).len(), COUNT);
}

#[test]
fn a_limit_to_the_size_of_files_leaves_whole_files_only() {
    if !has("bash") {
        return;
    }
    let server = slow_server();
    let reference = reference(&server);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let ids: Vec<String> = (0..COUNT).map(id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    // Blocks of 1 KiB; without the signal a write over the limit fails as on a full disk.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" fetch --base-url \"$@\"";
    let done = script(&server, limited, &[&["--out-dir", path], &ids[..]].concat());
    full_then_free(&server, folder.path(), &done, "File too large");
    whole_files(folder.path(), reference.path());
    // With it the run is killed.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let limited = "ulimit -f 100; exec \"$0\" fetch --base-url \"$@\"";
    script(&server, limited, &[&["--out-dir", path], &ids[..]].concat());
    assert!(whole_files(folder.path(), reference.path()) < COUNT);
}

/// Whether file systems can be mounted here, in a space of our own.
fn can_mount() -> bool {
    if !has("unshare") || !has("bash") {
        return false;
    }
    let mount = "mount -t tmpfs -o size=64k none /mnt";
    let tried = Command::new("unshare").args(["-rm", "sh", "-c", mount]).output();
    tried.is_ok_and(|output| output.status.success())
        || skipped("no file system can be mounted here")
}

#[test]
fn a_full_disk_leaves_whole_files_only() {
    if !can_mount() {
        return;
    }
    let server = slow_server();
    let reference = reference(&server);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let ids: Vec<String> = (0..COUNT).map(id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    // What was written is copied out at the end, since the mount is gone with its shell.
    let full = r#"unshare -rm sh -c 'mount -t tmpfs -o size=700k none "$3" && cd / &&
        program=$0 base=$1; shift; "$program" fetch --base-url "$base" "$@"; code=$?
        cp -a "$2/." "$2.out" && umount "$2" && cp -a "$2.out/." "$2" && rm -r "$2.out"; exit $code
        ' "$0" "$@""#;
    let done = script(&server, full, &[&["--out-dir", path], &ids[..]].concat());
    full_then_free(&server, folder.path(), &done, "No space left on device");
    whole_files(folder.path(), reference.path());
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_before_any_request() {
    let server = Server::of_documents();
    if can_mount() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let read_only = r#"unshare -rm sh -c 'mount -t tmpfs -o ro none "$3" && cd / &&
            program=$0 base=$1; shift; exec "$program" fetch --base-url "$base" "$@"' "$0" "$@""#;
        let failure = script(&server, read_only, &["--out-dir", path, &id(1)]);
        failure.failed_with(1).says(&["writing to ", path, "Read-only file system"]);
        let file = folder.path().join("one.json");
        let file = file.to_str().unwrap();
        let read_only = read_only.replace("$3", "${3%/*}");
        let failure = script(&server, &read_only, &["--output", file, &id(1)]);
        failure.failed_with(1).says(&["writing ", file, "Read-only file system"]);
    }
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    let mode = |mode: u32| {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    // The superuser can write anywhere.
    if fs::write(locked.join("probe"), "").is_err() {
        let path = locked.to_str().unwrap();
        let failure = run(&mut server.fetch(&["--out-dir", path, &id(1)]));
        failure.failed_with(1).says(&["writing to ", path, "Permission denied"]);
        let file = format!("{path}/one.json");
        let failure = run(&mut server.fetch(&["-o", &file, &id(1)]));
        failure.failed_with(1).says(&["writing ", &file, "Permission denied", "> FILE"]);
    }
    mode(0o755);
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_file_is_on_disk_before_it_has_its_name_and_its_name_before_it_counts() {
    if !can_trace() {
        return;
    }
    let server = Server::of_documents();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("out");
    let log = scratch.path().join("log");
    let traced = |arguments: &[&str]| {
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,write"]);
        command.arg("-o").arg(&log).arg(env!("CARGO_BIN_EXE_feather-analysis"));
        command.args(["fetch", "--base-url", &server.url()]).args(arguments).env_clear();
        let done = command.stdin(Stdio::null()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        fs::read_to_string(&log).unwrap()
    };
    let path = folder.to_str().unwrap();
    let log = traced(&["--out-dir", path, &id(1), &id(2), &id(3)]);
    let at = |log: &str, what: &dyn Fn(&str) -> bool| log.lines().position(what);
    for n in 1..=3 {
        let part = format!(".{}.json.", id(n));
        let synced = at(&log, &|line| line.contains("sync(") && line.contains(&part));
        let renamed = at(&log, &|line| line.contains("rename") && line.contains(&part));
        assert!(synced.is_some() && synced < renamed, "{log}");
    }
    let lines: Vec<&str> = log.lines().collect();
    let named = format!("<{path}>");
    let last = lines.iter().rposition(|line| line.contains("rename"));
    let folder_synced =
        lines.iter().rposition(|line| line.contains("sync(") && line.contains(&named));
    let counted = lines.iter().rposition(|line| line.contains("3 written to"));
    assert!(last < folder_synced && folder_synced < counted, "{log}");

    let file = scratch.path().join("one.json");
    let log = traced(&["-o", file.to_str().unwrap(), &id(1)]);
    let synced = at(&log, &|line| line.contains("sync(") && line.contains(".one.json."));
    let renamed = at(&log, &|line| line.contains("rename") && line.contains(".one.json."));
    let name = format!("<{}>", scratch.path().display());
    let folder_synced = at(&log, &|line| line.contains("sync(") && line.contains(&name));
    assert!(synced.is_some() && synced < renamed && renamed < folder_synced, "{log}");
}

#[test]
fn signals_leave_the_file_of_output_as_it_was() {
    let server = Server::start(|request| match request.index() {
        9 => Reply::hang(),
        _ => Reply::ok(request),
    });
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("all.ndjson");
    fs::write(&file, "before\n").unwrap();
    for signal in SIGNALS {
        let mut command = process();
        command.args(["fetch", "--base-url", &server.url(), "-f", "ndjson", "--jobs", "1", "-o"]);
        let mut running = Running::start(command.arg(&file).args((0..10).map(id)));
        let before = server.count();
        crate::harness::until("some have come", || server.count() >= before + 10);
        running.signal(signal);
        let (code, _) = running.finish();
        assert_ne!(code, Some(0), "{signal:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "before\n", "{signal:?}");
    }
    // What they left is removed by the next run.
    for name in names(scratch.path()).iter().filter(|name| is_leftover(name)) {
        let left = fs::File::options().write(true).open(scratch.path().join(name)).unwrap();
        left.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    }
    run(&mut server.fetch(&["-o", file.to_str().unwrap(), &id(1)])).succeeded();
    assert_eq!(names(scratch.path()), ["all.ndjson"]);
    assert!(fs::read_to_string(&file).unwrap().contains(&id(1)));
}
