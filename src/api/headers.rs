//! Headers of the user's own, for an access gateway. Their values are secrets: nothing shows them.

use std::path::Path;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::key;
use crate::failure::Failure;

/// Headers that are not the user's to set, and what to do instead.
const TAKEN: [(&str, &str); 14] = [
    ("x-api-key", "the key is taken from FEATHER_API_KEY or --api-key-file"),
    ("proxy-authorization", "a proxy's name and password stand in the variable that names it"),
    ("proxy-connection", CONNECTION),
    ("accept", CONTENT),
    ("accept-encoding", CONTENT),
    ("connection", CONNECTION),
    ("content-length", CONNECTION),
    ("expect", CONNECTION),
    ("host", "the host is that of --base-url"),
    ("keep-alive", CONNECTION),
    ("te", CONNECTION),
    ("trailer", CONNECTION),
    ("transfer-encoding", CONNECTION),
    ("upgrade", CONNECTION),
];

const CONNECTION: &str = "how the connection is used is the program's concern";
const CONTENT: &str = "what can be read is the program's concern";

/// How a header is written.
const FORM: &str = "write it like --header 'Name: value', or --header @FILE with one a line";

/// Reads the headers as they were given: `Name: value`, or `@FILE` with one a line, blank lines and
/// those that begin with `#` left out. Returns warnings about files that others can read.
///
/// Fails at the first that cannot be sent, without repeating its value.
pub fn read(given: &[String]) -> Result<(HeaderMap, Vec<String>), Failure> {
    let mut headers = HeaderMap::new();
    let mut warnings = Vec::new();
    for text in given {
        let Some(path) = text.strip_prefix('@') else {
            add(&mut headers, text, "--header")?;
            continue;
        };
        let file = Path::new(path);
        let lines = std::fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!("--header @{path}: cannot be read: {error}")).hint(FORM)
        })?;
        let lines = lines.trim_start_matches('\u{feff}').lines().enumerate();
        for (number, line) in lines.filter(|(_, line)| !is_comment(line)) {
            add(&mut headers, line, &format!("--header @{path}, line {}", number + 1))?;
        }
        if key::open_to_others(file) {
            warnings.push(key::warning("header", file));
        }
    }
    Ok((headers, warnings))
}

fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#')
}

/// Adds a header; `whence` says where it was written.
fn add(headers: &mut HeaderMap, text: &str, whence: &str) -> Result<(), Failure> {
    let refuse = |what: String, hint: &str| Failure::usage(format!("{whence}: {what}")).hint(hint);
    let Some((name, value)) = text.split_once(':') else {
        // All of it may be the secret.
        return Err(refuse("there is no colon after the name".to_owned(), FORM));
    };
    // What is no name may be a value that went astray.
    let name = HeaderName::try_from(name).map_err(|_| {
        refuse("what stands before the colon is not a header's name".to_owned(), FORM)
    })?;
    if let Some((_, instead)) = TAKEN.iter().find(|(taken, _)| name == *taken) {
        return Err(refuse(format!("{name} cannot be set"), instead));
    }
    let value = value.trim_matches([' ', '\t']);
    if value.is_empty() {
        return Err(refuse(
            format!("{name} has no value"),
            "if it comes from a variable, that is not set",
        ));
    }
    let sendable = Some(value).filter(|value| value.is_ascii());
    let mut value =
        sendable.and_then(|value| HeaderValue::from_str(value).ok()).ok_or_else(|| {
            let what = format!("the value of {name} has a character that cannot be sent");
            refuse(what, "values are plain ASCII in one line")
        })?;
    value.set_sensitive(true);
    headers.append(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_one(text: &str) -> Result<HeaderMap, Failure> {
        read(&[text.to_owned()]).map(|(headers, _)| headers)
    }

    #[test]
    fn a_header_is_a_name_and_a_value() {
        for (text, name, value) in [
            ("X-Gate: abc", "x-gate", "abc"),
            ("x-gate:abc", "x-gate", "abc"),
            ("Authorization:  Bearer a:b ", "authorization", "Bearer a:b"),
            ("Cookie: a=1; b=2", "cookie", "a=1; b=2"),
        ] {
            assert_eq!(read_one(text).unwrap()[name], value, "{text}");
        }
        let twice = read(&["a: 1".to_owned(), "A: 2".to_owned()]).unwrap().0;
        assert_eq!(twice.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn what_cannot_be_sent_is_refused_unseen() {
        for text in [
            "",
            "s3cret",
            ": s3cret",
            "s3cret s3cret: x",
            "X-Gate:",
            "X-Gate: \t",
            "X-Gate: s3crét",
            "X-Gate: s3cret\nX-Evil: 1",
            "X-Gate: s3cret\r",
            "X-Gate : s3cret",
            "X-API-Key: s3cret",
            "host: s3cret",
            "Transfer-Encoding: s3cret",
            "Proxy-Authorization: s3cret",
        ] {
            let failure = read_one(text).unwrap_err();
            assert!(!format!("{failure:?}").contains("s3cr"), "{text:?}: {failure:?}");
        }
    }

    #[test]
    fn values_show_themselves_to_nobody() {
        assert!(!format!("{:?}", read_one("X-Gate: s3cret").unwrap()).contains("s3cret"));
    }

    proptest! {
        #[test]
        fn whatever_is_given_is_sent_or_refused_unseen(
            name in "[A-Za-z -]{0,6}",
            value in "[ -~\\PC]{0,10}",
        ) {
            let text = format!("{name}:{value}s3cret");
            match read_one(&text) {
                Ok(headers) => prop_assert_eq!(headers.len(), 1),
                Err(failure) => {
                    let shown = format!("{failure:?}");
                    prop_assert!(!shown.contains("s3cret"), "{}", shown);
                }
            }
        }
    }
}
