//! The signals between a terminal, the launcher and its services. The only file that knows the
//! kind of system.

#[cfg(unix)]
pub(crate) use unix::{AskedToStop, ask_this_process_to_end, ask_to_end, own_process_group};

#[cfg(not(unix))]
pub(crate) use other::{AskedToStop, ask_this_process_to_end, ask_to_end, own_process_group};

#[cfg(unix)]
mod unix {
    use rustix::process::{Pid, Signal, kill_process};
    use tokio::process::Command;
    use tokio::signal::unix::{Signal as Arrivals, SignalKind, signal};

    /// The signals that ask the launcher to stop everything.
    #[derive(Debug)]
    pub(crate) struct AskedToStop {
        interrupt: Arrivals,
        terminate: Arrivals,
        hang_up: Arrivals,
    }

    impl AskedToStop {
        /// Takes the signals over from the system, which would end the process at once.
        ///
        /// # Errors
        /// When the system refuses.
        pub(crate) fn listen() -> std::io::Result<Self> {
            Ok(AskedToStop {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }

        /// Waits for the next: Ctrl-C, a termination, or the terminal's end.
        pub(crate) async fn next(&mut self) {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                _ = self.hang_up.recv() => {}
            }
        }
    }

    /// Sends SIGTERM to a child, which must not have been waited for: its id may be another's then.
    pub(crate) fn ask_to_end(child: u32) {
        if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) {
            // Failing means that it has ended already, which is what was asked.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// Sends SIGTERM to this process, so that a service ends as it does when anybody else asks.
    pub(crate) fn ask_this_process_to_end() {
        let _ = kill_process(rustix::process::getpid(), Signal::TERM);
    }

    /// Keeps a terminal's Ctrl-C from the child: the launcher alone hears it, and passes it on once.
    pub(crate) fn own_process_group(command: &mut Command) {
        command.process_group(0);
    }
}

#[cfg(not(unix))]
mod other {
    use tokio::process::Command;

    /// Ctrl-C, which asks the launcher to stop everything.
    #[derive(Debug)]
    pub(crate) struct AskedToStop;

    impl AskedToStop {
        /// Nothing needs to be taken over.
        ///
        /// # Errors
        /// Never.
        pub(crate) fn listen() -> std::io::Result<Self> {
            Ok(AskedToStop)
        }

        /// Waits for the next Ctrl-C.
        pub(crate) async fn next(&mut self) {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The end of the child's standard input is what asks it to end here.
    pub(crate) fn ask_to_end(_child: u32) {}

    /// There is no signal to ask with.
    pub(crate) fn ask_this_process_to_end() {
        std::process::exit(0);
    }

    /// Ctrl-C reaches every process of the console, and each of them ends by it.
    pub(crate) fn own_process_group(_command: &mut Command) {}
}
