//! Whether what is committed of the composed graph is what composing gives now.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use supergraph::Model;

/// A committed file that is not current.
#[derive(Debug)]
pub(super) struct Drift {
    /// The file.
    pub(super) path: PathBuf,
    /// The first line that differs, from 1.
    pub(super) line: usize,
    /// What the file says there.
    pub(super) committed: String,
    /// What composing gives there.
    pub(super) composed: String,
}

/// Compares `supergraph.graphql` and `api.graphql`; those that are not there are not compared.
pub(super) fn check(schema_dir: &Path, model: &Model) -> anyhow::Result<Vec<Drift>> {
    let mut drifts = Vec::new();
    for (name, composed) in [
        ("supergraph.graphql", model.print()),
        ("api.graphql", model.api_sdl()),
    ] {
        let path = schema_dir.join(name);
        let committed = match std::fs::read_to_string(&path) {
            Ok(committed) => committed,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        drifts.extend(compare(path, &committed, &composed));
    }
    Ok(drifts)
}

fn compare(path: PathBuf, committed: &str, composed: &str) -> Option<Drift> {
    if committed == composed {
        return None;
    }
    let (mut left, mut right) = (committed.lines(), composed.lines());
    let mut line = 1;
    loop {
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (a, b) => {
                return Some(Drift {
                    path,
                    line,
                    committed: a.unwrap_or("the end of the file").to_owned(),
                    composed: b.unwrap_or("the end of the file").to_owned(),
                });
            }
        }
    }
}

#[test]
fn the_first_difference_is_shown() {
    let drift = |committed: &str, composed: &str| {
        compare(PathBuf::new(), committed, composed)
            .map(|it| format!("{} {} {}", it.line, it.committed, it.composed))
    };
    assert_eq!(drift("a\nb\n", "a\nb\n"), None);
    assert_eq!(drift("a\nb\n", "a\nc\n").as_deref(), Some("2 b c"));
    assert_eq!(
        drift("a\n", "a\nb\n").as_deref(),
        Some("2 the end of the file b")
    );
}
