//! A column of answers while it is read: two bytes an answer as long as they are small whole numbers.
//!
//! Owns: the change to eight bytes where an answer is anything else. Refuses nothing; what is not finite is
//! remembered by its row, for [`super::data`] to refuse by name.

/// Answers in the order of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub(super) values: Values,
    /// The first row, from 0, whose answer is not a finite number.
    pub(super) not_finite: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// Whole numbers; [`GAP`] where the answer is missing.
    Small(Vec<i16>),
    /// NaN where the answer is missing.
    Real(Vec<f64>),
}

/// Marks a missing answer among small numbers.
pub(super) const GAP: i16 = i16::MIN;

impl Default for Column {
    fn default() -> Self {
        Self { values: Values::Small(Vec::new()), not_finite: None }
    }
}

impl Column {
    /// Adds the next row's answer.
    pub fn push(&mut self, answer: Option<f64>) {
        let row = self.len();
        if answer.is_some_and(|x| !x.is_finite()) {
            self.not_finite = self.not_finite.or(Some(row));
        }
        if let (Values::Small(_), Some(x)) = (&self.values, answer)
            && !(x.fract() == 0.0 && x.abs() < f64::from(i16::MAX))
        {
            self.widen();
        }
        match &mut self.values {
            // In range, as just checked.
            Values::Small(values) => values.push(answer.map_or(GAP, |x| x as i16)),
            Values::Real(values) => values.push(answer.unwrap_or(f64::NAN)),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Small(values) => values.len(),
            Values::Real(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The answers in order; `None` where missing.
    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        (0..self.len()).map(|i| match &self.values {
            Values::Small(values) => Some(values[i]).filter(|x| *x != GAP).map(f64::from),
            Values::Real(values) => Some(values[i]).filter(|x| !x.is_nan()),
        })
    }

    /// Eight bytes an answer from here on.
    pub(super) fn widen(&mut self) {
        if let Values::Small(values) = &self.values {
            let wide = values.iter().map(|x| if *x == GAP { f64::NAN } else { f64::from(*x) }).collect();
            self.values = Values::Real(wide);
        }
    }
}

impl FromIterator<Option<f64>> for Column {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(answers: I) -> Self {
        let mut column = Self::default();
        answers.into_iter().for_each(|answer| column.push(answer));
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn answers_come_back_as_they_were_put_in(
            answers in proptest::collection::vec(
                proptest::option::of(prop_oneof![4 => (-9_i32..99).prop_map(f64::from), 1 => -1e9_f64..1e9]),
                0..40,
            ),
        ) {
            let column: Column = answers.iter().copied().collect();
            prop_assert_eq!(column.iter().collect::<Vec<_>>(), answers);
        }
    }
}
