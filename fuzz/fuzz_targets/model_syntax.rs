//! Any text is a model or a refusal; what is a model prints to the same model.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soundings::csi::model::{ModeA, PathModel};
use soundings::csi::products::{Products, without_products};
use soundings::csi::second_order::{Approach, TwoStage};
use soundings::csi::syntax::parse;

fuzz_target!(|text: &str| {
    let Ok(spec) = parse(text) else { return };
    let printed = spec.to_string();
    assert_eq!(parse(&printed).expect("what was printed").to_string(), printed);
    let plain = without_products(&spec);
    let main_spec = plain.as_ref().unwrap_or(&spec);
    for approach in [Approach::Disjoint, Approach::Embedded] {
        let main = match TwoStage::from_spec(main_spec, &ModeA::All, approach) {
            Ok(Some(stages)) => {
                assert_eq!(stages.repeat(&vec![0; stages.indicators.len()]).len(), stages.first.indicators.len());
                Ok(stages.second)
            }
            Ok(None) => PathModel::from_spec(main_spec, &ModeA::All),
            Err(error) => Err(error),
        };
        let Ok(main) = main else { continue };
        if plain.is_some()
            && let Ok(products) = Products::new(&spec, main)
        {
            assert_eq!(products.full.order.len(), products.full.constructs.len());
        }
    }
});
