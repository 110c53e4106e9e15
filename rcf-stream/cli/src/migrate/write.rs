//! The configuration as TOML.

use super::Note;
use super::application::{Application, StreamName};
use super::plan::{Origin, Plan};

pub(super) fn toml(plan: &Plan, application: &Application, notes: &[Note]) -> String {
    let mut out = Text(String::new());
    out.line("# The replacement of a Kinesis Data Analytics for SQL application.");
    for note in notes {
        out.line(&format!("# Not carried over: {note}"));
    }
    out.line("");
    out.line("compat = \"kda-sql\"");

    out.line("\n[source]\nkind = \"kinesis\"");
    let input = application.input.as_ref();
    out.stream(input.and_then(|input| input.stream.as_ref()), &plan.source);
    if input.is_some_and(|input| input.latest) {
        out.line("start = \"latest\"");
    }

    let is_csv = input.is_some_and(|input| input.is_csv);
    out.line("\n[input]");
    out.set("format", if is_csv { "csv" } else { "json" });
    out.list("values", &plan.values);
    if let Some(delimiter) = input
        .and_then(|input| input.delimiter.as_ref())
        .filter(|it| is_csv && *it != ",")
    {
        out.set("delimiter", delimiter);
    }
    out.line("model_per = \"shard\"  # one model for all records of a shard, whatever their keys");
    out.line("on_bad_record = \"skip\"  # the retired service sent them to its error stream");

    out.line("\n[forest]");
    out.line(&format!("number_of_trees = {}", plan.number_of_trees));
    out.line(&format!("sample_size = {}", plan.sample_size));
    out.line(&format!(
        "time_decay = {}  # 1 / timeDecay, which counted records",
        1.0 / plan.time_decay
    ));
    out.line(&format!("shingle_size = {}", plan.shingle_size));

    out.line("\n[output]");
    if application.output_is_csv {
        out.set("format", "csv");
    }
    let columns: Vec<_> = plan
        .columns
        .iter()
        .map(|(name, origin)| column(name, origin))
        .collect();
    out.list("columns", &columns);
    if plan.with_direction {
        out.line("direction = true");
    }
    if let Some(bound) = plan.score_above {
        out.line(&format!("score_above = {bound}"));
    }

    out.line("\n[sink]\nkind = \"kinesis\"");
    out.stream(application.output.as_ref(), &plan.destination);

    out.line("\n[checkpoint]\ndirectory = \"checkpoints\"");
    out.0
}

fn column(name: &str, origin: &Origin) -> String {
    let source = match origin {
        Origin::Field(path) => path,
        Origin::Score => "ANOMALY_SCORE",
        Origin::Explanation => "ANOMALY_EXPLANATION",
    };
    if source == name {
        name.to_owned()
    } else {
        format!("{source} AS {name}")
    }
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn set(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {}", quoted(value)));
    }

    fn list(&mut self, key: &str, values: &[String]) {
        let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
        self.line(&format!("{key} = [{}]", values.join(", ")));
    }

    /// Without a name the setting is left out, so that `rcf run` requires it.
    fn stream(&mut self, stream: Option<&StreamName>, in_application: &str) {
        match stream {
            Some(StreamName { region, name }) => {
                self.set("stream", name);
                self.set("region", region);
            }
            None => self.line(&format!(
                "# stream = \"…\"  # the Kinesis stream of {in_application}"
            )),
        }
    }
}

/// A basic string of TOML; the escapes of JSON have the same meaning there.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}
