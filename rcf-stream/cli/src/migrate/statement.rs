//! The statements of an application: streams, pumps, and the call of the function.

use sqlparser::tokenizer::Token;

use super::tokens::{Walk, is_keyword};

/// `CREATE OR REPLACE STREAM name (column type, …)`.
pub(super) struct Stream {
    pub(super) name: String,
    /// Names with types, in capitals: `VARCHAR(20)`.
    pub(super) columns: Vec<(String, String)>,
}

/// `CREATE OR REPLACE PUMP name AS INSERT INTO stream (column, …) SELECT …`.
pub(super) struct Pump {
    pub(super) line: u64,
    pub(super) name: String,
    pub(super) into: String,
    pub(super) columns: Vec<String>,
    pub(super) select: Select,
}

/// `SELECT STREAM item, … FROM … WHERE …`.
pub(super) struct Select {
    pub(super) items: Vec<Item>,
    pub(super) from: From,
    /// The clauses after the items, and before them: with the line, for messages.
    pub(super) clauses: Vec<Clause>,
}

pub(super) enum Item {
    Star,
    Column {
        line: u64,
        /// The column, if the expression is only that, or a cast of it.
        column: Option<String>,
        /// The type to which it is cast, in capitals.
        cast: Option<String>,
        /// Its alias, if it has one.
        alias: Option<String>,
        text: String,
    },
}

pub(super) enum From {
    Stream(String),
    Call(Box<Call>),
    Other { line: u64, text: String },
}

/// `RANDOM_CUT_FOREST(CURSOR(SELECT …), …)`.
pub(super) struct Call {
    pub(super) line: u64,
    pub(super) with_explanation: bool,
    pub(super) cursor: Select,
    /// Each with its line.
    pub(super) arguments: Vec<(u64, String)>,
}

pub(super) struct Clause {
    pub(super) line: u64,
    pub(super) text: String,
    /// `column > number`, if the WHERE clause is exactly that.
    pub(super) above: Option<Above>,
}

pub(super) struct Above {
    pub(super) column: String,
    pub(super) number: f64,
    pub(super) inclusive: bool,
}

pub(super) enum Statement {
    Stream(Stream),
    Pump(Pump),
    Other { line: u64, text: String },
}

const CLAUSES: [&str; 9] = [
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "WINDOW",
    "UNION",
    "LIMIT",
    "EXCEPT",
    "INTERSECT",
];
const FUNCTION: &str = "RANDOM_CUT_FOREST";
const FUNCTION_WITH_EXPLANATION: &str = "RANDOM_CUT_FOREST_WITH_EXPLANATION";

pub(super) fn statement(walk: &Walk<'_>) -> Statement {
    stream(walk.clone())
        .map(Statement::Stream)
        .or_else(|| pump(walk.clone()).map(Statement::Pump))
        .unwrap_or_else(|| Statement::Other {
            line: walk.line(),
            text: walk.text(),
        })
}

fn create(walk: &mut Walk<'_>) -> bool {
    walk.keywords(&["CREATE", "OR", "REPLACE"]) || walk.keywords(&["CREATE"])
}

fn stream(mut walk: Walk<'_>) -> Option<Stream> {
    if !(create(&mut walk) && walk.keywords(&["STREAM"])) {
        return None;
    }
    let name = walk.name()?;
    let column = |mut part: Walk<'_>| Some((part.name()?, part.text().to_uppercase()));
    let columns = walk.parenthesised()?.list().into_iter().map(column);
    Some(Stream {
        name,
        columns: columns.collect::<Option<_>>()?,
    })
}

fn pump(mut walk: Walk<'_>) -> Option<Pump> {
    let line = walk.line();
    if !(create(&mut walk) && walk.keywords(&["PUMP"])) {
        return None;
    }
    let name = walk.name()?;
    walk.keywords(&["STARTED"]);
    if !walk.keywords(&["AS", "INSERT", "INTO"]) {
        return None;
    }
    let into = walk.name()?;
    let columns = match walk.peek() {
        Some(Token::LParen) => {
            let names = walk.parenthesised()?.list().into_iter();
            names.map(|mut part| part.name()).collect::<Option<_>>()?
        }
        _ => Vec::new(),
    };
    let select = select(walk)?;
    Some(Pump {
        line,
        name,
        into,
        columns,
        select,
    })
}

