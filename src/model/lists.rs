//! Lists that take little room, or are read only where they are shown.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{ControlFlow, Deref};

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A list that is read again where it is shown. When the document is read, it is checked element by
/// element and counted, and only where it stands is kept.
#[derive(Debug)]
pub struct LazyList<'a, T> {
    /// A valid JSON array of `T`.
    json: &'a str,
    len: usize,
    elements: PhantomData<fn() -> T>,
}

impl<'a, T: Deserialize<'a>> LazyList<'a, T> {
    /// How many elements it has.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether `text` may be among the strings in it; cheap, and a no is certain.
    pub fn may_have(&self, text: &str) -> bool {
        let json = self.json.as_bytes();
        memchr::memmem::find(json, text.as_bytes()).is_some()
            || memchr::memchr(b'\\', json).is_some()
    }

    /// Calls `each` with every element, in order, as long as it says to go on.
    pub fn each(&self, each: impl FnMut(T) -> ControlFlow<()>) {
        // What is no such list was refused when the document was read: it fails where it is to end.
        let _ = each_element(self.json, each);
    }
}

impl<T> Default for LazyList<'_, T> {
    fn default() -> Self {
        Self { json: "[]", len: 0, elements: PhantomData }
    }
}

/// The name under which a [`LazyList`] asks for its JSON; who reads a document leniently gives it a
/// sequence instead.
pub(super) const LAZY_LIST: &str = "feather lazy list";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for LazyList<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Checked<T>(PhantomData<fn() -> T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Checked<T> {
            type Value = LazyList<'de, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Self::Value, D::Error> {
                let json = <&'de RawValue>::deserialize(deserializer)?.get();
                let mut len = 0;
                each_element(json, |_: T| {
                    len += 1;
                    ControlFlow::Continue(())
                })
                .map_err(|error| {
                    let text = error.to_string();
                    // The place is one in the list, not in the document.
                    let words = text.rsplit_once(" at line ").map_or(&*text, |(words, _)| words);
                    de::Error::custom(words)
                })?;
                Ok(LazyList { json, len, elements: PhantomData })
            }

            /// Where the elements are looked at one by one, as they stand in the document.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                while list.next_element::<T>()?.is_some() {}
                Ok(LazyList::default())
            }
        }

        deserializer.deserialize_newtype_struct(LAZY_LIST, Checked(PhantomData))
    }
}

/// Calls `each` with every element of a JSON array, without holding more than one. Fails where it is
/// no such array, and where `each` breaks off.
fn each_element<'a, T: Deserialize<'a>>(
    json: &'a str,
    each: impl FnMut(T) -> ControlFlow<()>,
) -> Result<(), serde_json::Error> {
    struct Elements<F, T>(F, PhantomData<fn() -> T>);

    impl<'de, T: Deserialize<'de>, F: FnMut(T) -> ControlFlow<()>> Visitor<'de> for Elements<F, T> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
            while let Some(element) = list.next_element()? {
                if (self.0)(element).is_break() {
                    return Err(de::Error::custom("no more is wanted"));
                }
            }
            Ok(())
        }
    }

    serde_json::Deserializer::from_str(json).deserialize_seq(Elements(each, PhantomData))
}

/// A short list, of which there are many: it takes no more room than it needs.
#[derive(Debug)]
pub struct List<T>(Box<[T]>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<'l, T> IntoIterator for &'l List<T> {
    type Item = &'l T;
    type IntoIter = std::slice::Iter<'l, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut list = Vec::deserialize(deserializer)?;
        // Moved, not shrunk: shrinking in place leaves a gap behind every list, and of all of them
        // that is a tenth of the document.
        Ok(Self(list.drain(..).collect()))
    }
}
