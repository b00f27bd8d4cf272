//! `fetch -o FILE`: one file with all that was asked for, replaced as a whole if nothing failed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{
    Reply, Run, Running, Server, document, feather, has, id, named_pipe, names, run,
};

/// `fetch -o` of the first `count` sessions.
fn fetch_to(server: &Server, file: &Path, arguments: &[&str], count: usize) -> Run {
    let ids: Vec<String> = (0..count).map(id).collect();
    run(server.fetch(&["-o", file.to_str().unwrap()]).args(arguments).args(ids))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_file_gets_what_standard_output_would_in_every_format() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    for format in ["json", "raw", "ndjson", "table", "csv"] {
        let printed = run(server.fetch(&["--format", format]).args([id(0), id(1), id(2)]));
        let file = folder.path().join(format);
        let done = fetch_to(&server, &file, &["--format", format], 3);
        assert_eq!((done.code, &*done.stdout, &*done.stderr), (0, "", ""), "{format}");
        assert_eq!(fs::read_to_string(&file).unwrap(), printed.stdout, "{format}");
        assert_eq!(mode(&file), 0o600, "as the files of --out-dir");
    }
    assert_eq!(names(folder.path()).len(), 5);
    let long = folder.path().join(format!("{}.json", "n".repeat(240)));
    fetch_to(&server, &long, &[], 1).succeeded();
    assert!(long.exists());
    // Beside the current folder, and a saved document that is its own target.
    let mut fetch = feather();
    fetch.current_dir(folder.path()).args(["fetch", "ndjson", "-o", "ndjson", "-f", "raw"]);
    let before = fs::read_to_string(folder.path().join("ndjson")).unwrap();
    run(&mut fetch).succeeded();
    assert_eq!(fs::read_to_string(folder.path().join("ndjson")).unwrap(), before);
}

#[test]
fn where_something_fails_the_file_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.json");
    let server = Server::start(|request| match request.index() {
        1 => Reply::error(404, "not_found", "No."),
        2 => Reply::json(200, "[]"),
        _ => Reply::ok(request),
    });
    let left = || format!("{} is left as it was", file.display());
    // Nothing was there.
    let failure = fetch_to(&server, &file, &[], 2);
    failure.failed_with(44).says(&["is not written", "--out-dir", "1 of 2 failed"]);
    assert_eq!(names(folder.path()), [""; 0]);

    fs::write(&file, "before").unwrap();
    let begun = fs::metadata(&file).unwrap();
    for (arguments, count, code) in
        [(&[][..], 2, 44), (&[], 3, 1), (&["--format", "table"], 2, 44), (&["-f", "csv"], 3, 1)]
    {
        let failure = fetch_to(&server, &file, arguments, count);
        failure.failed_with(code).says(&[&left()]);
        let last = failure.stderr.lines().last().unwrap();
        assert!(last.ends_with("failed: 1 with 404") || last.contains("of 3 failed"), "{last}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    }
    let now = fs::metadata(&file).unwrap();
    assert_eq!((now.ino(), now.mtime_nsec()), (begun.ino(), begun.mtime_nsec()));
    assert_eq!(names(folder.path()), ["all.json"]);
    fetch_to(&server, &file, &[], 1).succeeded();
    assert!(fs::read_to_string(&file).unwrap().contains(&id(0)));
}

#[test]
fn what_cannot_be_written_is_told_before_any_request() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    symlink("circle", folder.path().join("circle")).unwrap();
    let at = |name: &str| format!("{}/{name}", folder.path().display());
    for (path, code, words) in [
        (at(""), 2, "--out-dir fills a folder"),
        (at("new/"), 2, "is no file"),
        (at("nowhere/all.json"), 1, "make its folder first"),
        (at("file/all.json"), 1, "Not a directory"),
        (at("circle"), 1, "symbolic links"),
        ("/proc/nowhere".to_owned(), 1, "writing /proc/nowhere"),
    ] {
        let failure = run(&mut server.fetch(&["--output", &path, &id(1)]));
        failure.failed_with(code).says(&[words]);
        assert_eq!(failure.stderr.lines().count(), 1, "{failure:#?}");
    }
    let both = run(&mut server.fetch(&["-o", &at("a"), "--out-dir", &at("b"), &id(1)]));
    both.failed_with(2).says(&["--out-dir"]);
    assert_eq!(server.connections(), 0);
    assert_eq!(names(folder.path()), ["circle", "file"]);
}

