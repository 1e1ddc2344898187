//! Starts the MusicWallet federation on one machine.
//!
//! The program plays two parts. As the launcher, [`launch`] checks the ports and the data folder,
//! starts this same program once per service, keeps each alive, and says when all are ready. As
//! `musicwallet service NAME` it is that one service ([`service`]): a process of its own, though
//! everything was built once.

use std::process::ExitCode;

use clap::Parser;

mod backoff;
mod banner;
mod data_folder;
mod federation_files;
mod launch;
mod logs;
mod options;
mod ports;
mod ready;
mod roster;
mod service;
mod signals;
mod supervisor;

use options::{Command, CommandLine};

fn main() -> ExitCode {
    let line = CommandLine::parse();
    if let Some(Command::Service { name, arguments }) = line.command {
        return service::run(name, arguments);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(launch::run(&line.options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("musicwallet: {error}");
    ExitCode::FAILURE
}
