//! Orders drawn for each guest: pages of a block, questions of a page, choices and rows.
//!
//! Owns: that a guest's order follows from the attempt key alone, so that it is the same on every page and can be
//! found again from the stored response. Refuses nothing.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest as _, Sha256};

use super::template::Template;

/// The places 0 to `count` - 1 in an order that follows from the attempt and from what is put in order.
pub fn drawn(attempt: &str, what: &str, count: usize) -> Vec<usize> {
    let seed: [u8; 32] = Sha256::digest(format!("{attempt}/{what}").as_bytes()).into();
    let mut random = ChaCha8Rng::from_seed(seed);
    let mut places: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        // At most a few dozen places: the bias of the remainder is below 2^-58.
        let j = (random.next_u64() % (i as u64 + 1)) as usize;
        places.swap(i, j);
    }
    places
}

/// The pages of a survey in the order that this attempt sees: neighbours of a block are drawn.
pub fn pages(template: &Template, attempt: &str) -> Vec<usize> {
    let mut places = Vec::with_capacity(template.pages.len());
    let mut start = 0;
    while start < template.pages.len() {
        let block = &template.pages[start].block;
        let alike = |page: &&super::template::Page| block.is_some() && page.block == *block;
        let length = template.pages[start..].iter().take_while(alike).count().max(1);
        let name = format!("pages {start}");
        places.extend(drawn(attempt, &name, length).into_iter().map(|i| start + i));
        start += length;
    }
    places
}

/// The questions of a page in the order that this attempt sees.
pub fn questions(template: &Template, page: usize, attempt: &str) -> Vec<usize> {
    let page = &template.pages[page];
    if page.shuffle {
        drawn(attempt, &format!("questions of {}", page.id), page.questions.len())
    } else {
        (0..page.questions.len()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_the_same_for_one_attempt_and_even_over_many() {
        assert_eq!(drawn("a", "x", 5), drawn("a", "x", 5));
        assert_ne!(drawn("a", "x", 9), drawn("a", "y", 9));
        let first: Vec<usize> = (0..600).map(|i| drawn(&i.to_string(), "x", 3)[0]).collect();
        for place in 0..3 {
            let count = first.iter().filter(|p| **p == place).count();
            assert!((150..250).contains(&count), "{place}: {count}");
        }
    }
}
