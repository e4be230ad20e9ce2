//! The instruments that come with the product, embedded.
//!
//! Owns: their list, in the order in which people choose. Refuses: to read files; what is changed is a file of its
//! own, and published from there.

/// Name and text of every instrument.
pub const INSTRUMENTS: [(&str, &str); 25] = [
    ("hotel-post-stay", include_str!("../../survey-templates/hotel-post-stay.toml")),
    ("hotel-post-stay-complaints", include_str!("../../survey-templates/hotel-post-stay-complaints.toml")),
    ("checkout-kiosk", include_str!("../../survey-templates/checkout-kiosk.toml")),
    ("expectation-before-arrival", include_str!("../../survey-templates/expectation-before-arrival.toml")),
    ("performance-after-stay", include_str!("../../survey-templates/performance-after-stay.toml")),
    ("cumulative-satisfaction", include_str!("../../survey-templates/cumulative-satisfaction.toml")),
    ("experience-norms", include_str!("../../survey-templates/experience-norms.toml")),
    ("value-percept-disparity", include_str!("../../survey-templates/value-percept-disparity.toml")),
    ("consumption-emotions", include_str!("../../survey-templates/consumption-emotions.toml")),
    ("kano-hotel", include_str!("../../survey-templates/kano-hotel.toml")),
    ("service-phases", include_str!("../../survey-templates/service-phases.toml")),
    ("consumption-value", include_str!("../../survey-templates/consumption-value.toml")),
    ("relationship-quality", include_str!("../../survey-templates/relationship-quality.toml")),
    ("loyalty-facets", include_str!("../../survey-templates/loyalty-facets.toml")),
    ("customer-empowerment", include_str!("../../survey-templates/customer-empowerment.toml")),
    ("service-promises", include_str!("../../survey-templates/service-promises.toml")),
    ("complaint-follow-up", include_str!("../../survey-templates/complaint-follow-up.toml")),
    ("lost-customer", include_str!("../../survey-templates/lost-customer.toml")),
    ("prospect", include_str!("../../survey-templates/prospect.toml")),
    ("exhibitor-before", include_str!("../../survey-templates/exhibitor-before.toml")),
    ("exhibitor-during", include_str!("../../survey-templates/exhibitor-during.toml")),
    ("exhibitor-after", include_str!("../../survey-templates/exhibitor-after.toml")),
    ("visitor-before", include_str!("../../survey-templates/visitor-before.toml")),
    ("visitor-during", include_str!("../../survey-templates/visitor-during.toml")),
    ("visitor-after", include_str!("../../survey-templates/visitor-after.toml")),
];

/// The text of an instrument.
pub fn instrument(name: &str) -> Option<&'static str> {
    INSTRUMENTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
