//! Text that nobody reads: base64 (data URLs and PEM among it), hexadecimal digits, hex dumps. For
//! people it is cut to its beginning, and how much was left out is said.
//!
//! What is looked at may be JSON, in which a line feed and a slash can be escapes.

use std::borrow::Cow;
use std::ops::Range;

use crate::rows::spell;

/// Shorter ones are left alone.
const LONG: usize = 200;

/// A line of one has at least so many characters, its last apart.
const LINE: usize = 40;

/// Where it is broken into lines they are at most so long.
const WRAPPED: usize = 128;

/// What stands beside the digits of a dump's line is at most so long.
const GUTTER: usize = 24;

/// So much of one is shown, or a little less.
const SHOWN: usize = 32;

/// The text with its blobs cut, each followed by `… (4,368 more characters of base64)`.
pub fn cut(text: &str) -> Cow<'_, str> {
    if text.len() < LONG {
        return Cow::Borrowed(text);
    }
    let mut blobs = find(text.as_bytes(), is_dump, dump_from);
    blobs.extend(find(text.as_bytes(), is_base64, base64_from));
    blobs.sort_by_key(|blob| blob.place.start);
    let mut shown = String::new();
    let mut done = 0;
    for Blob { place, shown: head, kind } in blobs {
        let parts = text.get(done..place.start + head).zip(text.get(place.start + head..place.end));
        // None where it overlaps the last one.
        let Some((before, rest)) = parts.filter(|_| place.start >= done) else { continue };
        let count = spell::counted(rest.chars().count(), "more character", "more characters");
        shown.push_str(before);
        shown.extend(["… (", &count, " of ", kind, ")"]);
        done = place.end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(shown)
}

struct Blob {
    place: Range<usize>,
    /// Bytes of it that are shown.
    shown: usize,
    kind: &'static str,
}

/// Every blob whose first line consists of `member`s, as `blob` makes it of that line.
///
/// Nearly all text is passed over by looking at every fortieth byte and a few before it.
fn find(
    bytes: &[u8],
    member: impl Fn(u8) -> bool,
    blob: impl Fn(&[u8], Range<usize>) -> Option<Blob>,
) -> Vec<Blob> {
    let mut blobs = Vec::new();
    let mut from = 0;
    while let Some(window) = bytes.get(from..from + LINE) {
        if let Some(stranger) = window.iter().rposition(|byte| !member(*byte)) {
            from += stranger + 1;
            continue;
        }
        let end = end_of_run(bytes, from + LINE, &member);
        let found = blob(bytes, from..end);
        from = found.as_ref().map_or(end, |blob| blob.place.end.max(end));
        blobs.extend(found);
    }
    blobs
}

fn end_of_run(bytes: &[u8], from: usize, member: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !member(*byte)).unwrap_or(rest.len())
}

/// Base64 in either alphabet. A backslash begins an escaped slash or line feed.
const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\\')
}

fn base64_from(bytes: &[u8], line: Range<usize>) -> Option<Blob> {
    let mut place = line.clone();
    let mut last = line;
    // Full lines go on in the next one; what ends there is part of it only if the line does, too.
    while (LINE..=WRAPPED).contains(&last.len())
        && let Some(begin) = next_line(bytes, last.end)
    {
        let end = end_of_run(bytes, begin, is_base64);
        let stops = bytes.get(end).is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b'"'));
        let next = bytes.get(begin..end).unwrap_or_default();
        if !stops || (next.len() < LINE && !is_rest(next)) {
            break;
        }
        last = begin..end;
        place.end = end;
    }
    place.end = without_escape(bytes, &place);
    let blob = bytes.get(place.clone())?;
    if blob.len() < LONG {
        return None;
    }
    let count = |kind: fn(&u8) -> bool| blob.iter().filter(|byte| kind(byte)).count();
    let many = blob.len() / 40;
    let digits = count(u8::is_ascii_digit);
    let kind = if count(u8::is_ascii_hexdigit) == blob.len() {
        (blob.len() - digits > many && digits > many).then_some("hexadecimal digits")
    } else {
        let letters = [count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase)];
        letters.iter().chain([&digits]).all(|count| *count > many).then_some("base64")
    };
    Some(Blob { shown: shown(blob, SHOWN), place, kind: kind? })
}

