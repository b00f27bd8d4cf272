//! Which proxy stands between here and the API, and what ails it.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Url;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::words::words;
use super::{BaseUrl, find};
use crate::failure::Failure;

/// How much of a proxy's answer is looked at.
const MAX_ANSWER: usize = 16 * 1024;

/// How a request reaches the API's host.
#[derive(Debug)]
pub enum Route {
    /// Without a proxy, whatever the system's settings.
    Direct,
    /// As the system's settings have it, where it has any: no variable names a proxy.
    System,
    /// Through the proxy that a variable names.
    Via(Box<Proxy>),
}

/// A proxy that a variable names.
pub struct Proxy {
    variable: &'static str,
    url: Url,
    intercept: Intercept,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// By its address alone: what else the variable holds may be secret.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {}:{}", self.host(), self.port())
    }
}

/// What is wrong with a proxy that was asked.
#[derive(Debug)]
pub enum Trouble {
    /// There is no connection to it.
    Unreachable(io::Error),
    /// It does not speak TLS, or is not trusted.
    Handshake(rustls::Error),
    /// It closed the connection, or said what is no HTTP.
    NoAnswer(String),
    /// It refused to pass the connection on: its status and its words.
    Refused(u16, Option<String>),
}

impl Route {
    /// The route to `base` that `variables` describe, as curl and most others read them: for https
    /// `HTTPS_PROXY` and else `ALL_PROXY`, in large letters or in small ones, unless the host is in
    /// `NO_PROXY` or is this machine.
    ///
    /// Fails where the proxy cannot be used, without repeating what may be a password.
    pub fn choose(
        base: &BaseUrl,
        variables: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        // A proxy has no business between this program and its own machine.
        if base.is_loopback() {
            return Ok(Self::Direct);
        }
        let set = |name: &'static str| {
            variables(name).filter(|value| !value.is_empty()).map(|value| (name, value))
        };
        // Under CGI this one comes from the client's Proxy header.
        let trusted = |name: &str| name != "HTTP_PROXY" || variables("REQUEST_METHOD").is_none();
        let names = if base.is_https() {
            ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        } else {
            ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
        };
        let Some((variable, value)) = names.into_iter().filter(|name| trusted(name)).find_map(set)
        else {
            return Ok(Self::System);
        };
        let exceptions = set("NO_PROXY").or_else(|| set("no_proxy"));
        let exceptions = exceptions.map(|(_, list)| list.to_string_lossy().into_owned());
        if exceptions.is_some_and(|list| is_exempt(base, &list)) {
            return Ok(Self::Direct);
        }
        Proxy::parse(variable, &value).map(|proxy| Self::Via(Box::new(proxy)))
    }
}

/// Whether a list as `NO_PROXY` holds it names the host of `base`.
fn is_exempt(base: &BaseUrl, list: &str) -> bool {
    let port = base.host_and_port().1;
    let list: Vec<String> = list
        .split([',', ' ', '\t', '\n'])
        .filter_map(|entry| match entry.rsplit_once(':') {
            // The one colon is that of a port; more of them make an IPv6 address.
            Some((host, digits)) if !host.contains(':') || host.ends_with(']') => {
                (digits.parse() == Ok(port)).then_some(host)
            }
            _ => Some(entry),
        })
        .map(|entry| entry.trim_matches(['[', ']']))
        .map(|entry| match entry.strip_prefix("*.") {
            Some(rest) => format!(".{rest}"),
            None => entry.to_owned(),
        })
        .collect();
    let matcher = Matcher::builder().all("http://proxy.invalid").no(list.join(",")).build();
    base.uri().is_some_and(|uri| matcher.intercept(&uri).is_none())
}

