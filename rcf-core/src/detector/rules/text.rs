//! Rules as text.

use std::fmt;

use super::{Comparison, Condition, Ignore, Rule};
use crate::detector::suppression::NearExpected;
use crate::error::ConfigError;

/// How comparisons are written.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("!=", Comparison::Unequal),
    ("<", Comparison::Below),
    (">", Comparison::Above),
    ("=", Comparison::Equal),
];

impl Rule {
    /// Reads a rule. Inputs are called by their names, or by their numbers from 0 where they have
    /// none; a name with spaces or signs is in double quotes.
    ///
    /// | text | ignores |
    /// |---|---|
    /// | `load within 0.5` | `load`, at most 0.5 above or below the expected value |
    /// | `load within 5% above` | `load`, at most a twentieth of it above the expected value |
    /// | `within 5% or 2 below` | each input, at most 5 % away, or at most 2 below |
    /// | `load when speed < 10` | `load`, while `speed` is below 10 |
    /// | `when state != 1 and speed >= 3` | everything, while both hold |
    ///
    /// Comparisons are `<`, `<=`, `>`, `>=`, `=` and `!=`.
    ///
    /// ```
    /// use rcf_core::Rule;
    ///
    /// let rule = Rule::parse("load when speed < 10", &["speed", "load"])?;
    /// assert_eq!(rule.to_string(), "1 when 0 < 10");
    /// # Ok::<(), rcf_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// The text is not a rule, or an input has another name.
    pub fn parse<S: AsRef<str>>(text: &str, names: &[S]) -> Result<Self, ConfigError> {
        let reader = tokens(text).map(|tokens| Reader {
            tokens: tokens.into_iter().peekable(),
            names,
        });
        reader
            .and_then(Reader::rule)
            .map_err(|reason| ConfigError::Rule {
                rule: text.to_owned(),
                reason,
            })
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Comparison(Comparison),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let (name, after) = rest[1..]
                .split_once('"')
                .ok_or("a quotation mark is not closed")?;
            tokens.push(Token::Quoted(name.to_owned()));
            rest = after;
        } else if let Some((sign, comparison)) =
            COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign))
        {
            tokens.push(Token::Comparison(*comparison));
            rest = &rest[sign.len()..];
        } else {
            let ends = |c: char| c.is_whitespace() || "<>=!\"".contains(c);
            // A sign that begins no comparison is a separate word.
            let end = match rest[first.len_utf8()..].find(ends) {
                Some(end) => end + first.len_utf8(),
                None => rest.len(),
            };
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

struct Reader<'a, S> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    names: &'a [S],
}

impl<S: AsRef<str>> Reader<'_, S> {
    fn rule(mut self) -> Result<Rule, String> {
        let kinds = "it must continue with within or when";
        let begins = |word: &Token| matches!(word, Token::Word(word) if is_kind(word));
        let input = if self.tokens.peek().is_some_and(begins) {
            None
        } else {
            Some(self.input()?)
        };
        let ignore = match self.tokens.next() {
            Some(Token::Word(word)) if word == "within" => Ignore::Near(self.near()?),
            Some(Token::Word(word)) if word == "when" => Ignore::When(self.conditions()?),
            _ => return Err(kinds.to_owned()),
        };
        match self.tokens.next() {
            None => Ok(Rule { input, ignore }),
            Some(Token::Word(word) | Token::Quoted(word)) => Err(format!("unexpected text {word}")),
            Some(Token::Comparison(_)) => Err("a comparison follows when INPUT".to_owned()),
        }
    }

    fn is_next(&mut self, word: &str) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Word(next) if next == word))
            .is_some()
    }

    fn input(&mut self) -> Result<usize, String> {
        let (name, is_quoted) = match self.tokens.next() {
            Some(Token::Word(name)) => (name, false),
            Some(Token::Quoted(name)) => (name, true),
            _ => return Err("an input is missing".to_owned()),
        };
        let named = self.names.iter().position(|known| known.as_ref() == name);
        let number = || name.parse().ok().filter(|_| !is_quoted);
        named.or_else(number).ok_or_else(|| {
            let known: Vec<_> = self.names.iter().map(AsRef::as_ref).collect();
            match known[..] {
                [] => format!("unknown input {name}: use its number, from 0"),
                _ => format!("unknown input {name}; the inputs are {}", known.join(", ")),
            }
        })
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err(format!("{what} is missing")),
        }
    }

    fn near(&mut self) -> Result<NearExpected, String> {
        let mut near = NearExpected::default();
        loop {
            let word = self.word("a distance")?;
            let (amount, is_relative) = match word.strip_suffix('%') {
                Some(percent) => (hundredth(percent), true),
                None => (word.parse().ok(), false),
            };
            let amount: f64 = amount
                .filter(|amount: &f64| *amount > 0.0 && amount.is_finite())
                .ok_or_else(|| format!("{word} is not a distance above 0, such as 0.5 or 5%"))?;
            let (above, below) = if is_relative {
                (&mut near.relative_above, &mut near.relative_below)
            } else {
                (&mut near.absolute_above, &mut near.absolute_below)
            };
            let only_above = self.is_next("above");
            let only_below = !only_above && self.is_next("below");
            if !only_below {
                *above = amount;
            }
            if !only_above {
                *below = amount;
            }
            if !self.is_next("or") {
                return Ok(near);
            }
        }
    }

    fn conditions(&mut self) -> Result<Vec<Condition>, String> {
        let mut conditions = Vec::new();
        loop {
            let input = self.input()?;
            let Some(Token::Comparison(comparison)) = self.tokens.next() else {
                return Err("one of <, <=, >, >=, = and != is missing".to_owned());
            };
            let word = self.word("a value")?;
            let value = word.parse().ok().filter(|value: &f64| value.is_finite());
            conditions.push(Condition {
                input,
                comparison,
                value: value.ok_or_else(|| format!("{word} is not a number"))?,
            });
            if !self.is_next("and") {
                return Ok(conditions);
            }
        }
    }
}

