//! What the benchmark needs beside public tools: inputs, a server on loopback, a bare typed parse, the
//! time to the first byte.
//!
//! `tests/bench/run` builds this as the example `bench-tools` and calls it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool of the benchmark's own")]

mod corpus;
#[allow(dead_code, unused_imports, reason = "the parse is timed, not used")]
#[path = "../../src/model/mod.rs"]
mod model;
mod random;

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use self::random::{Numbers, id, words};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["document", messages, path] => {
            let mut out = BufWriter::new(File::create(path)?);
            document(messages.parse()?, 1, &mut out)?;
            Ok(out.flush()?)
        }
        ["folder", count, messages, path] => {
            folder(count.parse()?, messages.parse()?, path.as_ref())
        }
        ["corpus", count, path] => {
            let mut out = BufWriter::new(File::create(path)?);
            corpus::corpus(count.parse()?, &mut out)?;
            Ok(out.flush()?)
        }
        ["ids", count] => {
            for number in 1..=count.parse()? {
                println!("{}", id(1, number));
            }
            Ok(())
        }
        ["parse", path] => parse(path.as_ref()),
        ["first", program, ref arguments @ ..] => first(program, arguments),
        ["serve", delay, ref limit @ ..] => {
            serve(Duration::from_millis(delay.parse()?), Limit::parse(limit)?)
        }
        _ => bail!(
            "usage: document MESSAGES FILE | folder COUNT MESSAGES DIR | corpus COUNT FILE | ids COUNT | parse FILE | \
             first PROGRAM… | serve DELAY_MS [LIMIT]; {LIMITS}"
        ),
    }
}

/// Reads the whole document into the program's own types, which is what a view cannot do without.
fn parse(path: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(path)?;
    let input: model::SessionAnalysisInput<'_> = serde_json::from_slice(&bytes)?;
    println!("{} messages", input.messages.len());
    Ok(())
}

/// Runs a program until the first byte of its output is there.
fn first(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut program = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn()?;
    let output = program.stdout.as_mut().context("there is no output")?;
    output.read_exact(&mut [0])?;
    program.kill()?;
    program.wait()?;
    Ok(())
}

/// So many chunks of each retrieval are cited.
const CITED: u64 = 3;

