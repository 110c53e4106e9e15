//! Fingerprints of release 0.1.0, which held some settings as their `{:?}` text.
//!
//! Frozen: this reads what that release has written, whatever the types are called today.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Replaces each such text by the names and values in it. A text that cannot be read stays
/// unchanged, and is then reported as a difference.
pub(super) fn upgrade(map: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut upgraded = BTreeMap::new();
    for (name, value) in map {
        let tree = match (name.as_str(), &value) {
            (
                "operator.detector" | "operator.overrides" | "output.columns" | "source.drops",
                Value::String(text),
            ) => parse(text),
            _ => None,
        };
        match (name.as_str(), tree) {
            ("operator.detector", Some(tree)) => flatten(name, &tree, &mut upgraded),
            // A variant, and no absent value.
            ("source.drops", Some(Tree::Named(drops, fields))) if fields.is_empty() => {
                upgraded.insert(name, snake(&drops).into());
            }
            ("output.columns", Some(tree)) => {
                if let Value::Object(parts) = tree.json() {
                    let named = |(part, value): (String, Value)| (format!("output.{part}"), value);
                    upgraded.extend(parts.into_iter().map(named));
                }
            }
            (_, Some(tree)) => {
                upgraded.insert(name, tree.json());
            }
            (_, None) => {
                upgraded.insert(name, value);
            }
        }
    }
    let name = |name: String| match name.strip_prefix("operator.detector.missing") {
        Some(rest) => format!("operator.detector.imputation{rest}"),
        None => name,
    };
    let named = upgraded.into_iter().map(|(it, value)| (name(it), value));
    let mut upgraded = named.collect();
    redecide(&mut upgraded);
    upgraded
}

/// Later releases have other defaults, and models saved by that release adopt them: see format
/// version 3 of detectors.
fn redecide(settings: &mut BTreeMap<String, Value>) {
    let name = |part: &str| format!("operator.detector{part}");
    let is = |part: &str, value: Value| settings.get(&name(part)) == Some(&value);
    let is_combined = is(".threshold", "combined".into());
    if is_combined {
        for part in ["margin", "height", "decades"] {
            settings.remove(&name(&format!(".threshold.{part}")));
        }
        settings.insert(name(".threshold"), "calibrated".into());
        settings.insert(name(".threshold.false_alarm_rate"), 0.0005.into());
    }
}

/// A value as `{:?}` writes it.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    /// A number, a text, `true` or `false`.
    Scalar(Value),
    List(Vec<Tree>),
    /// `Name`, `Name(…)` or `Name { … }`. The fields of a tuple have no names.
    Named(String, Vec<(String, Tree)>),
}

impl Tree {
    /// Structs become objects, and variants texts or objects with their `kind`; `None` is null.
    fn json(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Named(name, fields) => match (name.as_str(), fields.as_slice()) {
                ("None", []) => Value::Null,
                ("Some", [(_, inner)]) => inner.json(),
                (name, []) => snake(name).into(),
                (name, fields) => {
                    let is_variant = matches!(name, "Carried" | "Cycles");
                    let kind = is_variant.then(|| ("kind".to_owned(), snake(name).into()));
                    let field = |(field, tree): &(String, Self)| {
                        let field = if field.is_empty() { "values" } else { field };
                        (field.to_owned(), tree.json())
                    };
                    let all = kind.into_iter().chain(fields.iter().map(field));
                    let set = all.filter(|(_, value)| !value.is_null());
                    Value::Object(set.collect::<Map<_, _>>())
                }
            },
        }
    }
}

