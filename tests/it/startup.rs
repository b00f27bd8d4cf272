//! What a command touches: no socket and no certificate store where no network is needed.

use std::process::{Command, Stdio};

use crate::harness::can_trace;

/// The system calls a run makes; None where they cannot be traced on this machine.
fn traced(arguments: &[&str]) -> Option<String> {
    if !can_trace() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let status = Command::new("strace")
        .args(["-f", "-e", "trace=socket,connect,openat,open", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_feather-analysis"))
        .args(arguments)
        .env_clear()
        // Asked by a shell's completions, behind a --.
        .env("FEATHER_ANALYSIS_COMPLETE", "zsh")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{arguments:?}: {status}");
    Some(std::fs::read_to_string(log).unwrap())
}

fn opens_certificates(log: &str) -> bool {
    log.contains("/ssl/") || log.contains("ca-certificates") || log.contains(".pem")
}

#[test]
fn a_saved_document_is_read_without_a_socket_or_a_certificate_store() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/sessions/showcase.json");
    for arguments in [
        &["--version"][..],
        &["--help"],
        &["completions", "bash"],
        &["--", "feather-analysis", "rag", "--by", ""],
        &["--", "feather-analysis", "fetch", "--base-url="],
        &["--", "feather-analysis", "transcript", "5e551000"],
        &["demo", "--list"],
        &["fetch", document],
        &["fetch", "--format", "table", document],
        &["transcript", document],
        &["rag", document],
        &["tools", document],
        &["missing", document],
        &["missing", "--summary", document],
    ] {
        let Some(log) = traced(arguments) else { return };
        assert!(!log.contains("socket("), "{arguments:?}: {log}");
        assert!(!opens_certificates(&log), "{arguments:?}: {log}");
    }
}

#[test]
fn a_plain_http_client_reads_no_certificate_store() {
    let Some(log) = traced(&["fetch", "--demo"]) else { return };
    assert!(log.contains("socket("), "the trace sees sockets: {log}");
    assert!(!opens_certificates(&log), "{log}");
}
