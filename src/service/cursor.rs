//! Where to go on in a list: text that means nothing outside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cursor of what comes after this place.
pub fn cursor(after: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("after {after}"))
}

/// The place of a cursor that was given out.
pub fn place(cursor: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    String::from_utf8(bytes).ok()?.strip_prefix("after ")?.parse().ok().filter(|after| *after >= 0)
}
