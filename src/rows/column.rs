//! How a row looks to people: its columns, each a heading and how its cell is made.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use super::spell::Spelling;

/// What a piece of text says about its subject; how that looks is decided where it is rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// May be passed over.
    Dim,
    /// The row's name.
    Strong,
    /// Went well.
    Good,
    /// Needs a look.
    Warn,
    /// Failed.
    Bad,
    /// The customer's.
    User,
    /// The agent's.
    Assistant,
    /// A tool's.
    Tool,
    /// Somebody else's.
    Other,
}

/// A cell. Its text may be a stranger's: whoever renders it makes it harmless, and one line.
#[derive(Clone, Debug, Default)]
pub struct Cell<'a> {
    /// What it says.
    pub text: Cow<'a, str>,
    /// How.
    pub tone: Tone,
    /// Whether it may be JSON, which is told without the blank space between its tokens and the
    /// escapes in its strings, and is broken behind commas.
    pub code: bool,
    /// So many lines are shown of it, whatever its column allows.
    pub lines: Option<u8>,
    /// Where in the text what may be JSON stands; none where it is the whole.
    pub quotes: Vec<Range<usize>>,
    /// What its column is sorted by, where that is not its text.
    pub order: Option<f64>,
    /// What it names, for whoever can open it.
    pub opens: Option<Box<Opens>>,
}

/// A session, or a turn of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opens {
    /// The session's id.
    pub session_id: String,
    /// The turn's number, from 1.
    pub turn: Option<usize>,
}

/// What stands in a cell for what is not there.
pub const ABSENT: &str = "–";

impl<'a> Cell<'a> {
    /// A cell with a tone.
    pub fn new(text: impl Into<Cow<'a, str>>, tone: Tone) -> Self {
        let text = text.into();
        Self { text, tone, code: false, quotes: Vec::new(), lines: None, order: None, opens: None }
    }

    /// The same, for text that may be JSON.
    #[must_use]
    pub fn code(mut self) -> Self {
        self.code = true;
        self
    }

    /// The same, of which so many lines are shown, whatever its column allows.
    #[must_use]
    pub fn lines(mut self, lines: u8) -> Self {
        self.lines = Some(lines);
        self
    }

    /// A cell for what is not there.
    pub fn absent() -> Self {
        Self::new(ABSENT, Tone::Dim)
    }

    /// A cell for a value that may be absent.
    pub fn of<T: Into<Cow<'a, str>>>(text: Option<T>) -> Self {
        text.map_or_else(Self::absent, Self::from)
    }

    /// A cell for a count, of which none may be passed over.
    #[allow(clippy::cast_precision_loss, reason = "an order")]
    pub fn count(count: usize) -> Self {
        let tone = if count == 0 { Tone::Dim } else { Tone::Plain };
        Self::new(super::spell::count(count), tone).ordered(count as f64)
    }

    /// A cell for a number that may be absent.
    pub fn number(number: Option<f64>, spell: impl FnOnce(f64) -> String) -> Self {
        number.map_or_else(Self::absent, |number| Self::from(spell(number)).ordered(number))
    }

    /// The same, sorted by a number.
    #[must_use]
    pub fn ordered(mut self, order: f64) -> Self {
        self.order = Some(order);
        self
    }

    /// The same, which names a session or a turn of it.
    #[must_use]
    pub fn opens(mut self, session_id: &str, turn: Option<usize>) -> Self {
        self.opens = Some(Box::new(Opens { session_id: session_id.to_owned(), turn }));
        self
    }

    /// The same, for text that stands in no document.
    pub fn into_owned(self) -> Cell<'static> {
        Cell { text: Cow::Owned(self.text.into_owned()), ..self }
    }

    /// The same, borrowed.
    pub fn borrowed(&self) -> Cell<'_> {
        Cell {
            text: Cow::Borrowed(&self.text),
            quotes: self.quotes.clone(),
            tone: self.tone,
            code: self.code,
            lines: self.lines,
            order: self.order,
            opens: self.opens.clone(),
        }
    }

    /// Whether it tells nothing: empty, or [`ABSENT`].
    pub fn is_absent(&self) -> bool {
        self.text.is_empty() || self.text == ABSENT
    }

    /// Whether its column can do without it: it is absent, or a count of none.
    pub fn is_idle(&self) -> bool {
        self.is_absent() || (self.tone == Tone::Dim && matches!(&*self.text, "0" | "0%"))
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Cell<'a> {
    fn from(text: T) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// Text that quotes other text, each of which may be JSON.
#[derive(Debug, Default)]
pub struct Quoting {
    text: String,
    quotes: Vec<Range<usize>>,
}

impl Quoting {
    /// Adds words of our own.
    pub fn words(&mut self, words: &str) {
        self.text.push_str(words);
    }

    /// Adds a quote.
    pub fn quote(&mut self, quote: &str) {
        let start = self.text.len();
        self.text.push_str(quote);
        self.quotes.push(start..self.text.len());
    }

    /// All of it as a cell.
    pub fn cell<'a>(self, tone: Tone) -> Cell<'a> {
        Cell { code: true, quotes: self.quotes, ..Cell::new(self.text, tone) }
    }
}

/// Which side of a column its cells stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// What a layout needs to know of a column.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct Head {
    /// Its heading.
    pub title: Cow<'static, str>,
    /// Where its cells stand.
    pub align: Align,
    /// Whether its cells are running text, which is wrapped before anything is stacked.
    pub wraps: bool,
    /// Running text is wrapped to no less than this while stacking could make room; None is what
    /// suits most.
    pub comfort: Option<usize>,
    /// Where there is too little room, it stands under its left neighbour: columns with the lowest
    /// step go first.
    pub step: Option<u8>,
    /// What its cells begin with where they stand under another.
    pub mark: &'static str,
    /// So many lines are shown where there is a width to keep to, unless all is asked for.
    pub lines: Option<usize>,
    /// Whether a cell is left blank where it and its like repeat those of the row above.
    pub once: bool,
    /// Whether the column goes where all of its cells are empty, or count none.
    pub optional: bool,
    /// Whether its cells name ids, which are shortened to what tells them apart in one table.
    pub ids: bool,
    /// Whether its cells are lists, of which what stands in every row is said once.
    pub shared: bool,
    /// Whether it is there only where rows of several sessions stand in one table.
    pub across: bool,
    /// Whether its cells are times, whose zone must be told beside the table.
    pub times: bool,
}