/// Whether a short line can be the last of one: it looks like no word.
fn is_rest(line: &[u8]) -> bool {
    let later = line.get(1..).unwrap_or_default();
    let kinds = [
        later.iter().any(u8::is_ascii_uppercase),
        later.iter().any(u8::is_ascii_lowercase),
        line.iter().any(|byte| !byte.is_ascii_alphabetic()),
    ];
    line.ends_with(b"=") || kinds.iter().filter(|there| **there).count() > 1
}

/// Where the next line begins, behind its indentation, if this one ends here.
fn next_line(bytes: &[u8], end: usize) -> Option<usize> {
    let rest = bytes.get(end..)?;
    let after = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"))?;
    let blanks = after.iter().take_while(|byte| **byte == b' ').count();
    Some(bytes.len() - after.len() + blanks)
}

/// The run's end without what belongs to the text after it: a backslash of an escaped quote, and
/// the word after an escaped line feed.
fn without_escape(bytes: &[u8], place: &Range<usize>) -> usize {
    let run = bytes.get(place.clone()).unwrap_or_default();
    let trimmed = run.len() - run.iter().rev().take_while(|byte| **byte == b'\\').count();
    if trimmed < run.len() {
        return place.start + trimmed;
    }
    let ends = bytes.get(place.end).is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b'"'));
    let feed = run.windows(2).rposition(|pair| pair == br"\n");
    match feed.filter(|at| !ends && run.len() - at < LINE) {
        Some(at) => {
            let run = run.get(..at).unwrap_or_default();
            place.start + at - run.iter().rev().take_while(|byte| **byte == b'\\').count()
        }
        None => place.end,
    }
}

/// How much of a blob to show: about `limit` bytes, no escape taken apart.
fn shown(blob: &[u8], limit: usize) -> usize {
    let head = blob.get(..limit).unwrap_or(blob);
    match head.iter().rposition(|byte| *byte == b'\\') {
        Some(at) if at + 2 >= head.len() => {
            at - head
                .get(..at)
                .map_or(0, |head| head.iter().rev().take_while(|byte| **byte == b'\\').count())
        }
        _ => head.len(),
    }
}

/// Hexadecimal digits and what stands between them in a dump.
const fn is_dump(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b' ' | b':' | b',' | b'-' | b'x' | b'\\' | b'\t')
}

fn dump_from(bytes: &[u8], line: Range<usize>) -> Option<Blob> {
    let mut lines = vec![line.clone()];
    let mut place = line;
    while let Some(begin) = next_dump_line(bytes, place.end) {
        let end = end_of_run(bytes, begin, is_dump);
        lines.push(begin..end);
        place.end = end;
    }
    // What stands beside the last line's digits.
    place.end += bytes
        .get(place.end..)
        .and_then(|rest| rest.iter().take(GUTTER + 1).position(|byte| *byte == b'\n'))
        .filter(|_| lines.len() > 1)
        .unwrap_or(0);
    let mut groups = Groups::default();
    lines.iter().filter_map(|line| bytes.get(line.clone())).for_each(|line| groups.add(line));
    if place.len() < LONG || !groups.are_of_a_dump() {
        return None;
    }
    let blob = bytes.get(place.clone())?;
    let first = lines.first().map_or(SHOWN, ExactSizeIterator::len);
    let head = blob.get(..first.min(2 * SHOWN)).unwrap_or(blob);
    // Not within a pair of digits.
    let shown = head.iter().rposition(|byte| !byte.is_ascii_hexdigit()).unwrap_or(head.len());
    let shown = head.get(..shown).unwrap_or(head);
    let shown = shown.iter().rposition(u8::is_ascii_hexdigit).map_or(0, |last| last + 1);
    Some(Blob { shown, place, kind: "hexadecimal digits" })
}

