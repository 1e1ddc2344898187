//! Fills a database as full as a busy service's, and measures the service over it.
//!
//! ```sh
//! cargo run --profile profiling -p music --example load -- fill postgres://… 200000 10000000
//! cargo run --profile profiling -p music --example load -- measure postgres://… 200000 10000000
//! ```
//!
//! What is written is drawn from the numbers alone, so the same command goes on where it was cut
//! off, and measuring knows what is there. [`world`] says what people are like: few tracks are
//! loved by many, most by few; people love what others of their taste love; some have ten
//! favourites and some have thousands.

mod fill;
mod measure;
mod world;

use anyhow::bail;
use clap::{Parser as _, ValueEnum as _};

use measure::Part;
use world::World;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", ..] => music::run(music::Config::parse_from(&arguments)).await,
        ["fill", database, tracks, favourites] => {
            let world = World::new(tracks.parse()?, favourites.parse()?);
            fill::fill(database, &world).await
        }
        ["measure", database, tracks, favourites, ref parts @ ..] => {
            let world = World::new(tracks.parse()?, favourites.parse()?);
            let named = parts.iter().map(|it| Part::from_str(it, true));
            let named: Result<Vec<Part>, String> = named.collect();
            let parts = match named.map_err(anyhow::Error::msg)? {
                none if none.is_empty() => Part::value_variants().to_vec(),
                some => some,
            };
            measure::measure(database, &world, &parts).await
        }
        _ => bail!(
            "usage: load fill DATABASE_URL TRACKS FAVOURITES\n       \
             load measure DATABASE_URL TRACKS FAVOURITES [users] [searches] [lists]"
        ),
    }
}
