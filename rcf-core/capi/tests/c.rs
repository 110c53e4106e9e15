//! Programs in C, compiled against the header and linked to either library, as a user would.
//!
//! Skipped with a message without a C compiler (`CC`, otherwise `cc`).

use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where cargo has put the libraries: next to this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    test.parent().expect("a folder").to_owned()
}

fn compiler() -> Option<String> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let found = Command::new(&compiler).arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: there is no C compiler ({compiler}); name one with CC=...");
    }
    found.then_some(compiler)
}

/// Compiles a program and returns its path, which stays there for valgrind.
fn compile(compiler: &str, source: &str, name: &str, link: &[&str]) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let output = Command::new(compiler)
        .args([
            "-std=c99",
            "-pedantic",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-g",
            "-I",
        ])
        .arg(folder().join("include"))
        .arg(folder().join(source))
        .arg("-o")
        .arg(&program)
        .args(link)
        .output()
        .expect("the compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{source}: {said}");
    program
}

fn run(program: &Path, argument: Option<&Path>) -> String {
    let mut command = Command::new(program);
    let output = command.args(argument).output().expect("the program");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", program.display());
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn c_gives_the_same_bits() {
    let Some(compiler) = compiler() else { return };
    let folder = libraries();
    let (archive, folder) = (folder.join("librcf.a"), folder.display().to_string());
    let system = [
        "-lgcc_s",
        "-lutil",
        "-lrt",
        "-lpthread",
        "-lm",
        "-ldl",
        "-lc",
    ];
    let archive = archive.display().to_string();
    let expected = self::folder().join("../tests/bits/expected.csv");
    if cfg!(target_os = "linux") {
        let link: Vec<&str> = std::iter::once(archive.as_str()).chain(system).collect();
        let program = compile(&compiler, "tests/bits.c", "bits-static", &link);
        assert!(run(&program, Some(&expected)).ends_with("1000 records, the same bits\n"));
    }
    let (search, found) = (format!("-L{folder}"), format!("-Wl,-rpath,{folder}"));
    let program = compile(
        &compiler,
        "tests/bits.c",
        "bits-shared",
        &[&search, &found, "-lrcf"],
    );
    assert!(run(&program, Some(&expected)).ends_with("1000 records, the same bits\n"));
}

#[test]
fn the_example_of_the_readme_runs() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let example = std::fs::read_to_string(folder().join("examples/spike.c")).unwrap();
    assert!(
        readme.contains(&format!("```c\n{example}```\n")),
        "README.md differs from spike.c"
    );
    let Some(compiler) = compiler() else { return };
    let folder = libraries().display().to_string();
    let (search, found) = (format!("-L{folder}"), format!("-Wl,-rpath,{folder}"));
    let program = compile(
        &compiler,
        "examples/spike.c",
        "spike",
        &[&search, &found, "-lrcf"],
    );
    let said = run(&program, None);
    assert!(said.starts_with("900: 82.0, expected 32.0\n"), "{said}");
}
