//! Escaping of untrusted text.

use std::fmt::{self, Display, Write};

/// Text for HTML and XML, in elements and in quoted attributes. Characters that XML forbids
/// (control characters, U+FFFE, U+FFFF) become U+FFFD.
pub(crate) struct Escaped<T>(pub(crate) T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaper(f), "{}", self.0)
    }
}

struct Escaper<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaper<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.write_str("&amp;")?,
                '<' => self.0.write_str("&lt;")?,
                '>' => self.0.write_str("&gt;")?,
                '"' => self.0.write_str("&quot;")?,
                '\'' => self.0.write_str("&#39;")?,
                '\t' | '\n' => self.0.write_char(c)?,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                    self.0.write_char('\u{fffd}')?;
                }
                c => self.0.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// JSON text for a `<script>` element: without `<`, nothing in it can close the element or open
/// a comment. In JSON that character occurs only inside strings, where the escape means the same.
pub(crate) fn script_json(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            Escaped("<b a=\"1\" c='2'>&amp;\u{0}\u{1b}").to_string(),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;\u{fffd}\u{fffd}"
        );
        assert_eq!(Escaped("naïve\n日本").to_string(), "naïve\n日本");
    }

    #[test]
    fn json_keeps_its_meaning_and_cannot_leave_its_element() {
        let text = "</script><!-- <script>";
        let json = script_json(&serde_json::to_string(text).unwrap());
        assert!(!json.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
