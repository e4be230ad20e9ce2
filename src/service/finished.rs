//! What took long to make, kept for those who ask again.
//!
//! Owns: that nothing is given out that was made of other data than there are. Refuses: to keep more than [`KEPT`].

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Kept at a time.
const KEPT: usize = 64;

/// Number of responses and the last one's id: what changes whenever the data do.
pub(super) type DataState = (usize, i64);

/// What was made, by what was asked for, with the data that it shows.
pub(super) struct Finished<K, V>(Mutex<Shelf<K, V>>);

struct Shelf<K, V> {
    made: HashMap<K, (DataState, Arc<V>)>,
    /// Keys, least recently made first.
    order: Vec<K>,
}

impl<K, V> Default for Finished<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Shelf { made: HashMap::new(), order: Vec::new() }))
    }
}

impl<K: Hash + Eq + Clone, V> Finished<K, V> {
    fn lock(&self) -> MutexGuard<'_, Shelf<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was made of these data.
    pub(super) fn get(&self, key: &K, state: DataState) -> Option<Arc<V>> {
        self.lock().made.get(key).filter(|(of, _)| *of == state).map(|(_, value)| value.clone())
    }

    /// Keeps what was made.
    pub(super) fn keep(&self, key: K, state: DataState, value: Arc<V>) {
        let mut shelf = self.lock();
        shelf.order.retain(|known| *known != key);
        if shelf.order.len() >= KEPT {
            let oldest = shelf.order.remove(0);
            shelf.made.remove(&oldest);
        }
        shelf.order.push(key.clone());
        shelf.made.insert(key, (state, value));
    }
}
