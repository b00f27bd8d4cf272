//! The thin blocking client: one GET, its time-outs, and what came of it.

mod answer;
mod base_url;
mod coding;
pub mod headers;
mod key;
mod proxy;
pub mod retry;
mod tls;
mod trouble;
mod words;

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use reqwest::blocking::Response;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Url, redirect};
use uuid::Uuid;

pub use self::base_url::BaseUrl;
pub use self::key::{Key, Sources as KeySources};
use self::proxy::Proxy;
pub use self::proxy::Route;
use self::tls::Tls;
pub use self::tls::{Files as TlsFiles, Material as TlsMaterial};
pub use self::words::words;
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
    /// Certificates to trust beside the system's, and our own.
    pub tls: TlsMaterial,
    /// Which proxy stands in between.
    pub route: Route,
    /// Headers of the user's own, with secret values.
    pub headers: HeaderMap,
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
    tls: Tls,
    /// What goes with every request.
    headers: HeaderMap,
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
    /// Fails where nobody can be trusted, or the proxy cannot be used.
    pub fn new(mut settings: Settings) -> anyhow::Result<Self> {
        // Fails only where a provider is already installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let via_tls = matches!(&settings.route, Route::Via(proxy) if proxy.is_https());
        let wanted = settings.base.is_https() || via_tls;
        let tls = Tls::new(std::mem::take(&mut settings.tls), wanted)?;
        let mut builder = reqwest::blocking::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .timeout(None)
            .pool_max_idle_per_host(settings.jobs)
            .tls_backend_preconfigured(tls.config.clone());
        builder = match &settings.route {
            Route::Direct => builder.no_proxy(),
            Route::System => builder,
            Route::Via(proxy) => builder.proxy(proxy.rule().context("setting up the proxy")?),
        };
        let http = builder.build().context("setting up the HTTP client")?;
        let mut headers = std::mem::take(&mut settings.headers);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(coding::ACCEPTED));
        if let Some(key) = &settings.key {
            headers.insert("x-api-key", key.header());
        }
        Ok(Self { http, settings, tls, headers })
    }

    /// The proxy that a variable names.
    fn proxy(&self) -> Option<&Proxy> {
        match &self.settings.route {
            Route::Via(proxy) => Some(proxy),
            Route::Direct | Route::System => None,
        }
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
        let request = self
            .http
            .get(trace.url.clone())
            .headers(self.headers.clone())
            .timeout(self.settings.timeout);
        let response = request.send().map_err(|error| self.network(session, &error))?;
        let status = response.status();
        trace.status = Some(status.as_u16());
        trace.request_id = header(response.headers(), "x-request-id")
            .or_else(|| header(response.headers(), "request-id"));
        let content_type = header(response.headers(), CONTENT_TYPE.as_str());
        if status.is_success() {
            let has_length = answer::has_length(status, response.headers());
            let body = self.read_body(session, response, trace)?;
            if !has_length && answer::breaks_off(&body) {
                return Err(cut(session, trace, "not whole", "it breaks off"));
            }
            return Ok(Answer { body, status: status.as_u16(), content_type, tries: 1 });
        }
        let retry_after = header(response.headers(), RETRY_AFTER.as_str())
            .and_then(|value| retry::parse_retry_after(&value, SystemTime::now()));
        let location = header(response.headers(), LOCATION.as_str());
        // A body that breaks off must not hide the status: what came of it is used.
        let mut body = Vec::new();
        let layers = coding::layers(response.headers());
        if let Ok(layers) = layers {
            let _ = coding::decoded(response, layers)
                .and_then(|decoded| decoded.take(MAX_ERROR_BODY).read_to_end(&mut body));
        }
        trace.bytes = body.len() as u64;
        // Of an encrypted connection the proxy sees nothing.
        let proxy = self.proxy().filter(|_| !self.settings.base.is_https());
        let failure = answer::explain(&answer::Refusal {
            session,
            status,
            base: &self.settings.base,
            proxy: proxy.map(Proxy::to_string),
            body: &body,
            coding: layers.as_ref().err().map(String::as_str),
            content_type: content_type.as_deref(),
            location: location.as_deref(),
        });
        Err(Fault { failure, passing: retry::can_pass(status.as_u16()), retry_after })
    }

    fn read_body(
        &self,
        session: Uuid,
        response: Response,
        trace: &mut Trace,
    ) -> Result<Vec<u8>, Fault> {
        let max = self.settings.max_size;
        let layers = coding::layers(response.headers()).map_err(|coding| {
            let message = format!("the answer is encoded as {coding}, which was not asked for");
            let mut failure = Failure::new(Exit::Document, Subject::Session(session), message)
                .hint(
                    "something between here and the API encodes answers; it must take gzip or none",
                );
            failure.status = trace.status;
            lasting(failure)
        })?;
        // What is declared of a body that is yet to be decoded says little of its size.
        let declared = response.content_length().filter(|_| layers == 0).unwrap_or(0);
        if declared > max {
            return Err(lasting(too_large(Subject::Session(session), declared, max)));
        }
        let mut body = Vec::new();
        body.reserve_exact(usize::try_from(declared.min(MAX_TRUSTED_LENGTH)).unwrap_or(0));
        let read = coding::decoded(response, layers)
            .and_then(|decoded| decoded.take(max.saturating_add(1)).read_to_end(&mut body));
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
                if !timed_out {
                    // What the decoder has against its input, as opposed to having too little.
                    let damaged = error.kind() == std::io::ErrorKind::InvalidInput;
                    let what = if damaged { "damaged" } else { "not whole" };
                    return Err(cut(session, trace, what, &root_cause(&error)));
                }
                let received = in_bytes(trace.bytes);
                let limit = humantime::format_duration(self.settings.timeout);
                let message = format!("timed out after {received} of the answer ({limit})");
                let mut failure = Failure::new(Exit::Network, Subject::Session(session), message)
                    .hint("raise --timeout");
                failure.status = trace.status;
                Err(Fault { failure, passing: true, retry_after: None })
            }
        }
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

/// An answer that did not arrive whole.
fn cut(session: Uuid, trace: &Trace, what: &str, cause: &str) -> Fault {
    let received = in_bytes(trace.bytes);
    let message = format!("the answer is {what}: {cause}, after {received}");
    let mut failure = Failure::new(Exit::Network, Subject::Session(session), message)
        .hint("try again; if it stays, look at the proxies between here and the server");
    failure.status = trace.status;
    Fault { failure, passing: true, retry_after: None }
}

fn lasting(failure: Failure) -> Fault {
    Fault { failure, passing: false, retry_after: None }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The innermost reason, which is the one that says something.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The outermost error of type `E` beneath.
fn find<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    find_if(error, &|_: &E| true)
}

/// The outermost one that meets a condition. What an I/O error wraps is not among its sources, so
/// that is looked into as well.
fn find_if<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
    condition: &dyn Fn(&E) -> bool,
) -> Option<&'a E> {
    let wrapped = || {
        let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
        find_if(inner, condition)
    };
    let found = error.downcast_ref().filter(|error| condition(error));
    found.or_else(wrapped).or_else(|| find_if(error.source()?, condition))
}
