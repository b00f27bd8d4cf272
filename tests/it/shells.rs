//! The completions, loaded into the shells they are for and typed in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::has;
use crate::typing::Typist;

/// The folder with the scripts.
fn completions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// What bash is set up with. The first key puts all that is offered on the line.
const BASH: &str = r#"
PS1= ; source "$COMPLETIONS/feather-analysis.bash"
show() { printf '\nLINE<%s>LINE\n' "$READLINE_LINE"; }
bind -x '"\C-xp": show'
bind '"\C-xa": insert-completions'
bind 'set bell-style none'
echo IS-"READY"
"#;

/// What zsh is set up with, likewise.
const ZSH: &str = r#"
PS1= ; unsetopt zle_bracketed_paste prompt_sp; bindkey -e
fpath=("$COMPLETIONS" $fpath); autoload -Uz compinit && compinit -u -D
show() { print -r -- "LINE<$BUFFER>LINE" }
zle -N show; bindkey '^Xp' show
zle -C all-matches complete-word _generic; bindkey '^Xa' all-matches
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete
print IS-"READY"
"#;

fn bash() -> Option<Typist> {
    Typist::start("bash", "bash --noprofile --rcfile ~/.bashrc -i", (".bashrc", BASH))
}

fn zsh() -> Option<Typist> {
    Typist::start("zsh", "zsh -d -i", (".zshrc", ZSH))
}

/// What fish offers at the end of a line, a line each: the whole word, a tab, what it means.
fn fish(line: &str, home: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_feather-analysis")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let run = Command::new("fish")
        .args(["-N", "-c"])
        .arg("source $COMPLETIONS/feather-analysis.fish; complete -C $argv[1]")
        .arg(format!("feather-analysis {line}"))
        .env_clear()
        .env("PATH", format!("{}:{path}", program.display()))
        .env("HOME", home)
        .env("COMPLETIONS", completions())
        .current_dir(home)
        .stdin(Stdio::null())
        .output();
    let output = run.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "fish: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// What may be typed at the end of some lines, and something that may not.
const LINES: &[(&str, &[&str], &str)] = &[
    ("tr", &["transcript"], "tools"),
    (
        "",
        &["fetch", "transcript", "rag", "tools", "missing", "gaps", "schema", "demo", "help"],
        "--demo",
    ),
    // Every enumerated option, after a blank, a = and commas.
    ("rag --format ", &["table", "json", "ndjson", "csv", "markdown"], "raw"),
    ("fetch -f ", &["json", "raw", "ndjson", "table", "csv", "markdown"], "text"),
    ("transcript --format=", &["text", "markdown", "json", "ndjson", "table"], "raw"),
    ("rag --only ", &["miss", "unanswerable", "cited-not-retrieved"], "error"),
    ("rag --only miss,un", &["unanswerable", "uncited"], "miss"),
    ("rag --only=miss,orphan,", &["disagrees", "repeat"], "error"),
    ("tools --fail-on ", &["error", "no-result", "unrecorded"], "miss"),
    ("tools --only=error,", &["ok", "no-result"], "miss"),
    ("missing --fail-on any,no_c", &["no_citations", "no_csat"], "no_rag_trace"),
    ("gaps --fail-on=", &["new", "open"], "closed"),
    ("rag --color=", &["auto", "always", "never"], "json"),
    ("fetch --progress ", &["auto", "always", "never"], "json"),
    ("--error-format=", &["human", "json"], "csv"),
    ("completions ", &["bash", "zsh", "fish", "powershell", "elvish"], "sh"),
    // Names of fields, with the command's own ones.
    ("fetch --by ch", &["channel"], "cause"),
    ("rag --by=week,", &["hour", "doc_id", "kb_id", "outcome", "score_used"], "status"),
    ("tools --by ", &["month", "name", "status", "channel"], "doc_id"),
    ("transcript --by role,mod", &["model_used", "model", "models"], "month"),
    ("fetch --fields session_id,c", &["channel", "csat_score", "cause", "citations"], "hits"),
    ("tools --fields ", &["turn", "name", "latency_ms"], "query_hash"),
    ("rag --chunks --fields=", &["chunk_id", "rank"], "citation_doc_id"),
    ("rag --sort ", &["top_score", "turn"], "-turn"),
    ("rag --sort turn,-top", &["-top_score"], "top_score"),
    ("gaps --sort=-mis", &["-misses"], "misses"),
    // Conditions: fields, then the values that are known of them.
    ("fetch --where c", &["channel", "cause", "csat", "csat_score", "citations"], "hits"),
    ("rag --where outcome=", &["resolved", "unresolved", "call_failed"], "chat"),
    ("fetch --where=cause=tool-error,n", &["not-used", "nothing-found"], "answered"),
    ("fetch --where reopened=", &["true", "false"], "resolved"),
    ("fetch --where missing=no_k", &["no_kb_snapshot"], "no_csat"),
    ("fetch --base-url ", &["sandbox", "local"], "http"),
    ("rag --base-url=", &["sandbox", "local"], "http"),
    ("fetch --tz europe/be", &["Europe/Berlin", "Europe/Belgrade"], "Europe/Paris"),
    ("fetch --since ", &["today", "yesterday"], "tomorrow"),
    ("help co", &["corpus", "connection", "completions"], "rag"),
    ("help r", &["rag", "rows"], "corpus"),
    ("schema r", &["rag", "rag-chunks", "rag-summary"], "tools"),
    ("rag --fail-if-worse=", &["hit_rate", "uncited_rate"], "retrievals"),
    ("fetch --ou", &["--out-dir", "--output"], "--force"),
    ("fetch --sum", &["--summary"], "-h"),
    ("fetch --jobs ", &[], "8"),
];

/// Asserts that the words are offered; what stands before the last part of one is left aside.
#[track_caller]
fn assert_offers<'o>(
    line: &str,
    offered: impl Iterator<Item = &'o str>,
    words: &[&str],
    not: &str,
) {
    let last = |word: &'o str| word.trim_end_matches('=').rsplit(['=', ',']).next().unwrap();
    let offered: Vec<&str> = offered.map(last).collect();
    for word in words {
        assert!(offered.contains(word), "{line:?}: {word} is not among {offered:?}");
    }
    assert!(!offered.contains(&not), "{line:?}: {not} is among {offered:?}");
}

