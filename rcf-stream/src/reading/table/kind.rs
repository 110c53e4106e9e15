//! Texts that are not a table but could be read as one.

use super::COMPARED;
use crate::reading::DialectError;
use crate::reading::shape::Shape;

/// Rejects texts that are not a table but could be read as one.
pub(in crate::reading) fn check_kind(head: &[u8]) -> Result<(), DialectError> {
    let start = String::from_utf8_lossy(&head[..head.len().min(1_000)]);
    let start = start.trim_start().to_ascii_lowercase();
    let is = |tag: &str| start.starts_with(tag);
    if is("<!doctype html") || is("<html") {
        return Err(DialectError::Markup {
            found: "an HTML page",
        });
    }
    if is("<?xml") {
        return Err(DialectError::Markup { found: "XML" });
    }
    if start.starts_with(['┌', '╔', '╭', '┏']) {
        return Err(DialectError::Markup {
            found: "a table in a frame of lines",
        });
    }
    match named_field(head) {
        Some(example) => Err(DialectError::NamedFields { example }),
        None => Ok(()),
    }
}

/// A field `name=number`, if each line has words of that form.
fn named_field(head: &[u8]) -> Option<String> {
    let is_named = |word: &&str| {
        word.split_once('=').is_some_and(|(name, value)| {
            name.starts_with(char::is_alphabetic)
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_.-".contains(c))
                && Shape::of(value.trim_matches(['"', ','])) == Shape::Number
        })
    };
    let text = String::from_utf8_lossy(head);
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(COMPARED)
        .peekable();
    let field = |line: &str| line.split_whitespace().find(is_named).map(str::to_owned);
    let example = field(lines.peek()?)?;
    // The last line may be incomplete.
    let lines: Vec<&str> = lines.collect();
    let whole = &lines[..lines.len().saturating_sub(1).max(1)];
    (lines.len() > 1 && whole.iter().all(|line| field(line).is_some())).then_some(example)
}
