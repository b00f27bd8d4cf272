//! Why no answer came, in words: who is to blame, the API's host, a proxy or TLS, and what to do.

use std::io::ErrorKind;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::pki_types::UnixTime;
use rustls::{
    AlertDescription as Alert, CertificateError, Error as TlsError, InvalidMessage,
    PeerIncompatible,
};
use uuid::Uuid;

use super::proxy::{Proxy, Trouble};
use super::{Client, Fault, find, find_if, retry, root_cause, tls};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};

/// What happened, what to do next, and whether it may pass.
struct Account {
    message: String,
    hint: String,
    passing: bool,
}

impl Account {
    fn passing(message: String, hint: impl Into<String>) -> Self {
        Self { message, hint: hint.into(), passing: true }
    }

    fn lasting(message: String, hint: impl Into<String>) -> Self {
        Self { message, hint: hint.into(), passing: false }
    }
}

impl Client {
    /// A request to which no answer came.
    pub(super) fn network(&self, session: Uuid, error: &reqwest::Error) -> Fault {
        let Account { message, hint, passing } = self.account(error);
        let failure = Failure::new(Exit::Network, Subject::Session(session), message).hint(hint);
        Fault { failure, passing, retry_after: None }
    }

    fn account(&self, error: &reqwest::Error) -> Account {
        let base = &self.settings.base;
        if error.is_timeout() {
            return self.timed_out(error.is_connect());
        }
        let proxy = self.proxy().filter(|_| error.is_connect());
        if let Some(account) = proxy.and_then(|proxy| self.ask_proxy(proxy)) {
            return account;
        }
        if let Some(error) = find::<TlsError>(error) {
            let host = base.to_string();
            return self.handshake(error, &host);
        }
        let cause = root_cause(error);
        match (proxy, error.is_connect()) {
            (Some(proxy), _) => refused_by_socks(proxy, &cause, &base.to_string()),
            (None, true) if base.is_https() && is_closed(error) => Account::passing(
                format!("{base} closed the connection while TLS was being set up"),
                "check that this port speaks TLS, in a version from 1.2 on, and not plain http",
            ),
            (None, true) => Account::passing(
                format!("could not connect to {base}: {cause}"),
                if base.is_loopback() {
                    "nothing listens there; feather-analysis demo serves sample sessions on port 8000"
                } else {
                    "check --base-url, the network and the proxy variables"
                },
            ),
            (None, false) if self.tls.was_asked() && is_closed(error) => Account::passing(
                format!("{base} asked for a client certificate and closed the connection"),
                self.certificate_hint(),
            ),
            (None, false) => Account::passing(
                format!("no usable answer from {base}: {cause}"),
                "try again; if it stays, look at the proxies between here and the server",
            ),
        }
    }

    fn timed_out(&self, connecting: bool) -> Account {
        let settings = &self.settings;
        let base = &settings.base;
        let through = self.proxy().map(|proxy| format!(" through {proxy}")).unwrap_or_default();
        if !connecting {
            let limit = humantime::format_duration(settings.timeout);
            let message = format!("timed out waiting for {base}{through} ({limit})");
            return Account::passing(message, "raise --timeout");
        }
        let limit = humantime::format_duration(settings.connect_timeout);
        let silent = if base.is_https() && base.host_and_port().1 != 443 {
            "; a port that speaks plain http is silent too"
        } else {
            ""
        };
        Account::passing(
            format!("timed out connecting to {base}{through} ({limit})"),
            format!("check the network and proxies, or raise --connect-timeout{silent}"),
        )
    }

