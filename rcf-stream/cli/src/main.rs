//! The `rcf` program.

fn main() -> std::process::ExitCode {
    rcf_cli::main()
}

/// `main` is too late: the runtime has opened /dev/null in place of closed streams by then.
#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn before_main() {
    rcf_cli::note_closed_streams();
}
