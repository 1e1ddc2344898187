//! Federated equals monolith: a random world, divided among subgraphs, answers as if it were whole.
//!
//! Each case is a random operation over a random world. The world is divided at random among
//! subgraphs, composed, planned and executed, and the answer is compared with that of one server
//! that holds everything. A few fixed seeds run in every `cargo test`. Other seeds are for runs on
//! demand: what they find is work to do, and no reason why an unrelated change should not land.
//!
//! ```text
//! MUSICWALLET_MONOLITH_SEED=7 MUSICWALLET_MONOLITH_CASES=10000 cargo test --test monolith -- --nocapture
//! ```
//!
//! Read `world` (types, values, division), then `whole` and `split` (how they are chosen),
//! `server` (who answers), `question` (what is asked), `federation` (what is compared).
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod context;
mod decorate;
mod federation;
mod question;
mod random;
mod render;
mod server;
mod settle;
mod split;
mod whole;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write;

use federation::{Federation, Outcome, Refusal};
use question::Question;
use random::Random;

/// How many operations are asked of one world.
const QUESTIONS: u64 = 12;

/// What a run came to.
#[derive(Debug, Default)]
struct Tally {
    cases: u64,
    worlds: u64,
    /// Those in which a field depends on the way to it.
    contextual: u64,
    invalid: u64,
    refused: BTreeMap<String, u64>,
    failures: Vec<String>,
}

#[test]
fn federated_equals_monolith() {
    let cases = number("MUSICWALLET_MONOLITH_CASES");
    let seed = number("MUSICWALLET_MONOLITH_SEED");
    let mut tally = Tally::default();
    match (seed, cases) {
        (None, None) => {
            for seed in [1, 2, 3, 4] {
                tally.run(seed, 200);
            }
        }
        (seed, cases) => tally.run(seed.unwrap_or(1), cases.unwrap_or(1000)),
    }
    println!(
        "{} cases in {} worlds, {} with contexts; {} operations invalid; worlds that do not compose: {:?}",
        tally.cases, tally.worlds, tally.contextual, tally.invalid, tally.refused
    );
    assert!(tally.cases > tally.invalid, "most operations are valid");
    assert!(
        tally.failures.is_empty(),
        "{} failures\n{}",
        tally.failures.len(),
        tally.failures.join("\n\n")
    );
}

impl Tally {
    fn run(&mut self, seed: u64, cases: u64) {
        println!(
            "MUSICWALLET_MONOLITH_SEED={seed} MUSICWALLET_MONOLITH_CASES={cases} cargo test --test monolith"
        );
        let done = self.cases;
        let most = number("MUSICWALLET_MONOLITH_FAILURES").unwrap_or(1);
        for world_seed in (0..).map(|index| random::hash((seed, index))) {
            if self.cases - done >= cases || self.failures.len() as u64 >= most {
                return;
            }
            self.world(world_seed);
        }
    }

    fn world(&mut self, seed: u64) {
        let world = split::world(seed);
        let schemas = || -> String {
            let all = 0..world.subgraphs.len();
            all.map(|it| {
                format!(
                    "# {}\n{}\n",
                    world.subgraphs[it].name,
                    render::federated(&world, it)
                )
            })
            .collect()
        };
        let federation = match Federation::new(world.clone()) {
            Ok(federation) => federation,
            Err(Refusal::Problems(codes, text)) => {
                for code in codes {
                    if number("MUSICWALLET_MONOLITH_SHOW").is_some()
                        && !self.refused.contains_key(&code)
                    {
                        println!("refused: {code}\n{text}\n{}", schemas());
                    }
                    *self.refused.entry(code).or_default() += 1;
                }
                return;
            }
            Err(Refusal::Fault(fault)) => {
                self.failures
                    .push(format!("world {seed}: {fault}\n{}", schemas()));
                return;
            }
        };
        self.worlds += 1;
        self.contextual += u64::from(world.from_above.is_some());
        let mut random = Random::new(random::hash((seed, "questions")));
        for _ in 0..QUESTIONS {
            let wild = random.chance(30);
            let question = question::question(&world, &mut random, wild);
            self.cases += 1;
            match federation.ask(&question) {
                Outcome::Same => {}
                Outcome::Invalid => self.invalid += 1,
                Outcome::Different(_) => {
                    self.failures.push(report(&federation, question, seed));
                    return;
                }
            }
        }
    }
}

/// All there is to know of a difference, after dropping what does not matter to it.
fn report(federation: &Federation, mut question: Question, seed: u64) -> String {
    let mut what = String::new();
    let mut tries = 0;
    'smaller: loop {
        if let Outcome::Different(text) = federation.ask(&question) {
            what = text;
        }
        for smaller in question.smaller() {
            tries += 1;
            if tries > 3000 {
                break 'smaller;
            }
            if smaller.text() != question.text()
                && matches!(federation.ask(&smaller), Outcome::Different(_))
            {
                question = smaller;
                continue 'smaller;
            }
        }
        break;
    }
    let mut text = format!("world {seed}\n{}", federation.schemas());
    let _ = write!(
        text,
        "{}\nlabels on: {}\nvariables {}\n{what}",
        question.text(),
        question.label_is_on,
        serde_json::to_string(&question.values()).expect("JSON")
    );
    text
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test takes its switches from where cargo passes them"
)]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
