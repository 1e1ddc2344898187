//! What is published: read from a file, composed from another `supergraph.yaml`, or from git.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use supergraph::Supergraph;

use crate::commands::compose::read_subgraphs;
use crate::config::ProcessValues;
use crate::graph::{Inputs, SchemaFrom, SubgraphText, SupergraphYaml, compose};

/// The supergraph that `against` names.
pub(super) async fn read(against: &str, config: &Path) -> anyhow::Result<Supergraph> {
    if let Some(revision) = against.strip_prefix("git:") {
        return from_git(revision, config);
    }
    let path = Path::new(against);
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    if is_yaml {
        return composed(read_subgraphs(path).await?, against);
    }
    let sdl = std::fs::read_to_string(path).with_context(|| against.to_owned())?;
    Supergraph::read(&sdl).with_context(|| against.to_owned())
}

/// The subgraphs of the configuration, as they were committed at a revision.
fn from_git(revision: &str, config: &Path) -> anyhow::Result<Supergraph> {
    // A revision is an argument of git's: one that looks like an option must not be one.
    if revision.is_empty() || revision.starts_with('-') || revision.contains(':') {
        bail!("`git:{revision}` names no revision; write git:main or git:HEAD~1");
    }
    let directory = match config.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let name = config.file_name().context("the configuration is no file")?;
    let show = |path: &Path| show(&directory, revision, path);
    let file = format!("{revision}:{}", Path::new(name).display());
    let yaml = SupergraphYaml::parse(&file, &show(Path::new(name))?, &ProcessValues)?;
    let mut texts = Vec::new();
    for (name, url, from) in yaml.entries() {
        let (sdl, file) = match from {
            SchemaFrom::File(path) => (show(&path)?, Some(path)),
            SchemaFrom::Sdl(sdl) => (sdl, None),
            SchemaFrom::Url { .. } => {
                bail!("{file}: the schema of `{name}` is not committed; `git:` needs it in a file")
            }
        };
        texts.push(SubgraphText {
            name: name.to_owned(),
            url,
            sdl,
            file,
        });
    }
    composed(texts, &format!("git:{revision}"))
}

/// A file's content at a revision; the path starts at the directory.
fn show(directory: &Path, revision: &str, path: &Path) -> anyhow::Result<String> {
    let relative = path.strip_prefix("./").unwrap_or(path);
    let object = format!("{revision}:./{}", relative.display());
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["show", "--end-of-options", &object])
        .output()
        .context("git cannot be run")?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("git has no {object}: {}", reason.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{object} is no text"))
}

fn composed(subgraphs: Vec<SubgraphText>, what: &str) -> anyhow::Result<Supergraph> {
    let inputs = Inputs::Subgraphs(subgraphs);
    match compose(&inputs) {
        Ok(composed) => Ok(composed.supergraph),
        // What was published composed once; here it is a base to compare with, not to complain of.
        Err(error) => bail!(
            "the base {what} does not compose:\n{}",
            error.render(inputs.subgraphs(), diagnostics::render::Colour::Never)
        ),
    }
}
