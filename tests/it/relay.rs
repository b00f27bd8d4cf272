//! Proxies on loopback that do as they are told: HTTP with CONNECT, SOCKS 4, 4a and 5.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};

use crate::secure::Identity;

/// A proxy on loopback, and what it was asked for.
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Hands each connection to `serve`, which returns the port to pass it on to, if any.
    pub fn start(
        serve: impl Fn(&mut TcpStream, &Mutex<Vec<String>>) -> Option<u16> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, serve) = (Arc::clone(&asked), Arc::new(serve));
        // Ends with the process: nobody comes any more.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, kept, serve) =
                    (stream.unwrap(), Arc::clone(&kept), Arc::clone(&serve));
                thread::spawn(move || {
                    if let Some(port) = serve(&mut stream, &kept) {
                        pass_on(&stream, port);
                    }
                });
            }
        });
        Self { port, asked }
    }

    /// An HTTP proxy that answers a CONNECT with these bytes, and passes it on where they agree.
    pub fn http(answer: &'static str) -> Self {
        Self::start(move |stream, asked| {
            let head = read_head(stream)?;
            let target = head.split_whitespace().nth(1).unwrap().to_owned();
            asked.lock().unwrap().push(head);
            stream.write_all(answer.as_bytes()).unwrap();
            let agreed = answer.split(' ').nth(1) == Some("200");
            target.rsplit(':').next()?.parse().ok().filter(|_| agreed)
        })
    }

    /// An HTTP proxy that is spoken to in TLS, and passes everything on.
    pub fn https(identity: &Identity) -> Self {
        let config = identity.server_config();
        Self::start(move |stream, asked| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = StreamOwned::new(connection, stream.try_clone().unwrap());
            let head = read_head(&mut tls)?;
            let port = head.split_whitespace().nth(1)?.rsplit(':').next()?.parse().ok()?;
            asked.lock().unwrap().push(head);
            tls.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let target = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            for stream in [&*stream, &target] {
                stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
            }
            // By turns, since one cannot read and write what is encrypted at the same time.
            while pass(&mut tls, &mut &target) && pass(&mut &target, &mut tls) {}
            None
        })
    }

    /// A SOCKS proxy, version 5, that answers a request with this code, and passes it on where that
    /// is 0. It wants a name and a password where some are given.
    pub fn socks5(code: u8, credentials: Option<(&'static str, &'static str)>) -> Self {
        Self::start(move |stream, asked| {
            let [5, methods] = read_bytes(stream) else { return None };
            let methods = read_vec(stream, methods.into());
            let method = if credentials.is_some() { 2 } else { 0 };
            if !methods.contains(&method) {
                stream.write_all(&[5, 0xff]).unwrap();
                return None;
            }
            stream.write_all(&[5, method]).unwrap();
            if let Some((name, password)) = credentials {
                let [1, length] = read_bytes(stream) else { return None };
                let sent_name = read_vec(stream, length.into());
                let [length] = read_bytes(stream);
                let sent_password = read_vec(stream, length.into());
                let good = sent_name == name.as_bytes() && sent_password == password.as_bytes();
                stream.write_all(&[1, u8::from(!good)]).unwrap();
                if !good {
                    return None;
                }
            }
            let [5, 1, 0, kind] = read_bytes(stream) else { return None };
            let host = match kind {
                1 => Ipv4Addr::from(read_bytes::<4>(stream)).to_string(),
                3 => {
                    let [length] = read_bytes(stream);
                    String::from_utf8(read_vec(stream, length.into())).unwrap()
                }
                _ => panic!("an address of kind {kind}"),
            };
            let port = u16::from_be_bytes(read_bytes(stream));
            asked.lock().unwrap().push(format!("{host}:{port}"));
            stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
            (code == 0).then_some(port)
        })
    }

    /// A SOCKS proxy, version 4 or 4a.
    pub fn socks4() -> Self {
        Self::start(|stream, asked| {
            let [4, 1, high, low, a, b, c, d] = read_bytes(stream) else { return None };
            let port = u16::from_be_bytes([high, low]);
            read_text(stream);
            let host = match [a, b, c, d] {
                [0, 0, 0, _] => read_text(stream),
                address => Ipv4Addr::from(address).to_string(),
            };
            asked.lock().unwrap().push(format!("{host}:{port}"));
            stream.write_all(&[0, 90, 0, 0, 0, 0, 0, 0]).unwrap();
            Some(port)
        })
    }

    /// A URL of it, with credentials where some are given.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// What it was asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// How messages name it.
    pub fn name(&self) -> String {
        format!("the proxy 127.0.0.1:{}", self.port)
    }
}

fn read_bytes<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    let _ = stream.read_exact(&mut bytes);
    bytes
}

fn read_vec(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Text that ends with a zero.
fn read_text(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    loop {
        match read_bytes(stream) {
            [0] => return text,
            [byte] => text.push(char::from(byte)),
        }
    }
}

/// Passes on what there is to read; false where one side has closed.
fn pass(from: &mut impl Read, to: &mut impl Write) -> bool {
    let mut piece = [0; 4096];
    match from.read(&mut piece) {
        Ok(0) => false,
        Ok(read) => to.write_all(&piece[..read]).and_then(|()| to.flush()).is_ok(),
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

fn read_head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// Copies both ways between the stream and a port of this machine.
fn pass_on(stream: &TcpStream, port: u16) {
    let target = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::copy(&mut &*stream, &mut &target);
            let _ = target.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut &target, &mut &*stream);
        let _ = stream.shutdown(Shutdown::Write);
    });
}
