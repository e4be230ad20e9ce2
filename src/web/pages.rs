//! Pages that are the same for every guest but for a few values: rendered and compressed once.
//!
//! Owns: rendered pages with gaps, and filling the gaps for one guest, plain or in gzip. Refuses: pages with
//! anything typed in them; those are rendered for the guest alone.
//!
//! Compressed, a page is a row of pieces of deflate (RFC 1951), each ending on a whole byte and looking back at
//! nothing before it; what goes into a gap is a stored block between two of them. So a guest costs a copy and a
//! checksum (RFC 1952), not a compression.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::{self, AcceptEncoding, Encoding, Header as _};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::{Compress, Compression, Crc, FlushCompress};

use super::problem::Problem;
use super::view;

/// Stand in a rendered page for the values that go there; no survey text can hold their control character.
pub const GAPS: [&str; 2] = ["\u{1}0\u{1}", "\u{1}1\u{1}"];

/// Pages kept, of some 60 kB each; beyond it all are rendered anew.
const KEPT: usize = 400;

/// Template, revision id, language, unit code.
pub type Key = (&'static str, i64, String, Option<String>);

/// A page cut at its gaps.
struct Cut {
    /// One more than there are gaps.
    pieces: Vec<Piece>,
    /// Which value goes after each piece but the last.
    gaps: Vec<usize>,
}

struct Piece {
    plain: String,
    deflated: Vec<u8>,
    check: Crc,
}

/// Pages that were rendered since the server was started.
#[derive(Default)]
pub struct Pages {
    kept: Mutex<HashMap<Key, Arc<Cut>>>,
}

impl Pages {
    /// The page with these values in its gaps; `render` makes it with [`GAPS`] in their place where it is not known
    /// yet. The values are put in as they are: they must mean nothing in HTML.
    ///
    /// # Errors
    /// As `render`.
    pub fn filled(
        &self,
        request: &HttpRequest,
        response: &mut HttpResponseBuilder,
        key: Key,
        values: &[&str],
        render: impl FnOnce() -> Result<Option<String>, Problem>,
    ) -> Result<HttpResponse, Problem> {
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let cut = match known {
            Some(cut) => cut,
            None => match render()? {
                Some(text) => self.keep(key, &text),
                None => return Ok(view::broken()),
            },
        };
        response.content_type("text/html; charset=utf-8");
        if takes_gzip(request) {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
            response.append_header((header::VARY, "Accept-Encoding"));
            return Ok(response.body(cut.gzip(values)));
        }
        Ok(response.body(cut.plain(values)))
    }

    fn keep(&self, key: Key, text: &str) -> Arc<Cut> {
        let cut = Arc::new(Cut::new(text));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, cut.clone());
        cut
    }
}

impl Cut {
    fn new(text: &str) -> Self {
        let (mut pieces, mut gaps, mut rest) = (Vec::new(), Vec::new(), text);
        let next = |rest: &str| GAPS.iter().enumerate().filter_map(|(i, gap)| Some((rest.find(gap)?, i))).min();
        while let Some((at, gap)) = next(rest) {
            pieces.push(Piece::new(&rest[..at], FlushCompress::Full));
            gaps.push(gap);
            rest = &rest[at + GAPS[gap].len()..];
        }
        pieces.push(Piece::new(rest, FlushCompress::Finish));
        Self { pieces, gaps }
    }

    fn plain(&self, values: &[&str]) -> String {
        let mut page = String::with_capacity(self.pieces.iter().map(|p| p.plain.len() + 64).sum());
        for (place, piece) in self.pieces.iter().enumerate() {
            page.push_str(&piece.plain);
            page.push_str(self.gaps.get(place).map_or("", |gap| values[*gap]));
        }
        page
    }

    fn gzip(&self, values: &[&str]) -> Vec<u8> {
        let mut page = Vec::with_capacity(self.pieces.iter().map(|p| p.deflated.len() + 64).sum());
        // Deflate, no name, no time, best compression, system unknown.
        page.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
        let mut check = Crc::new();
        for (place, piece) in self.pieces.iter().enumerate() {
            page.extend_from_slice(&piece.deflated);
            check.combine(&piece.check);
            if let Some(value) = self.gaps.get(place).map(|gap| values[*gap].as_bytes()) {
                page.extend(stored(value));
                page.extend_from_slice(value);
                check.update(value);
            }
        }
        page.extend(check.sum().to_le_bytes());
        page.extend(check.amount().to_le_bytes());
        page
    }
}

impl Piece {
    fn new(plain: &str, end: FlushCompress) -> Self {
        let mut deflated = Vec::with_capacity(plain.len() + 1024);
        let mut compress = Compress::new(Compression::best(), false);
        // In memory with room for all of it, there is nothing that can fail.
        let done = compress.compress_vec(plain.as_bytes(), &mut deflated, end);
        debug_assert!(done.is_ok() && compress.total_in() == plain.len() as u64);
        let mut check = Crc::new();
        check.update(plain.as_bytes());
        deflated.shrink_to_fit();
        Self { plain: plain.to_owned(), deflated, check }
    }
}

/// The head of a stored block that is not the last; values are far below its 65,535 bytes.
fn stored(value: &[u8]) -> [u8; 5] {
    let [low, high] = (value.len() as u16).to_le_bytes();
    [0, low, high, !low, !high]
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let wanted = AcceptEncoding::parse(request).ok();
    let chosen = wanted.and_then(|wanted| wanted.negotiate([Encoding::gzip(), Encoding::identity()].iter()));
    chosen == Some(Encoding::gzip())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_unpacked_is_the_plain_page() {
        let text = format!("<p>{}</p>", "Grüße, 您好. ".repeat(9000));
        for page in [
            text.clone(),
            String::new(),
            GAPS[0].to_owned(),
            format!("{text}{}{}{text}", GAPS[1], GAPS[0]),
            format!("{}{text}{}", GAPS[0], GAPS[0]),
        ] {
            let cut = Cut::new(&page);
            for values in [["", "x"], ["0123456789abcdef", "1700000000"]] {
                let expected = page.replace(GAPS[0], values[0]).replace(GAPS[1], values[1]);
                assert_eq!(cut.plain(&values), expected);
                let packed = cut.gzip(&values);
                let mut unpacked = String::new();
                flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).unwrap();
                assert_eq!(unpacked, expected);
            }
        }
    }
}
