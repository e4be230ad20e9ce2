//! The `soundings` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    soundings::cli::run()
}
