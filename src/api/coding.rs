//! Content codings: which were put over a body, and reading it without them.

use std::io::{self, BufRead as _, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use super::words::excerpt;

/// What the request says it takes.
pub const ACCEPTED: &str = "gzip";

/// More layers than this are nobody's intent.
const MAX_LAYERS: usize = 4;

/// How often the body was gzipped.
///
/// Fails with the name of a coding that was not asked for.
pub fn layers(headers: &HeaderMap) -> Result<usize, String> {
    let mut layers = 0;
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        for coding in value.split(',').map(str::trim).filter(|coding| !coding.is_empty()) {
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                layers += 1;
            } else if !coding.eq_ignore_ascii_case("identity") {
                return Err(excerpt(coding));
            }
        }
        if layers > MAX_LAYERS {
            return Err(excerpt(&value));
        }
    }
    Ok(layers)
}

/// The body without its layers. One of no bytes has none, whatever was declared.
///
/// Fails where its first bytes cannot be had.
pub fn decoded<'a>(body: impl Read + 'a, layers: usize) -> io::Result<Box<dyn Read + 'a>> {
    if layers == 0 {
        return Ok(Box::new(body));
    }
    let mut body = BufReader::new(body);
    if body.fill_buf()?.is_empty() {
        return Ok(Box::new(io::empty()));
    }
    let mut decoded: Box<dyn Read> = Box::new(MultiGzDecoder::new(body));
    for _ in 1..layers {
        decoded = Box::new(MultiGzDecoder::new(BufReader::new(decoded)));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn layers_of(values: &[&'static str]) -> Result<usize, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, (*value).parse().unwrap());
        }
        layers(&headers)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn codings_are_read_in_any_case_and_number() {
        for (values, expected) in [
            (&[][..], Ok(0)),
            (&[""], Ok(0)),
            (&["identity"], Ok(0)),
            (&["Identity, gzip"], Ok(1)),
            (&["GZIP"], Ok(1)),
            (&["x-GZip"], Ok(1)),
            (&["gzip , gzip"], Ok(2)),
            (&["gzip", "gzip"], Ok(2)),
            (&["br"], Err("br")),
            (&["gzip, zstd"], Err("zstd")),
            (&["deflate", "gzip"], Err("deflate")),
            (&["gzip,gzip,gzip,gzip,gzip"], Err("gzip,gzip,gzip,gzip,gzip")),
        ] {
            assert_eq!(layers_of(values), expected.map_err(str::to_owned), "{values:?}");
        }
    }

    #[test]
    fn every_layer_is_taken_off() {
        let mut body = b"{\"a\":1}".to_vec();
        for layers in 0..=MAX_LAYERS {
            let mut text = String::new();
            decoded(&body[..], layers).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "{\"a\":1}", "{layers}");
            body = gzip(&body);
        }
        assert_eq!(decoded(&b""[..], 1).unwrap().read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}
