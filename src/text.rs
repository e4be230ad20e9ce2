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

/// A text in at most so many columns, with an ellipsis where it was longer.
pub fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut taken = 0;
    let fits = |c: &char| {
        taken += width(c.encode_utf8(&mut [0; 4]));
        taken < columns
    };
    let start: String = text.chars().take_while(fits).collect();
    format!("{}…", start.trim_end())
}

/// A text in lines of at most so many columns, broken at spaces; a word that is longer is shortened.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| shortened(line, columns)).collect()
}

#[cfg(test)]
mod wrapping {
    use super::*;

    #[test]
    fn names_are_wrapped_at_spaces_and_shortened() {
        assert_eq!(wrapped("Perceived quality", 9), ["Perceived", "quality"]);
        assert_eq!(wrapped("Perceived quality", 20), ["Perceived quality"]);
        assert_eq!(wrapped("顾客满意", 8), ["顾客满意"]);
        assert_eq!(shortened("顾客满意度", 8), "顾客满…");
        assert_eq!(wrapped("Zusammengehörigkeit", 9), ["Zusammen…"]);
    }
}
