//! Which analyses go with which models and flags.
//!
//! Owns: the refusal, before anything is computed, of an analysis that another flag or the model rules out;
//! the message names both. Refuses: to judge data; what they make impossible is said with the result.

use super::args::{FitArgs, Missing, Resample};
use super::read::Models;
use crate::cli::Failure;

/// Refuses the first combination that has no meaning.
pub(super) fn check(args: &FitArgs, models: &Models) -> Result<(), Failure> {
    let plain = [
        (models.stages.is_some(), "second-order constructs"),
        (models.products.is_some(), "products of constructs"),
        (args.ordinal, "--ordinal"),
        (args.treatment() == Missing::Em, "--missing em"),
    ];
    let dependent = [(args.strata.is_some(), "--strata"), (args.cluster.is_some(), "--cluster")];
    let weighted = [(args.weights.is_some(), "--weights"), (args.rake.is_some(), "--rake")];
    let consistent = [(args.consistent, "--consistent")];
    let blocks = matches!(args.resample, Resample::Blocks);
    let analyses = [
        (args.test_fit, "--test-fit", [&plain[..], &dependent].concat()),
        (args.compare.is_some(), "--compare", [&plain[..], &dependent].concat()),
        (args.predict, "--predict", [&plain[..], &dependent, &weighted, &consistent].concat()),
        (args.segments.is_some(), "--segments", [&plain[1..3], &weighted, &consistent].concat()),
        (blocks, "--resample blocks", [&plain[1..], &dependent].concat()),
    ];
    for (asked, analysis, excluded) in analyses {
        if let Some((_, other)) = excluded.iter().find(|(given, _)| asked && *given) {
            return Err(Failure::new(format!("{analysis} cannot be combined with {other}; leave one of them out")));
        }
    }
    twice("--by", &args.by)?;
    twice("--rank", &args.rank)?;
    if args.bootstrap == 1 {
        return Err(Failure::new("--bootstrap 1: a single resample has no spread; use 0 for none, or 100 and more"));
    }
    Ok(())
}

fn twice(flag: &str, values: &[String]) -> Result<(), Failure> {
    let repeated = values.iter().enumerate().find(|(i, value)| values[..*i].contains(value));
    repeated.map_or(Ok(()), |(_, value)| Err(Failure::new(format!("{flag} {value} is given twice"))))
}
