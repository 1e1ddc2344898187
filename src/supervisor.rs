//! Keeps one service alive: starts its process, starts it again when it dies, ends it when told.
//!
//! A life of the process goes like this:
//!
//! ```text
//! start -> Starting -> ready -> Ready ----> died -> wait (back-off) -> start again
//!             |                   |
//!             +--- died ----------+--- told to stop -> asked to end -> (killed) -> ended
//! ```

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::backoff::Backoff;
use crate::logs::{Console, Log};
use crate::{ready, signals};

/// How long a service may take to finish what it is doing. More than a request may take.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// How long to wait for the last lines of a process that has ended.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// A process to keep alive.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// The name in logs.
    pub(crate) name: &'static str,
    /// The port on which it tells whether it is ready.
    pub(crate) port: u16,
    /// The program to run.
    pub(crate) program: PathBuf,
    /// The program's arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Environment variables to set, or to take away when they are `None`.
    pub(crate) environment: Vec<(&'static str, Option<OsString>)>,
    /// Not being ready for so long is reported.
    pub(crate) ready_within: Duration,
}

/// How a service is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It has not been ready yet, and died so many times.
    Starting {
        /// Deaths since the first start.
        deaths: u32,
    },
    /// It lives, but took longer than it may to become ready.
    Late,
    /// It has been ready, at least once. From then on a death is repaired and no more.
    Ready,
}

/// What a service is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Order {
    Live,
    /// End in good order.
    Stop,
    /// End at once.
    Kill,
}

/// A service that is kept alive, until [`stop`](Self::stop) or until this value is dropped.
pub(crate) struct Supervised {
    name: &'static str,
    log: Log,
    orders: watch::Sender<Order>,
    state: watch::Receiver<State>,
}

/// How one life of the process ended.
enum End {
    /// By itself, or by somebody else's hand.
    Died(String),
    /// Because it was told to.
    Stopped,
}

// === impl Supervised ===

impl Supervised {
    /// Starts a service, and keeps starting it.
    pub(crate) fn start(service: Service, log: Log, console: Console) -> Self {
        let (orders, order) = watch::channel(Order::Live);
        let (report, state) = watch::channel(State::Starting { deaths: 0 });
        let name = service.name;
        let keeper = Keeper {
            service,
            log: log.clone(),
            console,
            order,
            report,
        };
        tokio::spawn(keeper.keep_alive());
        Supervised {
            name,
            log,
            orders,
            state,
        }
    }

    /// The service's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The last lines of its log.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.log.recent()
    }

    /// Waits until the service is ready for the first time, or is late, or has died `deaths` times.
    pub(crate) fn first_news(&self, deaths: u32) -> impl Future<Output = State> + Send + use<> {
        let mut state = self.state.clone();
        async move {
            let news = state.wait_for(|state| match state {
                State::Ready | State::Late => true,
                State::Starting { deaths: so_far } => *so_far >= deaths,
            });
            // Without a keeper there is no service.
            news.await
                .map_or(State::Starting { deaths }, |state| *state)
        }
    }

    /// Tells the service to end in good order, which it does within a bound.
    pub(crate) fn stop(&self) {
        self.orders.send_replace(Order::Stop);
    }

    /// Tells the service to end at once. It may have been told to stop before.
    pub(crate) fn kill(&self) {
        self.orders.send_replace(Order::Kill);
    }

    /// Waits until the service, having been told to, has ended.
    pub(crate) async fn ended(&self) {
        // The keeper holds the sender for as long as there is a process.
        let mut state = self.state.clone();
        while state.changed().await.is_ok() {}
    }
}

// === impl Keeper ===

struct Keeper {
    service: Service,
    log: Log,
    console: Console,
    order: watch::Receiver<Order>,
    report: watch::Sender<State>,
}

impl Keeper {
    async fn keep_alive(mut self) {
        let mut backoff = Backoff::default();
        loop {
            let started = Instant::now();
            let End::Died(how) = self.live().await else {
                return;
            };
            self.report.send_if_modified(|state| match state {
                State::Starting { deaths } => {
                    *deaths += 1;
                    true
                }
                State::Late | State::Ready => false,
            });
            let wait = backoff.after(started.elapsed());
            self.console.say(&format!(
                "{} {how}; starting it again in {} s",
                self.service.name,
                wait.as_secs_f32()
            ));
            if timeout(wait, self.order.wait_for(|it| *it >= Order::Stop))
                .await
                .is_ok()
            {
                return;
            }
        }
    }

    /// One life of the process.
    async fn live(&mut self) -> End {
        let mut child = match self.spawn() {
            Ok(child) => child,
            Err(error) => return End::Died(format!("cannot be started: {error}")),
        };
        // Held as long as the process is wanted. It closes however the launcher ends.
        let lifeline = child.stdin.take();
        let mut voices = JoinSet::new();
        if let Some(output) = child.stdout.take() {
            voices.spawn(self.log.clone().follow(output));
        }
        if let Some(errors) = child.stderr.take() {
            voices.spawn(self.log.clone().follow(errors));
        }

        let end = tokio::select! {
            status = child.wait() => End::Died(describe(status)),
            _ = self.order.wait_for(|it| *it >= Order::Stop) => End::Stopped,
            never = watch_readiness(&self.service, &self.report, &self.console) => match never {},
        };
        if let End::Stopped = end {
            self.end(&mut child).await;
        }
        drop(lifeline);
        // A process that inherited the output may keep it open for ever.
        let _ = timeout(LAST_WORDS_WITHIN, async {
            while voices.join_next().await.is_some() {}
        })
        .await;
        end
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.service.program);
        command
            .args(&self.service.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for (name, value) in &self.service.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        signals::own_process_group(&mut command);
        command.spawn()
    }

