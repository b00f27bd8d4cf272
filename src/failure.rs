//! What went wrong, for whom, and what to do about it: the one error type that decides exit codes.

use std::fmt;

use uuid::Uuid;

use crate::exit::Exit;

/// What a failure is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A session that was asked for.
    Session(Uuid),
    /// A file, or a document in one.
    Source(String),
    /// The run as a whole.
    Run,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session {id}"),
            Self::Source(label) => f.write_str(label),
            Self::Run => Ok(()),
        }
    }
}

/// One failure, with all that its line on standard error says.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit code it stands for.
    pub exit: Exit,
    /// What it is about.
    pub subject: Subject,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The API's own error code.
    pub error: Option<String>,
    /// What happened, in words: the API's, where it sent any.
    pub message: String,
    /// How many requests were made.
    pub tries: u32,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure of `subject`.
    pub fn new(exit: Exit, subject: Subject, message: impl Into<String>) -> Self {
        Self {
            exit,
            subject,
            status: None,
            error: None,
            message: message.into(),
            tries: 0,
            hint: None,
        }
    }

    /// A command line, key or base URL that may not be used.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, Subject::Run, message)
    }

    /// The same, saying what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subject != Subject::Run {
            write!(f, "{}: ", self.subject)?;
        }
        // A success that turned out to be none is told by what is wrong with it.
        if let Some(status) = self.status.filter(|status| !(200..300).contains(status)) {
            write!(f, "{status} ")?;
        }
        match &self.error {
            Some(error) if self.message.is_empty() => f.write_str(error),
            Some(error) => write!(f, "{error}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Failure {}