#[test]
fn the_permissions_of_a_file_are_kept_and_links_followed() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("sub")).unwrap();
    for bits in [0o644, 0o640, 0o600, 0o660] {
        fs::write(at("sub/real"), "before").unwrap();
        fs::set_permissions(at("sub/real"), fs::Permissions::from_mode(bits)).unwrap();
        fetch_to(&server, &at("sub/real"), &[], 1).succeeded();
        assert_eq!(mode(&at("sub/real")), bits);
    }
    symlink("sub/link", at("link")).unwrap();
    symlink("real", at("sub/link")).unwrap();
    fs::write(at("sub/real"), "before").unwrap();
    fetch_to(&server, &at("link"), &[], 1).succeeded();
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(at("sub/link")).unwrap().is_symlink());
    assert!(fs::read_to_string(at("sub/real")).unwrap().contains(&id(0)));
    // Also where they lead to nothing yet.
    fs::remove_file(at("sub/real")).unwrap();
    fetch_to(&server, &at("link"), &[], 2).succeeded();
    assert!(fs::read_to_string(at("sub/real")).unwrap().contains(&id(1)));
    assert_eq!(names(folder.path()), ["link", "sub"]);
    assert_eq!(names(&at("sub")), ["link", "real"]);
}

#[test]
fn a_file_that_must_not_be_written_to_is_not_replaced() {
    let server = Server::of_documents();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.json");
    fs::write(&file, "before").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    // The superuser may write to anything.
    if fs::File::options().append(true).open(&file).is_ok() {
        return;
    }
    let failure = fetch_to(&server, &file, &[], 1);
    failure.failed_with(1).says(&["writing ", "Permission denied"]);
    assert_eq!((fs::read_to_string(&file).unwrap(), server.connections()), ("before".into(), 0));
}

#[test]
fn standard_output_has_several_names() {
    let server = Server::of_documents();
    let printed = run(&mut server.fetch(&[&id(0)])).stdout;
    for name in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let done = fetch_to(&server, Path::new(name), &[], 1);
        assert_eq!(done.succeeded().stdout, printed, "{name}");
    }
    // What was written to it before is left alone.
    if !has("bash") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out");
    let script =
        "{ echo first; \"$0\" fetch --base-url \"$1\" \"$2\" -o /dev/stdout; echo last; } > \"$3\"";
    let mut shell = Command::new("bash");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_feather-analysis"), &server.url(), &id(0)]);
    assert!(shell.arg(&file).status().unwrap().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("first\n{printed}last\n"));
}

#[test]
fn pipes_and_devices_are_written_to_directly() {
    let server = Server::of_documents();
    let printed = run(&mut server.fetch(&[&id(0)])).stdout;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    named_pipe(&pipe);
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    fetch_to(&server, &pipe, &[], 1).succeeded();
    assert_eq!(reader.join().unwrap(), printed);
    fetch_to(&server, Path::new("/dev/null"), &[], 1).succeeded();
    let full = fetch_to(&server, Path::new("/dev/full"), &[], 1);
    full.failed_with(1).says(&["writing /dev/full: No space left on device"]);
    // What a shell hands over for a process.
    if !has("bash") {
        return;
    }
    let script = "\"$0\" fetch --base-url \"$1\" \"$2\" -o >(cat > \"$3\"; echo done); wait $!";
    let mut shell = Command::new("bash");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_feather-analysis"), &server.url(), &id(0)]);
    let file = folder.path().join("copy");
    let done = shell.arg(&file).stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    assert_eq!(names(folder.path()), ["copy", "pipe"]);
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&fs::metadata(&pipe).unwrap().file_type()));
}

#[test]
fn a_reader_of_a_pipe_that_goes_away_has_read_enough() {
    let server = Server::start(|request| {
        Reply::json(
            200,
            document(request.session()).replace("[]", &format!("[{}1]", "1,".repeat(90_000))),
        )
    });
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    named_pipe(&pipe);
    let mut command = server.fetch_process(&["-o", pipe.to_str().unwrap(), &id(0), &id(1)]);
    let mut running = Running::start(&mut command);
    drop(fs::File::open(&pipe).unwrap());
    let (code, stderr) = running.finish();
    assert_eq!((code, &*stderr), (Some(0), ""));
}

#[test]
fn a_full_disk_leaves_the_file_as_it_was() {
    if !has("bash") {
        return;
    }
    let server = Server::start(|request| {
        Reply::json(
            200,
            document(request.session()).replace("[]", &format!("[{}1]", "1,".repeat(90_000))),
        )
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.json");
    fs::write(&file, "before").unwrap();
    let script =
        "trap '' XFSZ; ulimit -f 100; exec \"$0\" fetch --base-url \"$1\" -o \"$2\" \"$3\" \"$4\"";
    let mut shell = Command::new("bash");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_feather-analysis"), &server.url()]);
    let done = shell.arg(&file).args([id(0), id(1)]).stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(&format!("writing {}: File too large", file.display())), "{stderr}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    assert_eq!(names(folder.path()), ["all.json"]);
}

#[test]
fn a_file_has_neither_colours_nor_the_width_of_a_terminal() {
    if !has("script") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table");
    let piped = run(feather().args(["fetch", "--demo", "-f", "table"]));
    let program = env!("CARGO_BIN_EXE_feather-analysis");
    let command = format!("{program} fetch --demo -f table -o {}", file.display());
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm-256color");
    let done = terminal.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), piped.stdout);
}
