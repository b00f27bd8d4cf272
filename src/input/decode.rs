//! What the bytes of an input are, told by how they begin, and the UTF-8 text that they stand for.
//!
//! For documents, lists of ids and key files alike: UTF-8 is passed on as it is, UTF-16 with a
//! byte-order mark is translated, gzip is unpacked (UTF-16 in gzip, too). Whatever else is known by
//! its beginning gets a name, so that an error can say what was found.
//!
//! UTF-16 is read by the standard library's decoder: a table-driven one, as in `encoding_rs`, puts
//! U+FFFD in place of half a surrogate pair, and `fetch` loses nothing without a word.

use std::fmt;
use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

/// How much is looked at to tell what an input is.
pub const PEEK: usize = 4096;

/// How much UTF-16 is translated at a time, in bytes.
const UTF16_CHUNK: usize = 64 * 1024;

/// How often gzip may stand in gzip.
const MOST_LAYERS: usize = 3;

/// How bytes stand for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As UTF-8, as far as can be seen, with a byte-order mark or without.
    Utf8,
    /// As UTF-16 behind a byte-order mark, which says in which order the bytes of a unit are.
    Utf16(ByteOrder),
    /// As a gzip stream.
    Gzip,
    /// They do not, or not in a way that is read here.
    Foreign(Foreign),
}

/// Which byte of a UTF-16 unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The low one, as on Windows.
    Little,
    /// The high one.
    Big,
}

impl ByteOrder {
    /// The unit that two bytes make.
    fn unit(self, pair: &[u8]) -> u16 {
        match (self, pair) {
            (Self::Little, [low, high, ..]) => u16::from_le_bytes([*low, *high]),
            (Self::Big, [high, low, ..]) => u16::from_be_bytes([*high, *low]),
            _ => 0,
        }
    }
}

/// What is not read, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What it is, in words that follow "is".
    pub what: &'static str,
    /// What to do next.
    pub hint: &'static str,
}

const PIPE: &str =
    "unpack it first; feather-analysis reads gzip alone, and - takes what a pipe brings";
const NO_TEXT: &str = "documents are what feather-analysis fetch prints: JSON text";
const RECODE: &str = "save it as UTF-8, or convert it: iconv -f UTF-16LE -t UTF-8 (or UTF-16BE)";

/// Beginnings that are known, and what they are of.
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    (b"\xff\xfe\0\0", "UTF-32 text", "save it as UTF-8, or convert it: iconv -f UTF-32 -t UTF-8"),
    (b"\0\0\xfe\xff", "UTF-32 text", "save it as UTF-8, or convert it: iconv -f UTF-32 -t UTF-8"),
    (b"PK\x03\x04", "a zip archive", "unpack it first: unzip -p FILE | feather-analysis … -"),
    (b"\x28\xb5\x2f\xfd", "zstd data", "unpack it first: zstd -dc FILE | feather-analysis … -"),
    (b"BZh", "bzip2 data", "unpack it first: bzip2 -dc FILE | feather-analysis … -"),
    (b"\xfd7zXZ\0", "xz data", "unpack it first: xz -dc FILE | feather-analysis … -"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", PIPE),
    (b"\x04\x22\x4d\x18", "lz4 data", PIPE),
    (b"\x1f\x9d", "compress data", PIPE),
    (b"Rar!", "a rar archive", PIPE),
    (b"%PDF", "a PDF", NO_TEXT),
    (b"\xd0\xcf\x11\xe0", "an Office file", NO_TEXT),
    (b"SQLite format 3", "an SQLite database", NO_TEXT),
    (
        b"PAR1",
        "a Parquet file",
        "duckdb turns its rows into NDJSON: copy (from 'FILE') to 'x.ndjson'",
    ),
    (b"\x89PNG", "a picture", NO_TEXT),
    (b"\xff\xd8\xff", "a picture", NO_TEXT),
    (b"GIF8", "a picture", NO_TEXT),
    (b"\x7fELF", "a program", NO_TEXT),
    (b"{\\rtf", "an RTF text", "save it as plain text in UTF-8"),
];

