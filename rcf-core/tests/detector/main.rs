//! The detector through its public interface: cases that users bring, contracts, saving.

#[allow(
    dead_code,
    unused_imports,
    reason = "unit tests share it; each side uses a part"
)]
#[path = "../../src/testing/mod.rs"]
mod testing;

mod arrays;
mod cases;
mod contract;
