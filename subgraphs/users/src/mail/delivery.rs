//! Where mail goes: to a mail server by SMTP, and in development into a folder or the log.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::messages::AccountMail;
use super::text::{Words, words};

/// How long a mail server may take to answer each command.
const SMTP_TIMEOUT: Duration = Duration::from_secs(30);

/// Where mail goes, as it is configured.
#[derive(Clone, PartialEq, Eq)]
pub enum MailTarget {
    /// A mail server: `smtp://` or `smtps://`, with credentials where needed.
    Server(String),
    /// A folder, in which each mail becomes a file.
    Folder(PathBuf),
    /// The log, with every link in it.
    Log,
}

/// The text is none of the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be smtp://…, smtps://…, file:FOLDER or log:")]
pub struct NotATarget;

/// A mail did not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct SendError {
    /// What went wrong.
    pub problem: String,
    /// Whether trying again would end the same way.
    pub permanent: bool,
}

/// Sends mail from one address to one target.
#[derive(Clone)]
pub struct Delivery {
    from: Mailbox,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
    Log,
}

impl FromStr for MailTarget {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, NotATarget> {
        if text.starts_with("smtp://") || text.starts_with("smtps://") {
            return Ok(MailTarget::Server(text.to_owned()));
        }
        match text.split_once(':') {
            Some(("log", "")) => Ok(MailTarget::Log),
            Some(("file", folder)) if !folder.is_empty() => Ok(MailTarget::Folder(
                folder.strip_prefix("//").unwrap_or(folder).into(),
            )),
            _ => Err(NotATarget),
        }
    }
}

impl fmt::Debug for MailTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MailTarget::Server(_) => f.write_str("Server(…)"),
            MailTarget::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            MailTarget::Log => f.write_str("Log"),
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery")
    }
}

impl Delivery {
    /// Mail from `from` to `target`. No server is connected to yet.
    ///
    /// # Errors
    /// When the address or the URL of the server is none.
    pub fn new(from: &str, target: &MailTarget) -> anyhow::Result<Self> {
        let from = from.parse().map_err(|error| {
            anyhow::anyhow!("the sender of mails `{from}` is no address: {error}")
        })?;
        let way = match target {
            MailTarget::Log => Way::Log,
            MailTarget::Folder(folder) => Way::Folder(folder.clone()),
            MailTarget::Server(url) => Way::Server(
                AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    // The URL may hold a password, and what is said of it may quote it.
                    .map_err(|_| anyhow::anyhow!("the URL of the mail server is not valid"))?
                    .timeout(Some(SMTP_TIMEOUT))
                    .build(),
            ),
        };
        Ok(Delivery { from, way })
    }

    /// Sends a mail. `number` and `written_at` are the same whenever it is tried, and so is the
    /// mail, so that a mailbox can tell that it has it already.
    ///
    /// # Errors
    /// When it did not leave.
    pub async fn send(
        &self,
        number: i64,
        written_at: DateTime<Utc>,
        mail: &AccountMail,
    ) -> Result<(), SendError> {
        let words = words(mail);
        match &self.way {
            Way::Log => {
                let (to, subject, text) = (&mail.to, words.subject, &words.text);
                tracing::info!(
                    mail.to = to,
                    mail.subject = subject,
                    mail.text = text,
                    "a mail"
                );
                Ok(())
            }
            Way::Folder(folder) => {
                let message = self.message(number, written_at, mail, words)?;
                let name = format!("{number}-{}.eml", mail.kind());
                write_file(folder, &name, &message.formatted())
                    .await
                    .map_err(|error| SendError {
                        problem: format!(
                            "cannot write the mail into {}: {error}",
                            folder.display()
                        ),
                        permanent: false,
                    })
            }
            Way::Server(server) => {
                let message = self.message(number, written_at, mail, words)?;
                let sent = server.send(message).await;
                sent.map(drop).map_err(|error| SendError {
                    problem: without_addresses(&kit::errors::chain(&error)),
                    permanent: error.is_permanent(),
                })
            }
        }
    }

