//! The pace against servers that refuse what is too much for them, or what they please.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Reply, Run, Server, id, list, ms, run, until};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(id).collect()
}

/// Fetches the first `count` sessions; says how long it took.
fn fetch(server: &Server, arguments: &[&str], count: usize) -> (Run, Duration) {
    let begun = Instant::now();
    let done =
        run(server.fetch(&["-", "-f", "ndjson"]).args(arguments).write_stdin(list(&ids(count))));
    (done, begun.elapsed())
}

fn refusal(retry_after: Option<&str>) -> Reply {
    let refused = Reply::error(429, "rate_limited", "Too many requests.");
    match retry_after {
        Some(pause) => refused.header("Retry-After", pause),
        None => refused,
    }
}

/// A token bucket that holds 20 and is filled at a rate that may change.
fn bucket(rate: fn(Duration) -> f64, retry_after: Option<&'static str>) -> Server {
    let state = Mutex::new((20.0_f64, None));
    Server::start(move |request| {
        let mut state = state.lock().unwrap();
        let (tokens, times) = &mut *state;
        let now = Instant::now();
        let (begun, filled) = times.unwrap_or((now, now));
        let filling = rate(now - begun) * (now - filled).as_secs_f64();
        *tokens = (*tokens + filling).min(20.0);
        *times = Some((begun, now));
        if *tokens < 1.0 {
            return refusal(retry_after);
        }
        *tokens -= 1.0;
        Reply::ok(request)
    })
}

#[test]
fn the_pace_stays_near_what_the_server_accepts() {
    // The full sizes are in the simulations and in tests/bench.
    let halved = |time: Duration| if time < ms(2000) { 200.0 } else { 100.0 };
    let doubled = |time: Duration| if time < ms(3000) { 100.0 } else { 200.0 };
    let constant = |_: Duration| 100.0;
    std::thread::scope(|scope| {
        for (rate, retry_after, jobs, count, ideal) in [
            (constant as fn(Duration) -> f64, Some("1"), "8", 620, 6.0),
            (constant, None, "16", 620, 6.0),
            (halved, Some("1"), "8", 820, 6.0),
            (doubled, None, "16", 920, 6.0),
        ] {
            scope.spawn(move || {
                let server = bucket(rate, retry_after);
                let (done, took) = fetch(&server, &["--jobs", jobs], count);
                assert_eq!(done.succeeded().ids(), ids(count));
                // Two seconds for a machine that has other things to do.
                let most = Duration::from_secs_f64(1.25 * ideal + 2.0);
                assert!(took < most, "{retry_after:?}, {ideal}: {took:?}");
                // Those beyond are from before there is a pace, of which a fast machine makes more.
                assert!(server.count() < 2 * count, "{} of {count}", server.count());
            });
        }
    });
}

/// Refuses so many of a hundred, whatever the rate; which ones looks random.
fn random(percent: u64, retry_after: Option<&'static str>) -> Server {
    Server::start(move |request| {
        let mixed = (request.number as u64).wrapping_mul(6_364_136_223_846_793_005) >> 33;
        if mixed % 100 < percent { refusal(retry_after) } else { Reply::ok(request) }
    })
}

#[test]
fn what_somebody_else_is_the_cause_of_barely_slows_anything() {
    std::thread::scope(|scope| {
        for (percent, retry_after, most) in
            [(3, Some("1"), 5), (3, None, 5), (10, Some("1"), 12), (10, None, 12)]
        {
            scope.spawn(move || {
                let server = random(percent, retry_after);
                let (done, took) = fetch(&server, &[], 500);
                assert_eq!(done.succeeded().ids(), ids(500));
                assert!(server.count() > 505, "{} requests", server.count());
                let case = format!("{percent} %, {retry_after:?}");
                assert!(took < Duration::from_secs(most), "{case}: {took:?}");
            });
        }
    });
}

#[test]
fn a_server_that_refuses_everything_is_left_alone() {
    std::thread::scope(|scope| {
        for retry_after in [Some("0.2"), Some("0"), None] {
            scope.spawn(move || {
                let server = Server::always(refusal(retry_after));
                let arguments = ["--retries", "2", "--error-format", "json"];
                let (done, took) = fetch(&server, &arguments, 6);
                let rows = done.failed_with(29).errors();
                assert_eq!(rows.len(), 7, "{rows:#?}");
                for row in &rows[..6] {
                    assert_eq!(
                        (&row["exit_code"], &row["tries"]),
                        (&29.into(), &3.into()),
                        "{row}"
                    );
                }
                let mut requests = HashMap::new();
                for request in server.requests() {
                    *requests.entry(request.index()).or_insert(0) += 1;
                }
                assert!(requests.len() == 6 && requests.values().all(|count| *count == 3));
                // Eight at once, and then ever fewer: soon one a second.
                let requests = server.requests();
                let last = &requests[requests.len() - 5..];
                let four_gaps = last[4].at - last[0].at;
                assert!(four_gaps > ms(2500), "{retry_after:?}: {four_gaps:?} of {took:?}");
            });
        }
    });
}