impl Proxy {
    fn parse(variable: &'static str, value: &OsString) -> Result<Self, Failure> {
        let refuse = |reason: &str| {
            Failure::usage(format!("{variable} names no proxy that can be used: {reason}")).hint(
                "write it like http://name:password@host:port, with % and the two hexadecimal digits \
                 for signs like # / ? @ in a password (# is %23); NO_PROXY names hosts to reach \
                 without it",
            )
        };
        let text = value.to_str().ok_or_else(|| refuse("it is not UTF-8"))?.trim();
        if text.contains(char::is_control) {
            return Err(refuse("it has a control character in it"));
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        match &*scheme.to_ascii_lowercase() {
            "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h" => {}
            // As GNOME writes it.
            "socks" => return Err(refuse("socks:// says no version; write socks5h://")),
            _ => {
                return Err(refuse(
                    "it is none of http://, https://, socks4://, socks4a://, socks5://, socks5h://",
                ));
            }
        }
        let mut url = Url::parse(&format!("{scheme}://{rest}"))
            .map_err(|error| refuse(&error.to_string()))?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(refuse("it names no host"));
        }
        // What looks like a path is often the rest of a password.
        if url.query().is_some() || url.fragment().is_some() || url.path().contains('@') {
            return Err(refuse("there is more after the port"));
        }
        if url.port().is_none() && url.scheme().starts_with("socks") {
            // Fails for addresses without a host only.
            let _ = url.set_port(Some(1080));
        }
        let matcher = Matcher::builder().all(url.as_str()).build();
        let intercept = matcher
            .intercept(&hyper::Uri::from_static("http://example.invalid"))
            .ok_or_else(|| refuse("it is not a proper address"))?;
        Ok(Self { variable, url, intercept })
    }

    /// The variable that names it.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// The rule that sends every request through it.
    ///
    /// Fails where the HTTP client thinks otherwise of the address than this module.
    pub fn rule(&self) -> reqwest::Result<reqwest::Proxy> {
        reqwest::Proxy::all(self.url.clone())
    }

    /// Whether it is spoken to in TLS.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is a SOCKS proxy.
    pub fn is_socks(&self) -> bool {
        self.url.scheme().starts_with("socks")
    }

    /// Whether names are looked up here, and not by the proxy.
    pub fn is_told_addresses(&self) -> bool {
        matches!(self.url.scheme(), "socks4" | "socks5")
    }

    /// Whether the variable holds a name or a password for it.
    pub fn has_credentials(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(1080)
    }

    /// Asks the proxy for a connection to `target`, a host and a port, only to hear what it says:
    /// the HTTP client keeps that to itself. Without a target, whether the proxy is there.
    pub fn ask(
        &self,
        target: Option<&str>,
        limit: Duration,
        tls: &ClientConfig,
    ) -> Result<(), Trouble> {
        let mut stream: Box<dyn Stream> = Box::new(self.connect(limit)?);
        if self.is_https() {
            stream = Box::new(self.handshake(stream, tls)?);
        }
        let Some(target) = target.filter(|_| !self.is_socks()) else {
            return Ok(());
        };
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
        if let Some(credentials) = self.intercept.basic_auth() {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(credentials.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        let no_answer = |error: io::Error| Trouble::NoAnswer(error.to_string());
        stream.write_all(&request).and_then(|()| stream.flush()).map_err(no_answer)?;
        let mut answer = Vec::new();
        let mut piece = [0; 2048];
        // A proxy that agrees says no more than its head, and waits.
        while !(answer.len() > MAX_ANSWER || is_whole(&answer)) {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => answer.extend_from_slice(&piece[..read]),
                Err(error) if answer.is_empty() => return Err(no_answer(error)),
                Err(_) => break,
            }
        }
        judge(&answer)
    }

    fn connect(&self, limit: Duration) -> Result<TcpStream, Trouble> {
        let host = self.host().trim_matches(['[', ']']);
        let addresses = (host, self.port()).to_socket_addrs().map_err(Trouble::Unreachable)?;
        let mut last = io::Error::other("its name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, limit) {
                Ok(stream) => {
                    let set = stream.set_read_timeout(Some(limit));
                    set.and_then(|()| stream.set_write_timeout(Some(limit)))
                        .map_err(Trouble::Unreachable)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(Trouble::Unreachable(last))
    }

    fn handshake(
        &self,
        stream: Box<dyn Stream>,
        tls: &ClientConfig,
    ) -> Result<StreamOwned<ClientConnection, Box<dyn Stream>>, Trouble> {
        let mut config = tls.clone();
        config.alpn_protocols.clear();
        let name = ServerName::try_from(self.host().trim_matches(['[', ']']).to_owned())
            .map_err(|error| Trouble::NoAnswer(error.to_string()))?;
        let connection =
            ClientConnection::new(Arc::new(config), name).map_err(Trouble::Handshake)?;
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|error| {
                match find::<rustls::Error>(&error) {
                    Some(error) => Trouble::Handshake(error.clone()),
                    None => Trouble::NoAnswer(error.to_string()),
                }
            })?;
        }
        Ok(stream)
    }
}

/// A connection, with or without TLS.
trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// Whether so much of an answer has come that it says what the proxy thinks.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    status(head) == Some(200) || length.is_some_and(|length| body.len() >= length)
}

