//! Follows columns through the pumps: the scored fields, and the content of results.

use std::collections::{BTreeMap, BTreeSet};

use super::statement::{Above, Call, Clause, From, Item, Pump, Select, Statement, Stream};
use super::tokens::{Walk, statements};
use super::{MigrateError, Note, application::Input};

/// The content of a column of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin {
    /// A field of the record, by its path.
    Field(String),
    Score,
    Explanation,
}

/// The columns of a stream. `open` if it has others, whose names are not known: those of the
/// source, whose schema is not in the SQL.
#[derive(Debug, Clone, Default)]
struct Layout {
    columns: Vec<(String, Option<Origin>)>, // none: computed, which a pipeline does not support
    open: bool,
}

/// Everything that was read from the SQL.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The source within the application.
    pub(super) source: String,
    /// The stream within the application with the results.
    pub(super) destination: String,
    pub(super) values: Vec<String>,
    /// Names in the result, with what they hold.
    pub(super) columns: Vec<(String, Origin)>,
    pub(super) number_of_trees: f64,
    pub(super) sample_size: f64,
    pub(super) time_decay: f64,
    pub(super) shingle_size: f64,
    pub(super) with_explanation: bool,
    pub(super) with_direction: bool,
    pub(super) score_above: Option<f64>,
    pub(super) notes: Vec<Note>,
}

/// The types that the retired functions scored.
const NUMERIC: [&str; 9] = [
    "DOUBLE",
    "INTEGER",
    "INT",
    "FLOAT",
    "TINYINT",
    "SMALLINT",
    "REAL",
    "BIGINT",
    "DOUBLE PRECISION",
];

struct Planner<'a> {
    streams: BTreeMap<String, Stream>,
    pumps: Vec<Pump>,
    input: Option<&'a Input>,
    /// The types of fields, as far as they are declared.
    types: BTreeMap<String, String>,
    used: BTreeSet<String>, // pumps
    plan: Plan,
}

pub(super) fn plan(sql: &str, input: Option<&Input>) -> Result<Plan, MigrateError> {
    let mut planner = Planner {
        streams: BTreeMap::new(),
        pumps: Vec::new(),
        input,
        types: BTreeMap::new(),
        used: BTreeSet::new(),
        plan: Plan::default(),
    };
    for tokens in statements(sql)? {
        match super::statement::statement(&Walk::new(&tokens)) {
            Statement::Stream(stream) => {
                planner.streams.insert(stream.name.clone(), stream);
            }
            Statement::Pump(pump) => planner.pumps.push(pump),
            Statement::Other { line, text } => {
                planner.note(line, &text, "is not a stream or a pump")
            }
        }
    }
    planner.run()?;
    planner.plan.notes.sort_by_key(|note| note.line);
    Ok(planner.plan)
}

