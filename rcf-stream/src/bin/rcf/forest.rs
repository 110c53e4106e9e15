//! The flags of the forest.

use rcf_stream::operator::ForestParameters;

#[derive(clap::Args)]
#[command(next_help_heading = "Forest")]
pub(crate) struct ForestFlags {
    /// How many records in a row form one point [default: 1]
    #[arg(long, value_name = "COUNT")]
    shingle_size: Option<usize>,
    /// How many trees the forest has [default: 50]
    #[arg(long, value_name = "COUNT", visible_alias = "trees")]
    number_of_trees: Option<usize>,
    /// How many points each tree holds [default: 256]
    #[arg(long, value_name = "COUNT")]
    sample_size: Option<usize>,
    /// How fast old points leave, per record; 0 for never [default: 1 / (10 sample-size)]
    #[arg(long, value_name = "NUMBER")]
    time_decay: Option<f64>,
    /// After how many points scores begin [default: sample-size / 4]
    #[arg(long, value_name = "COUNT")]
    output_after: Option<usize>,
    /// Up to which part of the sample every point is taken [default: 0.125]
    #[arg(long, value_name = "NUMBER")]
    initial_accept_fraction: Option<f64>,
    /// The seed of all random choices
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    seed: u64,
}

impl From<ForestFlags> for ForestParameters {
    fn from(flags: ForestFlags) -> Self {
        Self {
            shingle_size: flags.shingle_size,
            number_of_trees: flags.number_of_trees,
            sample_size: flags.sample_size,
            time_decay: flags.time_decay,
            output_after: flags.output_after,
            initial_accept_fraction: flags.initial_accept_fraction,
            seed: flags.seed,
        }
    }
}