/// What an answer to CONNECT means.
fn judge(answer: &[u8]) -> Result<(), Trouble> {
    let text = String::from_utf8_lossy(answer);
    match status(&text) {
        Some(200) => Ok(()),
        Some(status) => {
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.as_bytes());
            Err(Trouble::Refused(status, body.and_then(words)))
        }
        None if answer.is_empty() => {
            Err(Trouble::NoAnswer("it closed the connection without an answer".to_owned()))
        }
        None => Err(Trouble::NoAnswer("what it answered is not HTTP".to_owned())),
    }
}

fn status(head: &str) -> Option<u16> {
    let line = head.lines().next()?.strip_prefix("HTTP/")?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choose(variables: &[(&str, &str)]) -> Result<Route, Failure> {
        let base = BaseUrl::parse("https://api.test", false).unwrap();
        Route::choose(&base, |wanted| {
            let (_, value) = variables.iter().find(|(name, _)| *name == wanted)?;
            Some((*value).into())
        })
    }

    #[test]
    fn answers_to_connect_are_judged_by_their_status() {
        assert!(judge(b"HTTP/1.1 200 OK\r\n\r\n").is_ok());
        assert!(judge(b"HTTP/1.0 200 Connection established\r\n\r\n").is_ok());
        for (answer, status) in [("HTTP/1.1 407 x\r\n\r\n", 407), ("HTTP/1.0 502\r\n\r\n", 502)] {
            let refused = judge(answer.as_bytes());
            assert!(matches!(refused, Err(Trouble::Refused(told, None)) if told == status));
        }
        for odd in ["", "SSH-2.0\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "\0"] {
            assert!(matches!(judge(odd.as_bytes()), Err(Trouble::NoAnswer(_))), "{odd}");
        }
        assert!(!is_whole(b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nabc"));
        assert!(is_whole(b"HTTP/1.1 403 No\r\ncontent-length: 3\r\n\r\nabc"));
    }

    proptest! {
        #[test]
        fn no_value_is_shown_whatever_it_is(
            scheme in "(http|https|socks5h|ftp|)(://|:|)",
            name in "[a-z]{0,4}",
            mark in "[:@#/?%\\[\\] ]{0,2}",
            host in "[a-z0-9.:/#@%-]{0,12}",
        ) {
            let value = format!("{scheme}{name}:s3cret{mark}zq9{host}");
            match choose(&[("HTTPS_PROXY", &value)]) {
                Ok(Route::Via(proxy)) => {
                    let shown = format!("{proxy} {proxy:?}");
                    prop_assert!(!shown.contains("s3cret"), "{}", shown);
                }
                Ok(_) => prop_assert!(false, "it is not ignored: {}", value),
                Err(failure) => {
                    let shown = format!("{failure:?}");
                    prop_assert!(!shown.contains("s3cret") && !shown.contains("zq9"), "{}", shown);
                }
            }
        }

        #[test]
        fn nothing_makes_it_panic(value in any::<String>(), list in any::<String>()) {
            let _ = choose(&[("https_proxy", &value), ("no_proxy", &list)]);
            let _ = choose(&[("https_proxy", "http://proxy.test"), ("no_proxy", &list)]);
            let _ = judge(value.as_bytes());
        }
    }
}
