//! The sample sessions, and the HTTP server on loopback that answers with them.

mod samples;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use uuid::Uuid;

use self::samples::{Answer, Sample};
pub use self::samples::{SAMPLES, SHOWCASE};

/// A running server. It ends with the process.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
}

impl Server {
    /// Serves the sample sessions on `port` of 127.0.0.1; 0 takes a free port.
    ///
    /// Fails where the port is taken or no thread can be started.
    pub fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("demo".to_owned()).spawn(move || {
            // An error here is one of setting up the listener, which was bound already.
            let _ = runtime.block_on(serve(listener));
        })?;
        Ok(Self { address })
    }

    /// The base URL that reaches it.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// What the server remembers between requests.
#[derive(Default)]
struct Memory {
    requests: AtomicU64,
    /// Session → how often it was asked for.
    asked: Mutex<HashMap<Uuid, u32>>,
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let memory = Arc::new(Memory::default());
    loop {
        // A connection that fails on its way in is that client's concern.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let memory = Arc::clone(&memory);
        let service = service_fn(move |request| {
            let response = respond(&request, &memory);
            async move { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

fn respond<B>(request: &Request<B>, memory: &Memory) -> Response<Full<Bytes>> {
    let number = memory.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let mut response = answer(request, memory);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&format!("demo-{number}")) {
        headers.insert("x-request-id", id);
    }
    response
}

fn answer<B>(request: &Request<B>, memory: &Memory) -> Response<Full<Bytes>> {
    let id = request
        .uri()
        .path()
        .strip_prefix("/v1/sessions/")
        .and_then(|rest| rest.strip_suffix("/analysis-input"));
    let Some(id) = id.filter(|_| request.method() == Method::GET) else {
        return error(
            StatusCode::NOT_FOUND,
            "not_found",
            "The demo serves GET /v1/sessions/{session_id}/analysis-input only.",
        );
    };
    let Ok(id) = Uuid::parse_str(id) else {
        return invalid(id);
    };
    let Some(sample) = SAMPLES.iter().find(|sample| sample.id == id) else {
        return error(StatusCode::NOT_FOUND, "not_found", "The demo has no such session.");
    };
    let asked = {
        let mut asked = memory.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.entry(id).or_default();
        *count += 1;
        *count
    };
    sampled(sample, asked)
}

/// The sample's answer to the `asked`th request for it.
fn sampled(sample: &Sample, asked: u32) -> Response<Full<Bytes>> {
    match sample.answer {
        Answer::Document(document) => body(StatusCode::OK, document),
        Answer::ReadyAfter(times, document) if asked > times => {
            // The document is the showcase's; here it is this session's.
            body(
                StatusCode::OK,
                document.replacen(&SHOWCASE.to_string(), &sample.id.to_string(), 1),
            )
        }
        Answer::ReadyAfter(..) => error(
            StatusCode::CONFLICT,
            "conflict",
            "Session is not in a terminal state (status: active).",
        ),
        Answer::Invalid => invalid(&sample.id.to_string()),
        Answer::Error(status, code, message) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = error(status, code, message);
            if status == StatusCode::TOO_MANY_REQUESTS {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response
        }
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    body(status, serde_json::json!({ "error": code, "message": message }).to_string())
}

fn invalid(id: &str) -> Response<Full<Bytes>> {
    let detail = serde_json::json!({ "detail": [{
        "loc": ["path", "session_id"],
        "msg": "Input should be a valid UUID",
        "type": "uuid_parsing",
        "input": id,
        "ctx": { "error": "the demo refuses this id, whatever it is" },
    }] });
    body(StatusCode::UNPROCESSABLE_ENTITY, detail.to_string())
}

fn body(status: StatusCode, bytes: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(bytes.into()));
    *response.status_mut() = status;
    response
}
