//! Lines: a list that fits stays on one, another has a line an item.

use unicode_width::UnicodeWidthStr as _;

use super::parse::{List, Value};

/// Blanks a level is indented by.
const STEP: usize = 2;

/// A list that takes no more lines is filled, not taken apart.
const FEW: usize = 2;

/// The values, each from the beginning of a line.
pub(super) fn lines(values: &[Value], measure: usize) -> String {
    let mut page = Page { text: String::new(), measure };
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            page.text.push('\n');
        }
        page.value(value, 0, 0, 0);
    }
    page.text
}

struct Page {
    text: String,
    measure: usize,
}

impl Page {
    /// A value where the line stands at `column`, indented by `indent`, with `tail` columns to come
    /// after it on its line.
    fn value(&mut self, value: &Value, indent: usize, column: usize, tail: usize) {
        match value {
            Value::Single(text) => self.single(text, indent),
            Value::List(list) => {
                let fits = list.width.is_some_and(|width| column + width + tail <= self.measure);
                if fits || list.items.is_empty() {
                    self.on_one_line(list);
                } else if self.lines_filled(list, indent, column, tail).is_some_and(|n| n <= FEW) {
                    self.filled(list, indent, Some(column));
                } else if list.open == '[' && is_plain(list, self.measure / 2) {
                    self.filled(list, indent, None);
                } else {
                    self.item_a_line(list, indent);
                }
            }
        }
    }

    /// Lines after the first stand in by one level more, so that none can be taken for an item.
    fn single(&mut self, text: &str, indent: usize) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.begin(if line.is_empty() { 0 } else { indent + STEP });
            }
            self.text.push_str(line.trim_end_matches(|c| index > 0 && c == ' '));
        }
    }

    fn on_one_line(&mut self, list: &List) {
        self.text.push(list.open);
        for (index, (key, value)) in list.items.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.key(key.as_deref());
            match value {
                Value::Single(text) => self.text.push_str(text),
                Value::List(list) => self.on_one_line(list),
            }
        }
        self.text.extend(list.close);
    }

    fn item_a_line(&mut self, list: &List, indent: usize) {
        self.text.push(list.open);
        for (index, (key, value)) in list.items.iter().enumerate() {
            let inner = indent + STEP;
            self.begin(inner);
            self.key(key.as_deref());
            let column = inner + key.as_ref().map_or(0, |key| key.width() + 2);
            let more = index + 1 < list.items.len();
            self.value(value, inner, column, usize::from(more));
            if more {
                self.text.push(',');
            }
        }
        self.end(list, indent);
    }

    /// How many lines a list takes that begins at `column` and has as many items a line as fit; None
    /// where an item takes more than one, and behind a key, where its lines would not stand together.
    fn lines_filled(
        &self,
        list: &List,
        indent: usize,
        column: usize,
        tail: usize,
    ) -> Option<usize> {
        let (mut lines, mut at) = (1, column + 1);
        for (index, item) in list.items.iter().enumerate() {
            let behind = if index + 1 == list.items.len() { tail + 1 } else { 1 };
            let width = item_width(item)? + behind;
            if indent + 1 + width > self.measure || matches!(item.1, Value::List(_)) {
                return None;
            }
            if index > 0 && at + 1 + width > self.measure {
                lines += 1;
                at = indent + 1 + width;
            } else {
                at += width + usize::from(index > 0);
            }
        }
        (column == indent).then_some(lines)
    }

    /// As many items a line as fit, the first behind the bracket where that stands at a `column`.
    fn filled(&mut self, list: &List, indent: usize, column: Option<usize>) {
        self.text.push(list.open);
        let (inner, mut at) = match column {
            Some(column) => (indent + 1, column + 1),
            None => (indent + STEP, self.measure),
        };
        for (index, item) in list.items.iter().enumerate() {
            let comma = usize::from(index + 1 < list.items.len());
            let width = item_width(item).unwrap_or_default() + comma.max(1);
            let first = index == 0 && column.is_some();
            if !first && at + 1 + width > self.measure {
                self.begin(inner);
                at = inner + width;
            } else {
                self.text.push_str(if first { "" } else { " " });
                at += width + usize::from(!first);
            }
            self.key(item.0.as_deref());
            self.value(&item.1, inner, at, comma);
            if comma > 0 {
                self.text.push(',');
            }
        }
        match column {
            Some(_) => self.text.extend(list.close),
            None => self.end(list, indent),
        }
    }

    fn end(&mut self, list: &List, indent: usize) {
        if let Some(close) = list.close {
            self.begin(indent);
            self.text.push(close);
        }
    }

    fn key(&mut self, key: Option<&str>) {
        if let Some(key) = key {
            self.text.push_str(&key.replace('\n', " "));
            self.text.push_str(": ");
        }
    }

    fn begin(&mut self, indent: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indent));
    }
}

/// Columns of an item, its key before it.
fn item_width((key, value): &(Option<String>, Value)) -> Option<usize> {
    Some(key.as_ref().map_or(0, |key| key.width() + 2) + value.width()?)
}

/// Whether there are nothing but short single values in it.
fn is_plain(list: &List, short: usize) -> bool {
    list.items.iter().all(|(_, value)| {
        matches!(value, Value::Single(_)) && value.width().is_some_and(|width| width <= short)
    })
}
