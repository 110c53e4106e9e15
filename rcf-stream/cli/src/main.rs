//! The `rcf` program.

fn main() -> std::process::ExitCode {
    rcf_cli::main()
}
