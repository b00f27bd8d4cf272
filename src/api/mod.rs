//! The thin blocking client: one GET, its time-outs, and what came of it.

mod answer;
mod base_url;
mod key;
pub mod retry;

use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Url, redirect};
use uuid::Uuid;

pub use self::base_url::BaseUrl;
pub use self::key::{Key, Sources as KeySources};
use crate::exit::Exit;
use crate::failure::{Failure, Subject};

/// Names this program and its version to the server.
const USER_AGENT: &str = concat!("feather-analysis/", env!("CARGO_PKG_VERSION"));

/// How much of an error body is read: enough for any message, little enough for any memory.
const MAX_ERROR_BODY: u64 = 64 * 1024;

/// How much is set aside for a body before any of it has come.
const MAX_TRUSTED_LENGTH: u64 = 64 << 20;

/// How to reach the API.
#[derive(Debug)]
pub struct Settings {
    /// Where it is.
    pub base: BaseUrl,
    /// The key, where there is one.
    pub key: Option<Key>,
    /// Time for one try, from connecting to the last byte.
    pub timeout: Duration,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// PEM file of certificates to trust beside the system's.
    pub ca_cert: Option<PathBuf>,
    /// Largest decoded body taken, in bytes.
    pub max_size: u64,
    /// How many requests will be under way at a time.
    pub jobs: usize,
}

/// The client: one connection pool, shared by every worker.
#[derive(Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    settings: Settings,
}

/// What came of one request.
#[derive(Debug)]
pub struct Exchange {
    /// The document's bytes, or why there are none.
    pub result: Result<Answer, Fault>,
    /// What there is to tell about the request.
    pub trace: Trace,
}

/// A successful answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The decoded body.
    pub body: Vec<u8>,
    /// The status, one of success.
    pub status: u16,
    /// What the server called it.
    pub content_type: Option<String>,
    /// How many requests it took.
    pub tries: u32,
}

/// A request that failed.
#[derive(Debug)]
pub struct Fault {
    /// What to tell the user.
    pub failure: Failure,
    /// Whether the same request may well succeed later.
    pub passing: bool,
    /// How long the server asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// What `-v` tells of a request. There is no room for the key in it.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The address asked.
    pub url: Url,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Bytes of decoded body that were read.
    pub bytes: u64,
    /// From the first byte sent to the last byte read.
    pub elapsed: Duration,
    /// The server's name for the request.
    pub request_id: Option<String>,
}

