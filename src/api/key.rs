//! The API key: where it comes from, what it may hold, and that nothing prints it.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;

use crate::failure::Failure;
use crate::input::decode;

/// A key is a few dozen characters; a file that goes on and on is something else.
const MAX_KEY_FILE: u64 = 8 * 1024;

/// What people put around a value.
const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];

/// From so many characters on a key is hidden where a server tells it.
const SECRET: usize = 6;

/// What stands in its place.
const HIDDEN: &str = "[the API key]";

/// An API key, ready to be sent. It has no way to be shown.
#[derive(Clone)]
pub struct Key(HeaderValue);

impl Key {
    /// The header's value, marked sensitive.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// A text that may have come from a server, without the key: what is sent to it can come back. A
    /// key of a few letters is no secret, and stands in any text.
    pub fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let key = self.0.to_str().unwrap_or_default();
        let escaped = key.replace('\\', "\\\\").replace('"', "\\\"");
        let mut text = Cow::Borrowed(text);
        for key in [&*escaped, key] {
            if key.len() >= SECRET && text.contains(key) {
                text = Cow::Owned(text.replace(key, HIDDEN));
            }
        }
        text
    }

    /// A key from `text`; `whence` names its source in the error.
    fn new(text: &str, whence: &str) -> Result<Self, Failure> {
        let refuse = |what: &str| {
            Failure::usage(format!("the API key from {whence} {what}"))
                .hint("a key is one word of plain ASCII characters; copy it again")
        };
        if text.is_empty() {
            return Err(refuse("is empty"));
        }
        if text.contains(['\n', '\r']) {
            return Err(refuse("has a line break in it"));
        }
        if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
            return Err(refuse("has quotes around it").hint("take the quotes away"));
        }
        if text.starts_with("FEATHER_API_KEY=") {
            return Err(refuse("is a line of a settings file")
                .hint("leave the key alone, without FEATHER_API_KEY= before it"));
        }
        if !text.is_ascii() {
            return Err(refuse("has a character that is not ASCII"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("has a space or a control character in it"));
        }
        let mut value =
            HeaderValue::from_str(text).map_err(|_| refuse("cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The key from a file, `-` being standard input. A line break at its end is trimmed.
    fn from_file(path: &Path, named_by: &str) -> Result<Self, Failure> {
        let whence = path.display().to_string();
        let unreadable = |error: std::io::Error| {
            if is_there(path) {
                return Failure::usage(format!(
                    "the API key file {whence} cannot be read: {error}"
                ))
                .hint("name a readable file with --api-key-file or FEATHER_API_KEY_FILE");
            }
            Failure::usage(format!(
                "the API key file that {named_by} names cannot be read: {error}"
            ))
            .hint(
                "its name is not repeated, in case it is the key itself: that goes into \
                     FEATHER_API_KEY, or into a file of which this is the name",
            )
        };
        let mut bytes = Vec::new();
        if path.as_os_str() == "-" {
            std::io::stdin().lock().take(MAX_KEY_FILE).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(path)
                .and_then(|file| file.take(MAX_KEY_FILE).read_to_end(&mut bytes))
        }
        .map_err(unreadable)?;
        let whence = if path.as_os_str() == "-" { "standard input" } else { &whence };
        let text = text_of(bytes, whence)?;
        Self::new(text.trim_end_matches(['\n', '\r']), whence)
    }
}

/// The text of a key file, in whatever coding it was saved.
fn text_of(bytes: Vec<u8>, whence: &str) -> Result<String, Failure> {
    // No key is taken for something else because of how it begins.
    if bytes.is_ascii() && !bytes.contains(&0) {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let refuse = |what: &str| {
        Failure::usage(format!("the API key from {whence} {what}"))
            .hint("a key file is text that holds the key alone; copy it again")
    };
    let decoded = decode::decode(bytes, std::io::empty())
        .map_err(|foreign| refuse(&format!("is {}", foreign.what)))?;
    let mut text = Vec::new();
    let read = decoded.text.take(MAX_KEY_FILE).read_to_end(&mut text);
    read.map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Where a key may come from, in order of precedence.
#[derive(Debug, Default)]
pub struct Sources {
    /// `--api-key-file`.
    pub option: Option<PathBuf>,
    /// `FEATHER_API_KEY`.
    pub variable: Option<std::ffi::OsString>,
    /// `FEATHER_API_KEY_FILE`.
    pub file_variable: Option<PathBuf>,
}

impl Sources {
    /// The first key there is, and a warning where its file is open to others.
    pub fn read(&self) -> Result<(Option<Key>, Option<String>), Failure> {
        let read_file = |path: &Path, named_by: &str| {
            let key = Key::from_file(path, named_by)?;
            Ok((Some(key), open_to_others(path).then(|| warning("API key", path))))
        };
        if let Some(path) = &self.option {
            return read_file(path, "--api-key-file");
        }
        if let Some(variable) = self.variable.as_ref().filter(|value| !value.is_empty()) {
            let text = variable.to_str().ok_or_else(|| {
                Failure::usage("the API key from FEATHER_API_KEY has a character that is not ASCII")
                    .hint("a key is one word of plain ASCII characters; copy it again")
            })?;
            return Ok((Some(Key::new(text, "FEATHER_API_KEY")?), None));
        }
        match self.file_variable.as_ref().filter(|path| !path.as_os_str().is_empty()) {
            Some(path) => read_file(path, "FEATHER_API_KEY_FILE"),
            None => Ok((None, None)),
        }
    }
}

/// Whether something has this name. What is no name may be the secret itself, so that no error repeats
/// it.
pub(super) fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// What there is to say of a file of secrets that others can read; `kind` says what it holds.
pub(super) fn warning(kind: &str, path: &Path) -> String {
    let path = path.display();
    format!("the {kind} file {path} can be read by others; chmod 600 {path} keeps it yours")
}

/// Whether others can read a file.
#[cfg(unix)]
pub(super) fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

/// Whether others can read a file: not told apart on this platform.
#[cfg(not(unix))]
pub(super) fn open_to_others(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_of_ascii() {
        assert!(Key::new("fk_live_0123", "a test").is_ok());
        for bad in ["", "a\nb", "a\r", "clé", "a b", "a\tb", "a\u{7f}", "\"ab\"", "“ab”", "'ab"]
        {
            let failure = Key::new(bad, "a test").unwrap_err();
            assert!(failure.message.contains("a test"), "{}", failure.message);
            assert!(bad.is_empty() || !failure.message.contains(bad), "{}", failure.message);
        }
    }

    #[test]
    fn a_key_shows_itself_to_nobody() {
        let key = Key::new("fk_live_0123", "a test").unwrap();
        assert!(!format!("{key:?} {:?}", key.header()).contains("0123"));
    }
}
