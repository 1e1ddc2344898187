//! Embeds the playground's bundle when it has been built.
//!
//! `npm run build` in `playground/` writes `playground/dist/`. What stands there when the router
//! is compiled becomes part of the binary; without it the router serves the page that loads its
//! assets from a CDN.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(required("CARGO_MANIFEST_DIR")?);
    let dist = root.join("playground/dist");
    // Cargo watches a directory only if it is there; an absent one would make every build dirty.
    // It is ignored by git, and where it cannot be made (a read-only checkout) nothing is lost.
    let _ = std::fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed=playground/dist");
    println!("cargo::rerun-if-changed=playground/cdn.html");
    println!("cargo::rerun-if-changed=build.rs");
    let out = Path::new(&required("OUT_DIR")?).join("playground.rs");
    std::fs::write(out, bundle(&dist)?)
}

fn required(name: &str) -> io::Result<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo speaks to build scripts through the environment"
    )]
    std::env::var(name)
        .map_err(|_| io::Error::other(format!("{name} is not set; build with cargo")))
}

/// The source of `BUNDLE`.
fn bundle(dist: &Path) -> io::Result<String> {
    let page = dist.join("index.html");
    if !page.is_file() {
        return Ok("const BUNDLE: Option<(&str, &[Asset])> = None;\n".to_owned());
    }
    let mut source =
        format!("const BUNDLE: Option<(&str, &[Asset])> = Some((include_str!({page:?}), &[\n");
    let mut files = Vec::new();
    collect(dist, dist, &mut files)?;
    files.sort();
    for (name, path) in files {
        let content_type = content_type(&name);
        let _ = writeln!(
            source,
            "    Asset {{ name: {name:?}, content_type: {content_type:?}, content: include_bytes!({path:?}) }},"
        );
    }
    source.push_str("]));\n");
    Ok(source)
}

/// Every file below a directory, by its name relative to `root`, the page itself left out.
fn collect(root: &Path, directory: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            let name = name.to_string_lossy().replace('\\', "/");
            if name != "index.html" {
                files.push((name, path));
            }
        }
    }
    Ok(())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("ttf") => "font/ttf",
        Some("wasm") => "application/wasm",
        _ => "text/plain; charset=utf-8",
    }
}