impl Head {
    /// A column of words that are best kept on a line.
    pub const fn words(title: &'static str) -> Self {
        Self {
            title: Cow::Borrowed(title),
            align: Align::Left,
            wraps: false,
            comfort: None,
            step: None,
            mark: "",
            lines: None,
            once: false,
            optional: false,
            ids: false,
            shared: false,
            across: false,
            times: false,
        }
    }

    /// A column of numbers.
    pub const fn numbers(title: &'static str) -> Self {
        let mut head = Self::words(title);
        head.align = Align::Right;
        head
    }

    /// A column of running text.
    pub const fn text(title: &'static str) -> Self {
        let mut head = Self::words(title);
        head.wraps = true;
        head
    }
}

/// A column of rows of type `R`.
#[derive(Debug)]
pub struct Column<R> {
    /// What a layout needs to know of it.
    pub head: Head,
    /// Makes a row's cell.
    pub cell: for<'r> fn(&'r R, &Spelling) -> Cell<'r>,
}

impl<R> Column<R> {
    /// A column of words that are best kept on a line.
    pub fn words(title: &'static str, cell: for<'r> fn(&'r R, &Spelling) -> Cell<'r>) -> Self {
        Self { head: Head::words(title), cell }
    }

    /// A column of numbers.
    pub fn numbers(title: &'static str, cell: for<'r> fn(&'r R, &Spelling) -> Cell<'r>) -> Self {
        Self { head: Head::numbers(title), cell }
    }

    /// The session, where rows of several stand in one table.
    pub fn session(cell: for<'r> fn(&'r R, &Spelling) -> Cell<'r>) -> Self {
        Self { head: Head { across: true, ids: true, ..Head::words("session") }, cell }
    }

    /// A column of times.
    pub fn times(title: &'static str, cell: for<'r> fn(&'r R, &Spelling) -> Cell<'r>) -> Self {
        Self { head: Head { times: true, ..Head::words(title) }, cell }
    }

    /// A column of running text.
    pub fn text(title: &'static str, cell: for<'r> fn(&'r R, &Spelling) -> Cell<'r>) -> Self {
        Self { head: Head::text(title), cell }
    }

    /// Goes under its left neighbour at this step, where there is too little room.
    #[must_use]
    pub fn below(mut self, step: u8) -> Self {
        self.head.step = Some(step);
        self
    }

    /// Is read best at this width or more: stacking makes room for it first.
    #[must_use]
    pub fn comfort(mut self, width: usize) -> Self {
        self.head.comfort = Some(width);
        self
    }

    /// Begins with this where it stands under another.
    #[must_use]
    pub fn mark(mut self, mark: &'static str) -> Self {
        self.head.mark = mark;
        self
    }

    /// Shows so many lines, unless all is asked for.
    #[must_use]
    pub fn lines(mut self, lines: usize) -> Self {
        self.head.lines = Some(lines);
        self
    }

    /// Is left blank where it repeats the row above.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.head.once = true;
        self
    }

    /// Goes where all of its cells are empty, or count none.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.head.optional = true;
        self
    }

    /// Names ids, which are shortened where there is a width to keep to.
    #[must_use]
    pub fn ids(mut self) -> Self {
        self.head.ids = true;
        self
    }

    /// Is a list with commas; what stands in every row is said once, below the table.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.head.shared = true;
        self
    }
}

/// Takes a row's cells.
pub type CellSink<'s> = &'s mut dyn FnMut(Vec<Cell<'_>>) -> io::Result<()>;

/// Gives the cells of every row to whoever asks, as often as they are asked for: a long table is
/// measured and written without being held.
pub type EachRow<'e> = &'e dyn Fn(CellSink<'_>) -> io::Result<()>;
