//! Text in columns: the width of a string on a terminal and padding to it.

/// Columns a string takes on a terminal: 2 for wide East Asian characters, 1 for the rest.
pub fn width(text: &str) -> usize {
    let wide = |c: char| matches!(c as u32, 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6);
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// Fills up to `columns` with spaces, on the left if `right_aligned`.
pub fn pad(text: &str, columns: usize, right_aligned: bool) -> String {
    let fill = " ".repeat(columns.saturating_sub(width(text)));
    if right_aligned { format!("{fill}{text}") } else { format!("{text}{fill}") }
}
