//! Where the API is, and whether a key may be sent there.

use std::fmt;

use reqwest::Url;
use uuid::Uuid;

use crate::failure::Failure;

/// The API's sandbox, from the `servers` of its document.
const SANDBOX: &str = "https://api-sandbox.featherhq.com";

/// A locally running API, from the `servers` of its document.
const LOCAL: &str = "http://localhost:8000";

/// A base URL that may be used: http or https, no user info, and http only to loopback unless
/// that was asked for.
#[derive(Clone, Debug)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Reads `sandbox`, `local` or a URL.
    ///
    /// Fails, before anything is looked up, where the URL may not be used.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, Failure> {
        let text = match text.trim() {
            "" | "sandbox" => SANDBOX,
            "local" => LOCAL,
            text => text,
        };
        let example = "use sandbox, local, or a URL like https://api.example.com/feather";
        if !text.contains("://") && !text.contains('@') {
            return Err(Failure::usage(format!("the base URL {text} has no https:// in front"))
                .hint(example));
        }
        let mut url = Url::parse(text).map_err(|error| {
            // The text is not repeated where it may hold a password.
            let shown = if text.contains('@') { "" } else { text };
            Failure::usage(format!("the base URL {shown} is not usable: {error}")).hint(example)
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::usage("the base URL holds a user name or password")
                .hint("leave out the part before the @; the key goes into FEATHER_API_KEY"));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Failure::usage(format!("the base URL {url} is neither http nor https"))
                .hint(example));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Failure::usage(format!("the base URL {url} has a query or a fragment"))
                .hint(example));
        }
        let base = without_endpoint(url.path()).to_owned();
        url.set_path(&base);
        let base = Self(url);
        if !base.is_https() && !base.is_loopback() && !allow_http {
            return Err(Failure::usage(format!(
                "{base} is plain http: the key would cross the network unencrypted"
            ))
            .hint("use https, or --allow-http if the network in between is yours"));
        }
        Ok(base)
    }

    /// Whether connections are encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is this very machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        address.eq_ignore_ascii_case("localhost")
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// Its host, as an address has it, and its port.
    pub fn host_and_port(&self) -> (&str, u16) {
        (self.0.host_str().unwrap_or_default(), self.0.port_or_known_default().unwrap_or_default())
    }

    /// The same address, as the library for HTTP has it.
    pub fn uri(&self) -> Option<hyper::Uri> {
        self.0.as_str().parse().ok()
    }

    /// The address of a session's analysis input.
    pub fn analysis_input(&self, session: Uuid) -> Url {
        let mut url = self.0.clone();
        let prefix = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{prefix}/v1/sessions/{session}/analysis-input"));
        url
    }
}

/// The path without what is appended to it anyway: `/v1`, or all of the endpoint's address.
fn without_endpoint(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let end = path.strip_suffix("/v1").map(str::len);
    let end = end.or_else(|| path.ends_with("/v1/sessions").then(|| path.len() - 12));
    let end = end.or_else(|| path.find("/v1/sessions/"));
    path[..end.unwrap_or(path.len())].trim_end_matches('/')
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(base: &str) -> String {
        BaseUrl::parse(base, false).unwrap().analysis_input(Uuid::nil()).to_string()
    }

    #[test]
    fn names_and_prefixes_are_kept() {
        let path = "v1/sessions/00000000-0000-0000-0000-000000000000/analysis-input";
        assert_eq!(address("sandbox"), format!("{SANDBOX}/{path}"));
        assert_eq!(address(""), format!("{SANDBOX}/{path}"));
        assert_eq!(address("local"), format!("{LOCAL}/{path}"));
        assert_eq!(address("https://x.test/a/b/"), format!("https://x.test/a/b/{path}"));
        assert_eq!(address("https://x.test/a%20b"), format!("https://x.test/a%20b/{path}"));
    }

    #[test]
    fn what_is_appended_anyway_may_stand_there_already() {
        for base in ["/v1", "/v1/", "//v1//", "/v1/sessions", "/v1/sessions/", "/v1/sessions/x/y"] {
            assert_eq!(address(&format!("https://x.test{base}")), address("https://x.test"));
            let prefixed = format!("https://x.test/a{base}");
            assert_eq!(address(&prefixed), address("https://x.test/a"), "{base}");
        }
        for other in ["/v10", "/xv1", "/v1/a", "/v1beta", "/V1"] {
            let other = format!("https://x.test{other}");
            assert!(address(&other).starts_with(&format!("{other}/v1/sessions/")), "{other}");
        }
    }

    #[test]
    fn plain_http_goes_to_loopback_only() {
        for base in ["http://localhost", "http://127.9.9.9:1", "http://[::1]:8000"] {
            assert!(BaseUrl::parse(base, false).is_ok(), "{base}");
        }
        for base in ["http://10.0.0.1", "http://localhost.evil.test", "http://0.0.0.0"] {
            assert!(BaseUrl::parse(base, false).is_err(), "{base}");
            assert!(BaseUrl::parse(base, true).is_ok(), "{base}");
        }
    }

    #[test]
    fn what_may_not_be_used_is_refused_without_repeating_a_password() {
        for base in [
            "https://user:hunter2@x.test",
            "https://user@x.test",
            "ftp://x.test",
            "https://x.test/?a=1",
            "https://x.test/#a",
            "x.test",
            "https://",
            "https://user:hunter2@[",
        ] {
            let failure = BaseUrl::parse(base, false).unwrap_err();
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
