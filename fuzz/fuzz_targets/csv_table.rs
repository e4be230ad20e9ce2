//! Any bytes are a table or a refusal of one line; what is read is finite and rectangular.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soundings::cli::table::{read_columns, read_text_columns};
use soundings::csi::data::Indicators;
use soundings::csi::moments::{Missing, Moments};

fuzz_target!(|bytes: &[u8]| {
    let names = ["a", "b"].map(str::to_owned);
    match read_columns(bytes, &names, &["99".to_owned()]) {
        Ok(columns) => {
            assert_eq!(columns[0].len(), columns[1].len());
            assert!(columns.iter().flat_map(|c| c.iter()).flatten().all(|x| x.is_finite()));
            let data = Indicators::from_answers(names.to_vec(), columns).expect("finite columns of one length");
            for missing in [Missing::Mean, Missing::Pairwise] {
                if let Ok(found) = Moments::of(&data).correlations(missing) {
                    assert!(found.sds.iter().all(|sd| *sd > 0.0));
                }
            }
        }
        Err(error) => assert!(error.to_string().len() < 2000),
    }
    if let Ok(columns) = read_text_columns(bytes, &names) {
        assert_eq!(columns[0].len(), columns[1].len());
    }
});
