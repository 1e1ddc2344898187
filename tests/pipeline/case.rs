//! A case as it is written: prose, then fenced blocks.

use std::collections::HashMap;

use serde_json::Value;

/// The `@link` that cases need not repeat.
const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\", \
    \"@shareable\", \"@external\", \"@requires\", \"@provides\", \"@override\", \"@inaccessible\", \"@tag\", \
    \"@interfaceObject\", \"@composeDirective\", \"@context\", \"@fromContext\"])\n";

/// What goes into the pipeline.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// Name and schema of each subgraph.
    pub(crate) subgraphs: Vec<(String, String)>,
    /// The rows of each subgraph, as JSON.
    pub(crate) rows: HashMap<String, String>,
    pub(crate) query: String,
    pub(crate) variables: Option<String>,
    /// The labels of progressive overrides that are on, one on a line.
    pub(crate) labels: String,
    /// What is asked over HTTP, in a case about that; there is no query then.
    pub(crate) exchanges: Vec<Exchange>,
    /// The router's configuration, in a case about HTTP.
    pub(crate) config: String,
    /// Whether clients may not see what subgraphs say in their errors.
    pub(crate) hides_errors: bool,
}

/// A request of a client.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Whether another client asks the same at the same time.
    pub(crate) is_twice: bool,
}

impl Exchange {
    /// Reads a first line with method and path, headers, an empty line and the body.
    fn parse(text: &str, is_twice: bool) -> Result<Self, String> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let first = lines.next().and_then(|line| line.split_once(' '));
        let (method, path) = first.ok_or("a request begins with method and path")?;
        let headers = lines
            .map(|line| line.split_once(": ").ok_or(format!("no header: {line}")))
            .map(|header| header.map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            body: body.trim_end().to_owned(),
            is_twice,
        })
    }
}

/// What came out.
#[derive(Debug)]
pub(crate) enum Shown {
    /// The schemas did not compose.
    Problems(String),
    /// They did, and the query was refused.
    Refused(String),
    /// It is about HTTP: one response for each request, and what was asked of subgraphs.
    Responses {
        responses: Vec<String>,
        requests: String,
    },
    /// They did, and the query was answered.
    Answers {
        plan: String,
        answers: Answers,
        /// What was sent, one request a line.
        requests: String,
    },
}

/// What the client was answered.
#[derive(Debug)]
pub(crate) enum Answers {
    One(Value),
    /// A subscription's client.
    OneForEachEvent(Vec<Value>),
}

/// A fenced block: what stands behind the fence, and the lines inside.
struct Block<'t> {
    info: &'t str,
    content: String,
}

impl Case {
    /// Reads a case.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let prose_before_the_first_block: usize = text
            .lines()
            .take_while(|line| !line.starts_with("```"))
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.trim().len())
            .sum();
        if prose_before_the_first_block < 40 {
            return Err("a case begins with prose that explains it".to_owned());
        }
        let mut case = Self::default();
        for block in blocks(text)? {
            let words: Vec<&str> = block.info.split_whitespace().collect();
            match words[..] {
                ["graphql", "subgraph", name] => {
                    let link = if block.content.contains("@link(") {
                        ""
                    } else {
                        LINK
                    };
                    case.subgraphs
                        .push((name.to_owned(), format!("{}{link}", block.content)));
                }
                ["json", "rows", name] => {
                    case.rows.insert(name.to_owned(), block.content);
                }
                ["graphql", "query"] => case.query = block.content,
                ["json", "variables"] => case.variables = Some(block.content),
                ["text", "labels"] => case.labels = block.content,
                ["text", "errors", "hidden"] => case.hides_errors = true,
                ["http", "request"] => case.exchanges.push(Exchange::parse(&block.content, false)?),
                ["http", "request", "twice"] => {
                    case.exchanges.push(Exchange::parse(&block.content, true)?);
                }
                ["yaml", "router"] => case.config = block.content,
                ["http", "response"] | ["http", "subgraph", "requests"] => {}
                ["text", "plan" | "problems" | "requests"] | ["json", "answer" | "answers"] => {}
                _ => return Err(format!("unknown block: ```{}", block.info)),
            }
        }
        if case.subgraphs.is_empty() {
            return Err("a case has subgraphs".to_owned());
        }
        Ok(case)
    }

    /// The text with its expected blocks replaced by what was shown.
    pub(crate) fn with_expected(&self, text: &str, shown: &Shown) -> Result<String, String> {
        let wanted: Vec<(&str, String)> = match shown {
            Shown::Problems(problems) => vec![("text problems", problems.clone())],
            Shown::Refused(answer) => vec![("json answer", answer.clone())],
            Shown::Answers { plan, answers, .. } => {
                let answers = match answers {
                    Answers::One(answer) => ("json answer", format!("{answer:#}")),
                    Answers::OneForEachEvent(answers) => {
                        let answers: Vec<String> =
                            answers.iter().map(|it| format!("{it:#}")).collect();
                        ("json answers", answers.join("\n"))
                    }
                };
                vec![("text plan", plan.clone()), answers]
            }
            Shown::Responses { responses, .. } => {
                let all = responses.iter();
                all.map(|it| ("http response", it.clone())).collect()
            }
        };
        let expects_problems = text.lines().any(|line| line == "```text problems");
        if expects_problems != matches!(shown, Shown::Problems(_)) {
            return Err(match shown {
                Shown::Problems(problems) => format!("it does not compose:\n{problems}"),
                _ => "it composes, against what is expected".to_owned(),
            });
        }
        // Shown only where a case wants to: the plan says the same more readably.
        let requests = match shown {
            Shown::Answers { requests, .. } => Some(("text requests", requests.clone())),
            Shown::Responses { requests, .. } => Some(("http subgraph requests", requests.clone())),
            _ => None,
        };
        let mut unused: Vec<&(&str, String)> = wanted.iter().chain(&requests).collect();
        let mut updated = String::with_capacity(text.len());
        let mut skipping = false;
        for line in text.lines() {
            if skipping && line != "```" {
                continue;
            }
            skipping = false;
            updated.push_str(line);
            updated.push('\n');
            let info = line.strip_prefix("```");
            // Of several blocks of one kind, each has its own.
            let own = unused
                .iter()
                .position(|(expected, _)| Some(*expected) == info);
            if let Some(own) = own {
                updated.push_str(unused.remove(own).1.trim_end());
                updated.push('\n');
                skipping = true;
            }
        }
        unused.retain(|it| requests.as_ref() != Some(it));
        if let Some((missing, _)) = unused.first() {
            return Err(format!(
                "the block ```{missing} is missing; add an empty one"
            ));
        }
        Ok(updated)
    }
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>, String> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Block {
                    info,
                    content: String::new(),
                });
            }
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => {
                block.content.push_str(line);
                block.content.push('\n');
            }
            (None, None) => {}
        }
    }
    match open {
        Some(block) => Err(format!("```{} is not closed", block.info)),
        None => Ok(blocks),
    }
}
