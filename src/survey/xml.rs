//! What readers of XML files share: entities, of which only XML's own are resolved.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::BytesRef;

/// The text that an entity stands for.
///
/// # Errors
/// In words, for an entity that is not XML's own: files that define theirs are how small files become huge.
pub(super) fn entity(entity: &BytesRef<'_>) -> Result<String, String> {
    let character = entity.resolve_char_ref().ok().flatten().map(String::from);
    let named = || resolve_predefined_entity(entity).map(str::to_owned);
    character.or_else(named).ok_or_else(|| format!("the entity `&{};` is not one of XML's own", &**entity))
}
