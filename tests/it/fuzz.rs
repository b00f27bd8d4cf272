//! No panic, whatever the bytes: mutated documents through every command and format.

use std::process::{Command, Stdio};

use proptest::prelude::*;

const SAMPLES: [&str; 4] = [
    include_str!("../../src/demo/sessions/showcase.json"),
    include_str!("../../src/demo/sessions/voice-abandoned.json"),
    include_str!("../../src/demo/sessions/legacy.json"),
    include_str!("../../src/demo/sessions/worldwide.json"),
];

/// Each command in each of its formats, and the options that change what is read.
const RUNS: [&[&str]; 18] = [
    &["fetch"],
    &["fetch", "--format", "ndjson"],
    &["fetch", "--format", "table"],
    &["fetch", "--format", "csv"],
    &["transcript", "--width", "40"],
    &["transcript", "--format", "markdown"],
    &["transcript", "--format", "json"],
    &["rag", "--width", "60"],
    &["rag", "--chunks", "--format", "csv"],
    &["rag", "--summary"],
    &["tools", "--full", "--width", "50"],
    &["tools", "--format", "markdown"],
    &["tools", "--summary", "--format", "json"],
    &["missing", "--all"],
    &["missing", "--format", "ndjson"],
    &["missing", "--summary"],
    &["report"],
    &["report", "--by", "channel,day"],
];

#[derive(Clone, Debug)]
enum Mutation {
    /// Puts bytes in place of others.
    Replace(prop::sample::Index, Vec<u8>),
    /// Takes a stretch out.
    Remove(prop::sample::Index, usize),
    /// Says a stretch twice.
    Repeat(prop::sample::Index, usize),
    /// Puts another value where a value stands.
    Value(prop::sample::Index, &'static str),
    /// Cuts off the rest.
    Cut(prop::sample::Index),
}

const VALUES: [&str; 14] = [
    "null",
    "true",
    "-0",
    "1e400",
    "5.0",
    "9007199254740993",
    "\"\"",
    "\"\\ud83d\"",
    "[]",
    "{}",
    "[[[[[[[[1]]]]]]]]",
    "\"\\u001b]0;x\\u0007\\u202e\"",
    "\"2026-02-30T25:61:61Z\"",
    "-1e-400",
];

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let place = any::<prop::sample::Index>;
    let mutation = prop_oneof![
        1 => (place(), prop::collection::vec(any::<u8>(), 1..4))
            .prop_map(|(at, bytes)| Mutation::Replace(at, bytes)),
        1 => (place(), 1_usize..60).prop_map(|(at, length)| Mutation::Remove(at, length)),
        1 => (place(), 1_usize..400).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        6 => (place(), prop::sample::select(&VALUES[..]))
            .prop_map(|(at, value)| Mutation::Value(at, value)),
        1 => place().prop_map(Mutation::Cut),
    ];
    prop::collection::vec(mutation, 0..6)
}

fn mutate(sample: &str, mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = sample.as_bytes().to_vec();
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        match mutation {
            Mutation::Replace(at, new) => {
                let at = at.index(bytes.len());
                let end = (at + new.len()).min(bytes.len());
                bytes.splice(at..end, new.iter().copied());
            }
            Mutation::Remove(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Mutation::Repeat(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                let stretch = bytes[at..end].to_vec();
                bytes.splice(at..at, stretch);
            }
            Mutation::Value(at, value) => {
                // The samples are indented: a value stands between ": " and the line's end.
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let places: Vec<usize> = text.match_indices("\": ").map(|(at, _)| at + 3).collect();
                if places.is_empty() {
                    continue;
                }
                let start = places[at.index(places.len())];
                let line = text[start..].find('\n').map_or(text.len(), |end| start + end);
                let end = if text[start..line].ends_with(',') { line - 1 } else { line };
                bytes = format!("{}{value}{}", &text[..start], &text[end..]).into_bytes();
            }
            Mutation::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

/// What must never be in anything for people to read.
fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_document_makes_any_command_panic_or_print_a_control_character(
        sample in prop::sample::select(&SAMPLES[..]),
        mutations in mutations(),
        run in prop::sample::select(&RUNS[..]),
    ) {
        let bytes = mutate(sample, &mutations);
        let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_feather-analysis"))
            .env_clear()
            .args(run)
            .arg(file.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        prop_assert!(matches!(output.status.code(), Some(0 | 4)), "{run:?}: {errors}");
        let failed = errors.lines().any(|line| line.starts_with("error: "));
        prop_assert_eq!(output.status.success(), !failed);
        let data = run.iter().any(|word| matches!(*word, "json" | "ndjson" | "csv")) || run == ["fetch"];
        let printed = String::from_utf8(output.stdout).unwrap();
        if !data {
            let found: String = printed.chars().filter(|character| is_unsafe(*character)).collect();
            prop_assert!(found.is_empty(), "{run:?}: {found:?}");
        }
        prop_assert!(!errors.chars().any(is_unsafe), "{errors:?}");
    }
}