    /// Asks the process to end, and kills it when it takes too long or nobody wants to wait.
    async fn end(&mut self, child: &mut Child) {
        if let Some(id) = child.id() {
            signals::ask_to_end(id);
        }
        let killed = self.order.wait_for(|it| *it == Order::Kill);
        let ended = tokio::select! {
            _ = child.wait() => true,
            _ = killed => false,
            () = tokio::time::sleep(STOP_WITHIN) => {
                self.console.say(&format!(
                    "{} did not end within {} s and is killed",
                    self.service.name,
                    STOP_WITHIN.as_secs()
                ));
                false
            }
        };
        if !ended {
            // Failing means that it has ended by now.
            let _ = child.kill().await;
        }
    }
}

/// Reports when the service becomes ready, or that it does not. It has nothing to say afterwards.
async fn watch_readiness(
    service: &Service,
    report: &watch::Sender<State>,
    console: &Console,
) -> Infallible {
    let started = Instant::now();
    if timeout(service.ready_within, ready::wait(service.port))
        .await
        .is_err()
    {
        console.say(&format!(
            "{} is not ready after {} s",
            service.name,
            service.ready_within.as_secs()
        ));
        report.send_if_modified(|state| {
            let first = matches!(state, State::Starting { .. });
            if first {
                *state = State::Late;
            }
            first
        });
        ready::wait(service.port).await;
    }
    console.say(&format!(
        "{} is ready after {:.1} s",
        service.name,
        started.elapsed().as_secs_f32()
    ));
    report.send_replace(State::Ready);
    std::future::pending().await
}

/// What a process's end looks like to a reader.
fn describe(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("stopped by itself ({status})"),
        Err(error) => format!("is lost ({error})"),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    use crate::logs::tests::Paper;

    /// A service that is a line of shell. Nothing listens on port 1, so it is never ready.
    fn shell(script: &str) -> Service {
        Service {
            name: "users",
            port: 1,
            program: PathBuf::from("/bin/sh"),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("GREETING", Some("hello".into())), ("HOME", None)],
            ready_within: Duration::from_secs(600),
        }
    }

    fn start(paper: &Paper, script: &str) -> Supervised {
        let console = paper.console(false);
        Supervised::start(shell(script), console.log("users", 0), console)
    }

    /// Waits until the paper contains all of these.
    async fn read(paper: &Paper, expected: &[&str]) {
        let found = async {
            while !expected.iter().all(|text| paper.text().contains(text)) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = timeout(Duration::from_secs(60), found).await;
        assert!(found.is_ok(), "{expected:?} is not in:\n{}", paper.text());
    }

    #[tokio::test]
    async fn a_service_that_dies_is_started_again_ever_later() {
        let paper = Paper::default();
        let service = start(&paper, "echo living; exit 7");
        let state = service.first_news(3).await;
        assert_eq!(state, State::Starting { deaths: 3 });
        read(
            &paper,
            &[
                "musicwallet | users stopped by itself (exit status: 7); starting it again in 0.2 s\n",
                "starting it again in 0.4 s\n",
                "starting it again in 0.8 s\n",
            ],
        )
        .await;
        assert_eq!(service.last_lines(), ["living", "living", "living"]);
        service.stop();
        service.ended().await;
    }

    #[tokio::test]
    async fn both_outputs_are_shown_and_the_environment_is_as_told() {
        let paper = Paper::default();
        let service = start(&paper, "echo $GREETING; echo home=$HOME >&2; sleep 600");
        read(&paper, &["users       | hello\n", "users       | home=\n"]).await;
        service.stop();
        service.ended().await;
    }

    #[tokio::test]
    async fn stopping_lets_a_service_finish() {
        let paper = Paper::default();
        let service = start(
            &paper,
            "trap 'echo finished; exit 0' TERM; echo up; while :; do sleep 0.05; done",
        );
        read(&paper, &["up"]).await;
        service.stop();
        service.ended().await;
        assert!(
            paper.text().contains("users       | finished\n"),
            "{}",
            paper.text()
        );
        assert!(!paper.text().contains("again"), "{}", paper.text());
    }

    #[tokio::test]
    async fn killing_does_not_wait_for_a_service_that_refuses_to_end() {
        let paper = Paper::default();
        let service = start(
            &paper,
            "trap '' TERM; echo up; while :; do sleep 0.05; done",
        );
        read(&paper, &["up"]).await;
        service.kill();
        service.ended().await;
        assert!(
            !paper.text().contains("did not end within"),
            "{}",
            paper.text()
        );
    }

    #[tokio::test]
    async fn a_service_that_lives_but_is_not_ready_is_late() {
        let paper = Paper::default();
        let console = paper.console(false);
        let service = Service {
            ready_within: Duration::ZERO,
            ..shell("sleep 600")
        };
        let service = Supervised::start(service, console.log("users", 0), console);
        assert_eq!(service.first_news(1).await, State::Late);
        read(&paper, &["musicwallet | users is not ready after 0 s\n"]).await;
        service.stop();
        service.ended().await;
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told() {
        let paper = Paper::default();
        let console = paper.console(false);
        let service = Service {
            program: PathBuf::from("/nowhere/musicwallet"),
            ..shell("")
        };
        let service = Supervised::start(service, console.log("users", 0), console);
        service.first_news(1).await;
        read(
            &paper,
            &["users cannot be started: No such file or directory"],
        )
        .await;
        service.stop();
        service.ended().await;
    }
}
