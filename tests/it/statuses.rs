//! Every status has its exit code and is told in words: the API's own, or what the status means.

use crate::harness::{Reply, Run, Server, error_body, feather, id, run};

/// A status, what comes with it, and what must be made of it.
struct Case {
    status: u16,
    content_type: &'static str,
    body: String,
    code: i32,
    /// The API's error code.
    error: Option<&'static str>,
    message: &'static str,
    /// Part of the hint.
    hint: &'static str,
}

fn refused(status: u16, code: i32, error: &'static str, message: &'static str) -> Case {
    Case {
        status,
        content_type: "application/json",
        body: error_body(error, message),
        code,
        error: Some(error),
        message,
        hint: "",
    }
}

fn cases() -> Vec<Case> {
    let plain = |status, content_type, body: &str, code, message| Case {
        status,
        content_type,
        body: body.into(),
        code,
        error: None,
        message,
        hint: "",
    };
    let hinted = |hint, case| Case { hint, ..case };
    let unprocessable = r#"{"detail":[
        {"loc":["path","session_id"],"msg":"Input should be a valid UUID","type":"uuid_parsing","input":"x","ctx":{"error":"odd"}},
        {"loc":["header",0],"msg":"Field required","type":"missing"}]}"#;
    vec![
        hinted("--base-url", refused(400, 40, "bad_request", "Not understood.")),
        hinted("FEATHER_API_KEY", refused(401, 41, "unauthorized", "Authentication required.")),
        refused(402, 40, "payment_required", "The plan has ended."),
        hinted("may read", refused(403, 43, "forbidden", "Not for you.")),
        hinted("another organization", refused(404, 44, "not_found", "Session not found.")),
        refused(405, 40, "method_not_allowed", "GET it is."),
        hinted("--wait", refused(409, 49, "conflict", "Session is not in a terminal state.")),
        refused(418, 40, "teapot", "Short and stout."),
        hinted(
            "check the session id",
            plain(
                422,
                "application/json",
                unprocessable,
                42,
                r#"path.session_id: Input should be a valid UUID [uuid_parsing], got "x" ({"error":"odd"}); header.0: Field required [missing]"#,
            ),
        ),
        refused(422, 42, "invalid", "An error response under 422."),
        hinted("--jobs", refused(429, 29, "rate_limited", "Too many requests.")),
        refused(451, 40, "unavailable", "For legal reasons."),
        hinted("try again later", refused(500, 50, "internal_error", "Something went wrong.")),
        plain(
            501,
            "text/plain",
            "no",
            50,
            "Not Implemented, with a body that is not the API's: no",
        ),
        plain(
            502,
            "text/html",
            "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
            50,
            "Bad Gateway, with a body that is not the API's: 502 Bad Gateway",
        ),
        plain(503, "text/plain", "", 50, "Service Unavailable, with an empty body"),
        plain(
            504,
            "application/json",
            "{\"error\":",
            50,
            "Gateway Timeout, with a body that is not the API's: {\"error\":",
        ),
        plain(
            599,
            "application/json",
            r#"{"error":5,"message":null}"#,
            50,
            r#"unknown status, with a body that is not the API's: {"error":5,"message":null}"#,
        ),
    ]
}

impl Case {
    fn fetch(&self, arguments: &[&str]) -> Run {
        let reply = Reply::of_type(self.status, self.content_type, &*self.body);
        run(Server::always(reply).fetch(&["--retries", "0", &id(7)]).args(arguments))
    }
}

#[test]
fn every_status_has_its_code_and_its_words() {
    for case in cases() {
        let failure = case.fetch(&[]);
        let status = case.status.to_string();
        failure.failed_with(case.code).says(&[&id(7), &status, case.message, case.hint, "hint: "]);
        failure.says(&[case.error.unwrap_or_default()]);
        assert_eq!(failure.stderr.lines().count(), 1, "one line a failure: {failure:#?}");
    }
}

#[test]
fn every_status_is_told_to_programs_too() {
    for case in cases() {
        let failure = case.fetch(&["--error-format", "json"]);
        let [row] = &failure.failed_with(case.code).errors()[..] else { panic!("{failure:#?}") };
        assert_eq!(row["session_id"], id(7));
        assert_eq!(row["status"], case.status);
        assert_eq!(row["error"].as_str(), case.error, "{row}");
        assert_eq!(row["message"], case.message);
        assert_eq!(row["exit_code"], case.code);
        assert_eq!(row["tries"], 1);
        assert!(row["hint"].as_str().unwrap().contains(case.hint), "{row}");
    }
}

