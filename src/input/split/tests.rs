//! Streams in every shape, whole and broken.

use proptest::prelude::*;

use super::*;

impl Source for &[u8] {}
impl Source for io::Repeat {}
impl Source for Trickle<'_> {}

/// A reader that gives out a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(self.0.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn split(text: &str) -> Vec<(usize, String)> {
    Splitter::new(Vec::new(), text.as_bytes(), 1 << 30)
        .map(|piece| piece.unwrap())
        .map(|piece| {
            (piece.place.line, String::from_utf8(piece.bytes).unwrap().trim_end().to_owned())
        })
        .collect()
}

fn pieces(text: &str) -> Vec<String> {
    split(text).into_iter().map(|(_, piece)| piece).collect()
}

#[test]
fn documents_are_told_apart_however_they_are_set() {
    assert_eq!(pieces(""), Vec::<String>::new());
    assert_eq!(pieces(" \n\t"), Vec::<String>::new());
    assert_eq!(pieces("{\"a\":1}"), ["{\"a\":1}"]);
    assert_eq!(pieces("\u{feff}{}\n"), ["{}"]);
    assert_eq!(pieces("{\"a\":{}}{\"b\":[{},{}]}"), ["{\"a\":{}}", "{\"b\":[{},{}]}"]);
    assert_eq!(
        split("{\n  \"a\": [\n    {}\n  ]\n}\n{\n}\n\n{}"),
        [(1, "{\n  \"a\": [\n    {}\n  ]\n}".into()), (6, "{\n}".into()), (9, "{}".into())]
    );
}

#[test]
fn braces_in_strings_are_text() {
    for text in [r#"{"a":"}{"}"#, r#"{"a":"\"} {\\"}"#, r#"{"a":"{\"b\":1}{\"c\":2}"}"#] {
        assert_eq!(pieces(text), [text]);
    }
    let line = r#"{"a":"} {"}"#;
    assert_eq!(pieces(&format!("{line}\n{line}")), [line, line]);
}

#[test]
fn a_line_that_is_cut_off_wherever_costs_no_other() {
    let whole =
        r#"{"session_id":"a","messages":[{"turn_id":"t"},{"turn_id":"u"}],"kb":{"x":[[1],2]}}"#;
    for end in 1..whole.len() {
        let cut = &whole[..end];
        let text = format!("{whole}\n{cut}\n{whole}\n{cut}\n{cut}\n{whole}");
        for size in [1, 7, 1 << 20] {
            let stream = Splitter::new(Vec::new(), Trickle(text.as_bytes(), size), 1 << 30);
            let pieces = stream.map(|piece| String::from_utf8(piece.unwrap().bytes).unwrap());
            let good = pieces.filter(|piece| piece.trim() == whole).count();
            assert_eq!(good, 3, "{cut} in pieces of {size}");
        }
    }
}

#[test]
fn a_line_that_begins_as_its_document_does_is_no_document_where_all_of_it_is_one() {
    let nested =
        "{\"session_id\":\"a\",\"of\":[\n{\"session_id\":\"b\"},\n{\"session_id\":\"c\"}]}";
    let other = "{\"session_id\":\"d\"}";
    assert_eq!(pieces(&format!("{nested}\n{nested}\n{other}")), [nested, nested, other]);
}

#[test]
fn a_broken_line_costs_one_document() {
    for broken in
        ["{\"a\": tru", "{\"a\": \"cut of", "{\"a\": [1, 2", "{\"a\": {\"b\": 1}", "oops", "{]"]
    {
        assert_eq!(
            split(&format!("{{\"n\":1}}\n{broken}\n{{\"n\":2}}\n{{\"n\":3}}")),
            [
                (1, "{\"n\":1}".into()),
                (2, broken.into()),
                (3, "{\"n\":2}".into()),
                (4, "{\"n\":3}".into())
            ],
            "{broken}"
        );
    }
}

#[test]
fn unindented_documents_stay_whole() {
    let text = "{\n\"a\": [\n{\n\"b\": 1\n},\n{\n\"b\": 2\n}\n]\n}";
    assert_eq!(pieces(text), [text]);
    let text = "{\"a\": [\n{\"b\": 1},\n{\"b\": 2}\n], \"c\":\n{\"d\": 1}}";
    assert_eq!(pieces(text), [text]);
}

