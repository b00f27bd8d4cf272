//! One document: where it came from, and whether it is an analysis input.

use std::fmt;
use std::thread;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::api;
use crate::exit::Exit;
use crate::failure::{Failure, Subject};
use crate::input::split::{Outline, Seam};
use crate::model::{KNOWN_SCHEMA_VERSION, SessionAnalysisInput, Text, json_type};

/// Nesting past this is refused: indenting it would blow a document up by its square.
pub const MAX_DEPTH: usize = 1000;

/// From this size on, in bytes, a thread of its own pays.
const LARGE: usize = 1 << 20;

/// Where a document came from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The API's answer for a session.
    Session {
        /// The session that was asked for.
        id: Uuid,
        /// The status, one of success.
        status: u16,
        /// What the server called the body.
        content_type: Option<String>,
        /// How many requests it took.
        tries: u32,
    },
    /// A file or standard input.
    File {
        /// How the user named it.
        label: String,
        /// The line on which the document begins, from 1.
        line: usize,
    },
}

impl Origin {
    /// How failures name it.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Session { id, .. } => Subject::Session(*id),
            Self::File { label, line: 1 } => Subject::Source(label.clone()),
            Self::File { label, line } => Subject::Source(format!("{label}, line {line}")),
        }
    }
}

/// A document, known to be UTF-8 and nothing more.
#[derive(Debug)]
pub struct Document {
    origin: Origin,
    text: String,
}

/// What is known of a document that was checked.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The session's id as it was sent.
    pub session_id: Text<'a>,
    /// The schema version, whatever was sent for it.
    pub schema_version: Option<&'a RawValue>,
    /// Where its text can be taken apart.
    pub seams: Vec<Seam>,
}

/// The two fields that are asked of every document.
struct Head<'a> {
    session_id: Text<'a>,
    schema_version: Option<&'a RawValue>,
}