    fn message(
        &self,
        number: i64,
        written_at: DateTime<Utc>,
        mail: &AccountMail,
        words: Words,
    ) -> Result<Message, SendError> {
        let broken = |error: &dyn fmt::Display| SendError {
            problem: format!("the mail cannot be written: {error}"),
            permanent: true,
        };
        let to = mail.to.parse().map_err(|error| broken(&error))?;
        let domain = self.from.email.domain();
        let id = format!("<{number}.{}@{domain}>", written_at.timestamp_millis());
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(words.subject)
            .date(written_at.into())
            .message_id(Some(id))
            // So that no out-of-office answers come back (RFC 3834).
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(words.text, words.html))
            .map_err(|error| broken(&error))
    }
}

/// What a server said, which may quote whom the mail is to.
fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace();
    let words = words.map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// `Auto-Submitted: auto-generated`.
#[derive(Clone, Copy)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Writes a file that is either whole or not there, in a folder that only its owner reads.
async fn write_file(folder: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await?;
    let unfinished = folder.join(format!(".{name}"));
    tokio::fs::write(&unfinished, content).await?;
    tokio::fs::rename(unfinished, folder.join(name)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::messages::Message as Says;

    fn mail() -> AccountMail {
        AccountMail {
            account_id: "a1".to_owned(),
            to: "ada@example.org".to_owned(),
            name: "Ада\r\nBcc: all@example.org".to_owned(),
            message: Says::Welcome,
        }
    }

    #[test]
    fn targets_are_told_apart_and_servers_are_not_shown() {
        let parse = MailTarget::from_str;
        assert_eq!(parse("log:"), Ok(MailTarget::Log));
        assert_eq!(parse("file:mail"), Ok(MailTarget::Folder("mail".into())));
        assert_eq!(parse("file:///m"), Ok(MailTarget::Folder("/m".into())));
        let server = parse("smtp://me:secret@mail:587").expect("a server");
        assert_eq!(format!("{server:?}"), "Server(…)");
        for none in ["", "log", "file:", "http://x", "mail"] {
            assert_eq!(parse(none), Err(NotATarget), "{none}");
        }
        let problem = Delivery::new("me", &MailTarget::Log).expect_err("no address");
        assert!(problem.to_string().contains("`me`"), "{problem}");
    }

    #[test]
    fn what_a_server_says_is_kept_without_addresses() {
        assert_eq!(
            without_addresses("550 5.1.1 <ada@example.org>: no such user"),
            "550 5.1.1 … no such user"
        );
    }

    #[tokio::test]
    async fn a_mail_in_a_folder_is_the_same_file_whenever_it_is_tried() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = MailTarget::Folder(folder.path().join("deep/mail"));
        let delivery = Delivery::new("Music <no-reply@example.org>", &target).expect("opens");
        let at = "2026-01-05T09:00:00Z".parse().expect("a time");
        let file = folder.path().join("deep/mail/7-welcome.eml");
        let mut written = Vec::new();
        for _ in 0..2 {
            delivery.send(7, at, &mail()).await.expect("written");
            let text = std::fs::read_to_string(&file).expect("text");
            let headers = text.split("\r\n\r\n").next().unwrap_or_default();
            assert!(!headers.contains("Bcc"), "{headers}");
            let lines = headers
                .lines()
                .filter(|line| !line.to_ascii_lowercase().contains("boundary"))
                .map(str::to_owned);
            written.push(lines.collect::<Vec<_>>());
            assert!(
                text.contains("text/plain") && text.contains("text/html"),
                "{text}"
            );
        }
        assert_eq!(written.first(), written.last());
        assert_eq!(
            std::fs::read_dir(file.parent().expect("a folder"))
                .expect("reads")
                .count(),
            1
        );
    }
}
