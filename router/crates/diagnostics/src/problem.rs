//! One problem, and how a rule fills it in.

use std::fmt;

use crate::{Code, Level, Span};

/// Something wrong, or worth knowing, with everything a person needs to change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// How bad it is.
    pub level: Level,
    /// What it is about: a schema coordinate such as `Type.field(argument:)` or `@directive`; empty
    /// where it is about a subgraph as a whole.
    pub coordinate: String,
    /// One sentence that reads alone.
    pub message: String,
    /// The places that matter, primary ones first.
    pub labels: Vec<Label>,
    /// What to change, where the message does not say so already.
    pub help: Option<String>,
}

/// A place, with what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to see there; may be empty.
    pub text: String,
    /// Whether the problem is here, rather than merely related to here.
    pub primary: bool,
}

impl Problem {
    /// A problem without places so far.
    pub fn new(
        code: Code,
        level: Level,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            level,
            coordinate: coordinate.into(),
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Points at a place where the problem is.
    pub fn point_at(&mut self, span: &Span, text: impl Into<String>) -> &mut Self {
        self.label(span, text.into(), true)
    }

    /// Points at every one of the places, with the same text.
    pub fn point_at_all<'s>(
        &mut self,
        spans: impl IntoIterator<Item = &'s Span>,
        text: &str,
    ) -> &mut Self {
        for span in spans {
            self.label(span, text.to_owned(), true);
        }
        self
    }

    /// Shows a related place.
    pub fn also_see(&mut self, span: &Span, text: impl Into<String>) -> &mut Self {
        self.label(span, text.into(), false)
    }

    /// Says what to change.
    pub fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help = Some(text.into());
        self
    }

    /// The places where the problem is, or the related ones if it has no place of its own.
    pub fn locations(&self) -> impl Iterator<Item = &Span> {
        let any_primary = self.labels.iter().any(|label| label.primary);
        self.labels
            .iter()
            .filter(move |label| label.primary || !any_primary)
            .map(|label| &label.span)
    }

    fn label(&mut self, span: &Span, text: String, primary: bool) -> &mut Self {
        // A place that was pointed at once is not repeated as "also see".
        if !self.labels.iter().any(|label| label.span == *span) {
            self.labels.push(Label {
                span: span.clone(),
                text,
                primary,
            });
        }
        self
    }
}

/// Prints `CODE coordinate: message`, then one indented line for each place and the help.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.coordinate.is_empty() {
            write!(f, " {}", self.coordinate)?;
        }
        write!(f, ": {}", self.message)?;
        for label in &self.labels {
            let mark = if label.primary { "-->" } else { "see" };
            write!(f, "\n  {mark} {}", label.span)?;
            if !label.text.is_empty() {
                write!(f, " {}", label.text)?;
            }
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
