//! Lets plain `cargo build` link the extension on macOS, where undefined symbols must be announced.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
