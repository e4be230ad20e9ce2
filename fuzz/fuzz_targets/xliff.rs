//! Any text is an XLIFF file or a refusal; what is read can be put into a template.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soundings::survey::{library, translation, xliff};

fuzz_target!(|text: &str| {
    let Ok((language, texts)) = xliff::read(text) else { return };
    let template = library::instrument("checkout-kiosk").expect("it is in the library");
    let _ = translation::put_in(template, &language, &texts);
});