/// Adds a tree under its name: a variant is the value of its name, and its fields are below.
fn flatten(name: String, tree: &Tree, into: &mut BTreeMap<String, Value>) {
    match tree {
        Tree::Named(variant, fields) => {
            // A struct is called as its field, or is the detector itself.
            let variant = snake(variant);
            if variant != "detector_config" && name.rsplit('.').next() != Some(&variant) {
                into.insert(name.clone(), variant.into());
            }
            for (field, tree) in fields {
                let field = if field.is_empty() { "values" } else { field };
                flatten(format!("{name}.{field}"), tree, into);
            }
        }
        tree => {
            into.insert(name, tree.json());
        }
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `None` if `{:?}` of our types never writes this.
fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser { rest: text };
    let tree = parser.tree(0)?;
    parser.rest.trim().is_empty().then_some(tree)
}

/// Deeper values are not ours.
const DEEPEST: usize = 16;

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn take(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest.trim_start();
        let is_part = |c: char| c.is_alphanumeric() || "_+-.".contains(c);
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.rest = &rest[end..];
        rest[..end].to_owned()
    }

    fn tree(&mut self, depth: usize) -> Option<Tree> {
        if depth > DEEPEST {
            return None;
        }
        if self.rest.trim_start().starts_with('"') {
            return self.text().map(|text| Tree::Scalar(text.into()));
        }
        if self.take("[") {
            return self
                .items("]", |parser| parser.tree(depth + 1))
                .map(Tree::List);
        }
        let word = self.word();
        if let Some(scalar) = scalar(&word) {
            return Some(Tree::Scalar(scalar));
        }
        if !word.starts_with(char::is_alphabetic) {
            return None;
        }
        let fields = if self.take("{") {
            self.items("}", |parser| {
                let field = parser.word();
                parser.take(":").then_some(())?;
                Some((field, parser.tree(depth + 1)?))
            })?
        } else if self.take("(") {
            self.items(")", |parser| Some((String::new(), parser.tree(depth + 1)?)))?
        } else {
            Vec::new()
        };
        Some(Tree::Named(word, fields))
    }

    fn items<T>(
        &mut self,
        end: &str,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(item(self)?);
            if !self.take(",") {
                return self.take(end).then_some(items);
            }
        }
        Some(items)
    }

    /// A text with the escapes that `{:?}` writes.
    fn text(&mut self) -> Option<String> {
        let rest = self.rest.trim_start().strip_prefix('"')?;
        let (mut text, mut letters) = (String::new(), rest.char_indices());
        while let Some((at, letter)) = letters.next() {
            let letter = match letter {
                '"' => {
                    self.rest = &rest[at + 1..];
                    return Some(text);
                }
                '\\' => match letters.next()?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    'u' => {
                        let code = rest[at..].strip_prefix("\\u{")?;
                        let code = &code[..code.find('}')?];
                        letters.by_ref().take(code.len() + 2).for_each(drop);
                        char::from_u32(u32::from_str_radix(code, 16).ok()?)?
                    }
                    other => other,
                },
                other => other,
            };
            text.push(letter);
        }
        None
    }
}

fn scalar(word: &str) -> Option<Value> {
    match word {
        "true" => return Some(true.into()),
        "false" => return Some(false.into()),
        _ => {}
    }
    if let Ok(count) = word.parse::<u64>() {
        return Some(count.into());
    }
    let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let real: f64 = word.parse().ok().filter(|_| is_number)?;
    Some(real.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn upgraded(name: &str, text: &str) -> BTreeMap<String, Value> {
        upgrade(BTreeMap::from([(name.to_owned(), text.into())]))
    }

    #[test]
    fn detectors_become_names_and_values() {
        let map = upgraded(
            "operator.detector",
            "DetectorConfig { seed: 0, time_decay: 1e-5, weights: [1.0, 2.5], transform: Normalize, \
             missing: Fixed([0.0, -1.0]), time_gap_input: false, learning: Skip { patience: 20 }, \
             near_expected: NearExpected { absolute_above: 0.25 } }",
        );
        let expected = json!({
            "operator.detector.seed": 0,
            "operator.detector.time_decay": 1e-5,
            "operator.detector.weights": [1.0, 2.5],
            "operator.detector.transform": "normalize",
            "operator.detector.imputation": "fixed",
            "operator.detector.imputation.values": [0.0, -1.0],
            "operator.detector.time_gap_input": false,
            "operator.detector.learning": "skip",
            "operator.detector.learning.patience": 20,
            "operator.detector.near_expected.absolute_above": 0.25,
        });
        assert_eq!(serde_json::to_value(map).unwrap(), expected);
    }

    #[test]
    fn lists_and_variants_become_json() {
        let overrides = "[KeyOverride { key: \"a \\\"b\\\" \\u{1}\", parameters: ForestParameters { \
                         shingle_size: None, sample_size: Some(12), seed: 0 } }]";
        let expected = json!([{
            "key": "a \"b\" \u{1}",
            "parameters": {"sample_size": 12, "seed": 0},
        }]);
        assert_eq!(
            upgraded("operator.overrides", overrides)["operator.overrides"],
            expected
        );
        let drops = |text: &str| upgraded("source.drops", text)["source.drops"].clone();
        assert_eq!(
            (drops("EveryCycle"), drops("None")),
            ("every_cycle".into(), "none".into())
        );
        assert_eq!(
            drops("Cycles([1, 3])"),
            json!({"kind": "cycles", "values": [1, 3]})
        );
        let columns = upgraded(
            "output.columns",
            "KdaSql { columns: [KdaColumn { name: \"A\", content: Carried { index: 0, \
             is_value: true } }, KdaColumn { name: \"S\", content: Score }], value_names: [\"x\"], \
             direction: true }",
        );
        let expected = json!({
            "output.columns": [
                {"name": "A", "content": {"kind": "carried", "index": 0, "is_value": true}},
                {"name": "S", "content": "score"},
            ],
            "output.value_names": ["x"],
            "output.direction": true,
        });
        assert_eq!(serde_json::to_value(columns).unwrap(), expected);
    }

    #[test]
    fn unreadable_text_is_unchanged() {
        for text in [
            "",
            "DetectorConfig { seed: }",
            "A { b: 1",
            "\"open",
            &"[".repeat(99),
        ] {
            assert_eq!(
                upgraded("operator.detector", text)["operator.detector"],
                text
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text: String) {
            let _ = upgraded("operator.detector", &text);
            let _ = upgraded("output.columns", &format!("A {{ b: {text} }}"));
        }
    }
}