impl Client {
    /// Sets the client up. A plain-http client reads no certificate store.
    ///
    /// Fails where the certificate file cannot be used.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        // Fails only where a provider is already installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::blocking::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .timeout(None)
            .pool_max_idle_per_host(settings.jobs);
        // A proxy has no business between this program and its own machine.
        if settings.base.is_loopback() {
            builder = builder.no_proxy();
        }
        let extra = match &settings.ca_cert {
            Some(path) => read_certificates(path)?,
            None => Vec::new(),
        };
        builder = if settings.base.is_https() {
            builder.tls_certs_merge(extra)
        } else {
            builder.tls_certs_only(extra)
        };
        let http = builder.build().context("setting up the HTTP client")?;
        Ok(Self { http, settings })
    }

    /// Asks once for the analysis input of `session`.
    pub fn get(&self, session: Uuid) -> Exchange {
        let url = self.settings.base.analysis_input(session);
        let mut trace =
            Trace { url, status: None, bytes: 0, elapsed: Duration::ZERO, request_id: None };
        let started = Instant::now();
        let result = self.try_get(session, &mut trace);
        trace.elapsed = started.elapsed();
        Exchange { result, trace }
    }

    fn try_get(&self, session: Uuid, trace: &mut Trace) -> Result<Answer, Fault> {
        let mut request = self
            .http
            .get(trace.url.clone())
            .header(ACCEPT, "application/json")
            .timeout(self.settings.timeout);
        if let Some(key) = &self.settings.key {
            request = request.header("x-api-key", key.header());
        }
        let response = request.send().map_err(|error| self.network(session, &error))?;
        let status = response.status();
        trace.status = Some(status.as_u16());
        trace.request_id = header(response.headers(), "x-request-id")
            .or_else(|| header(response.headers(), "request-id"));
        let content_type = header(response.headers(), CONTENT_TYPE.as_str());
        if status.is_success() {
            let body = self.read_body(session, response, trace)?;
            return Ok(Answer { body, status: status.as_u16(), content_type, tries: 1 });
        }
        let retry_after = header(response.headers(), RETRY_AFTER.as_str())
            .and_then(|value| retry::parse_retry_after(&value, SystemTime::now()));
        let location = header(response.headers(), LOCATION.as_str());
        // A body that breaks off must not hide the status: what came of it is used.
        let mut body = Vec::new();
        let _ = response.take(MAX_ERROR_BODY).read_to_end(&mut body);
        trace.bytes = body.len() as u64;
        let failure = answer::explain(&answer::Refusal {
            session,
            status,
            body: &body,
            content_type: content_type.as_deref(),
            location: location.as_deref(),
        });
        Err(Fault { failure, passing: retry::can_pass(status.as_u16()), retry_after })
    }

    fn read_body(
        &self,
        session: Uuid,
        mut response: Response,
        trace: &mut Trace,
    ) -> Result<Vec<u8>, Fault> {
        let max = self.settings.max_size;
        let declared = response.content_length().unwrap_or(0);
        if declared > max {
            return Err(lasting(too_large(Subject::Session(session), declared, max)));
        }
        let mut body = Vec::new();
        body.reserve_exact(usize::try_from(declared.min(MAX_TRUSTED_LENGTH)).unwrap_or(0));
        let read = response.by_ref().take(max.saturating_add(1)).read_to_end(&mut body);
        trace.bytes = body.len() as u64;
        match read {
            Ok(_) if trace.bytes > max => {
                Err(lasting(too_large(Subject::Session(session), trace.bytes, max)))
            }
            Ok(_) => Ok(body),
            Err(error) => {
                let timed_out = error.kind() == std::io::ErrorKind::TimedOut
                    || error
                        .get_ref()
                        .and_then(|inner| inner.downcast_ref::<reqwest::Error>())
                        .is_some_and(reqwest::Error::is_timeout);
                let received = in_bytes(trace.bytes);
                let (message, hint) = if timed_out {
                    let limit = humantime::format_duration(self.settings.timeout);
                    (
                        format!("timed out after {received} of the answer ({limit})"),
                        "raise --timeout".to_owned(),
                    )
                } else {
                    let cause = root_cause(&error);
                    (
                        format!("the answer is not whole: {cause}, after {received}"),
                        "try again; if it stays, look at the proxies between here and the server"
                            .to_owned(),
                    )
                };
                let mut failure =
                    Failure::new(Exit::Network, Subject::Session(session), message).hint(hint);
                failure.status = trace.status;
                Err(Fault { failure, passing: true, retry_after: None })
            }
        }
    }

    /// A request to which no answer came.
    fn network(&self, session: Uuid, error: &reqwest::Error) -> Fault {
        let base = &self.settings.base;
        let cause = root_cause(error);
        let untrusted = chain_has::<rustls::Error>(error);
        let (message, hint) = if untrusted {
            (
                format!("no trusted connection to {base}: {cause}"),
                "if the server's certificate is your own, name it with --ca-cert".to_owned(),
            )
        } else if error.is_timeout() && error.is_connect() {
            let limit = humantime::format_duration(self.settings.connect_timeout);
            (
                format!("timed out connecting to {base} ({limit})"),
                "check the network and proxies, or raise --connect-timeout".to_owned(),
            )
        } else if error.is_timeout() {
            let limit = humantime::format_duration(self.settings.timeout);
            (format!("timed out waiting for {base} ({limit})"), "raise --timeout".to_owned())
        } else if error.is_connect() {
            let hint = if base.is_loopback() {
                "nothing listens there; feather-analysis demo serves sample sessions on port 8000"
            } else {
                "check --base-url, the network and the proxy variables"
            };
            (format!("could not connect to {base}: {cause}"), hint.to_owned())
        } else {
            (
                format!("no usable answer from {base}: {cause}"),
                "try again; if it stays, look at the proxies between here and the server"
                    .to_owned(),
            )
        };
        let failure = Failure::new(Exit::Network, Subject::Session(session), message).hint(hint);
        Fault { failure, passing: !untrusted, retry_after: None }
    }
}

/// The failure for a document that is over the limit.
pub fn too_large(subject: Subject, size: u64, max: u64) -> Failure {
    Failure::new(
        Exit::Document,
        subject,
        format!(
            "the document is over --max-size ({}); there are {} to read",
            in_bytes(max),
            in_bytes(size)
        ),
    )
    .hint("raise --max-size; reading a document takes about that much memory")
}

/// A size for people: `12 B`, `3.4 KiB`, `512 MiB`.
pub fn in_bytes(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

fn lasting(failure: Failure) -> Fault {
    Fault { failure, passing: false, retry_after: None }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn read_certificates(path: &PathBuf) -> anyhow::Result<Vec<Certificate>> {
    let unusable = |reason: String| {
        Failure::usage(format!("--ca-cert {}: {reason}", path.display()))
            .hint("it takes a PEM file with one or more certificates")
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let certificates =
        Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable("holds no certificate".to_owned()).into());
    }
    Ok(certificates)
}

/// The innermost reason, which is the one that says something.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Whether an error of type `E` is anywhere beneath. What an I/O error wraps is not among its
/// sources, so that is looked into as well.
fn chain_has<E: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref)
        .is_some_and(|inner| chain_has::<E>(inner));
    error.is::<E>() || wrapped || error.source().is_some_and(chain_has::<E>)
}
