//! As much of a GraphQL document as routers send to subgraphs: one query, its selections, fragments.
//!
//! What a benchmark does not need (directives, literals as arguments other than strings) is refused
//! with its name, so that an unexpected request is seen and not answered wrong.

use std::collections::HashMap;

/// How deep selections may nest.
const MAX_DEPTH: usize = 64;

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) selections: Vec<Selection>,
    /// Type condition and selections of named fragments.
    pub(crate) fragments: HashMap<String, (String, Vec<Selection>)>,
}

/// One entry of a selection set.
#[derive(Debug)]
pub(crate) enum Selection {
    /// A field.
    Field(Field),
    /// `... on Type { }`; the condition may be left out.
    Inline {
        on: Option<String>,
        selections: Vec<Selection>,
    },
    /// `...Name`.
    Spread(String),
}

/// A selected field.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its name in the answer.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) arguments: Vec<(String, Argument)>,
    pub(crate) selections: Vec<Selection>,
}

/// The value of an argument.
#[derive(Debug)]
pub(crate) enum Argument {
    /// `$name`.
    Variable(String),
    /// A string without escapes.
    Text(String),
}

/// What is wrong with a document, or more than we understand.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error("the document ends too early")]
    End,
    #[error("`{found}` is not understood where {wanted} is due")]
    Unexpected { found: String, wanted: &'static str },
    #[error("the document nests deeper than {MAX_DEPTH} levels")]
    Depth,
}

/// Reads a document with one query.
pub(crate) fn parse(text: &str) -> Result<Document, DocumentError> {
    let mut parser = Parser {
        tokens: tokens(text),
        next: 0,
    };
    let mut selections = None;
    let mut fragments = HashMap::new();
    while let Some(token) = parser.peek() {
        if token == "fragment" {
            parser.next += 1;
            let name = parser.name()?;
            parser.expect("on", "`on`")?;
            let on = parser.name()?;
            fragments.insert(name, (on, parser.selections(0)?));
        } else {
            parser.operation_head()?;
            selections = Some(parser.selections(0)?);
        }
    }
    let selections = selections.ok_or(DocumentError::End)?;
    Ok(Document {
        selections,
        fragments,
    })
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    next: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.next).copied()
    }

    fn take(&mut self) -> Result<&'a str, DocumentError> {
        let token = self.peek().ok_or(DocumentError::End)?;
        self.next += 1;
        Ok(token)
    }

    fn expect(&mut self, token: &str, wanted: &'static str) -> Result<(), DocumentError> {
        let found = self.take()?;
        if found == token {
            return Ok(());
        }
        Err(unexpected(found, wanted))
    }

    fn name(&mut self) -> Result<String, DocumentError> {
        let found = self.take()?;
        if is_name(found) {
            return Ok(found.to_owned());
        }
        Err(unexpected(found, "a name"))
    }

    /// `query Name($a: T)`, up to the selections. Definitions of variables change nothing for us.
    fn operation_head(&mut self) -> Result<(), DocumentError> {
        if self.peek() == Some("{") {
            return Ok(());
        }
        self.expect("query", "`query`")?;
        if self.peek().is_some_and(is_name) {
            self.next += 1;
        }
        if self.peek() == Some("(") {
            while self.take()? != ")" {}
        }
        Ok(())
    }

    fn selections(&mut self, depth: usize) -> Result<Vec<Selection>, DocumentError> {
        if depth > MAX_DEPTH {
            return Err(DocumentError::Depth);
        }
        self.expect("{", "a selection set")?;
        let mut selections = Vec::new();
        while self.peek() != Some("}") {
            selections.push(self.selection(depth)?);
        }
        self.next += 1;
        Ok(selections)
    }

    fn selection(&mut self, depth: usize) -> Result<Selection, DocumentError> {
        if self.peek() != Some("...") {
            return self.field(depth).map(Selection::Field);
        }
        self.next += 1;
        match self.peek() {
            Some("on") => {
                self.next += 1;
                let on = Some(self.name()?);
                let selections = self.selections(depth + 1)?;
                Ok(Selection::Inline { on, selections })
            }
            Some("{") => Ok(Selection::Inline {
                on: None,
                selections: self.selections(depth + 1)?,
            }),
            _ => self.name().map(Selection::Spread),
        }
    }

    fn field(&mut self, depth: usize) -> Result<Field, DocumentError> {
        let key = self.name()?;
        let name = if self.peek() == Some(":") {
            self.next += 1;
            self.name()?
        } else {
            key.clone()
        };
        let mut arguments = Vec::new();
        if self.peek() == Some("(") {
            self.next += 1;
            while self.peek() != Some(")") {
                let argument = self.name()?;
                self.expect(":", "`:`")?;
                arguments.push((argument, self.argument()?));
            }
            self.next += 1;
        }
        let selections = if self.peek() == Some("{") {
            self.selections(depth + 1)?
        } else {
            Vec::new()
        };
        Ok(Field {
            key,
            name,
            arguments,
            selections,
        })
    }

    fn argument(&mut self) -> Result<Argument, DocumentError> {
        let token = self.take()?;
        if token == "$" {
            return self.name().map(Argument::Variable);
        }
        token
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .filter(|text| !text.contains('\\'))
            .map(|text| Argument::Text(text.to_owned()))
            .ok_or_else(|| unexpected(token, "a variable or a plain string"))
    }
}