fn select(mut walk: Walk<'_>) -> Option<Select> {
    if !walk.keywords(&["SELECT"]) {
        return None;
    }
    let mut clauses = Vec::new();
    walk.keywords(&["STREAM"]);
    let line = walk.line();
    if walk.keywords(&["DISTINCT"]) {
        let text = "DISTINCT".to_owned();
        clauses.push(Clause {
            line,
            text,
            above: None,
        });
    }
    let (items, mut walk) = walk.split(|token| is_keyword(token, "FROM"));
    if !walk.keywords(&["FROM"]) {
        return None;
    }
    let is_clause = |token: &Token| CLAUSES.iter().any(|clause| is_keyword(token, clause));
    let (from, mut rest) = walk.split(is_clause);
    while !rest.is_empty() {
        let line = rest.line();
        let (keyword, after) = rest.split(|token| !is_clause(token));
        let (condition, more) = after.split(is_clause);
        let keyword = keyword.text().to_uppercase();
        let parts = match keyword.as_str() {
            "WHERE" => conjunction(condition),
            _ => vec![condition],
        };
        for part in parts {
            clauses.push(Clause {
                line: if part.is_empty() { line } else { part.line() },
                text: format!("{keyword} {}", part.text()),
                above: (keyword == "WHERE").then(|| above(part)).flatten(),
            });
        }
        rest = more;
    }
    Some(Select {
        items: items.list().into_iter().map(item).collect(),
        from: from_part(from),
        clauses,
    })
}

/// The parts of a condition that must all hold. An OR and its operands are one part.
fn conjunction(condition: Walk<'_>) -> Vec<Walk<'_>> {
    let (_, or) = condition.split(|token| is_keyword(token, "OR"));
    let (_, between) = condition.split(|token| is_keyword(token, "BETWEEN"));
    if !(or.is_empty() && between.is_empty()) {
        return vec![condition];
    }
    let mut parts = Vec::new();
    let mut rest = condition;
    loop {
        let (part, mut more) = rest.split(|token| is_keyword(token, "AND"));
        parts.push(part);
        if !more.keywords(&["AND"]) {
            return parts;
        }
        rest = more;
    }
}

/// `CAST(column AS type)`.
fn cast(walk: &mut Walk<'_>) -> Option<(String, String)> {
    let mut rest = walk.clone();
    if !rest.keywords(&["CAST"]) {
        return None;
    }
    let mut inside = rest.parenthesised()?;
    let column = inside.name()?;
    if !inside.keywords(&["AS"]) {
        return None;
    }
    *walk = rest;
    Some((column, inside.text().to_uppercase()))
}

fn item(walk: Walk<'_>) -> Item {
    let (line, text) = (walk.line(), walk.text());
    if text == "*" || text.ends_with(".*") {
        return Item::Star;
    }
    let (mut expression, mut alias) = walk.split(|token| is_keyword(token, "AS"));
    alias.keywords(&["AS"]);
    let (column, cast) = match cast(&mut expression) {
        Some((column, sql_type)) => (Some(column), Some(sql_type)),
        None => (expression.name(), None),
    };
    // `column name` is an alias without AS.
    let name = if alias.is_empty() {
        expression.name()
    } else {
        alias.name()
    };
    Item::Column {
        line,
        column: column.filter(|_| expression.is_empty()),
        cast,
        alias: name,
        text,
    }
}

/// A stream, or the function over a cursor; their aliases do not matter.
fn from_part(walk: Walk<'_>) -> From {
    let other = From::Other {
        line: walk.line(),
        text: walk.text(),
    };
    let mut rest = walk;
    if rest.keywords(&["TABLE"]) {
        return match rest.parenthesised().and_then(call) {
            Some(call) => From::Call(Box::new(call)),
            None => other,
        };
    }
    let Some(name) = rest.name() else {
        return other;
    };
    rest.keywords(&["AS"]);
    rest.name();
    if rest.is_empty() {
        From::Stream(name)
    } else {
        other
    }
}

fn call(mut walk: Walk<'_>) -> Option<Call> {
    let line = walk.line();
    let with_explanation = match walk.name()?.as_str() {
        FUNCTION => false,
        FUNCTION_WITH_EXPLANATION => true,
        _ => return None,
    };
    let mut parts = walk.parenthesised()?.list().into_iter();
    let mut cursor = parts.next()?;
    if !cursor.keywords(&["CURSOR"]) {
        return None;
    }
    Some(Call {
        line,
        with_explanation,
        cursor: select(cursor.parenthesised()?)?,
        arguments: parts.map(|part| (part.line(), part.text())).collect(),
    })
}

fn above(mut walk: Walk<'_>) -> Option<Above> {
    let column = walk.name()?;
    let inclusive = match walk.next()? {
        Token::Gt => false,
        Token::GtEq => true,
        _ => return None,
    };
    let Token::Number(number, _) = walk.next()? else {
        return None;
    };
    let number = number.parse().ok()?;
    walk.is_empty().then_some(Above {
        column,
        number,
        inclusive,
    })
}
