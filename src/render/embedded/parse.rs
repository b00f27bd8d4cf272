//! Reading JSON leniently.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use crate::render::sanitize;

/// Lists in lists, strings of JSON counted, are followed so deep.
const DEEPEST: usize = 48;

/// What a text turned out to hold.
pub(super) struct Parsed {
    /// The values, one after the other.
    pub values: Vec<Value>,
    /// The text with its strings decoded and everything else as it stood.
    pub flat: String,
}

/// A value as it is shown: harmless text.
pub(super) enum Value {
    /// A string, with its quotes, or any other single value.
    Single(String),
    /// An object or an array.
    List(List),
}

/// An object or an array.
pub(super) struct List {
    /// `{` or `[`.
    pub open: char,
    /// `}` or `]`; None where the text ends before.
    pub close: Option<char>,
    /// What is in it: in an object each with its key, quotes included.
    pub items: Vec<(Option<String>, Value)>,
    /// Columns on one line; None where a line feed is in it.
    pub width: Option<usize>,
}

impl Value {
    /// Columns on one line; None where a line feed is in it.
    pub fn width(&self) -> Option<usize> {
        match self {
            Self::Single(text) if text.contains('\n') => None,
            Self::Single(text) => Some(text.width()),
            Self::List(list) => list.width,
        }
    }
}

impl Parsed {
    /// None where the text is no JSON, whole or cut off.
    pub fn of(text: &str) -> Option<Self> {
        let begins = text.trim_start();
        let string = begins.starts_with('"');
        if !string && !begins.starts_with(['{', '[']) {
            return None;
        }
        if !string {
            return Self::read(text, 0, true);
        }
        // A sentence in quotes is no JSON, and the path of a file none either.
        let single = |parsed: &Self| matches!(parsed.values[..], [Value::Single(_)]);
        let escaped = text.contains('\\');
        let whole = Self::read(text, 0, false)
            .filter(|parsed| escaped && !(single(parsed) && text.contains(":\\")));
        whole.or_else(|| Self::read(text, 0, true).filter(|parsed| escaped && !single(parsed)))
    }

    fn read(text: &str, depth: usize, may_be_cut: bool) -> Option<Self> {
        let mut parser = Parser { rest: text, flat: String::with_capacity(text.len()), depth };
        let mut values = Vec::new();
        parser.blanks();
        while !parser.rest.is_empty() {
            values.push(parser.value(may_be_cut)?);
            let before = parser.rest;
            parser.blanks();
            let line_ends = before.trim_start_matches([' ', '\t', '\r']).starts_with('\n');
            // One value a line, as logs have them; anything else is prose that begins like JSON.
            let another = line_ends && parser.rest.starts_with(['{', '[']);
            if !another && !parser.rest.is_empty() {
                return None;
            }
        }
        Some(Self { values, flat: parser.flat })
    }
}

struct Parser<'t> {
    rest: &'t str,
    flat: String,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// Takes so many bytes, which become part of the flat text.
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.flat.push_str(taken);
        self.rest = rest;
        taken
    }

    fn blanks(&mut self) {
        let blank = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t');
        self.take(self.rest.len() - self.rest.trim_start_matches(blank).len());
    }

    fn value(&mut self, may_be_cut: bool) -> Option<Value> {
        match self.rest.chars().next()? {
            open @ ('{' | '[') => self.list(open, may_be_cut).map(Value::List),
            '"' => self.string(may_be_cut),
            _ => self.word(may_be_cut).map(Value::Single),
        }
    }

    /// A number or a name.
    fn word(&mut self, may_be_cut: bool) -> Option<String> {
        const NAMES: [&str; 6] = ["true", "false", "null", "NaN", "Infinity", "-Infinity"];
        let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        let length = self.rest.find(ends).unwrap_or(self.rest.len());
        let word = self.take(length);
        let number = word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && word
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        let cut = may_be_cut && self.rest.is_empty() && !word.is_empty();
        let name = NAMES.iter().any(|name| *name == word || (cut && name.starts_with(word)));
        (number || name).then(|| word.to_owned())
    }

    fn list(&mut self, open: char, may_be_cut: bool) -> Option<List> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let end = if open == '{' { '}' } else { ']' };
        let mut list = List { open, close: None, items: Vec::new(), width: Some(1) };
        self.take(1);
        self.blanks();
        let mut first = true;
        while !self.rest.starts_with(end) {
            if self.rest.is_empty() {
                return may_be_cut.then_some(list);
            }
            if !std::mem::take(&mut first) {
                if !self.rest.starts_with(',') {
                    return None;
                }
                self.take(1);
                self.blanks();
                if self.rest.is_empty() {
                    return may_be_cut.then_some(list);
                }
            }
            let item = self.item(open == '{', may_be_cut)?;
            let key = item.0.as_ref().map_or(Some(0), |key| width(key).map(|width| width + 2));
            let comma = if list.items.is_empty() { 0 } else { 2 };
            let width = key.zip(item.1.width()).map(|(key, value)| key + value + comma);
            list.width = list.width.zip(width).map(|(so_far, more)| so_far + more);
            list.items.push(item);
            self.blanks();
        }
        self.take(1);
        list.close = Some(end);
        list.width = list.width.map(|width| width + 1);
        self.depth -= 1;
        Some(list)
    }

    fn item(&mut self, keyed: bool, may_be_cut: bool) -> Option<(Option<String>, Value)> {
        if !keyed {
            return Some((None, self.value(may_be_cut)?));
        }
        let key = self.content(may_be_cut)?;
        let key = shown(&key.text, key.whole);
        self.flat.push_str(&key);
        self.blanks();
        let nothing = || Value::Single(String::new());
        if self.rest.is_empty() {
            return may_be_cut.then(|| (Some(key), nothing()));
        }
        if !self.rest.starts_with(':') {
            return None;
        }
        self.take(1);
        self.blanks();
        if self.rest.is_empty() {
            return may_be_cut.then(|| (Some(key), nothing()));
        }
        Some((Some(key), self.value(may_be_cut)?))
    }

    /// A string; the JSON that it holds, where it holds some.
    fn string(&mut self, may_be_cut: bool) -> Option<Value> {
        let content = self.content(may_be_cut)?;
        let begins = content.text.trim_start();
        // What is in brackets may be an aside.
        if begins.starts_with(['{', '[']) && begins.contains('"') {
            let inner = Parsed::read(&content.text, self.depth, !content.whole);
            if let Some(Parsed { mut values, flat }) = inner
                && values.len() == 1
                && let Some(value) = values.pop()
            {
                self.flat.push_str(flat.trim());
                return Some(value);
            }
        }
        let shown = shown(&content.text, content.whole);
        self.flat.push_str(&shown);
        Some(Value::Single(shown))
    }

    /// What a string says. Nothing of it becomes part of the flat text.
    fn content(&mut self, may_be_cut: bool) -> Option<Content<'t>> {
        let mut rest = self.rest.strip_prefix('"')?;
        let mut text = Cow::Borrowed("");
        loop {
            let Some(at) = rest.find(['"', '\\']) else {
                add(&mut text, rest);
                self.rest = "";
                return may_be_cut.then_some(Content { text, whole: false });
            };
            let (plain, special) = rest.split_at_checked(at)?;
            add(&mut text, plain);
            if let Some(after) = special.strip_prefix('"') {
                self.rest = after;
                return Some(Content { text, whole: true });
            }
            match escape(special) {
                Escape::Of(character, after) => {
                    text.to_mut().push(character);
                    rest = after;
                }
                Escape::Half(verbatim, after) => {
                    text.to_mut().push_str(verbatim);
                    rest = after;
                }
                Escape::Cut => {
                    self.rest = "";
                    return may_be_cut.then_some(Content { text, whole: false });
                }
                Escape::None => return None,
            }
        }
    }
}

