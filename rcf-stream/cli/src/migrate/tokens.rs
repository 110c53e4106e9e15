//! The tokens of SQL, and a cursor over them.

use sqlparser::dialect::AnsiDialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::MigrateError;

/// The statements of a text, each without its semicolon, and without white space and comments.
pub(super) fn statements(sql: &str) -> Result<Vec<Vec<TokenWithSpan>>, MigrateError> {
    let mut tokens = Tokenizer::new(&AnsiDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| MigrateError::Sql {
            line: error.location.line,
            column: error.location.column,
            message: error.message,
        })?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    let statements = tokens.split(|token| token.token == Token::SemiColon);
    Ok(statements
        .filter(|statement| !statement.is_empty())
        .map(<[_]>::to_vec)
        .collect())
}

/// A position among tokens.
#[derive(Clone)]
pub(super) struct Walk<'a> {
    tokens: &'a [TokenWithSpan],
}

impl<'a> Walk<'a> {
    pub(super) fn new(tokens: &'a [TokenWithSpan]) -> Self {
        Self { tokens }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The line of the next token; 0 at the end.
    pub(super) fn line(&self) -> u64 {
        self.tokens.first().map_or(0, |token| token.span.start.line)
    }

    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.first().map(|token| &token.token)
    }

    pub(super) fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(&first.token)
    }

    /// Consumes these keywords if they come next, all or none.
    pub(super) fn keywords(&mut self, words: &[&str]) -> bool {
        let follow = words.len() <= self.tokens.len()
            && words
                .iter()
                .zip(self.tokens)
                .all(|(word, token)| is_keyword(&token.token, word));
        if follow {
            self.tokens = &self.tokens[words.len()..];
        }
        follow
    }

    pub(super) fn take(&mut self, token: &Token) -> bool {
        let follows = self.peek() == Some(token);
        if follows {
            self.next();
        }
        follows
    }

    /// A name in the sense of SQL: literal if quoted, otherwise in capitals. For `a.b` it is `b`.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = self.simple_name()?;
        while self.take(&Token::Period) {
            name = self.simple_name()?;
        }
        Some(name)
    }

    fn simple_name(&mut self) -> Option<String> {
        let name = match self.peek()? {
            Token::Word(word) if word.quote_style.is_some() => word.value.clone(),
            Token::Word(word) => word.value.to_uppercase(),
            _ => return None,
        };
        self.next();
        Some(name)
    }

    /// The tokens between the parentheses that open here.
    pub(super) fn parenthesised(&mut self) -> Option<Self> {
        if !self.take(&Token::LParen) {
            return None;
        }
        let (inside, rest) = self.split(|token| *token == Token::RParen);
        self.tokens = rest.tokens.get(1..)?; // none if it is never closed
        Some(inside)
    }

    /// The parts between commas.
    pub(super) fn list(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = self.clone();
        while !rest.is_empty() {
            let (part, more) = rest.split(|token| *token == Token::Comma);
            parts.push(part);
            rest = Self::new(more.tokens.get(1..).unwrap_or_default());
        }
        parts
    }

    /// Splits before the first token, outside of parentheses, of which `ends` is true.
    pub(super) fn split(&self, ends: impl Fn(&Token) -> bool) -> (Self, Self) {
        let mut depth = 0_usize;
        let end = self.tokens.iter().position(|token| {
            let found = depth == 0 && ends(&token.token);
            match token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            found
        });
        let (before, after) = self.tokens.split_at(end.unwrap_or(self.tokens.len()));
        (Self::new(before), Self::new(after))
    }

    /// The tokens as text, for people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for token in self.tokens {
            let token = token.token.to_string();
            let tight = text.ends_with(['(', '.']) || text.is_empty();
            if !tight && ![")", ",", ".", "("].contains(&token.as_str()) {
                text.push(' ');
            }
            text.push_str(&token);
        }
        text
    }
}

pub(super) fn is_keyword(token: &Token, keyword: &str) -> bool {
    matches!(token, Token::Word(word)
        if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_sql() {
        let statements = statements("a.\"b c\" -- note\n, d; ; e").unwrap();
        assert_eq!(statements.len(), 2);
        let parts = Walk::new(&statements[0]).list();
        let names: Vec<_> = parts.into_iter().map(|mut part| part.name()).collect();
        assert_eq!(names, [Some("b c".into()), Some("D".into())]);
        assert_eq!(Walk::new(&statements[1]).line(), 2);
    }

    #[test]
    fn parentheses_that_stay_open_are_nothing() {
        let statements = statements("(a, (b), c").unwrap();
        assert!(Walk::new(&statements[0]).parenthesised().is_none());
    }
}
