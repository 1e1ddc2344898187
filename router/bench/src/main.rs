//! The program `bench`, whose story is the library's.

fn main() -> std::process::ExitCode {
    bench::main()
}
