//! `rcf run`: the pipeline of a configuration.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::http::Server;
use crate::multilang;
use crate::telemetry::Metrics;
use crate::telemetry::live::Live;
use rcf_stream::config::{Config, HttpConfig, Layers};
use rcf_stream::observer::{Observer, Observers};
use rcf_stream::{Summary, assemble};

use super::failure::Failure;
use super::progress::Progress;
use super::settings::SettingFlags;
use super::standard::{self, Use};
use super::stop;

/// A group is joined again after this time.
const REJOIN: Duration = Duration::from_secs(1);

/// Runs until the source ends, or until SIGTERM or SIGINT. With a checkpoint directory it continues
/// from the last checkpoint, also after a crash.
///
/// Every setting can be in the file, in the environment (RCF_FOREST_SAMPLE_SIZE for
/// forest.sample_size) or a flag. Flags override the environment, and the environment overrides the
/// file.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// The configuration, a TOML file [also RCF_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only check the configuration and everything that a run would open
    #[arg(long)]
    check: bool,
    /// Run as a child process of the MultiLangDaemon of the Kinesis Client Library, which uses
    /// standard input and output; requires source.kind = "multilang"
    #[arg(long)]
    multilang: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

impl Run {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let config = load(self.config.as_ref(), &self.settings)?;
        if self.check {
            return check(&config).await;
        }
        self.check_standard(&config)?;
        warn(&config);
        let metrics = Arc::new(Metrics::new());
        let live = Arc::new(Live::new(Arc::clone(&metrics)));
        let server = match &config.http {
            Some(http) => Some(listen(http, &live).await?),
            None => None,
        };
        if self.multilang {
            let counters: Arc<dyn Observer> = metrics;
            let observers: Observers = [counters].into_iter().collect();
            return serve_daemon(&config, observers).await;
        }
        let page = server.is_some().then_some(live as Arc<dyn Observer>);
        let counters: Arc<dyn Observer> = metrics.clone();
        let observers: Observers = [counters].into_iter().chain(page).collect();
        let summary = run_to_end(&config, &observers, &metrics).await?;
        let ending = if summary.ended {
            "the source has ended"
        } else {
            "stopped"
        };
        say(&summary, ending);
        check_done(&summary)
    }
}

impl Run {
    /// The standard streams that are read and written must be open.
    fn check_standard(&self, config: &Config) -> Result<(), Failure> {
        let dash = Path::new("-");
        let daemon = [Use::Read(dash), Use::Written(dash)];
        let read = config.source.file().map(Use::Read);
        let written = assemble::written_files(config);
        let written = written.into_iter().map(|(_, path)| Use::Written(path));
        let daemon = daemon.into_iter().filter(|_| self.multilang);
        standard::check(read.into_iter().chain(written).chain(daemon))
    }
}

/// Runs the pipeline. If its shards went to other processes, it is opened again, with the shards
/// that it is then assigned.
async fn run_to_end(
    config: &Config,
    observers: &Observers,
    metrics: &Arc<Metrics>,
) -> Result<Summary, Failure> {
    let mut stop = pin!(stop::requested());
    let mut has_run = false;
    loop {
        let failure: Failure = match assemble::open_observed(config, observers).await {
            Ok(pipeline) => {
                has_run = true;
                let _progress = Progress::of(config, metrics);
                let pipeline = pipeline.rotate_on(stop::rotations());
                match pipeline.run(&mut stop).await {
                    Err(error) if error.lost_shards() => {
                        tracing::warn!("{error}; continuing from the newest checkpoints");
                        error.into()
                    }
                    done => return Ok(done?),
                }
            }
            Err(error) if has_run && !error.is_configuration() => {
                tracing::warn!("{error}; trying again");
                error.into()
            }
            Err(error) => return Err(error.into()),
        };
        tokio::select! {
            () = &mut stop => return Err(failure),
            () = tokio::time::sleep(REJOIN) => {}
        }
    }
}

/// Reports on the standard error that the check succeeded, and what was not checked.
async fn check(config: &Config) -> Result<(), Failure> {
    let checked = assemble::check(config).await?;
    let ok = match checked.left_out.as_slice() {
        [] => "ok".to_owned(),
        left_out => format!("ok, but for {}", left_out.join(", and ")),
    };
    let _ = writeln!(std::io::stderr(), "rcf: {ok}"); // there may be no reader
    Ok(())
}

