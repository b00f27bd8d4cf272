//! The completions, loaded into the shells they are for.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder with the scripts.
fn completions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// What a script prints in this shell, without the user's settings. None where the shell is not
/// installed; where CI is set it must be.
fn shell(name: &str, options: &[&str], script: &str) -> Option<String> {
    let home = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_feather-analysis")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let run = Command::new(name)
        .args(options)
        .args(["-c", script])
        .env_clear()
        .env("PATH", format!("{}:{path}", program.display()))
        .env("HOME", home.path())
        .env("TERM", "dumb")
        .env("COMPLETIONS", completions())
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output();
    let output = match run {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("CI").is_none(), "CI must have {name}");
            return None;
        }
        Err(error) => panic!("{name}: {error}"),
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{name}: {stderr}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// What may be typed at the end of some lines, and something that may not.
const LINES: [(&str, &[&str], &str); 6] = [
    ("tr", &["transcript"], "tools"),
    ("", &["fetch", "transcript", "rag", "tools", "missing", "completions", "demo"], "nothing"),
    ("rag --format ", &["table", "json", "ndjson", "csv", "markdown"], "raw"),
    ("rag --only ", &["miss", "unanswerable", "cited-not-retrieved"], "error"),
    ("tools --fail-on ", &["error", "no-result", "unrecorded"], "miss"),
    ("fetch --ou", &["--out-dir"], "--force"),
];

/// Asserts that the lines of `printed` are the words that may be typed.
#[track_caller]
fn assert_offers(printed: &str, line: &str, words: &[&str], not: &str) {
    let offered: Vec<&str> =
        printed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for word in words {
        assert!(offered.contains(word), "{line:?}: {word} is not among {offered:?}");
    }
    assert!(!offered.contains(&not), "{line:?}: {not} is among {offered:?}");
}

#[test]
fn bash_completes_commands_options_and_values() {
    for (line, words, not) in LINES {
        let script = format!(
            r#"source "$COMPLETIONS/feather-analysis.bash"
            line="feather-analysis {line}"
            read -ra COMP_WORDS <<< "$line"
            [[ $line == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
            function=$(complete -p feather-analysis | sed 's/.*-F \([^ ]*\).*/\1/')
            "$function" feather-analysis "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
            printf '%s\n' "${{COMPREPLY[@]}}""#
        );
        let Some(printed) = shell("bash", &["--norc", "--noprofile"], &script) else { return };
        assert_offers(&printed, line, words, not);
    }
}

#[test]
fn fish_completes_commands_options_and_values() {
    for (line, words, not) in LINES {
        let script = format!(
            "source $COMPLETIONS/feather-analysis.fish; complete -C 'feather-analysis {line}'"
        );
        let Some(printed) = shell("fish", &["-N"], &script) else { return };
        assert_offers(&printed, line, words, not);
    }
}

#[test]
fn zsh_completes_commands_options_and_values() {
    for (line, words, not) in LINES {
        // What the function would show is caught where it hands it to the shell.
        let script = format!(
            r#"fpath=("$COMPLETIONS" $fpath)
            autoload -Uz compinit && compinit -u -D
            [[ $_comps[feather-analysis] == _feather-analysis ]] || print -u2 "not registered"
            zmodload zsh/zpty
            zpty -b shell zsh -f
            zpty -w shell "PS1= ; fpath=(${{(qq)COMPLETIONS}} \$fpath); unsetopt zle_bracketed_paste"
            zpty -w shell "autoload -Uz compinit && compinit -u -D"
            zpty -w shell "bindkey '^I' list-choices; zstyle ':completion:*' verbose no"
            zpty -w shell "setopt list_rows_first; LISTMAX=0; print -r -- LOA''DED"
            out=
            repeat 200; do zpty -r -t shell chunk && out+=$chunk; [[ $out == *LOADED* ]] && break; sleep 0.05; done
            zpty -w -n shell $'feather-analysis {line}\t'
            out=
            quiet=0
            repeat 200; do
              if zpty -r -t shell chunk; then out+=$chunk; quiet=0; else (( quiet++ )); fi
              [[ -n $out && $quiet -gt 20 ]] && break
              sleep 0.05
            done
            zpty -d shell
            print -rl -- ${{=out}}"#
        );
        let Some(printed) = shell("zsh", &["-f"], &script) else { return };
        let printed = printed.replace('\r', "");
        assert_offers(&printed, line, words, not);
    }
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
