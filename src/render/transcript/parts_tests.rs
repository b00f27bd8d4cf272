//! A session that is written in parts.

use std::io::{self, Write};

use proptest::prelude::*;
use serde_json::json;

use super::tests::{ALL, documents, options};
use super::{Format, has_parts, write};
use crate::view::transcript::{Input, Transcript};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_session_in_parts_is_the_session(document in documents(), size in 1_usize..4) {
        let json = document.to_string();
        let input: Input<'_> = serde_json::from_str(&json).unwrap();
        let transcript = Transcript::new(&input);
        for format in [Format::Text, Format::Json, Format::Ndjson] {
            prop_assert!(has_parts(&ALL, format));
            let options = options(Some(80));
            let places = 0..transcript.places();
            let mut whole = Vec::new();
            write(&transcript, &ALL, format, &options, places.clone(), &mut whole).unwrap();
            let mut parts = Vec::new();
            for start in places.step_by(size) {
                let part = start..transcript.places().min(start + size);
                write(&transcript, &ALL, format, &options, part, &mut parts).unwrap();
            }
            prop_assert_eq!(String::from_utf8(parts), String::from_utf8(whole));
        }
    }
}

/// An output, and what of it was handed on the first time.
#[derive(Default)]
struct Shown {
    bytes: Vec<u8>,
    first: Option<usize>,
}

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.first.get_or_insert(self.bytes.len());
        Ok(())
    }
}

#[test]
fn what_needs_no_join_of_a_long_session_shows_before_the_joins_are_made() {
    let text = |retrievals: usize| {
        let trace =
            json!({"assistant_turn_id": "t", "hit": true, "retrieved": [{"chunk_id": "c"}]});
        let citation = json!({"assistant_turn_id": "t", "chunk_id": "c"});
        json!({"session_id": "s", "channel": "chat", "messages": [{"turn_id": "t"}],
            "rag_traces": vec![trace; retrievals], "citations": vec![citation; retrievals]})
        .to_string()
    };
    let shown = |transcript: &Transcript<'_>| {
        let mut out = Shown::default();
        write(transcript, &ALL, Format::Text, &options(Some(80)), 0..2, &mut out).unwrap();
        (String::from_utf8(out.bytes).unwrap(), out.first)
    };
    let long = text(1001);
    let input = serde_json::from_str(&long).unwrap();
    let (whole, first) = shown(&Transcript::by_two(&input));
    let (before, after) = whole.split_at(first.unwrap());
    assert!(before.starts_with("Session s\nchat · "), "{before}");
    assert!(after.starts_with("counts        1 turn · 1,001 retrievals, 1,001 hits"), "{after}");
    assert_eq!(shown(&Transcript::new(&input)), (whole, None), "one thread shows it as a whole");
    let short = text(3);
    let input = serde_json::from_str(&short).unwrap();
    assert_eq!(shown(&Transcript::by_two(&input)).1, None);
}