    /// What the proxy says for itself; None where it has nothing against a connection.
    fn ask_proxy(&self, proxy: &Proxy) -> Option<Account> {
        let base = &self.settings.base;
        let (host, port) = base.host_and_port();
        let target = format!("{host}:{port}");
        let tunnel = base.is_https().then_some(&*target);
        let variable = proxy.variable();
        let limit = self.settings.connect_timeout.min(Duration::from_secs(10));
        let trouble = proxy.ask(tunnel, limit, &self.tls.config).err()?;
        Some(match trouble {
            Trouble::Unreachable(error) => Account::passing(
                format!("could not connect to {proxy}: {error}"),
                format!("check {variable}, or reach the API without it: NO_PROXY={host}"),
            ),
            Trouble::Handshake(TlsError::InvalidMessage(_)) => Account::lasting(
                format!("{proxy} does not speak TLS"),
                format!(
                    "write http:// in {variable}; the connection to the API is encrypted all the same"
                ),
            ),
            Trouble::Handshake(error) => self.handshake(&error, &proxy.to_string()),
            Trouble::NoAnswer(reason) => Account::passing(
                format!("no usable answer from {proxy}: {reason}"),
                format!("check the port and the scheme in {variable}"),
            ),
            Trouble::Refused(407, _) => {
                let message = if proxy.has_credentials() {
                    format!("{proxy} did not accept the name and password in {variable} (407)")
                } else {
                    format!("{proxy} asks for a name and a password (407)")
                };
                let hint =
                    format!("write them into {variable}, like http://name:password@host:port");
                Account::lasting(message, hint)
            }
            Trouble::Refused(status, words) => {
                let reason = reqwest::StatusCode::from_u16(status).ok();
                let reason = reason.and_then(|status| status.canonical_reason());
                let words = words.map(|words| format!(": {words}")).unwrap_or_default();
                Account {
                    message: format!(
                        "{proxy} did not connect to {target}: {status} {}{words}",
                        reason.unwrap_or("unknown status")
                    ),
                    hint: format!(
                        "check --base-url; if it is right, the proxy must allow {host}, or \
                         NO_PROXY={host} goes without it"
                    ),
                    passing: retry::can_pass(status),
                }
            }
        })
    }

    fn certificate_hint(&self) -> &'static str {
        if self.tls.has_own {
            "it may not accept the certificate in --cert; use one of an authority that it trusts"
        } else {
            "name yours with --cert, and its private key with --key"
        }
    }

    /// A handshake with `peer` that failed, each reason in its own words and with its own hint.
    fn handshake(&self, error: &TlsError, peer: &str) -> Account {
        let (reason, hint) = match error {
            error if tls::is_unvouched(error) => (
                "nobody who is trusted here vouches for its certificate".to_owned(),
                "if it is your own, or of your company's authority, name it with --ca-cert"
                    .to_owned(),
            ),
            TlsError::InvalidCertificate(error) => certificate(error),
            TlsError::InvalidMessage(
                InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
            ) => (
                "what answers there does not speak TLS".to_owned(),
                "check the port; plain http is written http://".to_owned(),
            ),
            TlsError::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            )
            | TlsError::AlertReceived(Alert::ProtocolVersion) => (
                "it speaks only versions of TLS that are no longer safe".to_owned(),
                "the server must offer TLS 1.2 or 1.3".to_owned(),
            ),
            TlsError::AlertReceived(alert) => return self.alert(*alert, peer),
            TlsError::PeerIncompatible(_) => (
                "it offers no way to encrypt that this program takes".to_owned(),
                "the server must offer a cipher with ECDHE and AES-GCM or ChaCha20".to_owned(),
            ),
            error => (error.to_string(), "check --base-url and the proxies in between".to_owned()),
        };
        Account::lasting(format!("no trusted connection to {peer}: {reason}"), hint)
    }

    /// The peer ended the handshake.
    fn alert(&self, alert: Alert, peer: &str) -> Account {
        let of_certificate = matches!(
            alert,
            Alert::CertificateRequired
                | Alert::NoCertificate
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
        );
        let spelt = spell(alert);
        if self.tls.was_asked() && (of_certificate || alert == Alert::HandshakeFailure) {
            let message = if self.tls.has_own {
                format!("{peer} did not accept the client certificate in --cert ({spelt})")
            } else {
                format!("{peer} wants a client certificate ({spelt})")
            };
            return Account::lasting(message, self.certificate_hint());
        }
        let hint = match alert {
            Alert::UnrecognisedName => "it does not know that host; check --base-url",
            Alert::HandshakeFailure | Alert::InsufficientSecurity => {
                "there may be no cipher that both sides take; it must offer TLS 1.2 or 1.3"
            }
            _ => "check --base-url and the proxies in between",
        };
        let message = format!("no trusted connection to {peer}: it broke off TLS ({spelt})");
        Account::lasting(message, hint)
    }
}

