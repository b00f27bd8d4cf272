//! What Python writes where JSON was meant: the field and what it holds are named.

use crate::harness::{Reply, Run, Server, document, feather, id, run};

/// `rag` of a document that holds this, and `fetch`, which must say the same.
fn told(text: &str) -> Run {
    let said = |command: &str| run(feather().args([command, "-"]).write_stdin(text));
    let (rag, fetch) = (said("rag"), said("fetch"));
    rag.failed_with(4);
    assert_eq!(rag.stderr, fetch.failed_with(4).stderr, "{text}");
    rag
}

/// A document with a value somewhere deep in it.
fn with(value: &str) -> String {
    format!(
        "{{\"session_id\": \"{}\", \"organization_id\": \"a, [b\\\"{{\", \"messages\": [], \"rag_traces\": [\n  \
         {{\"hit\": true, \"top_score\": 0.5}},\n  {{\"hit\": true, \"retrieved\": [{{\"score\": 1}}, \
         {{\"doc_id\": \"d\", \"score\": {value}, \"x\": 1}}]}}]}}",
        id(1)
    )
}

#[test]
fn a_number_that_json_does_not_have_is_named_with_its_field() {
    for value in ["NaN", "-NaN", "Infinity", "-Infinity", "nan", "inf", "-inf"] {
        let told = told(&with(value));
        told.says(&[
            &format!(
                "rag_traces[1].retrieved[1].score holds {value}, a number that JSON does not have"
            ),
            "(line 3, column ",
            "allow_nan=False",
        ]);
    }
}

#[test]
fn words_and_quotes_of_python_are_named_with_their_field() {
    for (value, words) in [
        ("None", "score holds None, as Python writes it"),
        ("True", "score holds True, as Python writes it"),
        ("False", "score holds False, as Python writes it"),
        ("'0.5'", "score holds text in single quotes, as Python writes it"),
        ("'a text'", "score holds text in single quotes, as Python writes it"),
        ("Decimal('0.5')", "score holds Decimal('0.5'), which is no JSON value"),
        ("undefined", "score holds undefined, which is no JSON value"),
        ("{'a': 1}", "score has a name in single quotes, as Python writes it"),
        ("{a: 1}", "score has a name that is no string: a"),
        ("[1, {'a': 1}]", "score[1] has a name in single quotes"),
        ("0x1F", "retrieved[1].score: expected `,` or `}`"),
        (".5", "score holds .5, which is no JSON value"),
        ("+1", "score holds +1, which is no JSON value"),
        ("01", "score holds 01, which is no JSON value"),
        ("1.", "score holds 1., which is no JSON value"),
        ("[1, 2,]", "score[2]: expected value"),
    ] {
        told(&with(value)).says(&[
            "not JSON: rag_traces[1].retrieved[1]",
            words,
            "(line 3, column ",
        ]);
    }
    let whole = document(&id(1)).replace('"', "'");
    told(&whole).failed_with(4).says(&["the document has a name in single quotes", "json.dumps"]);
}

#[test]
fn a_server_that_writes_them_is_told_the_same_way() {
    for (value, words) in [
        ("NaN", "x holds NaN, a number that JSON does not have"),
        ("None", "x holds None, as Python writes it"),
        ("{\"y\": [-Infinity]}", "x.y[0] holds -Infinity"),
    ] {
        let body = document(&id(1)).replace("\"messages\"", &format!("\"x\":{value},\"messages\""));
        let server = Server::always(Reply::json(200, body));
        let failure = run(&mut server.fetch(&[&id(1)]));
        failure.failed_with(4).says(&[&format!("session {}", id(1)), "not JSON: ", words]);
    }
}

#[test]
fn one_such_document_among_many_costs_itself_alone() {
    let bad = document(&id(2)).replace("[]", "[],\"csat\":{\"score\":NaN}");
    let [one, three] = [1, 3].map(|n| document(&id(n)));
    for text in [format!("{one}\n{bad}\n{three}\n"), format!("[{one},\n{bad},\n{three}]")] {
        let done = run(feather().args(["fetch", "-"]).write_stdin(&*text));
        assert_eq!((done.code, done.ids()), (4, [1, 3].map(id).into()), "{done:?}");
        done.says(&["standard input, line 2: not JSON: csat.score holds NaN"]);
    }
}

#[test]
fn what_stands_there_is_shown_in_part_and_harmlessly() {
    let long = told(&with(&format!("N\u{1b}[31m{}", "x".repeat(5000))));
    assert!(long.stderr.len() < 400 && !long.stderr.contains('\u{1b}'), "{long:?}");
    let deep = format!("{{\"session_id\":\"a\",\"n\":{}NaN", "[".repeat(500));
    told(&deep).says(&["…[0][0][0]", "holds NaN"]);
}
