//! What nearly every request asks for and hardly ever changes, kept in memory for a moment.
//!
//! Owns: for how long. What this process changes is seen at once; what another one changes, after [`KEPT`] at most.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long something is believed without looking.
const KEPT: Duration = Duration::from_secs(1);

/// The most that is kept.
const MOST: usize = 10_000;

/// Values by key, each with when and at which state of the tables it was read.
#[derive(Debug)]
pub struct Remembered<K, V>(RwLock<HashMap<K, (V, Instant, u64)>>);

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Hash + Eq, V: Clone> Remembered<K, V> {
    /// The value, if it was read a moment ago and nothing changed since.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q, state: u64) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (value, read, then) = kept.get(key)?;
        (*then == state && read.elapsed() < KEPT).then(|| value.clone())
    }

    /// Keeps a value that was read when the tables were in this state.
    pub fn keep(&self, key: K, value: V, state: u64) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (value, Instant::now(), state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_at_once() {
        let kept: Remembered<String, u8> = Remembered::default();
        kept.keep("a".into(), 1, 7);
        assert_eq!(kept.get("a", 7), Some(1));
        assert_eq!(kept.get("a", 8), None);
        assert_eq!(kept.get("b", 7), None);
    }
}
