//! Values that are kept as JSON, and how deep they may nest.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// Nesting past this is refused where it would be indented: a document of so many levels would grow
/// by its square.
pub const MAX_DEPTH: usize = 1000;

/// Reads any value, as JSON has it. Fails where it nests too deep to be indented.
pub(super) fn shallow<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    let value = Option::<&RawValue>::deserialize(deserializer)?;
    if value.is_some_and(|value| nests_deeper(value.get().as_bytes(), MAX_DEPTH)) {
        return Err(de::Error::custom("too many levels"));
    }
    Ok(value)
}

/// Whether valid JSON nests deeper than so many levels.
fn nests_deeper(mut json: &[u8], most: usize) -> bool {
    // That many levels take that many brackets.
    if json.len() <= 2 * most {
        return false;
    }
    let mut depth = 0_usize;
    while let Some((byte, rest)) = json.split_first() {
        json = rest;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(end) = memchr::memchr2(b'"', b'\\', json) {
                    let escape = json.get(end) == Some(&b'\\');
                    json = json.get(end + 1 + usize::from(escape)..).unwrap_or_default();
                    if !escape {
                        break;
                    }
                }
            }
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_strings() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!nests_deeper(deep(1000).as_bytes(), 1000));
        assert!(nests_deeper(deep(1001).as_bytes(), 1000));
        let text = format!("{{\"a\":\"{}\\\"{}\"}}", "[".repeat(1500), "{".repeat(1500));
        assert!(!nests_deeper(text.as_bytes(), 1000));
        let text = format!("[\"\\\\\",{}]", deep(1000));
        assert!(nests_deeper(text.as_bytes(), 1000));
    }
}
