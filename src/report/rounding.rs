//! With how many decimals figures are shown.
//!
//! Owns: that one decimal is shown, and more where the ends of an interval would otherwise look alike or an end like zero: what
//! is printed never denies what is said of it. Refuses: to round what is computed with.

use super::overview::Change;

/// One decimal, as index points are shown.
pub fn points(x: f64) -> String {
    format!("{x:.1}")
}

/// Two decimals, as paths and loadings are shown, with a minus sign as it is set; nothing is less than nothing.
pub fn two(x: f64) -> String {
    let text = format!("{:.2}", x.abs());
    if x < 0.0 && text != "0.00" { format!("−{text}") } else { text }
}

/// The ends of an interval of paths or loadings: told apart, and from zero.
pub fn two_ends(ci: [f64; 2]) -> [String; 2] {
    let said = |decimals: usize| {
        ci.map(|x| if x < 0.0 { format!("−{:.decimals$}", x.abs()) } else { format!("{x:.decimals$}") })
    };
    let told = |decimals: &usize| {
        let half = 0.5 * 10_f64.powf(-(*decimals as f64));
        ci[1] - ci[0] >= 2.0 * half && ci.iter().all(|x| *x == 0.0 || x.abs() >= half)
    };
    said((2..4).find(told).unwrap_or(4))
}

/// With a sign: `+1.2`, `−0.4`.
pub fn signed(x: f64) -> String {
    signed_to(x, 1)
}

fn signed_to(x: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", x.abs());
    match text.chars().all(|c| matches!(c, '0' | '.')) {
        true => text,
        false if x < 0.0 => format!("−{text}"),
        false => format!("+{text}"),
    }
}

/// Decimals that tell ends apart by five steps or more, up to three of them.
fn decimals([low, high]: [f64; 2]) -> usize {
    let apart = |decimals: usize| (high - low) * 10_f64.powf(decimals as f64) >= 5.0;
    (1..3).find(|decimals| apart(*decimals)).unwrap_or(3)
}

/// The same, and an end that is not zero from zero.
fn decimals_signed(ci: [f64; 2]) -> usize {
    let from_zero = |decimals: usize| ci.iter().all(|x| *x == 0.0 || x.abs() * 10_f64.powf(decimals as f64) >= 0.5);
    (decimals(ci)..3).find(|decimals| from_zero(*decimals)).unwrap_or(3)
}

/// The ends of an interval of index points.
pub fn ends(ci: [f64; 2]) -> [String; 2] {
    let decimals = decimals(ci);
    ci.map(|x| format!("{x:.decimals$}"))
}

/// The ends of an interval of a difference.
pub fn signed_ends(ci: [f64; 2]) -> [String; 2] {
    let decimals = decimals_signed(ci);
    ci.map(|x| signed_to(x, decimals))
}

/// The ends of an interval of whole figures with a sign, such as an NPS.
pub fn signed_whole_ends(ci: [f64; 2]) -> [String; 2] {
    let decimals = usize::from(ci[1] - ci[0] < 2.0);
    ci.map(|x| signed_to(x, decimals))
}

/// Whole percents; what is there but less than one half is not nothing.
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        x if x > 0.0 && x < 0.5 => "<1%".to_owned(),
        x => format!("{x:.0}%"),
    }
}

/// The ends of an interval of shares.
pub fn percent_ends(ci: [f64; 2]) -> [String; 2] {
    let [low, high] = ci;
    if high - low >= 0.02 {
        return ci.map(percent);
    }
    ci.map(|share| format!("{:.1}%", 100.0 * share))
}

impl Change {
    /// The difference, with a sign, to as many decimals as its interval needs.
    pub fn said(&self) -> String {
        signed_to(self.difference, decimals_signed(self.ci))
    }

    /// The same without a sign.
    pub fn size(&self) -> String {
        format!("{:.*}", decimals_signed(self.ci), self.difference.abs())
    }

    /// The ends of its interval.
    pub fn ends(&self) -> [String; 2] {
        signed_ends(self.ci)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_apart_and_from_zero() {
        assert_eq!((signed(1.24), signed(-0.04), signed(-3.0)), ("+1.2".into(), "0.0".into(), "−3.0".into()));
        assert_eq!(ends([74.2, 78.61]), ["74.2", "78.6"]);
        assert_eq!(ends([75.152, 75.241]), ["75.15", "75.24"]);
        assert_eq!(ends([75.1521, 75.1529]), ["75.152", "75.153"]);
        assert_eq!(signed_ends([-0.7, 2.1]), ["−0.7", "+2.1"]);
        assert_eq!(signed_ends([0.03, 2.1]), ["+0.03", "+2.10"], "a rise is not printed as none");
        assert_eq!(signed_ends([-0.02, 0.3]), ["−0.02", "+0.30"]);
        assert_eq!(signed_ends([0.0, 4.0]), ["0.0", "+4.0"]);
        assert_eq!(two_ends([-0.0033, 0.0912]), ["−0.003", "0.091"]);
        assert_eq!(two_ends([0.8412, 0.8447]), ["0.841", "0.845"]);
        assert_eq!(two_ends([0.0, 0.31]), ["0.00", "0.31"]);
        assert_eq!(percent_ends([0.706, 0.751]), ["71%", "75%"]);
        assert_eq!(percent_ends([0.7101, 0.7132]), ["71.0%", "71.3%"]);
        assert_eq!(signed_whole_ends([33.8, 34.4]), ["+33.8", "+34.4"]);
        assert_eq!(signed_whole_ends([34.4, 38.8]), ["+34", "+39"]);
        let change = Change::new(0.04, [0.012, 0.07]);
        assert_eq!(
            (change.said(), change.size(), change.ends()),
            ("+0.04".into(), "0.04".into(), ["+0.01".into(), "+0.07".into()])
        );
    }
}