fn width(text: &str) -> Option<usize> {
    (!text.contains('\n')).then(|| text.width())
}

/// What a string says.
struct Content<'t> {
    text: Cow<'t, str>,
    /// Whether its end is there.
    whole: bool,
}

/// Appends, without a copy where there is nothing yet.
fn add<'t>(text: &mut Cow<'t, str>, more: &'t str) {
    if text.is_empty() {
        *text = Cow::Borrowed(more);
    } else if !more.is_empty() {
        text.to_mut().push_str(more);
    }
}

/// What a text that begins with a backslash says there.
enum Escape<'t> {
    /// A character, and what follows.
    Of(char, &'t str),
    /// Half of a surrogate pair, which says nothing, as it is written.
    Half(&'t str, &'t str),
    /// The text ends in it.
    Cut,
    /// It is none.
    None,
}

fn escape(text: &str) -> Escape<'_> {
    let mut characters = text.chars();
    characters.next();
    let Some(kind) = characters.next() else { return Escape::Cut };
    let after = characters.as_str();
    let character = match kind {
        '"' | '\\' | '/' => kind,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => return code_unit(text, after),
        _ => return Escape::None,
    };
    Escape::Of(character, after)
}

/// `\uXXXX`, or two of them that are one character.
fn code_unit<'t>(text: &'t str, digits: &'t str) -> Escape<'t> {
    let Some((unit, after)) = hex(digits) else {
        let cut = digits.len() < 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return if cut { Escape::Cut } else { Escape::None };
    };
    if let Some(character) = char::from_u32(unit) {
        return Escape::Of(character, after);
    }
    if let Some((second, rest)) = after.strip_prefix("\\u").and_then(hex)
        && let (0xd800..0xdc00, 0xdc00..0xe000) = (unit, second)
        && let Some(character) =
            char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00))
    {
        return Escape::Of(character, rest);
    }
    Escape::Half(text.get(..text.len() - after.len()).unwrap_or_default(), after)
}

/// Four hexadecimal digits, and what follows.
fn hex(text: &str) -> Option<(u32, &str)> {
    let (digits, after) = text.split_at_checked(4)?;
    let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
    Some((u32::from_str_radix(digits, 16).ok()?, after))
}

/// A string in its quotes, harmless; without the second where its end is not there.
fn shown(content: &str, whole: bool) -> String {
    let content = sanitize::text(content);
    let mut shown = String::with_capacity(content.len() + 2);
    shown.push('"');
    let mut pieces = content.split('"').peekable();
    while let Some(piece) = pieces.next() {
        shown.push_str(piece);
        if pieces.peek().is_some() || whole {
            // Backslashes that run into a quote are told apart from its own.
            let run = piece.len() - piece.trim_end_matches('\\').len();
            shown.extend(std::iter::repeat_n('\\', run));
        }
        if pieces.peek().is_some() {
            shown.push_str("\\\"");
        }
    }
    if whole {
        shown.push('"');
    }
    shown
}