fn unexpected(found: &str, wanted: &'static str) -> DocumentError {
    DocumentError::Unexpected {
        found: found.to_owned(),
        wanted,
    }
}

fn is_name(token: &str) -> bool {
    token
        .bytes()
        .next()
        .is_some_and(|byte| byte == b'_' || byte.is_ascii_alphabetic())
}

/// Cuts a text into names, strings, `...` and single characters; commas and spaces are nothing.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|it: char| it.is_whitespace() || it == ',');
        let Some(first) = rest.chars().next() else {
            return tokens;
        };
        let length = if is_name(rest) {
            rest.find(|it: char| it != '_' && !it.is_ascii_alphanumeric())
                .unwrap_or(rest.len())
        } else if rest.starts_with("...") {
            3
        } else if first == '"' {
            string_length(rest)
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
}

/// How many bytes the string at the start of `text` has, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn what_routers_send_is_read() {
    let document = parse(
        "query Q__a__0($r:[_Any!]!){_entities(representations:$r){...on Track{again:title ...F}}}\n\
         fragment F on Track { id, at(id: \"x\") }",
    )
    .unwrap();
    expect_test::expect![[r#"
        [Field(Field { key: "_entities", name: "_entities", arguments: [("representations", Variable("r"))], selections: [Inline { on: Some("Track"), selections: [Field(Field { key: "again", name: "title", arguments: [], selections: [] }), Spread("F")] }] })]
        ("Track", [Field(Field { key: "id", name: "id", arguments: [], selections: [] }), Field(Field { key: "at", name: "at", arguments: [("id", Text("x"))], selections: [] })])
    "#]]
    .assert_eq(&format!("{:?}\n{:?}\n", document.selections, document.fragments["F"]));
}

#[test]
fn what_is_not_understood_is_named() {
    let message = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(
        message("mutation { a }"),
        "`mutation` is not understood where `query` is due"
    );
    assert_eq!(
        message("{ a @skip(if: true) }"),
        "`@` is not understood where a name is due"
    );
    assert_eq!(
        message("{ a(x: 1) }"),
        "`1` is not understood where a variable or a plain string is due"
    );
    assert_eq!(message("{ a { b }"), "the document ends too early");
    assert_eq!(
        message("{ a(x: \"b"),
        "`\"b` is not understood where a variable or a plain string is due"
    );
    assert_eq!(message("query ("), "the document ends too early");
    assert_eq!(
        parse(&"{a".repeat(10_000)).unwrap_err(),
        DocumentError::Depth
    );
}
