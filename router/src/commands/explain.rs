//! `router explain`: what a problem's code means, with an example and the fix.

use clap::{Args, ValueEnum};
use diagnostics::Code;
use diagnostics::explain::{explain, find, list, markdown, markdown_of, terminal};

use super::Outcome;
use super::compose::write;
use super::terminal::colour_of_output;

/// Which code to explain.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The code, such as INVALID_FIELD_SHARING; without it, all codes are listed
    #[arg(value_parser = code)]
    code: Option<Code>,
    /// For a terminal, or as Markdown; without a code, the latter is the whole documentation
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How the explanation looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For documentation
    Markdown,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let colour = colour_of_output();
    let text = match (arguments.code, arguments.format) {
        (None, Format::Text) => list(colour),
        (None, Format::Markdown) => markdown(),
        (Some(code), format) => match (explain(code), format) {
            (Some(explanation), Format::Text) => terminal(explanation, colour),
            (Some(explanation), Format::Markdown) => markdown_of(explanation),
            (None, _) => format!("{code}: {}.\n", code.summary()),
        },
    };
    write(None, &text)?;
    Ok(Outcome::Clean)
}

fn code(name: &str) -> Result<Code, String> {
    find(name).map_err(|nearest| {
        format!("there is no such code; did you mean {nearest}? `router explain` lists all")
    })
}

#[test]
fn an_unknown_code_is_answered_with_the_nearest() {
    assert_eq!(code("no-queries"), Ok(Code::NoQueries));
    assert_eq!(
        code("NO_QUERY"),
        Err(
            "there is no such code; did you mean NO_QUERIES? `router explain` lists all".to_owned()
        )
    );
}
