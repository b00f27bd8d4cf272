//! What an answer that is no success says: the API's error bodies, and those of proxies.

use std::fmt::Write as _;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::BaseUrl;
use super::words::{excerpt, words};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::model::{ErrorResponse, HTTPValidationError};

/// An answer whose status is no success.
pub struct Refusal<'a> {
    /// The session that was asked for.
    pub session: Uuid,
    /// The status.
    pub status: StatusCode,
    /// Where the API is said to be.
    pub base: &'a BaseUrl,
    /// The proxy that passed the answer on and may have made it up.
    pub proxy: Option<String>,
    /// What was read of the body, decoded.
    pub body: &'a [u8],
    /// The coding of the body, where it cannot be read for it.
    pub coding: Option<&'a str>,
    /// What the server called the body.
    pub content_type: Option<&'a str>,
    /// Where a redirect points.
    pub location: Option<&'a str>,
}

/// Puts a refusal into words: the API's own where it sent any, else what the status means.
pub fn explain(refusal: &Refusal<'_>) -> Failure {
    let status = refusal.status.as_u16();
    let exit = Exit::from_status(status);
    let own = api_words(refusal.body);
    let hint = own.is_none().then(|| foreign_hint(refusal)).flatten();
    let (error, message) = own.unwrap_or_else(|| (None, foreign_words(refusal)));
    let mut failure = Failure::new(exit, Subject::Session(refusal.session), message);
    failure.status = Some(status);
    failure.error = error;
    let said = says_it(exit, &failure.message);
    failure.hint = hint.or_else(|| hint_of(exit).filter(|_| !said).map(str::to_owned));
    failure
}

/// Whether the end of the body can be told from a connection that was cut.
pub fn has_length(status: StatusCode, headers: &HeaderMap) -> bool {
    let bodiless = matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT);
    bodiless || headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING)
}

/// Whether the body is the beginning of a JSON text.
pub fn breaks_off(body: &[u8]) -> bool {
    let json = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice::<IgnoredAny>(json).is_err_and(|error| error.is_eof())
}

/// The words of an `ErrorResponse` or an `HTTPValidationError`.
fn api_words(body: &[u8]) -> Option<(Option<String>, String)> {
    if let Ok(error) = serde_json::from_slice::<ErrorResponse<'_>>(body) {
        return Some((Some(error.error.to_string()), error.message.to_string()));
    }
    let invalid = serde_json::from_slice::<HTTPValidationError<'_>>(body).ok()?;
    let details: Vec<String> = invalid
        .detail
        .iter()
        .map(|detail| {
            let mut words = detail.loc.iter().map(|part| plain(part)).collect::<Vec<_>>().join(".");
            if !words.is_empty() {
                words.push_str(": ");
            }
            words.push_str(&detail.msg);
            if !detail.kind.is_empty() {
                // Writing to a string cannot fail.
                let _ = write!(words, " [{}]", detail.kind);
            }
            if let Some(input) = detail.input {
                let _ = write!(words, ", got {}", excerpt(input.get()));
            }
            if let Some(context) = detail.ctx.filter(|context| context.get() != "{}") {
                let _ = write!(words, " ({})", excerpt(context.get()));
            }
            words
        })
        .collect();
    Some((None, details.join("; ")))
}

/// A location part without its quotes: names are strings, indexes numbers.
fn plain(part: &RawValue) -> String {
    serde_json::from_str::<String>(part.get()).unwrap_or_else(|_| part.get().to_owned())
}

/// Words for a body that is not the API's: a proxy's page, plain text, or nothing.
fn foreign_words(refusal: &Refusal<'_>) -> String {
    let mut message = refusal.status.canonical_reason().unwrap_or("unknown status").to_owned();
    if let Some(location) = refusal.location.filter(|_| refusal.status.is_redirection()) {
        let _ = write!(message, ": points to {}", excerpt(location));
        return message;
    }
    let kind = refusal.content_type.unwrap_or("no content type");
    // Writing to a string cannot fail.
    let _ = match (refusal.coding, words(refusal.body)) {
        (Some(coding), _) => write!(message, ", with a body encoded as {coding}, unasked"),
        (None, Some(words)) => write!(message, ", with a body that is not the API's: {words}"),
        (None, None) if refusal.body.trim_ascii().is_empty() => {
            write!(message, ", with an empty body")
        }
        (None, None) => write!(message, ", with a body of {kind} that is not the API's"),
    };
    if let Some(proxy) = &refusal.proxy {
        let _ = write!(message, " (asked through {proxy})");
    }
    message
}