/// Where the next line of a dump begins, if one follows what stands beside this one.
fn next_dump_line(bytes: &[u8], end: usize) -> Option<usize> {
    let rest = bytes.get(end..)?;
    let gutter = rest.get(..GUTTER + 2).unwrap_or(rest);
    let real = gutter.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
    let escaped = gutter.windows(2).position(|pair| pair == br"\n").map(|at| at + 2);
    let begin = end + real.or(escaped)?;
    let line = bytes.get(begin..begin + LINE)?;
    line.iter().all(|byte| is_dump(*byte)).then_some(begin)
}

/// The digits of a dump: a dump's stand in groups of one size, and the same is between them.
#[derive(Default)]
struct Groups<'b> {
    all: usize,
    /// Of two, four and eight digits.
    sizes: [usize; 3],
    digits: usize,
    letters: usize,
    /// What stands between two groups of a line, and how often.
    between: Vec<(&'b [u8], usize)>,
}

impl<'b> Groups<'b> {
    fn add(&mut self, line: &'b [u8]) {
        let mut rest = line;
        // The first may be where in the file the line is.
        let mut groups = 0;
        loop {
            let gap = rest.iter().take_while(|byte| !byte.is_ascii_hexdigit()).count();
            let (gap, after) = rest.split_at_checked(gap).unwrap_or((rest, &[]));
            // `0x` belongs to what follows.
            let size = after.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            let (group, after) = after.split_at_checked(size).unwrap_or((after, &[]));
            if group.is_empty() {
                return;
            }
            rest = after;
            if group == b"0" && after.first() == Some(&b'x') {
                continue;
            }
            self.all += 1;
            if let Some(count) = match size {
                2 => self.sizes.get_mut(0),
                4 => self.sizes.get_mut(1),
                8 => self.sizes.get_mut(2),
                _ => None,
            } {
                *count += 1;
            }
            self.digits += size;
            self.letters += group.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
            groups += 1;
            if groups > 2 {
                let known = self.between.iter_mut().find(|(known, _)| *known == gap);
                if let Some((_, count)) = known {
                    *count += 1;
                } else if self.between.len() < 16 {
                    self.between.push((gap, 1));
                }
            }
        }
    }

    /// Numbers have no letters; ids and addresses have groups of several sizes, or are told apart by
    /// something else than their groups are.
    fn are_of_a_dump(&self) -> bool {
        let most = |count: usize| count * 10 >= self.all * 8;
        let alike = self.between.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let between: usize = self.between.iter().map(|(_, count)| *count).sum();
        self.all >= 32
            && self.letters * 20 > self.digits
            && self.sizes.iter().any(|count| most(*count))
            && alike * 10 >= between * 9
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// Bytes that look like those of a picture.
    fn bytes(count: usize) -> Vec<u8> {
        let mut state = 7_u32;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..count).map(next).collect()
    }