#[test]
fn refuses_a_redirect_so_that_the_key_stays_home() {
    let elsewhere = Server::of_documents();
    for status in [300, 301, 302, 303, 307, 308] {
        let location = format!("{}/v1/sessions/{}/analysis-input", elsewhere.url(), id(1));
        let server = Server::always(Reply::json(status, "").header("Location", location.clone()));
        let failure = run(server.fetch(&[&id(1)]).env("FEATHER_API_KEY", "fk_secret"));
        failure.failed_with(30).says(&[&id(1), &status.to_string(), &location, "--base-url"]);
        assert_eq!(server.count(), 1, "{status}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn an_answer_that_is_not_the_apis_puts_the_base_url_or_a_gateway_in_question() {
    const WRONG: &str = "is likely not its base URL";
    const GATEWAY: &str = "--header or --cert";
    let html = "<html><title>404 Not Found</title></html>";
    for (status, code, body, message, hint) in [
        (404, 44, r#"{"detail":"Not Found"}"#, "Not Found, with a body", WRONG),
        (404, 44, r#"{"message":"no Route matched"}"#, "the API's: no Route matched", WRONG),
        (404, 44, html, "404 Not Found", WRONG),
        (404, 44, "404 page not found\n", "404 page not found", WRONG),
        (404, 44, "", "an empty body", WRONG),
        (404, 44, "{}", "not the API's", WRONG),
        (405, 40, r#"{"detail":"Method Not Allowed"}"#, "Method Not Allowed", WRONG),
        (401, 41, r#"{"detail":"Not authenticated"}"#, "the API's: Not authenticated", GATEWAY),
        (403, 43, r#"{"message":"Forbidden"}"#, "the API's: Forbidden", GATEWAY),
        (403, 43, "<title>Attention Required! | Gate</title>", "Attention Required!", GATEWAY),
        (422, 42, r#"{"detail":"bad id"}"#, "the API's: bad id", "session id"),
        (500, 50, r#"{"error":{"code":"x","message":"y"}}"#, "the API's: x: y", "later"),
        (511, 50, "<title>Sign in to WiFi</title>", "Sign in to WiFi", "open any page"),
        // The API's own words leave no doubt.
        (404, 44, r#"{"error":"not_found","message":"No."}"#, "not_found: No.", "check the id"),
        (403, 43, r#"{"error":"forbidden","message":"No."}"#, "forbidden: No.", "may read"),
    ] {
        let server = Server::always(Reply::json(status, body));
        let failure = run(&mut server.fetch(&["--retries", "0", &id(7)]));
        failure.failed_with(code).says(&[&status.to_string(), message, hint]);
        assert_eq!(failure.stderr.contains(&server.url()), hint == WRONG, "{failure:#?}");
    }
}

#[test]
fn a_hint_that_says_the_message_again_is_left_out() {
    for (status, code, message, is_hinted) in [
        (403, 43, "This key may not read the session.", false),
        (403, 43, "Not for you.", true),
        (503, 50, "The service is down, try again later.", false),
        (503, 50, "Retry in a minute.", false),
        (503, 50, "Out of order.", true),
        (500, 50, "Something went wrong.", true),
    ] {
        let server = Server::always(Reply::error(status, "odd", message));
        let failure = run(&mut server.fetch(&["--retries", "0", &id(7)]));
        assert_eq!(failure.failed_with(code).stderr.contains("hint"), is_hinted, "{failure:?}");
    }
}

#[test]
fn a_base_url_may_hold_what_is_appended_to_it() {
    let server = Server::of_documents();
    for (end, prefix) in [
        ("/v1", ""),
        ("/v1/", ""),
        ("/v1/sessions", ""),
        ("/a/b/v1", "/a/b"),
        (&*format!("/v1/sessions/{}/analysis-input", id(3)), ""),
        ("/v2", "/v2"),
    ] {
        let base = format!("{}{end}", server.url());
        run(feather().args(["fetch", "--base-url", &base, &id(1)])).succeeded();
        let line = server.requests().pop().unwrap().line;
        let expected = format!("GET {prefix}/v1/sessions/{}/analysis-input HTTP/1.1", id(1));
        assert_eq!(line, expected, "{end}");
    }
}

#[test]
fn a_200_is_no_failure() {
    let done = run(&mut Server::of_documents().fetch(&[&id(1)]));
    assert_eq!(done.succeeded().ids(), [id(1)]);
}

#[test]
fn a_429_is_29_after_the_retries() {
    let server =
        Server::always(Reply::error(429, "rate_limited", "Slow down.").header("Retry-After", "0"));
    let failure = run(&mut server.fetch(&["--retries", "2", "--error-format", "json", &id(1)]));
    assert_eq!(failure.failed_with(29).errors()[0]["tries"], 3);
    assert_eq!(server.count(), 3);
}

#[test]
fn hostile_words_of_a_server_do_not_reach_the_terminal() {
    let server = Server::always(Reply::error(404, "\u{1b}[31mred", "a\nb\u{202e}c\u{9b}1m\u{7}d"));
    let failure = run(&mut server.fetch(&[&id(1)]));
    failure.failed_with(44);
    assert_eq!(failure.stderr.lines().count(), 1, "{failure:#?}");
    assert!(!failure.stderr.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{7}']), "{failure:#?}");
}

/// A server that answers the `n`th session with the `n`th status, and with documents where it is 200.
fn of_statuses(statuses: &'static [u16]) -> Server {
    Server::start(move |request| match statuses[request.index()] {
        200 => Reply::ok(request),
        status => Reply::error(status, "odd", "No."),
    })
}

#[test]
fn several_sessions_have_the_code_of_their_failures_if_they_are_alike() {
    for (statuses, code, count) in [
        (&[404, 404, 404][..], 44, "3 of 3 failed: 3 with 404"),
        (&[200, 404, 200, 404], 44, "2 of 4 failed: 2 with 404"),
        (&[500, 200, 503], 50, "2 of 3 failed: 1 with 500, 1 with 503"),
        (&[400, 418], 40, "2 of 2 failed: 1 with 400, 1 with 418"),
        (&[404, 403, 200], 1, "2 of 3 failed: 1 with 403, 1 with 404"),
    ] {
        let ids: Vec<String> = (0..statuses.len()).map(id).collect();
        let good = ids.iter().zip(statuses).filter(|(_, status)| **status == 200);
        let good: Vec<&String> = good.map(|(id, _)| id).collect();

        let server = of_statuses(statuses);
        let human = run(server.fetch(&["--retries", "0"]).args(&ids));
        assert_eq!(human.code, code, "{human:#?}");
        assert_eq!(human.ids().iter().collect::<Vec<_>>(), good);
        assert_eq!(human.stderr.lines().last(), Some(&*format!("error: {count}")));
        let lines = human.stderr.lines().count();
        assert_eq!(lines, statuses.len() - good.len() + 1, "a line each and one to close");

        let json = run(server.fetch(&["--retries", "0", "--error-format", "json"]).args(&ids));
        assert_eq!(json.code, code, "{json:#?}");
        let rows = json.errors();
        let last = rows.last().unwrap();
        assert_eq!(last["message"], count);
        assert_eq!(last["failed"], statuses.len() - good.len());
        assert_eq!(last["total"], statuses.len());
        assert_eq!(last["exit_code"], code);
        let failed = |row: &serde_json::Value| row["session_id"].as_str().unwrap().to_owned();
        let failed: Vec<String> = rows[..rows.len() - 1].iter().map(failed).collect();
        let bad = ids.iter().filter(|id| !good.contains(id));
        assert_eq!(failed, bad.cloned().collect::<Vec<_>>());
    }
}

#[test]
fn one_session_needs_no_count() {
    let failure = run(&mut of_statuses(&[404]).fetch(&[&id(0)]));
    assert_eq!(failure.failed_with(44).stderr.lines().count(), 1);
}

#[test]
fn quiet_leaves_out_the_hint_and_nothing_else() {
    let failure = run(&mut of_statuses(&[404]).fetch(&["-q", &id(0)]));
    failure.failed_with(44).says(&[&id(0), "404", "odd: No."]);
    assert!(!failure.stderr.contains("hint"), "{failure:#?}");
}

#[test]
fn the_help_has_the_whole_table_of_codes() {
    let help = run(feather().arg("--help"));
    let table = help.succeeded().stdout.split_once("Exit codes:\n").unwrap().1;
    let table: Vec<(u8, &str)> = table
        .lines()
        .filter_map(|line| line.trim_start().split_once("  "))
        .map(|(code, words)| (code.parse().unwrap(), words))
        .collect();
    let expected = [
        (0, "done"),
        (1, "another failure"),
        (2, "usage"),
        (3, "network"),
        (4, "unusable document"),
        (10, "--fail-on"),
        (11, "nothing to judge"),
        (29, "429"),
        (30, "3xx"),
        (40, "400, and any other 4xx"),
        (41, "401, or no key"),
        (42, "422"),
        (43, "403"),
        (44, "404"),
        (49, "409"),
        (50, "5xx"),
        (130, "interrupted"),
    ];
    assert_eq!(table.len(), expected.len(), "{table:#?}");
    for ((code, words), (expected_code, expected_words)) in table.into_iter().zip(expected) {
        assert_eq!(code, expected_code);
        assert!(words.contains(expected_words), "{code}: {words}");
    }
}
