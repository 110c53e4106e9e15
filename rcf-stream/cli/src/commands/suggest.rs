//! `rcf suggest`: parameters for a file, with the reasons.

use std::collections::VecDeque;

use clap::ValueEnum;
use ndarray::{Array2, ArrayView1, Axis};
use rcf_core::Suggestion;
use rcf_stream::categories::Categories;
use rcf_stream::decode::{DecodeError, Decoded};
use rcf_stream::source::Source;

use super::detector::TransformFlag;
use super::failure::Failure;
use super::input::{BadRecordFlag, InputFlags};
use super::rows;
use super::standard::print;

/// Analyses the records of a file and suggests parameters, with a reason for each.
///
/// The output is part of a configuration for `rcf run`, with the command for `rcf score` in a
/// comment. All records are treated as one series, so use a file with one key.
#[derive(clap::Args)]
pub(crate) struct Suggest {
    #[command(flatten)]
    input: InputFlags,
}

/// At most this many records, the newest ones, are analysed.
const LOOKED_AT: usize = 20_000;

/// The content of the file.
struct History {
    /// One record per row; NaN for missing values.
    values: Array2<f64>,
    /// The names of the columns of numbers.
    columns: Vec<String>,
    /// How many records there were.
    records: u64,
    /// How many of them were left out because they could not be read.
    bad: u64,
    /// The summary of times that could not be read, if any.
    unreadable_times: Option<String>,
}

impl Suggest {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        rows::check_files(Some(&self.input.file), &[])?;
        let history = self.history().await?;
        let suggestion = rcf_core::suggest(history.values.view())
            .map_err(|error| Failure::runtime(format!("{}: {error}", self.input.file.display())))?;
        let text = self.text(&suggestion, &history);
        print(text)
    }

    /// The newest records of the file.
    async fn history(&self) -> Result<History, Failure> {
        let mut opened = self.input.open()?;
        let inputs = opened.decoder.names().len();
        let mut categories = Categories::new(opened.decoder.categorical().len());
        let columns = opened.decoder.names()[..inputs - categories.len()].to_vec();
        let (mut newest, mut records, mut bad) = (VecDeque::new(), 0, 0);
        while let Some(batch) = opened.source.next_batch().await? {
            for record in &batch.records {
                let parts = match opened.decoder.parts(&record.data) {
                    Ok(parts) => parts.map(|(_, part)| Ok(part)).collect(),
                    Err(error) => vec![Err(error)],
                };
                for part in parts {
                    let decoded = part.and_then(|part| opened.decoder.decode(&part));
                    records += 1;
                    match self.checked(decoded, &columns, &record.sequence)? {
                        Some(Decoded {
                            mut values,
                            categories: found,
                            ..
                        }) => {
                            categories.append(&found, &mut values);
                            categories.learn(&found);
                            newest.push_back(values);
                        }
                        None => bad += 1,
                    }
                    if newest.len() > LOOKED_AT {
                        newest.pop_front();
                    }
                }
            }
        }
        let shape = (newest.len(), inputs);
        let values = newest.into_iter().flatten().collect();
        Ok(History {
            values: Array2::from_shape_vec(shape, values).map_err(Failure::runtime)?,
            columns,
            records,
            bad,
            unreadable_times: rows::unreadable(opened.decoder.unreadable_times()),
        })
    }

    /// A record; `None` if it cannot be read and may be left out.
    fn checked(
        &self,
        decoded: Result<Decoded, DecodeError>,
        columns: &[String],
        line: &str,
    ) -> Result<Option<Decoded>, Failure> {
        let checked = decoded.map_err(|error| error.to_string()).and_then(|it| {
            let values = ArrayView1::from(&it.values).insert_axis(Axis(0));
            match rcf_core::check_history(values) {
                Ok(()) => Ok(it),
                Err(error) => Err(rows::named_input(&error.source, columns)),
            }
        });
        match checked {
            Ok(decoded) => Ok(Some(decoded)),
            Err(_) if self.input.on_bad_record == BadRecordFlag::Skip => Ok(None),
            Err(reason) => Err(Failure::runtime(format!(
                "{}, line {line}: {reason}; correct it, or leave such records out with \
                 --on-bad-record skip",
                self.input.file.display()
            ))),
        }
    }

    fn text(&self, suggestion: &Suggestion, history: &History) -> String {
        let Suggestion {
            shingle_size,
            sample_size,
            time_decay,
            ..
        } = suggestion;
        let transform = TransformFlag::value_variants()
            .iter()
            .find(|flag| flag.transform() == suggestion.transform)
            .and_then(ValueEnum::to_possible_value)
            .map_or_else(String::new, |value| value.get_name().to_owned());
        let mut comments = String::new();
        if history.records - history.bad > LOOKED_AT as u64 {
            let records = history.records;
            comments += &format!("# analysed the newest {LOOKED_AT} of {records} records\n");
        }
        if history.bad > 0 {
            comments += &format!("# skipped {} records that cannot be read\n", history.bad);
        }
        if let Some(unreadable) = &history.unreadable_times {
            comments += &format!("# {unreadable}\n");
        }
        for reason in &suggestion.reasons {
            comments += &format!("# {reason}\n");
        }
        let input = self.input.arguments(&history.columns).join(" ");
        format!(
            "{comments}# rcf score {input} --shingle-size {shingle_size} --sample-size \
             {sample_size} --time-decay {time_decay} --transform {transform}\n\
             [forest]\n\
             shingle_size = {shingle_size}\n\
             sample_size = {sample_size}\n\
             time_decay = {time_decay:?}\n\n\
             [detector]\n\
             enabled = true\n\
             transform = \"{}\"\n",
            transform.replace('-', "_"),
        )
    }
}