/// What to do about an answer that something other than the API gave.
fn foreign_hint(refusal: &Refusal<'_>) -> Option<String> {
    let base = refusal.base;
    match (refusal.status.as_u16(), &refusal.proxy) {
        (404 | 405, _) => Some(format!(
            "the API words this differently, so {base} is likely not its base URL; check --base-url"
        )),
        (407, Some(proxy)) => Some(format!(
            "write the name and password of {proxy} into the variable that names it, like \
             http://name:password@host:port"
        )),
        (401 | 403, _) => Some(
            "the API words this differently: a gateway before it may want --header or --cert; else \
             check the key and --base-url"
                .to_owned(),
        ),
        (511, _) => Some("this network wants you to sign in; open any page in a browser".to_owned()),
        _ => None,
    }
}

/// Whether the message says itself what a hint would.
fn says_it(exit: Exit, message: &str) -> bool {
    let words: &[&str] = match exit {
        Exit::Server => &["again", "later", "retry"],
        Exit::Forbidden => &["key"],
        _ => &[],
    };
    let message = message.to_lowercase();
    words.iter().any(|word| message.contains(word))
}

/// What to do next.
const fn hint_of(exit: Exit) -> Option<&'static str> {
    match exit {
        Exit::Redirect => Some("if the API has moved, name its new address with --base-url"),
        Exit::Unauthorized => {
            Some("check the key in FEATHER_API_KEY or --api-key-file, and that it is for this host")
        }
        Exit::Forbidden => Some("use a key that may read this session"),
        Exit::NotFound => Some(
            "check the id and --base-url; a session of another organization is not found either",
        ),
        Exit::NotTerminal => Some("--wait asks again until it has ended"),
        Exit::Invalid => Some("check the session id"),
        Exit::RateLimited => Some("try again later, with fewer --jobs or more --retries"),
        Exit::Server => Some("try again later"),
        Exit::Client => Some("the server refused the request; check --base-url"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(status: u16, content_type: &str, body: &str) -> Failure {
        explain(&Refusal {
            session: Uuid::nil(),
            base: &BaseUrl::parse("https://x.test", false).unwrap(),
            proxy: None,
            coding: None,
            status: StatusCode::from_u16(status).unwrap(),
            body: body.as_bytes(),
            content_type: Some(content_type),
            location: Some("https://elsewhere.test/"),
        })
    }

    #[test]
    fn the_apis_own_words_come_first() {
        let failure =
            explained(404, "application/json", r#"{"error":"not_found","message":"No."}"#);
        assert_eq!(failure.error.as_deref(), Some("not_found"));
        assert_eq!(failure.message, "No.");
        assert_eq!(failure.exit, Exit::NotFound);
    }

    #[test]
    fn each_detail_of_a_422_is_told() {
        let body = r#"{"detail":[
            {"loc":["path","session_id"],"msg":"bad","type":"uuid_parsing","input":"x","ctx":{"error":"odd"}},
            {"loc":["query",3],"msg":"worse","type":""}]}"#;
        let failure = explained(422, "application/json", body);
        assert_eq!(
            failure.message,
            r#"path.session_id: bad [uuid_parsing], got "x" ({"error":"odd"}); query.3: worse"#
        );
    }

    #[test]
    fn a_proxys_page_does_not_hide_the_status() {
        let page = "<!DOCTYPE html><html><head><TITLE>502 Bad gateway</TITLE></head>";
        let failure = explained(502, "text/html", page);
        assert_eq!(failure.status, Some(502));
        assert_eq!(
            failure.message,
            "Bad Gateway, with a body that is not the API's: 502 Bad gateway"
        );
        assert_eq!(explained(503, "", " ").message, "Service Unavailable, with an empty body");
        assert!(explained(503, "", "<b>x").message.contains("that is not the API's"));
    }

    #[test]
    fn a_404_of_something_else_puts_the_base_url_in_doubt() {
        let hint = |body| explained(404, "application/json", body).hint.unwrap();
        for body in [r#"{"detail":"Not Found"}"#, "<title>404</title>", "", "404 page not found"] {
            assert!(hint(body).contains("https://x.test is likely not its base URL"), "{body}");
        }
        assert!(hint(r#"{"error":"not_found","message":"No."}"#).starts_with("check the id"));
    }

    #[test]
    fn a_redirect_names_where_it_points() {
        let message = explained(302, "text/html", "").message;
        assert_eq!(message, "Found: points to https://elsewhere.test/");
    }
}
