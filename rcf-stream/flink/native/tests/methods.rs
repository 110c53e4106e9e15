//! The library has the native methods that the Java class declares, and no others: Java would
//! notice a missing one only where it is called.

use std::collections::BTreeSet;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::Path;

const PREFIX: &str = "Java_rcf_Native_";

fn declared() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/main/java/rcf/Native.java");
    let source = std::fs::read_to_string(file).unwrap();
    let methods = source
        .lines()
        .filter(|line| line.trim_start().starts_with("static native "));
    methods
        .map(|line| {
            let before = line.split('(').next().unwrap();
            before.split_whitespace().last().unwrap().to_owned()
        })
        .collect()
}

/// The names of exported symbols end with a NUL, those that only a debugger reads have others
/// before them.
fn exported() -> BTreeSet<String> {
    let program = std::env::current_exe().unwrap();
    let library = program.with_file_name(format!("{DLL_PREFIX}rcf_jni{DLL_SUFFIX}"));
    let bytes = std::fs::read(library).unwrap();
    bytes
        .split(|&byte| byte == 0)
        .filter_map(|name| std::str::from_utf8(name).ok()?.strip_prefix(PREFIX))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_methods_are_those_of_the_java_class() {
    assert_eq!(declared(), exported());
    assert!(declared().len() > 20);
}