impl Document {
    /// A document of these bytes. Fails where they are not UTF-8.
    pub fn new(origin: Origin, bytes: Vec<u8>) -> Result<Self, Failure> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { origin, text }),
            Err(error) => {
                let position = error.utf8_error().valid_up_to();
                let bytes = error.as_bytes();
                let message = if bytes.starts_with(&[0x1f, 0x8b]) {
                    "gzip data that was not declared as such, not JSON".to_owned()
                } else {
                    format!("not JSON: byte {} is not UTF-8", position + 1)
                };
                let message = match &origin {
                    Origin::Session { content_type: Some(kind), .. } => {
                        format!("{message} ({kind})")
                    }
                    _ => message,
                };
                Err(unusable(&origin, message))
            }
        }
    }

    /// The bytes as they came.
    pub fn raw(&self) -> &str {
        &self.text
    }

    /// The JSON text, without a byte-order mark or blank space around it.
    pub fn json(&self) -> &str {
        self.text.trim_start_matches('\u{feff}').trim_matches([' ', '\n', '\r', '\t'])
    }

    /// Whether it was fetched: the next one may be long in coming.
    pub fn is_fetched(&self) -> bool {
        matches!(self.origin, Origin::Session { .. })
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Checks that this is JSON, an object, and has a `session_id`; no more is asked.
    pub fn check(&self) -> Result<Checked<'_>, Failure> {
        let (head, outline) = self.outlined(|| serde_json::from_str(self.json()));
        let Head { session_id, schema_version } =
            head.map_err(|error| self.refuse(&error, None))?;
        self.refuse_depth(&outline)?;
        Ok(Checked { session_id, schema_version, seams: outline.seams })
    }

    /// Reads the parts that `M`, `R`, `C` and `T` ask for.
    pub fn read<'a, M, R, C, T>(&'a self) -> Result<SessionAnalysisInput<'a, M, R, C, T>, Failure>
    where
        M: Deserialize<'a>,
        R: Deserialize<'a>,
        C: Deserialize<'a>,
        T: Deserialize<'a>,
    {
        let (input, outline) = self.outlined(|| serde_json::from_str(self.json()));
        let input = input.map_err(|error| {
            // Read again, slower, only to name the place.
            let mut deserializer = serde_json::Deserializer::from_str(self.json());
            let path = serde_path_to_error::deserialize::<_, SessionAnalysisInput<'a, M, R, C, T>>(
                &mut deserializer,
            )
            .err()
            .map(|error| error.path().to_string())
            .filter(|path| path != ".");
            self.refuse(&error, path.as_deref())
        })?;
        self.refuse_depth(&outline)?;
        Ok(input)
    }

    /// Parses, and takes the outline beside it where the document is large.
    fn outlined<T>(&self, parse: impl FnOnce() -> T) -> (T, Outline) {
        let outline = || Outline::of(self.json().as_bytes());
        if self.text.len() < LARGE {
            return (parse(), outline());
        }
        thread::scope(|scope| {
            let aside = scope.spawn(outline);
            // A thread that panicked has said so; what it should have done is done here.
            (parse(), aside.join().unwrap_or_else(|_| outline()))
        })
    }

    /// Reads every part, whole.
    pub fn read_whole(&self) -> Result<SessionAnalysisInput<'_>, Failure> {
        self.read()
    }

    fn refuse_depth(&self, outline: &Outline) -> Result<(), Failure> {
        if outline.depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("nested {} levels deep; {MAX_DEPTH} is the most", outline.depth);
        Err(unusable(&self.origin, message))
    }

    /// What is odd about the document without making it unusable.
    pub fn remarks(&self, session_id: &str, schema_version: Option<i64>) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Origin::Session { id, .. } = &self.origin
            && Uuid::parse_str(session_id).ok() != Some(*id)
        {
            remarks
                .push(format!("the server answered with another session's document: {session_id}"));
        }
        if let Some(version) = schema_version.filter(|version| *version > KNOWN_SCHEMA_VERSION) {
            remarks.push(format!(
                "schema version {version} is newer than this program knows ({KNOWN_SCHEMA_VERSION}); \
                 fields it adds are kept by fetch and not shown elsewhere"
            ));
        }
        remarks
    }

    /// Says why the parser refused the document.
    fn refuse(&self, error: &serde_json::Error, path: Option<&str>) -> Failure {
        let json = self.json();
        let begins = json.get(..15).unwrap_or(json).to_ascii_lowercase();
        let html = begins.starts_with("<!doctype html") || begins.starts_with("<html");
        // What is nothing like a document is named; where it fails says little.
        let what = match (json.bytes().next(), serde_json::from_str::<&RawValue>(json)) {
            (None, _) => Some("an empty body".to_owned()),
            (Some(b'{'), _) => None,
            (Some(_), _) if html => Some("an HTML page, not JSON".to_owned()),
            (Some(_), Ok(value)) => Some(format!("a JSON {}, not an object", json_type(value))),
            (Some(_), Err(_)) => Some("not JSON".to_owned()),
        };
        let message = match (&what, error.classify()) {
            (Some(what), _) => what.clone(),
            (None, Category::Data) => {
                let path = path.map(|path| format!("{path}: ")).unwrap_or_default();
                format!("not an analysis input: {path}{}", self.place(error))
            }
            (None, Category::Eof) => format!("not JSON: it breaks off: {}", self.place(error)),
            (None, _) => format!("not JSON: {}", self.place(error)),
        };
        let message = match &self.origin {
            Origin::Session { content_type: Some(kind), .. } if what.is_some() => {
                format!("the server answered with {message} ({kind})")
            }
            Origin::Session { .. } if what.is_some() => {
                format!("the server answered with {message}")
            }
            _ => message,
        };
        unusable(&self.origin, self.quoting(message))
    }

    /// The message, or what the answer itself says in the place of a document: an error under a
    /// status of success, a page to log in.
    fn quoting(&self, message: String) -> String {
        let Origin::Session { status, .. } = self.origin else { return message };
        let json = self.json();
        // Nothing of a document goes into a message: it is customers' words.
        if json.contains("\"session_id\"") {
            return message;
        }
        match api::words(json.as_bytes()) {
            Some(words) if json.starts_with('{') => {
                format!("{status}, but no analysis input, it says: {words}")
            }
            Some(words) => format!("{message}: {words}"),
            None => message,
        }
    }

    /// The parser's message, its line counted from the top of the file.
    fn place(&self, error: &serde_json::Error) -> String {
        let text = error.to_string();
        let (first, line, column) = match &self.origin {
            Origin::File { line, .. } => (*line, error.line(), error.column()),
            Origin::Session { .. } => (1, error.line(), error.column()),
        };
        match text.rsplit_once(" at line ") {
            Some((message, _)) if line > 0 => {
                format!("{message} (line {}, column {column})", first + line - 1)
            }
            _ => text,
        }
    }
}

fn unusable(origin: &Origin, message: String) -> Failure {
    let hint = match origin {
        Origin::Session { status: 202, .. } => "it may not be ready yet; ask again later",
        Origin::Session { .. } => {
            "check --base-url; if it is right, something between here and the API answers for it"
        }
        Origin::File { .. } => "documents are what feather-analysis fetch prints",
    };
    let mut failure = Failure::new(Exit::Document, origin.subject(), message).hint(hint);
    if let Origin::Session { status, tries, .. } = origin {
        failure.status = Some(*status);
        failure.tries = *tries;
    }
    failure
}

impl<'de: 'a, 'a> Deserialize<'de> for Head<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeadVisitor;

        impl<'de> Visitor<'de> for HeadVisitor {
            type Value = Head<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a session_id")
            }

            // By hand, since a key that stands twice is no reason to refuse a document.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
                let mut session_id = None;
                let mut schema_version = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key {
                        "session_id" => session_id = Some(map.next_value()?),
                        "analyzer_input_schema_version" => schema_version = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let session_id =
                    session_id.ok_or_else(|| serde::de::Error::missing_field("session_id"))?;
                Ok(Head { session_id, schema_version })
            }
        }

        deserializer.deserialize_map(HeadVisitor)
    }
}