impl Planner<'_> {
    fn run(&mut self) -> Result<(), MigrateError> {
        let pumps = std::mem::take(&mut self.pumps);
        let mut calls = pumps.iter().filter_map(|pump| match &pump.select.from {
            From::Call(call) => Some((pump, call.as_ref())),
            _ => None,
        });
        let (pump, call) = calls.next().ok_or(MigrateError::NoFunction)?;
        if let Some((other, second)) = calls.next() {
            return Err(MigrateError::SeveralFunctions {
                first: pump.name.clone(),
                second: other.name.clone(),
                line: second.line,
            });
        }
        let cursor = self.cursor(call, &pumps);
        self.parameters(call);

        let mut layout = cursor.clone();
        layout
            .columns
            .push(("ANOMALY_SCORE".into(), Some(Origin::Score)));
        if call.with_explanation {
            layout
                .columns
                .push(("ANOMALY_EXPLANATION".into(), Some(Origin::Explanation)));
        }
        let mut layout = self.pass(pump, layout, true);
        let mut last = pump;
        while let Some(next) = self.reader_of(&last.into, &pumps) {
            layout = self.pass(next, layout, true);
            last = next;
        }
        self.plan.destination.clone_from(&last.into);
        for pump in pumps.iter().filter(|pump| !self.used.contains(&pump.name)) {
            if let From::Other { line, text } = &pump.select.from {
                let why = "a join or a query within; a pipeline reads one stream";
                self.plan
                    .notes
                    .push(Note::new(*line, format!("{text}: {why}")));
            }
            self.plan.notes.push(Note::new(
                pump.line,
                format!(
                    "the pump {} is omitted: scored records do not pass through it",
                    pump.name
                ),
            ));
        }
        self.results(&layout);
        self.values(&cursor);
        if self.plan.values.is_empty() {
            return Err(MigrateError::NoValues { line: call.line });
        }
        Ok(())
    }

    /// The columns that the function receives.
    fn cursor(&mut self, call: &Call, pumps: &[Pump]) -> Layout {
        let source = match &call.cursor.from {
            From::Stream(name) => self.stream(name, pumps),
            From::Call(_) => Layout {
                open: true,
                ..Layout::default()
            },
            From::Other { line, text } => {
                self.note(
                    *line,
                    text,
                    "more than one stream; the function is given the source",
                );
                Layout {
                    open: true,
                    ..Layout::default()
                }
            }
        };
        self.clauses(&call.cursor.clauses, &source, false);
        self.select(&call.cursor, &source)
    }

    /// The columns of a stream within the application, by the pump that fills it.
    fn stream(&mut self, name: &str, pumps: &[Pump]) -> Layout {
        let filler = pumps
            .iter()
            .find(|pump| pump.into == name && !self.used.contains(&pump.name));
        if let Some(pump) = filler {
            let From::Stream(from) = &pump.select.from else {
                let (line, text) = (pump.line, "what fills the stream that the function reads");
                self.note(line, text, "is not one stream");
                return Layout {
                    open: true,
                    ..Layout::default()
                };
            };
            self.used.insert(pump.name.clone());
            let layout = self.stream(from, pumps);
            return self.pass(pump, layout, false);
        }
        name.clone_into(&mut self.plan.source);
        match self.input.filter(|input| input.name == name) {
            None => Layout {
                open: true,
                ..Layout::default()
            },
            Some(input) => {
                let types = input
                    .columns
                    .iter()
                    .map(|it| (it.path.clone(), it.sql_type.clone()));
                self.types.extend(types);
                let field = |it: &super::application::Column| {
                    (it.name.clone(), Some(Origin::Field(it.path.clone())))
                };
                Layout {
                    columns: input.columns.iter().map(field).collect(),
                    open: false,
                }
            }
        }
    }

    /// The columns that a pump writes to its stream.
    fn pass(&mut self, pump: &Pump, layout: Layout, scored: bool) -> Layout {
        self.used.insert(pump.name.clone());
        self.clauses(&pump.select.clauses, &layout, scored);
        let mut selected = self.select(&pump.select, &layout);
        let declared = self
            .streams
            .get(&pump.into)
            .map(|stream| stream.columns.clone());
        let declared = declared.unwrap_or_default();
        if selected.open {
            // SELECT *: only the receiving stream defines the names.
            let names = declared
                .iter()
                .map(|(name, _)| (name.clone(), selected.find(name)));
            selected = Layout {
                columns: names.collect(),
                open: declared.is_empty(),
            };
        } else {
            // SQL assigns by place, not by name.
            let names: Vec<String> = match pump.columns.is_empty() {
                true => declared.iter().map(|(name, _)| name.clone()).collect(),
                false => pump.columns.clone(),
            };
            for ((name, _), new) in selected.columns.iter_mut().zip(names) {
                *name = new;
            }
        }
        for (name, sql_type) in declared {
            if let Some(Origin::Field(path)) = selected.find(&name) {
                self.types.entry(path).or_insert(sql_type);
            }
        }
        selected
    }

    fn select(&mut self, select: &Select, layout: &Layout) -> Layout {
        let mut selected = Layout::default();
        for item in &select.items {
            let Item::Column {
                line,
                column,
                cast,
                alias,
                text,
            } = item
            else {
                selected.columns.extend(layout.columns.iter().cloned());
                selected.open |= layout.open;
                continue;
            };
            let origin = column.as_ref().and_then(|column| layout.find(column));
            if origin.is_none() {
                self.note(
                    *line,
                    text,
                    "is computed or of no record; a pipeline passes fields on unchanged",
                );
            }
            if let (Some(sql_type), Some(Origin::Field(path))) = (cast, &origin) {
                let is_number = NUMERIC.contains(&sql_type.as_str());
                self.types.insert(path.clone(), sql_type.clone());
                let why = match is_number {
                    true => "the field is read as a number, even if it is text",
                    false => "the field is passed on unchanged",
                };
                self.note(*line, text, why);
            }
            let name = alias.as_ref().or(column.as_ref()).unwrap_or(text);
            selected.columns.push((name.clone(), origin));
        }
        selected
    }

    fn clauses(&mut self, clauses: &[Clause], layout: &Layout, scored: bool) {
        for Clause { line, text, above } in clauses {
            let why = match above {
                Some(Above {
                    column,
                    number,
                    inclusive,
                }) if self.plan.score_above.is_none()
                    && layout.find(column) == Some(Origin::Score) =>
                {
                    let bound = if *inclusive {
                        number.next_down()
                    } else {
                        *number
                    };
                    self.plan.score_above = Some(bound);
                    continue;
                }
                _ if text.starts_with("GROUP") || text.starts_with("WINDOW") => {
                    "windows are not computed: every record is scored; aggregate before the stream"
                }
                _ if text.starts_with("ORDER") => "results come in the order of the records",
                _ if scored => "every result is written; let the reader of the output choose",
                _ => {
                    "every record is scored and learned; filter the stream before, if this matters"
                }
            };
            self.note(*line, text, why);
        }
    }

    fn parameters(&mut self, call: &Call) {
        self.plan.with_explanation = call.with_explanation;
        let names = ["numberOfTrees", "subSampleSize", "timeDecay", "shingleSize"];
        let mut numbers = [100.0, 256.0, 100_000.0, 1.0];
        for (index, (line, text)) in call.arguments.iter().enumerate() {
            if index == 4 && call.with_explanation {
                self.plan.with_direction = text.eq_ignore_ascii_case("true");
            } else if let (Some(number), Ok(value)) = (numbers.get_mut(index), text.parse::<f64>())
            {
                *number = value;
            } else {
                let name = names
                    .get(index)
                    .copied()
                    .unwrap_or("more arguments than the function has");
                self.note(
                    *line,
                    text,
                    &format!("is not a number, so the default is used ({name})"),
                );
            }
        }
        let [trees, sample, decay, shingle] = numbers;
        self.plan.number_of_trees = trees;
        self.plan.sample_size = sample;
        self.plan.time_decay = decay;
        self.plan.shingle_size = shingle;
    }

    fn results(&mut self, layout: &Layout) {
        for (name, origin) in &layout.columns {
            match origin {
                Some(origin) => self.plan.columns.push((name.clone(), origin.clone())),
                None => self.plan.notes.push(Note::new(
                    0,
                    format!("the column {name} of {} is omitted", self.plan.destination),
                )),
            }
        }
    }

    /// The fields to score: all numbers that the cursor takes.
    fn values(&mut self, cursor: &Layout) {
        let mut fields: Vec<String> = cursor
            .columns
            .iter()
            .filter_map(|(_, origin)| match origin {
                Some(Origin::Field(path)) => Some(path.clone()),
                _ => None,
            })
            .collect();
        if cursor.open {
            let known = self
                .plan
                .columns
                .iter()
                .filter_map(|(_, origin)| match origin {
                    Origin::Field(path) => Some(path.clone()),
                    _ => None,
                });
            fields.extend(known);
            self.plan.notes.push(Note::new(
                0,
                format!(
                    "the SQL does not say which columns {} has: the numbers among the results are \
                     scored. Add other numeric columns to input.values, or use the description of \
                     the application (describe-application) instead of the SQL",
                    self.plan.source
                ),
            ));
        }
        for path in fields {
            let sql_type = self.types.get(&path).map(String::as_str);
            let is_number = sql_type.is_none_or(|it| NUMERIC.contains(&it));
            if sql_type.is_none() {
                self.plan.notes.push(Note::new(
                    0,
                    format!("the type of {path} is not declared: treated as a number"),
                ));
            }
            if let Some(exact) =
                sql_type.filter(|it| it.starts_with("DEC") || it.starts_with("NUMERIC"))
            {
                self.plan.notes.push(Note::new(
                    0,
                    format!(
                        "the type of {path} is {exact}, which the function did not score: add it \
                         to input.values to score it"
                    ),
                ));
            }
            if is_number && !self.plan.values.contains(&path) {
                self.plan.values.push(path);
            }
        }
    }

    /// The pump that reads a stream; if there are several, the first.
    fn reader_of<'p>(&self, stream: &str, pumps: &'p [Pump]) -> Option<&'p Pump> {
        pumps.iter().find(|pump| {
            matches!(&pump.select.from, From::Stream(name) if name == stream)
                && !self.used.contains(&pump.name)
        })
    }

    fn note(&mut self, line: u64, text: &str, why: &str) {
        self.plan
            .notes
            .push(Note::new(line, format!("{text}: {why}")));
    }
}

impl Layout {
    fn find(&self, name: &str) -> Option<Origin> {
        match self.columns.iter().find(|(column, _)| column == name) {
            Some((_, origin)) => origin.clone(),
            None if self.open => Some(Origin::Field(
                rcf_stream::decode::FieldPath::name(name)
                    .as_str()
                    .to_owned(),
            )),
            None => None,
        }
    }
}