/// Pieces, and in their place the words of what went wrong.
fn told(text: &str) -> Vec<String> {
    Splitter::new(Vec::new(), text.as_bytes(), 1 << 30)
        .map(|piece| match piece {
            Ok(piece) => {
                let Place { line, column } = piece.place;
                let text = String::from_utf8(piece.bytes).unwrap();
                format!("{line}:{column} {}", text.trim_end())
            }
            Err(SplitError::OpenArray(line)) => format!("the array of line {line} is open"),
            Err(error) => format!("{error:?}"),
        })
        .collect()
}

#[test]
fn an_array_is_taken_apart() {
    for text in [
        "[{\"a\":[1,2]},{\"b\":\"],[{\"}]",
        " [ {\"a\":[1,2]} , {\"b\":\"],[{\"} ] ",
        "[[{\"a\":[1,2]}],[],[{\"b\":\"],[{\"}]]",
        "[{\"a\":[1,2]}][{\"b\":\"],[{\"}]",
        "{\"a\":[1,2]}[{\"b\":\"],[{\"}]",
        "[{\"a\":[1,2]}]\n{\"b\":\"],[{\"}\n",
        "[]{\"a\":[1,2]}\n\u{feff}[\n{\"b\":\"],[{\"}]",
        "{\"a\":[1,2]}\u{feff}{\"b\":\"],[{\"}",
        "{\"a\":[1,2]}\r\n\u{feff}\r\n{\"b\":\"],[{\"}",
    ] {
        assert_eq!(pieces(text), ["{\"a\":[1,2]}", "{\"b\":\"],[{\"}"], "{text}");
    }
    assert_eq!(
        told("[\n  {\n    \"a\": 1\n  },\n  {\n  }, {}\n]\n\n{}"),
        ["2:3 {\n    \"a\": 1\n  }", "5:3 {\n  }", "6:6 {}", "9:1 {}"]
    );
    for text in ["[]", " [ ] \n", "[[],[]]"] {
        let mut splitter = Splitter::new(Vec::new(), text.as_bytes(), 1 << 30);
        assert!(splitter.next().is_none() && splitter.had_array(), "{text}");
    }
    // Of numbers, it is no array of documents but a document of the wrong kind.
    assert_eq!(pieces("[1, 2]"), ["[1, 2]"]);
    assert_eq!(pieces("{\"a\":\"\u{feff}{\"}"), ["{\"a\":\"\u{feff}{\"}"]);
}

#[test]
fn a_broken_element_costs_one_document() {
    for broken in [
        "{\"n\": tru",
        "{\"n\": tru}",
        "{\"n\": \"cut of",
        "{\"n\": [1, 2}",
        "{\"n\": {\"m\": 1}",
        "{\"n\": {\"m\": 1]}",
        "{\"n\": 3}}",
        "oops",
        "\"cut of",
        "5",
        "{]",
    ] {
        // On one line, a string without an end takes in what follows it, as nobody can tell.
        let separators: &[&str] =
            if broken.contains("cut of") { &[",\n"] } else { &[",\n", ",", " ,  "] };
        for separator in separators {
            let text = [r#"{"n":1}"#, broken, r#"{ "n":2}"#, r#"{"n":3}"#].join(separator);
            let pieces = pieces(&format!("[{text}]\n{{}}"));
            let good = ["{\"n\":1}", broken, "{ \"n\":2}", "{\"n\":3}", "{}"];
            if broken == "{\"n\": 3}}" {
                assert_eq!(pieces[2..], ["}", good[2], good[3], good[4]], "{pieces:?}");
            } else {
                assert_eq!(pieces, good, "{text}");
            }
        }
    }
}

#[test]
fn an_array_without_an_end_is_told_once() {
    for (text, words) in [
        ("[{\"n\":1}", &["1:2 {\"n\":1}", "the array of line 1 is open"][..]),
        ("\n[{\"n\":1},\n", &["2:2 {\"n\":1}", "the array of line 2 is open"]),
        ("[{\"n\":1},{\"n\":", &["1:2 {\"n\":1}", "1:10 {\"n\":"]),
        ("[{\"n\":1},{\"n\":1]", &["1:2 {\"n\":1}", "1:10 {\"n\":1]"]),
        ("[[{\"n\":1}]", &["1:3 {\"n\":1}", "the array of line 1 is open"]),
        ("[", &["1:1 ["]),
    ] {
        assert_eq!(told(text), words, "{text}");
    }
}

#[test]
fn what_came_before_a_failure_is_given_out() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("the end")),
                read => Ok(read),
            }
        }
    }
    impl Source for Failing<'_> {}

    for (text, documents) in [
        ("{\"n\":1}\n{\"n\":2}\n", 2),
        ("{\"n\":1}\n{\"n\":2}", 2),
        ("{\"n\":1}\n{\"n\":", 1),
        ("[{\"n\":1},{\"n\":2}", 2),
        ("[{\"n\":1},{\"n\":2", 1),
        ("", 0),
    ] {
        let pieces: Vec<_> = Splitter::new(Vec::new(), Failing(text.as_bytes()), 1 << 30).collect();
        let good = pieces.iter().filter(|piece| piece.is_ok()).count();
        assert_eq!((good, pieces.len()), (documents, documents + 1), "{text}");
        assert!(matches!(&pieces[documents], Err(SplitError::Io(_))), "{text}");
    }
}

