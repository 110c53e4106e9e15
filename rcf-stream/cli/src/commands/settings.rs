//! Flags for the settings of the configuration, made from the table of settings.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use rcf_stream::config::{RENAMED, SETTINGS};
use rcf_stream::settings::flag;

/// The settings that were given as flags: key and value.
pub(crate) struct SettingFlags(pub(crate) Vec<(&'static str, String)>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let old = |key| {
            let flag = Arg::new(key).long(flag(key)).hide(true);
            flag.allow_hyphen_values(true)
        };
        let command = command.args(RENAMED.iter().map(|(key, _)| old(*key)));
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
        let given = |key| {
            let text = matches.get_one::<String>(key)?;
            Some((key, text.clone()))
        };
        let old = RENAMED.iter().map(|(key, _)| *key);
        let keys = old.chain(SETTINGS.iter().map(|setting| setting.key));
        Ok(Self(keys.filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
