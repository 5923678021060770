//! Hands the arguments to the command line.

use std::process::ExitCode;

// Many threads allocate and free at once here; the C library's allocator keeps them waiting.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stockroom::cli::run()
}