/// A connection that a SOCKS proxy, which is there, did not make.
fn refused_by_socks(proxy: &Proxy, cause: &str, base: &str) -> Account {
    let told = cause.strip_prefix("SOCKS error: ");
    let message = match told {
        Some(told) => format!("{proxy} did not connect to {base}: {told}"),
        None => format!("could not connect to {base} through {proxy}: {cause}"),
    };
    let variable = proxy.variable();
    let hint = match told {
        None if proxy.is_told_addresses() => {
            format!("check --base-url; socks5h:// in {variable} has the proxy look the name up")
        }
        Some(told) if told.contains("credentials") || told.contains("authentication") => {
            format!("check the name and password in {variable}")
        }
        _ => format!("check --base-url, and the scheme and the port in {variable}"),
    };
    Account::passing(message, hint)
}

/// What is wrong with a certificate, and what to do.
fn certificate(error: &CertificateError) -> (String, String) {
    let now = || date(UnixTime::now());
    match error {
        CertificateError::ExpiredContext { not_after, .. } => (
            format!("its certificate ran out on {}", date(*not_after)),
            format!("the server needs a new one, unless this machine's clock is wrong: {}", now()),
        ),
        CertificateError::NotValidYetContext { not_before, .. } => (
            format!("its certificate is valid from {} on", date(*not_before)),
            format!("check this machine's clock: {}", now()),
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let host = expected.to_str();
            let names: Vec<&str> = presented.iter().map(|name| plain_name(name)).collect();
            let names = match names.len() {
                0 => "no host (it has no subjectAltName)".to_owned(),
                1..=5 => names.join(", "),
                more => format!("{} and {} more", names[..4].join(", "), more - 4),
            };
            (
                format!("its certificate is not for {host} but for {names}"),
                "check the host in --base-url".to_owned(),
            )
        }
        CertificateError::Revoked => (
            "its certificate was revoked".to_owned(),
            "do not trust it; ask the server's owner".to_owned(),
        ),
        CertificateError::BadSignature => (
            "its certificate is not signed by the authority that it names".to_owned(),
            "if it was renewed since, name the new one with --ca-cert; else somebody may stand in \
             between"
                .to_owned(),
        ),
        CertificateError::BadEncoding => (
            "its certificate cannot be read".to_owned(),
            "check who answers there: --base-url, and what inspects TLS in between".to_owned(),
        ),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            "its certificate is signed in a way that is no longer safe".to_owned(),
            "the server needs one signed with SHA-256 or better, by a key of 2048 bits or more"
                .to_owned(),
        ),
        error => (
            format!("its certificate cannot be used: {error}"),
            "ask the server's owner, or name a certificate to trust with --ca-cert".to_owned(),
        ),
    }
}

/// A name as the library tells it, `DnsName("a.test")`, as it is written.
fn plain_name(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(name, |inner| inner.trim_matches('"'))
}

/// A moment as people write it.
fn date(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0))
        .map_or_else(
            || "an odd date".to_owned(),
            |time| time.format("%Y-%m-%d %H:%M UTC").to_string(),
        )
}

/// An alert's name in words: `certificate required`.
fn spell(alert: Alert) -> String {
    let name = format!("{alert:?}");
    let mut words = String::new();
    for (index, letter) in name.char_indices() {
        let after_small = name[..index].ends_with(char::is_lowercase);
        if letter.is_uppercase() && after_small {
            words.push(' ');
        }
        words.push(letter);
    }
    words.to_lowercase().replace("unknown ca", "unknown CA")
}

/// Whether the other side has gone, as opposed to having said something odd.
fn is_closed(error: &reqwest::Error) -> bool {
    let gone = |error: &std::io::Error| {
        matches!(
            error.kind(),
            ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
        )
    };
    find_if(error, &gone).is_some()
        || find::<hyper::Error>(error).is_some_and(hyper::Error::is_incomplete_message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_and_dates_are_spelt_for_people() {
        assert_eq!(spell(Alert::CertificateRequired), "certificate required");
        assert_eq!(spell(Alert::UnknownCA), "unknown CA");
        let time = UnixTime::since_unix_epoch(Duration::from_secs(1_760_000_000));
        assert_eq!(date(time), "2025-10-09 08:53 UTC");
        assert_eq!(date(UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX))), "an odd date");
        assert_eq!(plain_name("DnsName(\"a.test\")"), "a.test");
        assert_eq!(plain_name("IpAddress(127.0.0.1)"), "127.0.0.1");
    }
}