#[allow(clippy::too_many_lines, reason = "one document, written from top to bottom")]
/// A session of so many messages; a retrieval of ten chunks, three of them cited, and a tool call
/// every five messages.
fn document(messages: u64, session: u64, out: &mut impl Write) -> io::Result<()> {
    let mut numbers = Numbers(session);
    let second = |number: u64| {
        format!(
            "2026-09-{:02}T{:02}:{:02}:{:02}Z",
            1 + number / 86_400 % 28,
            number / 3600 % 24,
            number / 60 % 60,
            number % 60
        )
    };
    write!(
        out,
        r#"{{"analyzer_input_schema_version":2,"session_id":"{}","organization_id":"{}","agent_id":"{}","channel":"chat","started_at":"{}","ended_at":"{}","completion_reason":"user_closed","knowledge_gap_analysis_outcome":"resolved","messages":["#,
        id(1, session),
        id(2, 1),
        id(3, 1),
        second(0),
        second(messages),
    )?;
    let call = |numbers: &mut Numbers| {
        format!(r#"{{\"account\":{},\"period\":\"2026-09\"}}"#, numbers.below(100_000_000))
    };
    for turn in 0..messages {
        let assistant = turn % 2 == 1;
        let calls = if turn % 5 == 3 {
            format!(
                r#"[{{"id":"call_{turn}","type":"function","function":{{"name":"lookup_invoice","arguments":"{}"}}}}]"#,
                call(&mut numbers)
            )
        } else {
            "null".to_owned()
        };
        let length = 6 + numbers.below(30);
        write!(
            out,
            r#"{}{{"turn_id":"{}","role":"{}","timestamp":"{}","content":"{}\nRegards","tool_calls":{calls},"tool_results":null,"model_used":{},"latency_ms":{},"truncated":false,"original_char_count":null}}"#,
            if turn == 0 { "" } else { "," },
            id(4, turn),
            if assistant { "assistant" } else { "user" },
            second(turn),
            words(&mut numbers, length),
            if assistant { "\"feather-large-2\"" } else { "null" },
            if assistant { (300 + numbers.below(4000)).to_string() } else { "null".to_owned() },
        )?;
    }
    write!(out, r#"],"rag_traces":["#)?;
    let retrievals = messages / 5;
    let mut cited = Vec::new();
    for retrieval in 0..retrievals {
        let top = 9999 - numbers.below(8000);
        write!(
            out,
            r#"{}{{"rag_query_id":"{}","assistant_turn_id":"{}","query_hash":"q_{:012x}","kb_ids":["{}"],"retrieved":["#,
            if retrieval == 0 { "" } else { "," },
            id(5, retrieval),
            id(4, retrieval * 5 + 1),
            numbers.below(5000),
            id(6, numbers.below(4)),
        )?;
        for chunk in 0..10 {
            let document = numbers.below(400);
            if chunk < CITED {
                cited.push((retrieval, document, chunk));
            }
            write!(
                out,
                r#"{}{{"chunk_id":"kb-billing-{document:03}#{chunk}","doc_id":"kb-billing-{document:03}","version_id":"v{}","score":0.{:04}}}"#,
                if chunk == 0 { "" } else { "," },
                numbers.below(30),
                top * (10 - chunk) / 10,
            )?;
        }
        write!(
            out,
            r#"],"top_score":0.{top:04},"hit":{},"latency_ms":{},"answerability":{{"label":"{}","reason_code":null,"raw_top_score":0.{top:04},"score_basis":"cosine","mode":"enforce","action":"answer","threshold_low":0.4,"threshold_high":0.7}}}}"#,
            top > 4000,
            20 + numbers.below(400),
            if top > 4000 { "answerable" } else { "unanswerable" },
        )?;
    }
    write!(out, r#"],"citations":["#)?;
    for (place, (retrieval, document, chunk)) in cited.into_iter().enumerate() {
        write!(
            out,
            r#"{}{{"assistant_turn_id":"{}","kb_id":"{}","doc_id":"kb-billing-{document:03}","chunk_id":"kb-billing-{document:03}#{chunk}","version_id":null}}"#,
            if place == 0 { "" } else { "," },
            id(4, retrieval * 5 + 1),
            id(6, 0),
        )?;
    }
    write!(out, r#"],"tool_calls":["#)?;
    for number in 0..messages / 5 {
        let turn = number * 5 + 3;
        let arguments = call(&mut numbers);
        let failed = number % 30 == 0;
        let result = words(&mut numbers, 25);
        write!(
            out,
            r#"{}{{"tool_call_id":"call_{turn}","assistant_turn_id":"{}","name":"lookup_invoice","arguments":"{arguments}","arguments_parsed":{},"result":{},"error":{},"latency_ms":{}}}"#,
            if number == 0 { "" } else { "," },
            id(4, turn),
            arguments.replace('\\', ""),
            if failed { "null".to_owned() } else { format!("\"{result}\"") },
            if failed { "\"upstream timed out\"" } else { "null" },
            20 + numbers.below(900),
        )?;
    }
    writeln!(
        out,
        r#"],"handoff_events":[],"kb_snapshot":null,"user_feedback":null,"csat":{{"timestamp":"{}","score":4,"scale_max":5}},"reopen":null,"customer_metadata":null,"missing_evidence_reasons":["no_kb_snapshot","no_user_feedback"]}}"#,
        second(messages),
    )
}

fn folder(count: u64, messages: u64, path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path)?;
    for session in 1..=count {
        let file = path.join(format!("{}.json", id(1, session)));
        let mut out =
            BufWriter::new(File::create(&file).with_context(|| file.display().to_string())?);
        document(messages, session, &mut out)?;
        out.flush()?;
    }
    Ok(())
}

const LIMITS: &str = "LIMIT is bucket RATE BURST [RETRY_AFTER [SECONDS RATE]…] (from so many seconds \
    on, another rate) or random PERCENT [RETRY_AFTER]; a RETRY_AFTER of - is none";

/// Which requests are refused with 429.
enum Limit {
    None,
    /// What a bucket has no token for.
    Bucket {
        /// From when on, in seconds since the first request, so many are filled in a second.
        rates: Vec<(f64, f64)>,
        burst: f64,
        tokens: f64,
        first: Option<Instant>,
        filled: f64,
        retry_after: Option<String>,
    },
    /// So many of a hundred, whatever comes.
    Random {
        percent: u64,
        numbers: Numbers,
        retry_after: Option<String>,
    },
}

impl Limit {
    fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let header =
            |word: Option<&&str>| word.filter(|word| **word != "-").map(|word| (*word).to_owned());
        match words {
            [] => Ok(Self::None),
            ["bucket", rate, burst, rest @ ..] => {
                let mut rates = vec![(0.0, rate.parse()?)];
                for change in rest.get(1..).unwrap_or_default().chunks(2) {
                    let [at, rate] = change else { bail!("{LIMITS}") };
                    rates.push((at.parse()?, rate.parse()?));
                }
                let burst = burst.parse()?;
                let retry_after = header(rest.first());
                Ok(Self::Bucket {
                    rates,
                    burst,
                    tokens: burst,
                    first: None,
                    filled: 0.0,
                    retry_after,
                })
            }
            ["random", percent, rest @ ..] => {
                let numbers = Numbers(u64::from(std::process::id()));
                let retry_after = header(rest.first());
                Ok(Self::Random { percent: percent.parse()?, numbers, retry_after })
            }
            _ => bail!("{LIMITS}"),
        }
    }

    /// The answer to a request that is refused; None where it is accepted.
    fn refuse(&mut self) -> Option<Response<Full<Bytes>>> {
        match self {
            Self::None => None,
            Self::Bucket { rates, burst, tokens, first, filled, retry_after } => {
                let now = first.get_or_insert_with(Instant::now).elapsed().as_secs_f64();
                let rate = rates.iter().rev().find(|(from, _)| now >= *from);
                let rate = rate.map_or(0.0, |(_, rate)| *rate);
                *tokens = (*tokens + rate * (now - *filled)).min(*burst);
                *filled = now;
                if *tokens < 1.0 {
                    return Some(refusal(retry_after.as_deref()));
                }
                *tokens -= 1.0;
                None
            }
            Self::Random { percent, numbers, retry_after } => {
                (numbers.below(100) < *percent).then(|| refusal(retry_after.as_deref()))
            }
        }
    }
}

/// The answer to a request that is refused.
fn refusal(retry_after: Option<&str>) -> Response<Full<Bytes>> {
    let body = r#"{"error":"rate_limited","message":"Too many requests."}"#;
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    if let Some(value) = retry_after.and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// Answers every request with a small session, after a while, or refuses it; prints its base URL
/// first.
fn serve(delay: Duration, limit: Limit) -> anyhow::Result<()> {
    let limit = Arc::new(Mutex::new(limit));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("http://{}", listener.local_addr()?);
        let mut body = Vec::new();
        document(20, 1, &mut body)?;
        let body = String::from_utf8(body)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            let limit = Arc::clone(&limit);
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let refused = limit.lock().unwrap_or_else(PoisonError::into_inner).refuse();
                let response = refused.unwrap_or_else(|| {
                    // Every session is the same but for its id.
                    let asked = request.uri().path().split('/').nth(3).unwrap_or_default();
                    let body = body.replacen(&id(1, 1).to_string(), asked, 1);
                    Response::new(Full::new(Bytes::from(body)))
                });
                async move {
                    if !delay.is_zero() {
                        tokio::time::sleep(delay).await;
                    }
                    Ok::<_, Infallible>(response)
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}
