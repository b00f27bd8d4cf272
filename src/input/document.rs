//! One document: where it came from, and whether it is an analysis input.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::aside::both;
use crate::failure::{Failure, Subject};
use crate::input::outline::{Outline, Seam};
use crate::input::refusal;
use crate::input::split::Place;
use crate::model::{
    self, KNOWN_SCHEMA_VERSION, MAX_DEPTH, Repaired, SessionAnalysisInput, Skipped, Text, json_type,
};

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
        label: Arc<str>,
        /// Where in it the document begins.
        place: Place,
        /// Whether the one before it begins on the same line.
        beside: bool,
    },
}

impl Origin {
    /// How failures name it.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Session { id, .. } => Subject::Session(*id),
            Self::File { label, place: Place { line, column }, beside: true } => {
                Subject::Source(format!("{label}, line {line}, column {column}"))
            }
            Self::File { label, place: Place { line: 1, .. }, .. } => {
                Subject::Source(label.to_string())
            }
            Self::File { label, place: Place { line, .. }, .. } => {
                Subject::Source(format!("{label}, line {line}"))
            }
        }
    }
}

/// A document as it came.
#[derive(Debug)]
pub struct Unread {
    /// Where it came from.
    pub origin: Origin,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A document, known to be UTF-8 and nothing more.
#[derive(Debug)]
pub struct Document {
    origin: Origin,
    text: String,
    /// What a view reads in its place, where it does not keep to the API's types.
    repaired: OnceLock<Repaired>,
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
    /// Fails where the bytes are not UTF-8.
    pub fn new(Unread { origin, bytes }: Unread) -> Result<Self, Failure> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { origin, text, repaired: OnceLock::new() }),
            Err(error) => Err(refusal::no_text(&origin, &error)),
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

    /// The session's id; None where it has none, or is no JSON.
    pub fn session_id(&self) -> Option<Text<'_>> {
        serde_json::from_str(self.json()).ok().map(|head: Head<'_>| head.session_id)
    }

