//! The manual: a Markdown file a topic, read as it is where code is hosted, by `help TOPIC` and, made
//! into pages, by man. A leaf: imports nothing of ours.

mod block;

pub use self::block::{Block, Span, Style, Term, blocks, plain};

/// A part of the manual.
#[derive(Debug)]
pub struct Topic {
    /// What it is asked for by.
    pub name: &'static str,
    /// Its Markdown, which begins with its title.
    pub text: &'static str,
}

/// A topic, whose name is that of its file.
macro_rules! topic {
    ($name:literal) => {
        Topic { name: $name, text: include_str!(concat!($name, ".md")) }
    };
}

/// Every topic, in the order of the list that `help` prints.
pub const TOPICS: &[Topic] = &[
    topic!("questions"),
    topic!("sessions"),
    topic!("corpus"),
    topic!("report"),
    topic!("rows"),
    topic!("output"),
    topic!("scripts"),
    topic!("connection"),
    topic!("cluster"),
    topic!("changelog"),
];

impl Topic {
    /// What it is about, in a line.
    pub fn title(&self) -> &'static str {
        title_of(self.text)
    }

    /// The topic of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TOPICS.iter().find(|topic| topic.name == name)
    }
}

/// The title of a page, with which it begins.
pub fn title_of(markdown: &str) -> &str {
    markdown.lines().next().unwrap_or_default().trim_start_matches("# ")
}
