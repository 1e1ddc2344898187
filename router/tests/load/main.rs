//! A router under load, over subgraphs that fail, stall, truncate and lie.
//!
//! Three processes: a real router; this program as the subgraphs, whose faults are drawn with a seed;
//! and this program as 500 clients. Every answer must be right, or say with an error what is missing.
//! Afterwards the router holds no more memory and no more connections than before.
//!
//! `cargo test` sends a few thousand requests. For more, and for another draw:
//!
//! ```sh
//! cargo test -p router --test load -- --requests 200000 --seed 7
//! ```
//!
//! Read `data` (what is asked, and what is true), `fault` (what can go wrong), `subgraphs`, `clients`,
//! `judge` (what is a right answer) and `processes`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers included"
)]

mod clients;
mod data;
mod fault;
mod judge;
mod processes;
mod random;
mod subgraphs;

use std::time::Duration;

use judge::Tally;
use processes::{RouterProcess, SubgraphsProcess};

/// Connections of clients, all in use all the time.
const CONNECTIONS: usize = 500;

/// What the command line says. Arguments of the usual test harness are understood as far as they
/// concern one test with the name `load`.
struct Arguments {
    requests: usize,
    seed: u64,
    is_subgraphs: bool,
    is_list: bool,
    is_asked_for: bool,
}

impl Arguments {
    fn parse() -> Self {
        let mut parsed = Self {
            requests: 3_000,
            seed: 1,
            is_subgraphs: false,
            is_list: false,
            is_asked_for: true,
        };
        let mut arguments = std::env::args().skip(1);
        let number = |text: Option<String>| -> u64 {
            let text = text.expect("a number follows");
            text.parse().expect("it is a number")
        };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--requests" => parsed.requests = number(arguments.next()) as usize,
                "--seed" => parsed.seed = number(arguments.next()),
                "--be-subgraphs" => parsed.is_subgraphs = true,
                "--list" => parsed.is_list = true,
                "--skip" => {
                    let skipped = arguments.next().unwrap_or_default();
                    parsed.is_asked_for &= !"load".contains(&skipped);
                }
                // These concern nothing here, and the next word is no filter.
                "--test-threads" | "--format" | "--color" | "-Z" => drop(arguments.next()),
                "--ignored" => parsed.is_asked_for = false,
                other if other.starts_with('-') => {}
                filter => parsed.is_asked_for &= "load".contains(filter),
            }
        }
        parsed
    }
}

fn main() {
    let arguments = Arguments::parse();
    if arguments.is_list {
        println!("load: test");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    if arguments.is_subgraphs {
        runtime.block_on(subgraphs::serve(arguments.seed));
    } else if arguments.is_asked_for {
        runtime.block_on(load(&arguments));
        println!("test load ... ok");
    }
}

async fn load(arguments: &Arguments) {
    let mut subgraphs = SubgraphsProcess::start(arguments.seed).await;
    let router = RouterProcess::start(&subgraphs).await;
    let sockets_before = router.sockets();

    // The first half brings memory and pools to their level, the second one must keep to it.
    let half = arguments.requests / 2;
    let mut tally = clients::run(router.address, half, arguments.seed).await;
    let (memory_first, open_first) = (router.memory(), subgraphs.open_connections().await);
    tally += clients::run(router.address, half, arguments.seed + 1).await;
    let (memory_second, open_second) = (router.memory(), subgraphs.open_connections().await);
    report(&tally);
    println!(
        "memory: {memory_first:?} kB after the first half, {memory_second:?} kB after the second\n\
         connections to subgraphs: {open_first}, then {open_second}"
    );
    tally.check();
    if let (Some(first), Some(second)) = (memory_first, memory_second) {
        assert!(
            second < first + first / 4 + 4 * 1024,
            "memory grew from {first} kB to {second} kB"
        );
    }

    // The pools give up what is idle, and then nothing may be left.
    let mut open = usize::MAX;
    let mut sockets = None;
    for _ in 0..300 {
        (open, sockets) = (subgraphs.open_connections().await, router.sockets());
        if open == 0 && sockets == sockets_before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(open, 0, "connections to subgraphs are left");
    assert_eq!(sockets, sockets_before, "sockets of the router are left");
    println!("sockets of the router: {sockets_before:?} before, {sockets:?} after");
    router.stop().await;
    subgraphs.stop().await;
}

fn report(tally: &Tally) {
    println!(
        "{} answers right, {} with errors that say what is missing, {} clients left early",
        tally.right, tally.partial, tally.left
    );
    for (code, count) in &tally.codes {
        println!("  {code}: {count}");
    }
}
