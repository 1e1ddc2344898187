//! Mail on its way to a mail server: tried again when it is refused for now, given up when it is
//! refused for good, and sent once when all is well.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use users::mail::delivery::MailTarget;

use crate::support::Served;

/// A mail server for one test. It answers the end of each mail as it is told, then accepts all.
struct MailServer {
    url: String,
    accepted: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    async fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("smtp://{}", listener.local_addr().expect("bound"));
        let accepted = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let kept = accepted.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, answers.clone(), kept.clone()));
            }
        });
        MailServer { url, accepted }
    }

    fn accepted(&self) -> Vec<String> {
        self.accepted.lock().expect("no panic").clone()
    }
}

/// One connection, as RFC 5321 has it.
async fn converse(
    stream: TcpStream,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    accepted: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test ESMTP\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line
            .split([' ', '\r'])
            .next()
            .unwrap_or_default()
            .to_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while stream.read_line(&mut mail).await? > 0 && !mail.ends_with("\r\n.\r\n") {}
                let answer = answers.lock().expect("no panic").pop_front();
                if answer.is_none() {
                    accepted.lock().expect("no panic").push(mail);
                }
                answer.unwrap_or("250 kept\r\n")
            }
            "QUIT" => {
                return stream.write_all(b"221 bye\r\n").await;
            }
            "MAIL" | "RCPT" | "RSET" | "NOOP" => "250 ok\r\n",
            _ => "500 what\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

async fn served_with(target: &str) -> Served {
    let target: MailTarget = target.parse().expect("a target");
    Served::on_sqlite_with(|config| {
        config.mail.mail_url = Some(target);
        config.mail.job_retry_seconds = 1;
        config.mail.job_attempts = 3;
    })
    .await
}

/// Waits until something is so, for half a minute at most.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} did not happen");
}

async fn counts(served: &Served) -> (u64, u64) {
    let counts = served.store.count_jobs().await.expect("counts");
    (counts.waiting, counts.dead)
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_sent_later_and_once() {
    let server = MailServer::start(&["451 try again\r\n", "421 too busy\r\n"]).await;
    let served = served_with(&server.url).await;
    served.register("ada").await;
    eventually("the mail", async || !server.accepted().is_empty()).await;
    eventually("the end of the job", async || {
        counts(&served).await == (0, 0)
    })
    .await;
    let mails = server.accepted();
    assert_eq!(mails.len(), 1, "{mails:?}");
    for part in [
        "To: ada@example.org\r\n",
        "Subject: Prove your e-mail address\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Message-ID: <",
        "multipart/alternative",
        "text/plain",
        "text/html",
    ] {
        assert!(mails[0].contains(part), "{part} is not in {}", mails[0]);
    }
    let metrics = served.get("/metrics").await.text().await.expect("text");
    for line in [
        "jobs_total{service=\"users\",outcome=\"done\"} 1",
        "jobs_total{service=\"users\",outcome=\"failed\"} 2",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{metrics}");
    }
    served.close().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up_at_once() {
    let server = MailServer::start(&["550 no such mailbox\r\n"]).await;
    let served = served_with(&server.url).await;
    served.register("ada").await;
    eventually("the end of the job", async || {
        counts(&served).await == (0, 1)
    })
    .await;
    let dead = served.store.jobs(true, 10).await.expect("lists").remove(0);
    assert_eq!((dead.kind.as_str(), dead.attempts), ("verification", 1));
    let error = dead.last_error.expect("why");
    assert!(error.contains("550"), "{error}");
    served.close().await;
}

#[tokio::test]
async fn without_a_mail_server_registering_works_and_the_job_is_given_up_in_the_end() {
    // A port where nobody listens.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("smtp://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let served = served_with(&url).await;
    served.register("ada").await;
    eventually("the end of the job", async || {
        counts(&served).await == (0, 1)
    })
    .await;
    let dead = served.store.jobs(true, 10).await.expect("lists").remove(0);
    assert_eq!(dead.attempts, 3);
    served.close().await;
}

#[tokio::test]
async fn mail_that_waits_survives_a_restart() {
    let server = MailServer::start(&["451 try again\r\n"]).await;
    let served = served_with(&server.url).await;
    served.register("ada").await;
    let served = served.restart().await;
    eventually("the mail", async || server.accepted().len() == 1).await;
    served.close().await;
}

/// Against a mail server that others wrote.
#[tokio::test]
async fn aiosmtpd_understands_us() {
    let Some(python) = option_env("MUSICWALLET_TEST_AIOSMTPD") else {
        println!("left out: MUSICWALLET_TEST_AIOSMTPD is not set");
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("bound").to_string();
    drop(listener);
    let folder = tempfile::tempdir().expect("a folder");
    let mailbox = folder.path().join("mailbox");
    let mut server = tokio::process::Command::new(python)
        .args(["-m", "aiosmtpd", "-n", "-l", &address])
        .args(["-c", "aiosmtpd.handlers.Mailbox"])
        .arg(&mailbox)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("python runs");
    eventually("the mail server", async || {
        TcpStream::connect(&address).await.is_ok()
    })
    .await;
    let served = served_with(&format!("smtp://{address}")).await;
    served.register("ada").await;
    let new = mailbox.join("new");
    let mails = || std::fs::read_dir(&new).map_or(0, Iterator::count);
    eventually("the mail", async || mails() == 1).await;
    served.close().await;
    server.kill().await.expect("ends");
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment what there is"
)]
fn option_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
