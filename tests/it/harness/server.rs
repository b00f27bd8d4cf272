//! A server on loopback that answers as a test says, however wrong that is.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::Command;

use super::{document, error_body, feather, ms, process};

/// How long a connection of the server lives at most.
const LIFETIME: Duration = Duration::from_secs(50);

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET /path HTTP/1.1`.
    pub line: String,
    /// Header names, in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// How often this very line has come, this time included.
    pub nth: usize,
    /// How many requests have come in all, this one included.
    pub number: usize,
    /// When it had come.
    pub at: Instant,
}

impl Request {
    /// The session asked for.
    pub fn session(&self) -> &str {
        let rest = self.line.split_once("/v1/sessions/").unwrap_or_default().1;
        rest.split('/').next().unwrap_or_default()
    }

    /// The number of the session asked for, if [`id`] made it.
    pub fn index(&self) -> usize {
        self.session().rsplit('-').next().unwrap_or_default().parse().unwrap()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    shape: Shape,
    delay: Duration,
    close: bool,
}

#[derive(Clone, Debug)]
enum Shape {
    /// With its length.
    Plain,
    /// In chunks of so many bytes.
    Chunked(usize),
    /// A byte at a time, with pauses.
    Trickle(Duration),
    /// Declared longer than it is, then closed or left hanging.
    Short { hang: bool },
    /// Chunks without end.
    Endless,
    /// Just these bytes, then closed.
    Raw,
    /// The connection is reset before any answer.
    Reset,
    /// No answer.
    Hang,
}

impl Reply {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: body.into(),
            shape: Shape::Plain,
            delay: Duration::ZERO,
            close: false,
        }
    }

    /// 200 with a small document of the session asked for.
    pub fn ok(request: &Request) -> Self {
        Self::json(200, document(request.session()))
    }

    /// A failure as the API tells it.
    pub fn error(status: u16, error: &str, message: &str) -> Self {
        Self::json(status, error_body(error, message))
    }

    /// An answer with a body of some other type.
    pub fn of_type(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut reply = Self::json(status, body);
        reply.headers[0].1 = content_type.into();
        reply
    }

    /// These bytes and no others, then the end of the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { shape: Shape::Raw, ..Self::json(0, bytes) }
    }

    /// The connection is reset.
    pub fn reset() -> Self {
        Self { shape: Shape::Reset, ..Self::json(0, "") }
    }

    /// No answer, ever.
    pub fn hang() -> Self {
        Self { shape: Shape::Hang, ..Self::json(0, "") }
    }

    /// A body that goes on and on.
    pub fn endless(piece: impl Into<Vec<u8>>) -> Self {
        Self { shape: Shape::Endless, ..Self::json(200, piece) }
    }

    /// Another header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// In chunks of `size` bytes.
    pub fn chunked(mut self, size: usize) -> Self {
        self.shape = Shape::Chunked(size);
        self
    }

    /// A byte at a time, `pause` between them.
    pub fn trickle(mut self, pause: Duration) -> Self {
        self.shape = Shape::Trickle(pause);
        self
    }

    /// Declares more than it sends, then closes.
    pub fn cut(mut self) -> Self {
        self.shape = Shape::Short { hang: false };
        self
    }

    /// Declares more than it sends, then says nothing more.
    pub fn stuck(mut self) -> Self {
        self.shape = Shape::Short { hang: true };
        self
    }

    /// Waits before it answers.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Closes the connection afterwards without having said that it would.
    pub fn then_closes(mut self) -> Self {
        self.close = true;
        self
    }
}

type Respond = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server on loopback; it ends with its test.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    respond: Box<Respond>,
    stopped: AtomicBool,
    requests: Mutex<Vec<Request>>,
    /// Request line → how often it has come.
    counts: Mutex<HashMap<String, usize>>,
    connections: AtomicUsize,
    open: Gauge,
    in_flight: Gauge,
}

/// A count that remembers its highest value.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn up(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn down(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Server {
    /// Answers every request with what `respond` says.
    pub fn start(respond: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            respond: Box::new(respond),
            stopped: AtomicBool::new(false),
            requests: Mutex::default(),
            counts: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: Gauge::default(),
            in_flight: Gauge::default(),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&serving);
                thread::spawn(move || {
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    shared.open.up();
                    let _ = shared.serve(&stream);
                    shared.open.down();
                });
            }
        });
        Self { address, shared }
    }

    /// Answers every request with this.
    pub fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone())
    }

    /// Serves a small document for every session.
    pub fn of_documents() -> Self {
        Self::start(Reply::ok)
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `fetch` from here, with this many words after it.
    pub fn fetch(&self, arguments: &[&str]) -> Command {
        let mut command = feather();
        command.args(["fetch", "--base-url", &self.url()]).args(arguments);
        command
    }

    /// The same as a plain process.
    pub fn fetch_process(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = process();
        command.args(["fetch", "--base-url", &self.url()]).args(arguments);
        command
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many requests have come.
    pub fn count(&self) -> usize {
        self.shared.requests.lock().unwrap().len()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The most connections open at a time.
    pub fn most_connections(&self) -> usize {
        self.shared.open.most.load(Ordering::SeqCst)
    }

    /// The most requests that waited for their answer at a time.
    pub fn most_in_flight(&self) -> usize {
        self.shared.in_flight.most.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Answers what comes on a connection until either side has enough.
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(LIFETIME))?;
        stream.set_read_timeout(Some(LIFETIME))?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = self.read(&mut reader)? {
            self.in_flight.up();
            let reply = (self.respond)(&request);
            self.nap(reply.delay);
            // Before the answer: the next request may come with its last byte.
            let instant = matches!(reply.shape, Shape::Plain);
            if instant {
                self.in_flight.down();
            }
            let sent = self.send(stream, &reply);
            if !instant {
                self.in_flight.down();
            }
            if !sent? {
                break;
            }
        }
        Ok(())
    }

    /// The next request; None where the client has closed.
    fn read(&self, reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<Request>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_owned();
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 {
                return Ok(None);
            }
            match header.trim_end().split_once(':') {
                Some((name, value)) => {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                None => break,
            }
        }
        let nth = {
            let mut counts = self.counts.lock().unwrap();
            let count = counts.entry(line.clone()).or_default();
            *count += 1;
            *count
        };
        let mut requests = self.requests.lock().unwrap();
        let number = requests.len() + 1;
        let request = Request { line, headers, nth, number, at: Instant::now() };
        requests.push(request.clone());
        Ok(Some(request))
    }

    /// Sleeps, but not past the server's end.
    fn nap(&self, time: Duration) {
        let end = Instant::now() + time.min(LIFETIME);
        while !self.stopped.load(Ordering::SeqCst) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(ms(50)));
        }
    }

    /// Sends a reply; false where the connection must not be used again.
    fn send(&self, mut stream: &TcpStream, reply: &Reply) -> std::io::Result<bool> {
        let mut head = format!("HTTP/1.1 {} Whatever\r\n", reply.status);
        for (name, value) in &reply.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        match reply.shape {
            Shape::Plain | Shape::Trickle(_) => {
                write!(head, "Content-Length: {}\r\n\r\n", reply.body.len()).unwrap();
            }
            Shape::Short { .. } => {
                write!(head, "Content-Length: {}\r\n\r\n", reply.body.len() + 1000).unwrap();
            }
            _ => head.push_str("Transfer-Encoding: chunked\r\n\r\n"),
        }
        let chunk = |bytes: &[u8]| {
            let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
            chunk.extend_from_slice(bytes);
            chunk.extend_from_slice(b"\r\n");
            chunk
        };
        match reply.shape {
            Shape::Plain => {
                // In one piece, so that the client has all of it or nothing.
                stream.write_all(&[head.as_bytes(), &reply.body].concat())?;
            }
            Shape::Chunked(size) => {
                stream.write_all(head.as_bytes())?;
                for piece in reply.body.chunks(size) {
                    stream.write_all(&chunk(piece))?;
                }
                stream.write_all(b"0\r\n\r\n")?;
            }
            Shape::Trickle(pause) => {
                stream.write_all(head.as_bytes())?;
                for byte in &reply.body {
                    self.nap(pause);
                    stream.write_all(&[*byte])?;
                }
            }
            Shape::Short { hang } => {
                stream.write_all(head.as_bytes())?;
                stream.write_all(&reply.body)?;
                if hang {
                    self.hang(stream);
                }
                return Ok(false);
            }
            Shape::Endless => {
                stream.write_all(head.as_bytes())?;
                let begun = Instant::now();
                let piece = chunk(&reply.body);
                while begun.elapsed() < LIFETIME && !self.stopped.load(Ordering::SeqCst) {
                    stream.write_all(&piece)?;
                }
                return Ok(false);
            }
            Shape::Raw => {
                stream.write_all(&reply.body)?;
                return Ok(false);
            }
            Shape::Reset => {
                socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
                return Ok(false);
            }
            Shape::Hang => {
                self.hang(stream);
                return Ok(false);
            }
        }
        Ok(!reply.close)
    }

    /// Waits until the client gives up.
    fn hang(&self, mut stream: &TcpStream) {
        let begun = Instant::now();
        let _ = stream.set_read_timeout(Some(ms(100)));
        while begun.elapsed() < LIFETIME && !self.stopped.load(Ordering::SeqCst) {
            match stream.read(&mut [0]) {
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => return,
            }
        }
    }
}
