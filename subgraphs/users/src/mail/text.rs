//! What mails say: subject, text, and the same as HTML.
//!
//! The greeting is a name that a stranger chose, so HTML gets it escaped, and no header gets it.

use super::messages::{AccountMail, Message};

/// A mail in words.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// The subject; always one of ours.
    pub(super) subject: &'static str,
    /// For readers without HTML.
    pub(super) text: String,
    /// The same.
    pub(super) html: String,
}

/// The mail in words.
pub(super) fn words(mail: &AccountMail) -> Words {
    let (subject, before, link, after) = match &mail.message {
        Message::Welcome => (
            "Welcome to MusicWallet",
            "Your address is proved, and your account is complete.".to_owned(),
            None,
            "Enjoy the music.".to_owned(),
        ),
        Message::Verification {
            link,
            valid_minutes,
        } => (
            "Prove your e-mail address",
            "Somebody, probably you, gave this address to MusicWallet. To prove that it is yours, open this page:"
                .to_owned(),
            Some(link),
            format!(
                "The link works once, for {}. If it was not you, do nothing.",
                duration(*valid_minutes)
            ),
        ),
        Message::PasswordReset {
            link,
            valid_minutes,
        } => (
            "Choose a new password",
            "Somebody, probably you, asked for a new password at MusicWallet. To choose one, open this page:".to_owned(),
            Some(link),
            format!(
                "The link works once, for {}. If it was not you, do nothing: your password stays as it is.",
                duration(*valid_minutes)
            ),
        ),
        Message::EmailChanged { new_address } => (
            "Your e-mail address was changed",
            format!("Your account at MusicWallet has another address now: {new_address}"),
            None,
            "If it was not you, ask for a new password at once, and tell us.".to_owned(),
        ),
    };
    let greeting = format!("Hello {},", one_line(&mail.name));
    let shown_link = link.map_or_else(String::new, |link| format!("{link}\n\n"));
    let html_link = link.map_or_else(String::new, |link| {
        let link = escape(link);
        format!("<p><a href=\"{link}\">{link}</a></p>\n")
    });
    Words {
        subject,
        text: format!("{greeting}\n\n{before}\n\n{shown_link}{after}\n"),
        html: format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{subject}</title></head>\n<body>\n<p>{}</p>\n<p>{}</p>\n{html_link}<p>{}</p>\n</body>\n</html>\n",
            escape(&greeting),
            escape(&before),
            escape(&after)
        ),
    }
}

fn duration(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (1, 0) => "an hour".to_owned(),
        (hours, 0) if hours > 1 => format!("{hours} hours"),
        _ => format!("{minutes} minutes"),
    }
}

/// A name without anything that begins a line.
fn one_line(name: &str) -> String {
    name.chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn mail(name: &str, message: Message) -> Words {
        words(&AccountMail {
            account_id: "a1".to_owned(),
            to: "ada@example.org".to_owned(),
            name: name.to_owned(),
            message,
        })
    }

    #[test]
    fn a_reset_says_what_happens_when_nothing_is_done() {
        let message = Message::PasswordReset {
            link: "https://example.org/reset#token=t&x=1".to_owned(),
            valid_minutes: 30,
        };
        let words = mail("Ada", message);
        expect![[r#"
            Hello Ada,

            Somebody, probably you, asked for a new password at MusicWallet. To choose one, open this page:

            https://example.org/reset#token=t&x=1

            The link works once, for 30 minutes. If it was not you, do nothing: your password stays as it is.
        "#]]
        .assert_eq(&words.text);
        let anchor = "<a href=\"https://example.org/reset#token=t&amp;x=1\">";
        assert!(words.html.contains(anchor), "{}", words.html);
    }

    #[test]
    fn a_name_is_no_markup_and_begins_no_line() {
        let words = mail("<img src=x>\r\nBcc: all", Message::Welcome);
        assert!(
            words.html.contains("Hello &lt;img src=x&gt;  Bcc: all,"),
            "{}",
            words.html
        );
        assert!(
            words.text.starts_with("Hello <img src=x>  Bcc: all,\n"),
            "{}",
            words.text
        );
    }

    #[test]
    fn durations_are_said_as_people_say_them() {
        assert_eq!(duration(30), "30 minutes");
        assert_eq!(duration(60), "an hour");
        assert_eq!(duration(24 * 60), "24 hours");
        assert_eq!(duration(90), "90 minutes");
    }
}