impl Coding {
    /// The coding of an input that begins like this; [`PEEK`] bytes are looked at.
    pub fn of(beginning: &[u8]) -> Self {
        let beginning = &beginning[..beginning.len().min(PEEK)];
        let signature = SIGNATURES.iter().find(|(signature, ..)| beginning.starts_with(signature));
        match beginning {
            _ if signature.is_some() => {}
            [0x1f, 0x8b, ..] => return Self::Gzip,
            [0xff, 0xfe, ..] => return Self::Utf16(ByteOrder::Little),
            [0xfe, 0xff, ..] => return Self::Utf16(ByteOrder::Big),
            _ => {}
        }
        let named = signature.map(|(_, what, hint)| Foreign { what, hint });
        named.or_else(|| foreign_by_content(beginning)).map_or(Self::Utf8, Self::Foreign)
    }
}

/// What is known by more than its first bytes.
fn foreign_by_content(beginning: &[u8]) -> Option<Foreign> {
    if beginning.get(257..262) == Some(b"ustar") {
        let hint = "unpack it first: tar -xOf FILE | feather-analysis … -";
        return Some(Foreign { what: "a tar archive", hint });
    }
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    let begins = |tag: &str| {
        text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    };
    if begins("<!doctype html") || begins("<html") {
        let hint = "whatever answered in the place of the API wrote it; fetch it again";
        return Some(Foreign { what: "an HTML page", hint });
    }
    if begins("<?xml") {
        return Some(Foreign { what: "an XML text", hint: NO_TEXT });
    }
    // JSON, ids and keys are ASCII at their beginning, so in UTF-16 every other byte is zero.
    let zeroes = |offset: usize| {
        let half = beginning.iter().skip(offset).step_by(2).take(8);
        half.clone().count() > 1 && half.into_iter().all(|byte| *byte == 0)
    };
    match (zeroes(0), zeroes(1)) {
        (true, true) => Some(Foreign { what: "nothing but zero bytes", hint: NO_TEXT }),
        (true, false) | (false, true) => {
            Some(Foreign { what: "UTF-16 text without a byte-order mark", hint: RECODE })
        }
        // In JSON it is one broken document, which the parser has better words for.
        (false, false)
            if beginning.contains(&0) && !text.starts_with(b"{") && !text.starts_with(b"[") =>
        {
            Some(Foreign { what: "binary data", hint: NO_TEXT })
        }
        (false, false) => None,
    }
}

/// The beginning of an input: [`PEEK`] bytes, or all there are.
///
/// Fails where reading does.
pub fn beginning(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::with_capacity(PEEK);
    input.take(PEEK as u64).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// An input, decoded, whose first bytes were looked at.
pub struct Decoded {
    /// How its text begins: [`PEEK`] bytes at least, where there are so many.
    pub beginning: Vec<u8>,
    /// The text, from its first byte. What cannot be decoded fails as [`Broken`].
    pub text: Box<dyn Read + Send>,
}

/// The text of an input that begins with `beginning` and goes on in `rest`.
///
/// Fails where it is something else.
pub fn decode(
    mut beginning: Vec<u8>,
    rest: impl Read + Send + 'static,
) -> Result<Decoded, Foreign> {
    let mut rest: Box<dyn Read + Send> = Box::new(rest);
    let mut layers = 0;
    loop {
        let coding = Coding::of(&beginning);
        let whole = Cursor::new(beginning.clone()).chain(rest);
        rest = match coding {
            Coding::Utf8 => return Ok(Decoded { beginning, text: Box::new(whole) }),
            Coding::Gzip if layers < MOST_LAYERS => Box::new(Gunzip(MultiGzDecoder::new(whole))),
            Coding::Gzip => {
                let what = "gzip in gzip, several times over";
                return Err(Foreign { what, hint: PIPE });
            }
            Coding::Utf16(order) => Box::new(Utf16::new(whole, order)),
            Coding::Foreign(foreign) => return Err(foreign),
        };
        layers += 1;
        beginning.clear();
        if let Err(error) = rest.by_ref().take(PEEK as u64).read_to_end(&mut beginning) {
            // What came before it is text all the same.
            rest = Box::new(Failing(Some(error)));
        }
    }
}

/// Fails, once.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Why the rest of an input cannot be decoded: not for want of reading it.
#[derive(Debug)]
pub struct Broken(String);

impl Broken {
    /// The words of an error that came out of a decoder; None where reading itself failed.
    pub fn words(error: &io::Error) -> Option<&str> {
        error.get_ref()?.downcast_ref::<Self>().map(|broken| &*broken.0)
    }

    fn error(words: impl Into<String>) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self(words.into()))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// Unpacks gzip, of one member or several, and puts into words what is wrong with it.
struct Gunzip<R>(MultiGzDecoder<R>);

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            // The decoder passes on what reading fails with.
            _ if error.raw_os_error().is_some() || Broken::words(&error).is_some() => error,
            io::ErrorKind::Interrupted => error,
            io::ErrorKind::UnexpectedEof => Broken::error("the gzip data breaks off"),
            _ => Broken::error(format!("the gzip data is damaged: {error}")),
        })
    }
}

