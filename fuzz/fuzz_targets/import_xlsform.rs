//! Any bytes are an XLSForm or a refusal of one line; what is read is a template that passes its check.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soundings::survey::exchange::xlsform;

#[path = "imported.rs"]
mod imported;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        imported::judge(xlsform::import_csv(text));
    }
    imported::judge(xlsform::import_workbook(bytes));
});
