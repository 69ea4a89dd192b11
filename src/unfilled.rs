//! Detects values that a shell or a template did not fill in.

/// Why a text is not the value that was meant: quotes or a placeholder that a shell or a template
/// left in it.
pub(crate) fn unfilled(text: &str) -> Option<&'static str> {
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        return Some("is in quotes; remove them");
    }
    let placeholder = ["${", "$(", "{{", "%{"].iter().any(|mark| text.contains(mark))
        || (text.starts_with('<') && text.ends_with('>'));
    placeholder.then_some("contains a placeholder that was not replaced, such as ${NAME}")
}
