//! What is done on terminals only: colour, and telling how far something is.

use std::io::IsTerminal;

use diagnostics::render::Colour;

use super::environment::first_of;

/// Colour for messages, which go to standard error.
pub(super) fn colour_of_messages() -> Colour {
    colour(std::io::stderr().is_terminal())
}

/// Colour for what is asked for, which goes to standard output.
pub(super) fn colour_of_output() -> Colour {
    colour(std::io::stdout().is_terminal())
}

/// Whether a line on standard error can be written over.
pub(super) fn can_show_progress() -> bool {
    std::io::stderr().is_terminal() && !is_dumb()
}

/// Colour for people only, and for those who want it (<https://no-color.org>).
fn colour(is_terminal: bool) -> Colour {
    if is_terminal && first_of(&["NO_COLOR"]).is_none() && !is_dumb() {
        Colour::Always
    } else {
        Colour::Never
    }
}

fn is_dumb() -> bool {
    first_of(&["TERM"]).as_deref() == Some("dumb")
}
