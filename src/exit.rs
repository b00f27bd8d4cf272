//! The exit codes: the only place that knows their numbers.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How a run ended. The two digits of 29 to 50 come from the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Everything asked for was done; also when the reader of a pipe goes away.
    Done,
    /// A failure without a code of its own, or several sessions that failed with different codes.
    Failure,
    /// The command line, the key or the base URL may not be used.
    Usage,
    /// No whole HTTP response arrived.
    Network,
    /// What arrived, or what a file holds, is no analysis input.
    Document,
    /// A `--fail-on` condition matched, or a figure is worse.
    Matched,
    /// A gate was asked for, and there is nothing it could judge.
    Unjudged,
    /// HTTP 429, after the retries.
    RateLimited,
    /// HTTP 3xx: a redirect, which is never followed.
    Redirect,
    /// HTTP 400 and every 4xx without a code of its own.
    Client,
    /// HTTP 401, or no key for a host that is not loopback.
    Unauthorized,
    /// HTTP 422.
    Invalid,
    /// HTTP 403.
    Forbidden,
    /// HTTP 404.
    NotFound,
    /// HTTP 409: the session is not in a terminal state.
    NotTerminal,
    /// HTTP 5xx.
    Server,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// Every code, ascending.
    pub const ALL: [Self; 17] = [
        Self::Done,
        Self::Failure,
        Self::Usage,
        Self::Network,
        Self::Document,
        Self::Matched,
        Self::Unjudged,
        Self::RateLimited,
        Self::Redirect,
        Self::Client,
        Self::Unauthorized,
        Self::Invalid,
        Self::Forbidden,
        Self::NotFound,
        Self::NotTerminal,
        Self::Server,
        Self::Interrupted,
    ];

    /// The number the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Network => 3,
            Self::Document => 4,
            Self::Matched => 10,
            Self::Unjudged => 11,
            Self::RateLimited => 29,
            Self::Redirect => 30,
            Self::Client => 40,
            Self::Unauthorized => 41,
            Self::Invalid => 42,
            Self::Forbidden => 43,
            Self::NotFound => 44,
            Self::NotTerminal => 49,
            Self::Server => 50,
            Self::Interrupted => 130,
        }
    }

    /// What the number means, as `--help` and the README say it.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done (also when the reader of a pipe goes away)",
            Self::Failure => {
                "another failure: a file that cannot be written, sessions that failed in different ways"
            }
            Self::Usage => {
                "usage: a bad option, no session id and no such file, a key or base URL that may not be used"
            }
            Self::Network => "network: no whole response (DNS, connect, TLS, time-out, cut off)",
            Self::Document => "unusable document: not JSON, not an analysis input, over --max-size",
            Self::Matched => "a --fail-on condition matched, or a --fail-if-worse figure is worse",
            Self::Unjudged => {
                "nothing to judge: no session was selected where a gate was asked for, or too few to compare"
            }
            Self::RateLimited => "429: rate limited, after the retries",
            Self::Redirect => "3xx: redirects are not followed, they would carry the key elsewhere",
            Self::Client => "400, and any other 4xx",
            Self::Unauthorized => "401, or no key for a host that is not loopback",
            Self::Invalid => "422: the server refused the request's form",
            Self::Forbidden => "403: the key may not read this session",
            Self::NotFound => "404: no such session, or another organization's",
            Self::NotTerminal => "409: the session has not ended (also when --wait ran out)",
            Self::Server => "5xx: the server failed",
            Self::Interrupted => "interrupted (Ctrl-C)",
        }
    }

    /// The code for an HTTP status that is not a success.
    pub const fn from_status(status: u16) -> Self {
        match status {
            300..=399 => Self::Redirect,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::NotTerminal,
            422 => Self::Invalid,
            429 => Self::RateLimited,
            400..=499 => Self::Client,
            500..=599 => Self::Server,
            _ => Self::Network,
        }
    }

    /// The table as `--help` prints it, a code a line.
    pub fn table() -> String {
        let mut table = String::new();
        for exit in Self::ALL {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "  {:>3}  {}", exit.code(), exit.meaning());
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_the_code_its_digits_promise() {
        for (status, code) in [
            (300, 30),
            (302, 30),
            (308, 30),
            (400, 40),
            (401, 41),
            (402, 40),
            (403, 43),
            (404, 44),
            (409, 49),
            (418, 40),
            (422, 42),
            (429, 29),
            (500, 50),
            (503, 50),
            (599, 50),
            (101, 3),
            (999, 3),
        ] {
            assert_eq!(Exit::from_status(status).code(), code, "{status}");
        }
    }

    #[test]
    fn the_list_is_whole_and_ascending() {
        assert!(Exit::ALL.is_sorted_by(|a, b| a.code() < b.code() && a < b));
        assert_eq!(Exit::ALL.last(), Some(&Exit::Interrupted));
    }
}
