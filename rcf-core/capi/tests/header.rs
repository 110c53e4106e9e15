//! `include/rcf.h` is the output of cbindgen for the sources.

use std::path::{Path, PathBuf};

fn header() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include/rcf.h")
}

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in [
        "refusal",
        "border",
        "forest",
        "detection",
        "detector",
        "categories",
    ] {
        builder = builder.with_src(folder.join(format!("src/{file}.rs")));
    }
    let mut text = Vec::new();
    builder.generate().expect("a header").write(&mut text);
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn the_header_is_current() {
    let committed = std::fs::read_to_string(header()).unwrap_or_default();
    assert!(
        committed == generated(),
        "include/rcf.h is not that of the sources: just capi-header"
    );
}

#[test]
#[ignore = "writes the header"]
fn write_header() {
    std::fs::write(header(), generated()).unwrap();
}