fn is_kind(word: &str) -> bool {
    matches!(word, "within" | "when")
}

/// The hundredth of a decimal number, without the error of a division.
fn hundredth(percent: &str) -> Option<f64> {
    let (digits, exponent) = percent.split_once(['e', 'E']).unwrap_or((percent, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    format!("{digits}e{}", exponent.checked_sub(2)?)
        .parse()
        .ok()
}

/// A fraction in percent, such that [`hundredth`] gives it back.
fn percent(fraction: f64) -> String {
    let shortest = format!("{fraction:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exact = format!("{digits}e{}", exponent.parse().unwrap_or(0) + 2);
    let plain = exact.parse().unwrap_or(fraction * 100.0).to_string();
    if hundredth(&plain) == Some(fraction) {
        plain
    } else {
        exact
    }
}

/// As [`Rule::parse`] reads it without names.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(input) = self.input {
            write!(f, "{input} ")?;
        }
        match &self.ignore {
            Ignore::Near(near) => {
                f.write_str("within")?;
                let sides = [
                    (near.absolute_above, near.absolute_below, false),
                    (near.relative_above, near.relative_below, true),
                ];
                let mut before = " ";
                for (above, below, is_relative) in sides {
                    let sides = if above.to_bits() == below.to_bits() {
                        [(above, ""), (0.0, "")]
                    } else {
                        [(above, " above"), (below, " below")]
                    };
                    for (amount, side) in sides.into_iter().filter(|(amount, _)| *amount != 0.0) {
                        let amount = if is_relative {
                            percent(amount) + "%"
                        } else {
                            amount.to_string()
                        };
                        write!(f, "{before}{amount}{side}")?;
                        before = " or ";
                    }
                }
            }
            Ignore::When(conditions) => {
                let mut before = "when ";
                for condition in conditions {
                    let (input, value) = (condition.input, condition.value);
                    write!(f, "{before}{input} {} {value}", condition.comparison)?;
                    before = " and ";
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, _) = COMPARISONS
            .iter()
            .find(|(_, comparison)| comparison == self)
            .expect("the table has all of them");
        f.write_str(sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_round_trip_as_text() {
        let names = ["speed", "the load"];
        let read = |text: &str| Rule::parse(text, &names).unwrap();
        for (text, plain) in [
            ("speed within 0.5", "0 within 0.5"),
            ("\"the load\" within 5% above", "1 within 5% above"),
            ("within 7% or 2 below", "within 2 below or 7%"),
            ("1 within 1 above or 2 below", "1 within 1 above or 2 below"),
            ("within 0.1%", "within 0.1%"),
            ("speed when \"the load\"<10", "0 when 1 < 10"),
            (
                "when speed != -1e3 and 1 >= 3",
                "when 0 != -1000 and 1 >= 3",
            ),
            (
                "when speed=1 and speed<=2 and speed>3",
                "when 0 = 1 and 0 <= 2 and 0 > 3",
            ),
        ] {
            let rule = read(text);
            assert_eq!(rule.to_string(), plain, "{text}");
            assert_eq!(Rule::parse::<&str>(plain, &[]).unwrap(), rule, "{text}");
        }
    }

    /// Rules are saved as numbers, and compared as text between runs.
    #[test]
    fn every_fraction_is_read_as_it_is_written() {
        let mut fraction = 1e-9;
        while fraction < 1e9 {
            assert_eq!(hundredth(&percent(fraction)), Some(fraction));
            fraction *= 1.000_37;
        }
    }

    #[test]
    fn errors_name_the_problem() {
        for (text, reason) in [
            ("", "an input is missing"),
            ("speed", "within or when"),
            ("speed within", "a distance is missing"),
            ("speed within -1", "-1 is not a distance"),
            ("speed within x%", "x% is not a distance"),
            ("speed within 0", "0 is not a distance"),
            ("speed within 1 above below", "unexpected text below"),
            (
                "weight within 1",
                "unknown input weight; the inputs are speed, load",
            ),
            ("when speed", "is missing"),
            ("when speed < fast", "fast is not a number"),
            ("when speed ! 1", "is missing"),
            ("when \"speed < 1", "not closed"),
            ("when speed < 1 or load < 1", "unexpected text or"),
            ("\"1\" within 1", "unknown input 1"),
        ] {
            let error = Rule::parse(text, &["speed", "load"]).unwrap_err();
            let ConfigError::Rule { rule, reason: said } = &error else {
                panic!("{error:?}")
            };
            assert_eq!(rule, text);
            assert!(said.contains(reason), "{text}: {said}");
        }
        let error = Rule::parse::<&str>("speed within 1", &[]).unwrap_err();
        assert!(error.to_string().contains("use its number"), "{error}");
    }
}
