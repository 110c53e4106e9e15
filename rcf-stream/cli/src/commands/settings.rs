//! One flag for each setting of the configuration, made from the table of settings.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use rcf_stream::config::{SETTINGS, Setting};

/// The settings that were given as flags.
pub(crate) struct SettingFlags(pub(crate) Vec<(&'static Setting, String)>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let heading = match setting.key.split_once('.') {
                Some((section, _)) => format!("Settings [{section}]"),
                None => "Settings".to_owned(),
            };
            command.arg(
                Arg::new(setting.key)
                    .long(setting.flag())
                    .value_name(setting.placeholder())
                    .help(setting.help)
                    .allow_hyphen_values(true)
                    .help_heading(heading),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |setting: &'static Setting| {
            matches
                .get_one::<String>(setting.key)
                .map(|text| (setting, text.clone()))
        };
        Ok(Self(SETTINGS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
