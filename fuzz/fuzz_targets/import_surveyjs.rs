//! Any text is a SurveyJS questionnaire or a refusal of one line; what is read is a template that passes its check.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soundings::survey::exchange::surveyjs;

#[path = "imported.rs"]
mod imported;

fuzz_target!(|text: &str| imported::judge(surveyjs::import(text)));
