//! The `rcf` program.

fn main() -> std::process::ExitCode {
    rcf_cli::main()
}

/// `main` is too late: by then the runtime has replaced closed streams by /dev/null.
#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn before_main() {
    rcf_cli::note_closed_streams();
}
