//! How to reach the API.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::parse::{parse_duration, parse_jobs, parse_size};

/// How to reach the API.
#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Answer from the sample sessions inside the program: no key, no network
    ///
    /// Without SESSION: the showcase session; all samples for gaps and for what is over many, like
    /// --summary.
    #[arg(long, global = true, conflicts_with = "base_url")]
    pub demo: bool,
    /// sandbox, local or a URL [default: $FEATHER_BASE_URL, else sandbox]
    ///
    /// local is http://localhost:8000, where feather-analysis demo serves.
    #[arg(long, global = true, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub base_url: Option<String>,
    /// File that holds the API key, or - for standard input
    ///
    /// Without it the key is taken from FEATHER_API_KEY, then from the file that
    /// FEATHER_API_KEY_FILE names. A key is never taken from an argument: other users of the
    /// machine could see it.
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub api_key_file: Option<PathBuf>,
    /// Wait while a session still runs: up to DURATION, 10m when bare
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10m",
        value_parser = parse_duration,
        hide_short_help = true
    )]
    pub wait: Option<Duration>,
    /// Sessions to fetch at a time
    #[arg(
        long,
        short,
        global = true,
        value_name = "N",
        default_value = "8",
        value_parser = parse_jobs,
        hide_short_help = true
    )]
    pub jobs: NonZeroUsize,
    /// Further tries after a failure that can pass
    ///
    /// Tried again: connect errors, time-outs, cut answers, 408, 425, 429, 500, 502 to 504, 520 to
    /// 524, 529. The pauses grow and are partly random; a Retry-After header is honoured, but one
    /// of more than a minute ends the session. While others get through, a 429 costs no try, up to
    /// N times.
    #[arg(long, global = true, value_name = "N", default_value_t = 3, hide_short_help = true)]
    pub retries: u32,
    /// Time for one try, from connecting to the last byte
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        default_value = "30s",
        value_parser = parse_duration,
        hide_short_help = true
    )]
    pub timeout: Duration,
    /// Time to connect
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        default_value = "10s",
        value_parser = parse_duration,
        hide_short_help = true
    )]
    pub connect_timeout: Duration,
    /// Trust the certificates in this PEM file too
    #[arg(
        long,
        global = true,
        value_name = "PEM",
        value_hint = clap::ValueHint::FilePath,
        hide_short_help = true
    )]
    pub ca_cert: Option<PathBuf>,
    /// Show the server the certificate in this PEM file, where it asks for one
    #[arg(
        long,
        global = true,
        value_name = "PEM",
        value_hint = clap::ValueHint::FilePath,
        hide_short_help = true
    )]
    pub cert: Option<PathBuf>,
    /// Its private key [default: in the file of --cert]
    #[arg(
        long,
        global = true,
        value_name = "PEM",
        requires = "cert",
        value_hint = clap::ValueHint::FilePath,
        hide_short_help = true
    )]
    pub key: Option<PathBuf>,
    /// A further header for a gateway before the API; repeatable
    ///
    /// 'Name: value', or @FILE with one a line, blank lines and # comments left out: a file of your
    /// own, since other users of the machine can see arguments. It goes to the host of --base-url
    /// alone, and its value is shown nowhere. x-api-key is not among them.
    #[arg(
        long,
        global = true,
        value_name = "HEADER",
        value_hint = clap::ValueHint::Other,
        hide_short_help = true
    )]
    pub header: Vec<String>,
    /// Largest document taken, decoded
    #[arg(
        long,
        global = true,
        value_name = "SIZE",
        default_value = "512MiB",
        value_parser = parse_size,
        hide_short_help = true
    )]
    pub max_size: u64,
    /// Send the key over plain http to a host that is not loopback
    #[arg(long, global = true, hide_short_help = true)]
    pub allow_http: bool,
}