#[test]
fn what_is_over_the_limit_is_refused() {
    let text = format!("{{\"a\":\"{}\"}}", "x".repeat(5000));
    let mut splitter = Splitter::new(Vec::new(), text.as_bytes(), 1000);
    assert!(matches!(splitter.next(), Some(Err(SplitError::TooLarge(_)))));
    assert!(splitter.next().is_none());
}

#[test]
fn what_is_no_document_is_not_read_to_its_end() {
    let mut splitter = Splitter::new(Vec::new(), io::repeat(0), 1 << 40);
    assert!(splitter.next().unwrap().unwrap().bytes.len() < 4 * CHUNK);
    assert!(splitter.next().is_none());
}

/// Any JSON object, compact or indented.
fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i64>().prop_map(Into::into),
        "[{}\\[\\]\",:\\\\ \na]{0,8}".prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec(("[{}\"]{0,3}", inner), 0..4)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    });
    (prop::collection::vec(("[a-c]", value), 0..4), any::<bool>()).prop_map(|(map, pretty)| {
        let value = serde_json::Value::Object(map.into_iter().collect());
        if pretty { format!("{value:#}") } else { value.to_string() }
    })
}

proptest! {
    #[test]
    fn any_documents_in_a_row_come_out_as_they_went_in(
        documents in prop::collection::vec(documents(), 0..6),
        separator in "[ \n\t]{0,3}",
        array in any::<bool>(),
        step in 1_usize..40,
    ) {
        let stream = if array {
            format!("{separator}[{}{separator}]", documents.join(&format!(",{separator}")))
        } else {
            documents.join(&separator)
        };
        let pieces: Vec<String> = Splitter::new(Vec::new(), Trickle(stream.as_bytes(), step), 1 << 30)
            .map(|piece| String::from_utf8(piece.unwrap().bytes).unwrap().trim_end().to_owned())
            .collect();
        prop_assert_eq!(pieces, documents);
    }

    #[test]
    fn any_bytes_come_to_an_end_and_lose_nothing(bytes in prop::collection::vec(
        prop::sample::select(b"{}[]\"\\,: \nax\xef".to_vec()), 0..200)) {
        let mut out: Vec<u8> = Vec::new();
        for piece in Splitter::new(Vec::new(), &bytes[..], 1 << 30).flatten() {
            out.extend(piece.bytes);
        }
        // Arrays of documents lose what holds them together.
        let solid = |bytes: &[u8]| -> Vec<u8> {
            let solid = |byte: &u8| !is_blank(*byte) && !b"[],".contains(byte);
            bytes.iter().copied().filter(solid).collect()
        };
        prop_assert_eq!(solid(&out), solid(&bytes));
    }
}