    /// Checks that this is JSON, an object, and has a `session_id`; no more is asked.
    pub fn check(&self) -> Result<Checked<'_>, Failure> {
        let (head, outline) = self.outlined(|| serde_json::from_str(self.json()));
        let Head { session_id, schema_version } =
            head.map_err(|error| refusal::refuse(self, &error, None))?;
        self.refuse_depth(&outline)?;
        Ok(Checked { session_id, schema_version, seams: outline.seams })
    }

    /// Reads the parts that `M`, `R`, `C` and `T` ask for. What is of another type than the API's
    /// document says is read as well as can be; [`Self::remarks`] tells of it.
    pub fn read<'a, M, R, C, T>(&'a self) -> Result<SessionAnalysisInput<'a, M, R, C, T>, Failure>
    where
        M: Deserialize<'a>,
        R: Deserialize<'a>,
        C: Deserialize<'a>,
        T: Deserialize<'a>,
    {
        let error = match serde_json::from_str(self.json()) {
            Ok(input) => return Ok(input),
            Err(error) => error,
        };
        if !error.is_data() {
            return Err(refusal::refuse(self, &error, None));
        }
        // Past the first wrong type nothing was looked at.
        if let Err(error) = serde_json::from_str::<&RawValue>(self.json()) {
            return Err(refusal::refuse(self, &error, None));
        }
        self.refuse_depth(&Outline::of(self.json().as_bytes()))?;
        self.read_repaired(&error)
    }

    /// The same by two threads where the document is large: one reads the retrievals, the other
    /// all else, and each passes over what the other reads.
    pub fn read_by_two<'a, M, R, C, T>(
        &'a self,
    ) -> Result<SessionAnalysisInput<'a, M, R, C, T>, Failure>
    where
        M: Deserialize<'a>,
        R: Deserialize<'a> + Send,
        C: Deserialize<'a>,
        T: Deserialize<'a>,
    {
        if self.text.len() >= LARGE {
            let json = self.json();
            let retrievals = || {
                let retrievals: SessionAnalysisInput<'a, Skipped, R, Skipped, Skipped> =
                    serde_json::from_str(json).ok()?;
                Some(retrievals.rag_traces)
            };
            let rest = || -> Option<SessionAnalysisInput<'a, M, Skipped, C, T>> {
                serde_json::from_str(json).ok()
            };
            if let (Some(rag_traces), Some(rest)) = both(true, retrievals, rest) {
                return Ok(rest.with_retrievals(rag_traces));
            }
            // What is wrong is told as it stands in the document.
        }
        self.read()
    }

    /// Reads a document that is JSON and that was refused with `error`.
    fn read_repaired<'a, I: Deserialize<'a>>(
        &'a self,
        error: &serde_json::Error,
    ) -> Result<I, Failure> {
        let repaired = match self.repaired.get() {
            Some(repaired) => Ok(Some(repaired)),
            None => model::repair::<I>(self.json())
                .map(|repaired| repaired.map(|repaired| self.repaired.get_or_init(|| repaired))),
        };
        let path = || self.path_of_error::<I>();
        match repaired {
            Ok(repaired) => {
                let read = repaired.and_then(|repaired| serde_json::from_str(&repaired.json).ok());
                read.ok_or_else(|| refusal::refuse(self, error, path().as_deref()))
            }
            // Where it is the first thing that is wrong, it is known where that stands.
            Err(beyond) => Err(match path() {
                Some(path) if path != "session_id" => refusal::refuse(self, &beyond, None),
                path => refusal::refuse(self, error, path.as_deref()),
            }),
        }
    }

    /// Where a strict reading fails. Reads again, slower, only to name the place.
    fn path_of_error<'a, I: Deserialize<'a>>(&'a self) -> Option<String> {
        let mut deserializer = serde_json::Deserializer::from_str(self.json());
        let error = serde_path_to_error::deserialize::<_, I>(&mut deserializer).err()?;
        Some(error.path().to_string()).filter(|path| path != ".")
    }

    /// Parses, and takes the outline beside it where the document is large.
    fn outlined<T>(&self, parse: impl FnOnce() -> T) -> (T, Outline) {
        let outline = || Outline::of(self.json().as_bytes());
        let (outline, parsed) = both(self.text.len() >= LARGE, outline, parse);
        (parsed, outline)
    }

    fn refuse_depth(&self, outline: &Outline) -> Result<(), Failure> {
        if outline.depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("nested {} levels deep; {MAX_DEPTH} is the most", outline.depth);
        Err(refusal::unusable(&self.origin, message))
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
            .extend(self.repaired.get().into_iter().flat_map(|repaired| repaired.remarks.clone()));
        remarks
    }
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
                let mut session_id: Option<&RawValue> = None;
                let mut schema_version = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key {
                        // The last one counts, whatever the others are.
                        "session_id" => session_id = Some(map.next_value()?),
                        "analyzer_input_schema_version" => schema_version = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let session_id = session_id.ok_or_else(|| A::Error::missing_field("session_id"))?;
                let session_id = Text::deserialize(session_id).map_err(|_| {
                    let found = json_type(session_id);
                    A::Error::custom(format_args!(
                        "session_id: {found} where a string was expected"
                    ))
                })?;
                Ok(Head { session_id, schema_version })
            }
        }

        deserializer.deserialize_map(HeadVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{CitedChunk, MessageEntry, RagTraceEntry, ToolCallEntry};

    type Whole<'a> = SessionAnalysisInput<
        'a,
        MessageEntry<'a>,
        RagTraceEntry<'a>,
        CitedChunk<'a>,
        ToolCallEntry<'a>,
    >;

    #[test]
    fn two_threads_read_a_large_document_as_one_does_whole_odd_and_broken() {
        let message = json!({"turn_id": "t", "role": "user", "content": "some words ".repeat(20)});
        let trace =
            json!({"assistant_turn_id": "t", "hit": true, "retrieved": [{"chunk_id": "c"}]});
        let whole = json!({
            "session_id": "s", "rag_traces": vec![trace; 3000], "messages": vec![message; 4000],
            "citations": [{"chunk_id": "c"}], "tool_calls": [{"name": "x"}],
            "missing_evidence_reasons": ["no_csat"],
        })
        .to_string();
        assert!(whole.len() > LARGE);
        let texts = [
            whole.clone(),
            whole.replacen("\"hit\":true", "\"hit\":\"yes\"", 1),
            whole.replacen("\"role\":\"user\"", "\"role\":7", 1),
            whole.replacen("\"session_id\"", "\"no_id\"", 1),
            whole[..whole.len() - 9].to_owned(),
            format!("{{\"citations\":[],{}", &whole[1..]),
        ];
        for text in texts {
            let place = Place::START;
            let origin = Origin::File { label: "a".into(), place, beside: false };
            let document = Document::new(Unread { origin, bytes: text.into() }).unwrap();
            let by_one: Result<Whole<'_>, _> = document.read();
            let by_two: Result<Whole<'_>, _> = document.read_by_two();
            assert_eq!(format!("{by_one:?}"), format!("{by_two:?}"));
        }
    }
}
