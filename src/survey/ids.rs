//! Identifiers that cannot be wrong once they exist: parsed at the edge, passed on as types.

use std::fmt;
use std::str::FromStr;

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct BadId {
    text: String,
    expected: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId { text: text.chars().take(80).collect(), expected: $expected })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A survey's or unit's name in addresses, for instance `hotel-post-stay`.
    Slug,
    "a name of 1 to 64 lower-case letters, digits and single hyphens",
    |s| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        (1..=64).contains(&s.len()) && s.split('-').all(|part| !part.is_empty() && part.chars().all(plain))
    }
);

id!(
    /// One attempt at a survey: what makes a repeated submission the same submission. 128 random bits.
    AttemptKey,
    "an attempt key of 32 hexadecimal digits",
    |s| s.len() == 32 && s.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
);

id!(
    /// What a guest keeps: 12 characters of Crockford's base 32 in three groups, 60 random bits.
    Receipt,
    "a receipt such as K7QF-2MXD-9RTA",
    |s| s.len() == 14 && s.char_indices().all(|(i, c)| if i == 4 || i == 9 { c == '-' } else { CROCKFORD.contains(c) })
);

const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl AttemptKey {
    /// From 16 random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }
}

impl Receipt {
    /// From 12 random bytes, of which five bits each are used.
    pub fn from_random(bytes: [u8; 12]) -> Self {
        let code: Vec<char> = bytes.iter().map(|b| char::from(CROCKFORD.as_bytes()[usize::from(b & 31)])).collect();
        let group = |range: std::ops::Range<usize>| code[range].iter().collect::<String>();
        Self(format!("{}-{}-{}", group(0..4), group(4..8), group(8..12)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_accepts_its_own_and_nothing_else() {
        assert!("hotel-post-stay".parse::<Slug>().is_ok());
        for bad in ["", "Hotel", "a--b", "-a", "a/b", "..", "é"] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
        let receipt = Receipt::from_random([31; 12]);
        assert_eq!(receipt.as_str(), "ZZZZ-ZZZZ-ZZZZ");
        assert!(receipt.as_str().parse::<Receipt>().is_ok());
        assert!(AttemptKey::from_random([0xab; 16]).as_str().parse::<AttemptKey>().is_ok());
        assert_eq!(
            "x".parse::<AttemptKey>().unwrap_err().to_string(),
            "`x` is not an attempt key of 32 hexadecimal digits"
        );
    }
}