/// Translates UTF-16 to UTF-8.
struct Utf16<R> {
    units: R,
    order: ByteOrder,
    /// Bytes that were read and not yet translated: half a unit, or half a pair.
    carried: Vec<u8>,
    /// How many bytes have been translated.
    position: u64,
    text: String,
    /// How much of `text` was given out.
    given: usize,
    /// What to fail with once the text before it was given out.
    failed: Option<io::Error>,
    at_end: bool,
}

impl<R: Read> Utf16<R> {
    fn new(units: R, order: ByteOrder) -> Self {
        Self {
            units,
            order,
            carried: Vec::new(),
            position: 0,
            text: String::new(),
            given: 0,
            failed: None,
            at_end: false,
        }
    }

    /// Translates some more; the text stays empty at the end alone.
    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given = 0;
        while self.text.is_empty() {
            if let Some(error) = self.failed.take() {
                self.at_end = true;
                return Err(error);
            }
            if self.at_end {
                break;
            }
            let mut chunk = self.units.by_ref().take(UTF16_CHUNK as u64);
            match chunk.read_to_end(&mut self.carried) {
                Ok(read) => self.at_end = read == 0,
                // What came before it is text all the same.
                Err(error) => self.failed = Some(error),
            }
            self.translate();
        }
        Ok(())
    }

    fn translate(&mut self) {
        let mut bytes = std::mem::take(&mut self.carried);
        let order = self.order;
        let mut whole = bytes.len() & !1;
        // The second half of a pair may still be to come.
        if !self.at_end && whole > 0 && matches!(order.unit(&bytes[whole - 2..]), 0xd800..=0xdbff) {
            whole -= 2;
        }
        let units = bytes[..whole].chunks_exact(2).map(|pair| order.unit(pair));
        let mut position = self.position;
        let mut half = false;
        for character in char::decode_utf16(units) {
            let Ok(character) = character else {
                half = true;
                break;
            };
            // The mark, at the beginning alone: further ones may be text.
            if character != '\u{feff}' || position > 0 {
                self.text.push(character);
            }
            position += 2 * character.len_utf16() as u64;
        }
        self.position = position;
        bytes.drain(..whole);
        if half {
            let byte = position + 1;
            self.failed = Some(Broken::error(format!(
                "half of a surrogate pair at byte {byte}, which is no text in UTF-16"
            )));
        } else if self.at_end && !bytes.is_empty() {
            self.failed = Some(Broken::error("the UTF-16 text breaks off in the middle of a unit"));
        }
        self.carried = bytes;
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.fill()?;
        }
        let rest = &self.text.as_bytes()[self.given..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// A reader that gives out a few bytes at a time.
    struct Trickle(Cursor<Vec<u8>>, usize);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn utf16(text: &str, order: ByteOrder) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units
            .flat_map(|unit| match order {
                ByteOrder::Little => unit.to_le_bytes(),
                ByteOrder::Big => unit.to_be_bytes(),
            })
            .collect()
    }

    /// What comes out, and the words of what it failed with.
    fn read(bytes: &[u8], step: usize) -> Result<(String, Option<String>), &'static str> {
        let mut input = Trickle(Cursor::new(bytes.to_vec()), step);
        let beginning = beginning(&mut input).unwrap();
        let mut decoded = decode(beginning, input).map_err(|foreign| foreign.what)?;
        let mut text = Vec::new();
        let error = decoded.text.read_to_end(&mut text).err();
        assert!(text.starts_with(&decoded.beginning));
        let error = error.map(|error| Broken::words(&error).unwrap().to_owned());
        Ok((String::from_utf8(text).unwrap(), error))
    }

    #[test]
    fn what_is_not_read_has_a_name() {
        let units = |text: &str| utf16(text, ByteOrder::Little)[2..].to_vec();
        let mut tar = vec![b'x'; 257];
        tar.extend(b"ustar\0");
        for (bytes, what) in [
            (b"PK\x03\x04\x14\0".to_vec(), "a zip archive"),
            (b"\x28\xb5\x2f\xfd\x04".to_vec(), "zstd data"),
            (b"%PDF-1.7\n".to_vec(), "a PDF"),
            (b"\n <!DOCTYPE html><p>".to_vec(), "an HTML page"),
            (b"\xef\xbb\xbf<HTML>".to_vec(), "an HTML page"),
            (b"<?xml version=\"1.0\"?>".to_vec(), "an XML text"),
            (units("{\"a\":1}"), "UTF-16 text without a byte-order mark"),
            (units("7f3c1a52")[1..].to_vec(), "UTF-16 text without a byte-order mark"),
            (b"\xff\xfe\0\0{\0\0\0".to_vec(), "UTF-32 text"),
            (vec![0; 5000], "nothing but zero bytes"),
            (b"\x01\x02\0\x03".to_vec(), "binary data"),
            (tar.clone(), "a tar archive"),
            (gzip(&tar), "a tar archive"),
            (gzip(b"PK\x03\x04\x14\0"), "a zip archive"),
            (gzip(&gzip(&gzip(&gzip(b"{}")))), "gzip in gzip, several times over"),
        ] {
            assert_eq!(read(&bytes, 3), Err(what));
        }
        // One byte of many is a matter for the parser, which says where.
        assert_eq!(Coding::of(b"{\"a\":\"\0\"}"), Coding::Utf8);
        assert_eq!(Coding::of(b""), Coding::Utf8);
        assert_eq!(Coding::of(b"7"), Coding::Utf8);
    }

    #[test]
    fn what_breaks_off_gives_out_what_came_before() {
        let text = "{\"a\": \"é😀\"}\n".repeat(3000);
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let bytes = utf16(&text, order);
            let (cut, error) = read(&bytes[..bytes.len() - 1], 100).unwrap();
            assert!(text.starts_with(&cut) && cut.len() == text.len() - 1);
            assert_eq!(error.unwrap(), "the UTF-16 text breaks off in the middle of a unit");
            let half = [&bytes[..], &utf16("😀", order)[2..4], &bytes[2..]].concat();
            let (cut, error) = read(&half, 100).unwrap();
            assert_eq!(cut, text);
            let place = format!("half of a surrogate pair at byte {}", bytes.len() + 1);
            assert!(error.unwrap().starts_with(&place));
        }
        let packed = gzip(text.as_bytes());
        let (cut, error) = read(&packed[..packed.len() - 9], 100).unwrap();
        assert!(text.starts_with(&cut));
        assert_eq!(error.unwrap(), "the gzip data breaks off");
        let mut flipped = packed.clone();
        let sum = flipped.len() - 6;
        flipped[sum] ^= 1;
        assert!(read(&flipped, 100).unwrap().1.unwrap().starts_with("the gzip data is damaged: "));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn any_text_is_the_same_in_every_coding(
            text in "[a-z\\n\"{é日\u{feff}😀\u{ffff}]{0,40}",
            times in 1_usize..2000,
            step in 1_usize..5000,
        ) {
            // No coding but UTF-16 has a mark that is taken off here.
            let text = format!("{{{}", text.repeat(times));
            let packed = gzip(text.as_bytes());
            let twice = [packed.clone(), gzip(b"more"), packed.clone()].concat();
            let both = format!("{text}more{text}");
            for (bytes, expected) in [
                (text.as_bytes().to_vec(), &text),
                (utf16(&text, ByteOrder::Little), &text),
                (utf16(&text, ByteOrder::Big), &text),
                (packed, &text),
                (gzip(&utf16(&text, ByteOrder::Big)), &text),
                (twice, &both),
            ] {
                let (read, error) = read(&bytes, step).unwrap();
                prop_assert_eq!(error, None);
                prop_assert!(read == *expected, "{} of {} bytes", read.len(), expected.len());
            }
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for begin in [&b""[..], b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\xff\xfe", b"\xfe\xff"] {
                let mut input = Cursor::new([begin, &bytes].concat());
                let beginning = beginning(&mut input).unwrap();
                if let Ok(mut decoded) = decode(beginning, input) {
                    let _ = io::copy(&mut decoded.text, &mut io::sink());
                }
            }
        }
    }
}
