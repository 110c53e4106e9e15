//! `rcf suggest`: parameters for a file, with the reasons.

use std::io::Write;

use clap::ValueEnum;
use ndarray::Array2;
use rcf_core::Suggestion;
use rcf_stream::SinkError;
use rcf_stream::decode::{DecodeError, Decoded};
use rcf_stream::source::Source;

use super::detector::TransformFlag;
use super::failure::Failure;
use super::input::{BadRecordFlag, InputFlags};

/// Looks at the records of a file and suggests parameters, with the reason for each.
///
/// The output is a piece of a configuration for `rcf run`, with the flags for `rcf score` in a
/// comment. All records count as one series: give a file of one key.
#[derive(clap::Args)]
pub(crate) struct Suggest {
    #[command(flatten)]
    input: InputFlags,
}

impl Suggest {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (history, columns) = self.history().await?;
        let suggestion = rcf_core::suggest(history.view())
            .map_err(|error| Failure::runtime(format!("{}: {error}", self.input.file.display())))?;
        let text = self.text(&suggestion, &columns);
        let written = std::io::stdout().lock().write_all(text.as_bytes());
        written.map_err(|source| {
            let path = "-".into();
            SinkError::Io { path, source }.into()
        })
    }

    /// All records of the file, one per row, and the names of their values.
    async fn history(&self) -> Result<(Array2<f64>, Vec<String>), Failure> {
        let mut opened = self.input.open()?;
        let mut values = Vec::new();
        while let Some(batch) = opened.source.next_batch().await? {
            for record in &batch.records {
                for (_, part) in opened.decoder.parts(&record.data) {
                    let decoded = opened.decoder.decode(part);
                    values.extend(self.checked(decoded, &record.sequence)?);
                }
            }
        }
        let columns = opened.decoder.names().to_vec();
        let shape = (values.len() / columns.len(), columns.len());
        let history = Array2::from_shape_vec(shape, values).map_err(Failure::runtime)?;
        Ok((history, columns))
    }

    /// The values of a record; none where it cannot be read and may be left out.
    fn checked(
        &self,
        decoded: Result<Decoded, DecodeError>,
        line: &str,
    ) -> Result<Vec<f64>, Failure> {
        match decoded {
            Ok(decoded) => Ok(decoded.values),
            Err(_) if self.input.on_bad_record == BadRecordFlag::Skip => Ok(Vec::new()),
            Err(reason) => Err(Failure::runtime(format!(
                "{}, line {line}: {reason}; correct it, or leave such records out with \
                 --on-bad-record skip",
                self.input.file.display()
            ))),
        }
    }

    fn text(&self, suggestion: &Suggestion, columns: &[String]) -> String {
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
        let comments: String = suggestion
            .reasons
            .iter()
            .map(|reason| format!("# {reason}\n"))
            .collect();
        format!(
            "{comments}# rcf score {} --columns {} --shingle-size {shingle_size} --sample-size \
             {sample_size} --time-decay {time_decay} --transform {transform}\n\
             [forest]\n\
             shingle_size = {shingle_size}\n\
             sample_size = {sample_size}\n\
             time_decay = {time_decay:?}\n\n\
             [detector]\n\
             enabled = true\n\
             transform = \"{}\"\n",
            self.input.file.display(),
            columns.join(","),
            transform.replace('-', "_"),
        )
    }
}