/// What a single tab makes of lines where there is one way to go on.
const TABS: &[(&str, &str)] = &[
    ("tr", "transcript "),
    ("fetch --format nd", "fetch --format ndjson "),
    ("fetch --format=nd", "fetch --format=ndjson "),
    ("rag --only miss,una", "rag --only miss,unanswerable "),
    ("rag --only=miss,una", "rag --only=miss,unanswerable "),
    ("fetch --base-url loc", "fetch --base-url local "),
    ("fetch --base-url=sa", "fetch --base-url=sandbox "),
    ("fetch --where outc", "fetch --where outcome="),
    ("fetch --where csat_sco", "fetch --where csat_score"),
    ("fetch --where outcome=resolved,una", "fetch --where outcome=resolved,una"),
    ("fetch --where outcome=resolved,unr", "fetch --where outcome=resolved,unresolved "),
    ("fetch --where=outcome=unr", "fetch --where=outcome=unresolved "),
    ("fetch --sort -csat_sco", "fetch --sort -csat_score "),
    ("fetch --fields cause,csat_sco", "fetch --fields cause,csat_score "),
    // No file is offered where none can stand.
    ("fetch --base-url http://e", "fetch --base-url http://e"),
    ("rag --only e", "rag --only e"),
    // Files are the shell's own, with its own quotes.
    ("fetch een", "fetch een.json "),
    ("fetch a", "fetch a\\ b.json "),
    ("fetch ~/een", "fetch ~/een.json "),
    ("fetch 'a", "fetch 'a b.json' "),
    ("fetch een.json fol", "fetch een.json folder/"),
    ("fetch --out-dir=fo", "fetch --out-dir=folder/"),
    ("fetch --out-dir fo", "fetch --out-dir folder/"),
    ("fetch --out-dir ee", "fetch --out-dir ee"),
    ("fetch --api-key-file=een", "fetch --api-key-file=een.json "),
    ("fetch --wait fo", "fetch --wait folder/"),
    ("fetch --demo > ee", "fetch --demo > een.json "),
    // A word that is quoted stays so.
    ("fetch --where 'outcome=unr", "fetch --where 'outcome=unresolved' "),
    ("fetch --where \"channel=chat\" --by ch", "fetch --where \"channel=chat\" --by channel "),
];

fn files(home: &Path) {
    for name in ["een.json", "a b.json"] {
        std::fs::write(home.join(name), "{}").unwrap();
    }
    std::fs::create_dir(home.join("folder")).unwrap();
}

/// Tries [`LINES`] and [`TABS`].
fn try_all(mut shell: Typist, name: &str) {
    for (line, words, not) in LINES {
        let all = shell.line(&format!("feather-analysis {line}\u{18}a"));
        assert_offers(line, all.split_whitespace().skip(1), words, not);
    }
    files(shell.home.path());
    let mut wrong = Vec::new();
    for (line, whole) in TABS {
        let made = shell.line(&format!("feather-analysis {line}\t"));
        if made != format!("feather-analysis {whole}") {
            wrong.push((line, made));
        }
    }
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
}

#[test]
fn bash_completes_commands_options_and_values() {
    if let Some(shell) = bash() {
        try_all(shell, "bash");
    }
}

#[test]
fn zsh_completes_commands_options_and_values() {
    if let Some(shell) = zsh() {
        try_all(shell, "zsh");
    }
}

#[test]
fn fish_completes_commands_options_and_values() {
    if !has("fish") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    for (line, words, not) in LINES {
        let printed = fish(line, home.path());
        let offered = printed.lines().map(|line| line.split('\t').next().unwrap());
        assert_offers(line, offered, words, not);
    }
    files(home.path());
    for (line, offered) in [
        ("fetch een", "een.json"),
        ("fetch a", "a b.json"),
        ("fetch ~/een", "~/een.json"),
        ("fetch --out-dir=fo", "--out-dir=folder/"),
        ("fetch --out-dir ee", ""),
        ("fetch --api-key-file=een", "--api-key-file=een.json"),
        ("fetch --base-url http://e", ""),
        ("fetch --format=nd", "--format=ndjson"),
        ("fetch --where csat_sco", "csat_score="),
        ("fetch --where 'outcome=unr", "outcome=unresolved"),
    ] {
        let printed = fish(line, home.path());
        let words: Vec<&str> =
            printed.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(words.join(" "), offered, "{line}");
    }
    let about = fish("fetch --by chan", home.path());
    assert_eq!(about, "channel\tHow the customer came in: chat, voice, email, …\n");
}

#[test]
fn powershell_and_elvish_scripts_name_every_command() {
    for name in ["_feather-analysis.ps1", "feather-analysis.elv"] {
        let script = std::fs::read_to_string(completions().join(name)).unwrap();
        for command in LINES[1].1 {
            assert!(
                script.contains(&format!("'{command}'"))
                    || script.contains(&format!(" {command} ")),
                "{name}: {command}"
            );
        }
    }
}