    fn base64(count: usize) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        bytes(count).iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect()
    }

    fn hex(bytes: &[u8], between: &str) -> String {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.join(between)
    }

    fn in_lines(text: &str, width: usize, feed: &str) -> String {
        let lines: Vec<&str> = (0..text.len())
            .step_by(width)
            .map(|at| &text[at..text.len().min(at + width)])
            .collect();
        lines.join(feed)
    }

    /// As xxd and hexdump -C write it.
    fn dump(colon: &str, group: usize, bar: &str) -> String {
        let mut dump = String::new();
        for (number, line) in bytes(320).chunks(16).enumerate() {
            let digits: Vec<String> = line.chunks(group).map(|group| hex(group, "")).collect();
            let text: String = line
                .iter()
                .map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '.' })
                .collect();
            writeln!(dump, "{:08x}{colon} {}  {bar}{text}{bar}", number * 16, digits.join(" "))
                .unwrap();
        }
        dump
    }

    #[test]
    fn blobs_are_cut_to_their_beginning_and_counted() {
        let blob = base64(1000);
        let head = &blob[..32];
        let escaped = blob.replace('/', r"\\/");
        let left = spell::count(escaped.len() - 32);
        for (text, shown) in [
            (blob.clone(), format!("{head}… (968 more characters of base64)")),
            (
                format!("see data:image/png;base64,{blob} there"),
                format!("see data:image/png;base64,{head}… (968 more characters of base64) there"),
            ),
            (
                format!(r#"{{"image":"{blob}==","ok":true}}"#),
                format!(r#"{{"image":"{head}… (970 more characters of base64)","ok":true}}"#),
            ),
            // A string in a string, its slashes and lines escaped.
            (
                format!(r#"{{"a":"{{\"b\":\"{escaped}\",\"c\":1}}"}}"#),
                format!(
                    r#"{{"a":"{{\"b\":\"{}… ({left} more characters of base64)\",\"c\":1}}"}}"#,
                    &escaped[..32]
                ),
            ),
            (
                format!(
                    "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                    in_lines(&blob, 64, "\n")
                ),
                format!(
                    "-----BEGIN CERTIFICATE-----\n{head}… (983 more characters of base64)\n-----END CERTIFICATE-----\n"
                ),
            ),
            (
                format!("before\n{}\nafter it", in_lines(&blob, 76, "\r\n").replace("\r\n", "\n")),
                format!("before\n{head}… (981 more characters of base64)\nafter it"),
            ),
            (
                format!(r"{}\nand so on", in_lines(&blob, 76, r"\n")),
                format!(r"{head}… (994 more characters of base64)\nand so on"),
            ),
            (
                format!("key {}.", hex(&bytes(200), "")),
                format!(
                    "key {}… (368 more characters of hexadecimal digits).",
                    hex(&bytes(16), "")
                ),
            ),
        ] {
            let found = cut(&text);
            assert_eq!(found, shown);
        }
    }

    #[test]
    fn dumps_are_cut_whoever_wrote_them() {
        let some = bytes(400);
        for text in [
            dump(":", 2, ""),
            dump(" ", 1, "|"),
            dump("", 4, ""),
            dump(":", 2, "").replace('\n', "\\n"),
            hex(&some, " "),
            hex(&some, ":"),
            hex(&some, r"\\x"),
            hex(&some, ", 0x"),
        ] {
            let text = format!("It says: {text}\nand that is all");
            let shown = cut(&text);
            assert!(shown.len() < 160, "{shown}");
            assert!(shown.starts_with("It says: "), "{shown}");
            assert!(shown.ends_with("\nand that is all"), "{shown}");
            assert!(shown.contains(" more characters of hexadecimal digits)"), "{shown}");
        }
    }

    #[test]
    fn what_people_read_is_left_alone() {
        let numbers = (0..200).map(|n: u32| n.to_string()).collect::<Vec<_>>();
        let ids: Vec<String> = bytes(640)
            .chunks(16)
            .map(|id| uuid::Uuid::from_slice(id).unwrap().to_string())
            .collect();
        let addresses: Vec<String> = bytes(240).chunks(6).map(|six| hex(six, ":")).collect();
        let hashes: Vec<String> = bytes(400).chunks(20).map(|hash| hex(hash, "")).collect();
        for text in [
            "word ".repeat(500),
            "a-very-long-slug-of/some-more-words/".repeat(30),
            "=".repeat(400),
            "AB".repeat(300),
            " ".repeat(500),
            "| --- | --- | --- |\n".repeat(40),
            numbers.join(", "),
            numbers.join(" "),
            numbers.concat(),
            ids.join(", "),
            ids.join("\n"),
            addresses.join(", "),
            addresses.join("\n"),
            hashes.join(" "),
            "日本語".repeat(300),
            base64(199),
        ] {
            assert!(matches!(cut(&text), Cow::Borrowed(_)), "{text} is {}", cut(&text));
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_around_a_blob_is_kept(
            before in "[ -~é見\n]{0,60}[ .:\"]",
            after in "[ .;\"][ -~é見\n]{0,60}",
            length in 200..900_usize,
        ) {
            let text = format!("{before}{}{after}", base64(length));
            let shown = cut(&text);
            prop_assert!(shown.starts_with(&before) && shown.ends_with(&after), "{}", shown);
            prop_assert!(shown.contains(" more characters of base64)"), "{}", shown);
        }

        #[test]
        fn any_text_may_be_looked_at(text in "([a-f0-9 :\\\\xn]{30,90}|[A-Za-z0-9+/\\\\]{30,90}|\n|é){0,12}") {
            let _ = cut(&text);
        }
    }
}