/// The last line: the summary of all records.
pub(crate) fn say(summary: &Summary, ending: &str) {
    let suppressed = summary.suppressed.text(|name| match name {
        "warm_up" => "forest.output_after".to_owned(),
        name => format!("detector.{name}"),
    });
    tracing::info!(
        records = summary.records,
        results = summary.results,
        anomalies = summary.anomalies,
        suppressed,
        unlearned = Some(summary.unlearned).filter(|&it| it > 0),
        bad_records = ?summary.bad_records,
        unreadable_times = %summary.unreadable_times,
        late = summary.late,
        overdue = summary.overdue,
        silences = summary.silences,
        held = summary.held,
        unpacked = summary.unpacked,
        dropped = summary.dropped,
        tombstones = summary.tombstones,
        checkpoints = summary.checkpoints,
        "{ending}"
    );
}

/// Whether the run did its work: a run that used none of its input did not.
pub(crate) fn check_done(summary: &Summary) -> Result<(), Failure> {
    let bad: u64 = summary.bad_records.values().sum();
    if summary.judged + summary.held > 0 {
        return Ok(());
    }
    if bad > 0 {
        return Err(Failure::runtime(format!(
            "all {bad} records were bad: {}; input.on_bad_record = \"fail\" names the first",
            reasons(&summary.bad_records)
        )));
    }
    if summary.ended && !summary.resumed {
        return Err(Failure::runtime(
            "the source has no record that could be used",
        ));
    }
    Ok(())
}

/// `1 columns, 2 not_a_number`.
pub(crate) fn reasons(bad: &BTreeMap<&'static str, u64>) -> String {
    let texts: Vec<_> = bad
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    texts.join(", ")
}

/// The flag of the configuration file.
pub(crate) const CONFIG: &str = "--config";

/// The configuration file, from its flag or its variable.
pub(crate) fn config_file(flag: Option<&PathBuf>) -> Option<PathBuf> {
    let variable = || std::env::var_os("RCF_CONFIG").map(PathBuf::from);
    flag.cloned().or_else(variable)
}

/// Merges the layers: flags override the environment, which overrides the file.
pub(crate) fn load(file: Option<&PathBuf>, flags: &SettingFlags) -> Result<Config, Failure> {
    let mut layers = Layers::default();
    let path = config_file(file);
    if let Some(path) = &path {
        layers.file(path)?;
    }
    // A variable that is not Unicode cannot be a setting.
    let variables = std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    layers.variables(variables)?;
    for (key, text) in &flags.0 {
        layers.flag(key, text)?;
    }
    for line in layers.old_names() {
        tracing::warn!("{line}");
    }
    let config = layers.build()?;
    if let Some(path) = &path {
        assemble::check_files(&[(CONFIG, path)], &assemble::written_files(&config))?;
    }
    if layers.has_random_seed() {
        let seed = config.forest.seed;
        tracing::info!("the seed is {seed}; set forest.seed = {seed} to repeat the run");
    }
    Ok(config)
}

/// Reading the pipe blocks: meanwhile the sink's tasks run on the other thread.
async fn serve_daemon(config: &Config, observers: Observers) -> Result<(), Failure> {
    let input = std::io::BufReader::new(std::io::stdin());
    multilang::run(config, observers, input, std::io::stdout()).await?;
    Ok(())
}

/// Starts the server before the pipeline opens, which may take some time.
async fn listen(http: &HttpConfig, live: &Arc<Live>) -> Result<Server, Failure> {
    let server = Server::start(http, Arc::clone(live)).await?;
    let address = server.address();
    tracing::info!("listening on http://{address}");
    if !address.ip().is_loopback() && http.token_file.is_none() {
        tracing::warn!(%address, "http.public: everyone with access to this address sees keys and \
                                  values");
    }
    Ok(server)
}

/// Warnings about allowed but risky settings.
fn warn(config: &Config) {
    if config.checkpoint.is_none() {
        tracing::warn!(
            "checkpoint.directory is not set: all models are lost when this process ends"
        );
    }
    if config.source.has_shards() && config.input.fields.key.is_some() {
        tracing::warn!(
            "input.key is a field: a key that occurs in several shards has a model in each"
        );
    }
}
