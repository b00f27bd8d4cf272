//! A session that is written in parts.

use proptest::prelude::*;

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
