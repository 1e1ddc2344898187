//! What `cargo run` does, from the first check to the last process.

use std::io;

use tokio::task::JoinSet;

use crate::banner;
use crate::data_folder::{DataFolder, DataFolderError};
use crate::federation_files::{CannotWrite, FederationFiles};
use crate::logs::Console;
use crate::options::Options;
use crate::ports::{self, PortError};
use crate::roster::{self, FactsToken, Places, SERVICES};
use crate::signals::AskedToStop;
use crate::supervisor::{State, Supervised};

/// A service that dies so often before it was ever ready will not become so by itself.
const DEATHS_UNTIL_GIVING_UP: u32 = 5;

/// Why the federation is not running.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    /// The services cannot listen.
    #[error(transparent)]
    Ports(#[from] PortError),
    /// The services cannot keep anything.
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    /// The router would have nothing to compose.
    #[error(transparent)]
    Files(#[from] CannotWrite),
    /// The system refused something that it always grants.
    #[error("cannot {what}: {source}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// A service does not come up. Its last lines have been shown.
    #[error("{service} does not become ready; everything is stopped again")]
    NotReady {
        /// Which one.
        service: &'static str,
    },
}

/// How starting came out.
enum Started {
    /// Every service answers.
    Ready,
    /// One does not, and the reader needs to know why.
    Failed(&'static str, State),
}

/// Starts everything, keeps it alive until somebody asks to stop, and stops it.
///
/// # Errors
/// When a port is taken or the data folder is not writable (nothing is started then), or when a
/// service does not become ready (everything is stopped then).
pub(crate) async fn run(options: &Options) -> Result<(), LaunchError> {
    let system = |what| move |source| LaunchError::System { what, source };
    let mut asked_to_stop = AskedToStop::listen().map_err(system("listen to signals"))?;
    let here = std::env::current_dir().map_err(system("find the current folder"))?;
    let program = std::env::current_exe().map_err(system("find this program"))?;

    ports::check(&SERVICES.map(|name| (name, options.port(name))))?;
    let data = DataFolder::open(&options.data_dir)?;
    let files = FederationFiles::find(&here, data.path())?;

    let facts_token = FactsToken::random()
        .map_err(io::Error::other)
        .map_err(system("make a token"))?;
    let console = Console::standard(options.no_color);
    let places = Places {
        program,
        data: data.path(),
        files: &files,
        coloured: console.is_coloured(),
        facts_token,
    };
    console.say(&format!(
        "starting users, music and router; data in {}, {}",
        data.path().display(),
        files.supergraph_config.display()
    ));
    let services: Vec<Supervised> = roster::services(options, &places)
        .into_iter()
        .enumerate()
        .map(|(number, service)| {
            let log = console.log(service.name, number);
            Supervised::start(service, log, console.clone())
        })
        .collect();

    let outcome = tokio::select! {
        started = all_ready(&services) => match started {
            Started::Ready => {
                console.show(&banner::text(options));
                asked_to_stop.next().await;
                Ok(())
            }
            Started::Failed(service, state) => {
                report(&console, &services, service, state);
                Err(LaunchError::NotReady { service })
            }
        },
        () = asked_to_stop.next() => Ok(()),
    };
    console.say("stopping");
    stop(&services, &mut asked_to_stop).await;
    console.say("all stopped");
    outcome
}

/// Waits until every service is ready, or until one of them is as good as lost.
async fn all_ready(services: &[Supervised]) -> Started {
    let mut waiting = JoinSet::new();
    for service in services {
        let name = service.name();
        let news = service.first_news(DEATHS_UNTIL_GIVING_UP);
        waiting.spawn(async move { (name, news.await) });
    }
    while let Some(news) = waiting.join_next().await {
        match news {
            Ok((_, State::Ready)) | Err(_) => {}
            Ok((name, state)) => return Started::Failed(name, state),
        }
    }
    Started::Ready
}

/// Shows what a service said last, for its lines are lost among the others'.
fn report(console: &Console, services: &[Supervised], name: &'static str, state: State) {
    let what = match state {
        State::Starting { deaths } => format!("{name} stopped {deaths} times before it was ready"),
        State::Late | State::Ready => format!("{name} runs, but is not ready"),
    };
    let lines = services
        .iter()
        .find(|service| service.name() == name)
        .map(Supervised::last_lines)
        .unwrap_or_default();
    if lines.is_empty() {
        console.say(&format!("{what}, and said nothing"));
    } else {
        console.say(&format!("{what}. Its last lines:"));
        for line in lines {
            console.say(&format!("  {line}"));
        }
    }
}

/// Stops every service in good order, or at once when asked a second time.
async fn stop(services: &[Supervised], asked_again: &mut AskedToStop) {
    let in_order = async {
        // The router is last to start and first to stop: its requests need the other two.
        if let Some((router, subgraphs)) = services.split_last() {
            router.stop();
            router.ended().await;
            for subgraph in subgraphs {
                subgraph.stop();
            }
            for subgraph in subgraphs {
                subgraph.ended().await;
            }
        }
    };
    tokio::select! {
        () = in_order => {}
        () = asked_again.next() => {
            for service in services {
                service.kill();
            }
            for service in services {
                service.ended().await;
            }
        }
    }
}
