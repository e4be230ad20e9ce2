//! Any text is a LimeSurvey questionnaire or a refusal of one line; what is read is a template that passes its check.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soundings::survey::exchange::limesurvey;

#[path = "imported.rs"]
mod imported;

fuzz_target!(|text: &str| imported::judge(limesurvey::import(text)));