/// Answers 429 to every request over 50 in a second; refused ones may or may not count.
fn window(retry_after: Option<&'static str>, counts_refused: bool) -> Server {
    let counted = Mutex::new(Vec::<Instant>::new());
    Server::start(move |request| {
        let mut counted = counted.lock().unwrap();
        counted.retain(|at| at.elapsed() < Duration::from_secs(1));
        let over = counted.len() >= 50;
        if !over || counts_refused {
            counted.push(Instant::now());
        }
        if over { refusal(retry_after) } else { Reply::ok(request) }
    })
}

#[test]
fn a_limit_by_the_second_slows_all_and_loses_none() {
    std::thread::scope(|scope| {
        // One that claims to be over at once is no less a limit.
        for (retry_after, counts_refused) in [(None, false), (Some("1"), false), (Some("0"), true)]
        {
            scope.spawn(move || {
                let server = window(retry_after, counts_refused);
                let (done, took) = fetch(&server, &["--jobs", "16"], 300);
                assert_eq!(done.succeeded().ids(), ids(300));
                assert!(server.count() < 450, "{} requests", server.count());
                assert!(server.most_in_flight() <= 16, "{}", server.most_in_flight());
                assert!(took < Duration::from_secs(20), "{took:?}");
            });
        }
    });
}

#[test]
fn a_session_that_is_refused_waits_for_as_long_as_it_was_told_and_the_others_go_on() {
    let server = Server::start(|request| {
        if request.index() == 3 && request.nth == 1 {
            return refusal(Some("2"));
        }
        Reply::ok(request).after(ms(5))
    });
    let (done, _) = fetch(&server, &["--jobs", "4"], 200);
    assert_eq!(done.succeeded().ids(), ids(200));
    let requests = server.requests();
    let [first, second] =
        &requests.iter().filter(|request| request.index() == 3).collect::<Vec<_>>()[..]
    else {
        panic!("asked for twice");
    };
    assert!(second.at - first.at >= ms(1990), "{:?}", second.at - first.at);
    // All others came meanwhile, as fast as ever.
    let others = requests.iter().filter(|request| request.index() != 3).map(|request| request.at);
    assert!(others.max().unwrap() - first.at < ms(1500));
}

#[test]
fn a_limit_that_strikes_many_at_once_costs_none_of_them_more_than_a_try() {
    let come = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        // The first eight are refused twice, the first time all together.
        if request.index() >= 8 || request.nth > 2 {
            return Reply::ok(request);
        }
        if request.nth == 1 {
            come.fetch_add(1, Ordering::SeqCst);
            until("all have come", || come.load(Ordering::SeqCst) == 8);
        }
        refusal(Some("0.1"))
    });
    let (done, _) = fetch(&server, &["--jobs", "8", "--retries", "1"], 40);
    assert_eq!(done.succeeded().ids(), ids(40));
    assert_eq!(server.count(), 40 + 16);
}

#[test]
fn no_retries_are_none_for_a_limit_too() {
    let server = Server::always(refusal(Some("0.1")).after(ms(100)));
    let (done, _) = fetch(&server, &["--jobs", "8", "--retries", "0"], 8);
    assert_eq!((done.code, server.count()), (29, 8), "{done:#?}");
}

#[test]
fn a_session_that_is_refused_always_ends_while_all_others_get_through() {
    let server = Server::start(|request| match request.index() {
        20 => refusal(Some("0.1")),
        _ => Reply::ok(request).after(ms(10)),
    });
    let (done, _) = fetch(&server, &["--jobs", "2", "--retries", "2"], 100);
    assert_eq!((done.code, done.ids().len()), (29, 99), "{}", done.stderr);
    done.says(&[&id(20), "1 of 100 failed: 1 with 429"]);
    // One try, two further ones, and as many that cost nothing.
    assert_eq!(server.count(), 99 + 5);
}

#[test]
fn the_pace_is_told_to_those_who_ask() {
    let count = 320;
    let server = bucket(|_| 100.0, None);
    let (done, _) = fetch(&server, &["-v"], count);
    assert_eq!(done.code, 0, "{done:#?}");
    let lines: Vec<&str> = done.stderr.lines().filter(|line| line.starts_with("pace: ")).collect();
    // Not at each change, but not more than once a second either.
    assert!((1..=4).contains(&lines.len()), "{lines:#?}");
    let rate = lines[0].strip_prefix("pace: ").unwrap().split(' ').next().unwrap();
    assert!((40.0..400.0).contains(&rate.parse::<f64>().unwrap()), "{lines:#?}");
    assert!(lines[0].contains(" requests a second; of ") && lines[0].ends_with(" were refused"));

    let (done, _) = fetch(&bucket(|_| 100.0, None), &["-v", "--error-format", "json"], count);
    let rows = done.errors();
    let rows: Vec<_> = rows.iter().filter_map(|row| row.get("pace")).collect();
    assert!((1..=4).contains(&rows.len()), "{rows:#?}");
    assert!((40.0..400.0).contains(&rows[0]["per_second"].as_f64().unwrap()), "{rows:#?}");
    let [answered, refused] = ["answered", "refused"].map(|field| rows[0][field].as_u64().unwrap());
    assert!(0 < refused && refused < answered && answered < 500, "{rows:#?}");

    let (quiet, _) = fetch(&bucket(|_| 100.0, None), &[], 200);
    assert_eq!((quiet.code, &*quiet.stderr), (0, ""));
}
