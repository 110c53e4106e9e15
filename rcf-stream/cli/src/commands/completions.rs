//! `rcf completions`: completions for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use super::failure::Failure;
use super::standard::print;

/// For bash: `rcf completions bash > ~/.local/share/bash-completion/completions/rcf`
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "rcf", &mut script);
        print(&script)
    }
}
