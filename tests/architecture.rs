//! The arrows between crates, and the rules of the tree, as ARCHITECTURE.md explains them.
//!
//! Each invariant is one test, which names the crate or the file that breaks it and why it matters.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a web server, a database or a runtime is made of.
const WORLD: [&str; 12] = [
    "axum",
    "hyper",
    "hyper-util",
    "reqwest",
    "tower",
    "tower-http",
    "sea-orm",
    "sqlx",
    "tokio",
    "async-std",
    "mio",
    "rustls",
];

#[test]
fn the_core_knows_no_server_no_database_and_no_runtime() {
    let workspace = Workspace::read();
    for krate in workspace.core() {
        for foreign in WORLD {
            if let Some(path) = workspace.path(krate, foreign) {
                panic!(
                    "the core crate `{krate}` depends on `{foreign}` ({}): composition, planning and execution \
                     must give the same answer wherever they run, so all I/O lives in the `router` package",
                    path.join(" -> ")
                );
            }
        }
    }
}

#[test]
fn the_core_reads_no_environment_no_files_and_no_clock() {
    let banned = [
        ("std::env", "the environment"),
        ("std::fs", "files"),
        ("std::net", "the network"),
        ("std::process", "processes"),
        ("std::time::SystemTime", "the clock"),
        ("std::time::Instant", "the clock"),
        ("option_env!", "the environment"),
    ];
    for file in sources("router/crates")
        .iter()
        .filter(|file| !is_test_support(file))
    {
        let text = without_tests(&read(file));
        for (number, line) in code_lines(&text) {
            for (name, what) in banned {
                assert!(
                    !line.contains(name),
                    "{}:{number} uses `{name}`: a core crate never touches {what}; its caller in `router` does, \
                     and passes in what it read",
                    shown(file)
                );
            }
        }
    }
}

#[test]
fn only_the_executor_is_async() {
    for file in sources("router/crates") {
        if file.starts_with(root().join("router/crates/executor")) {
            continue;
        }
        let text = read(&file);
        for (number, line) in code_lines(&text) {
            let is_async = [
                "async fn",
                "async move",
                "async {",
                ".await",
                "impl Future",
                "dyn Future",
            ]
            .iter()
            .any(|sign| line.contains(sign));
            assert!(
                !is_async,
                "{}:{number} is asynchronous: only `executor` waits for anything; the other stages compute",
                shown(&file)
            );
        }
    }
}

#[test]
fn planner_and_executor_meet_only_in_the_plan() {
    let workspace = Workspace::read();
    workspace.never(
        "planner",
        "executor",
        "they agree on `plan` and on nothing else, so either can be replaced",
    );
    workspace.never(
        "executor",
        "planner",
        "they agree on `plan` and on nothing else, so either can be replaced",
    );
    workspace.meet_only("planner", "executor", &["plan", "schema"]);
    workspace.never(
        "plan",
        "operation",
        "the plan is the border: it knows neither where it comes from nor who runs it",
    );
}

#[test]
fn composition_and_planner_meet_only_in_the_supergraph_and_its_graph() {
    let workspace = Workspace::read();
    let reason = "satisfiability and planning walk the same graph, so that what composes can be planned; \
                  neither may lean on the other";
    workspace.never("composition", "planner", reason);
    workspace.never("planner", "composition", reason);
    workspace.meet_only(
        "composition",
        "planner",
        &["supergraph", "query-graph", "schema"],
    );
}

#[test]
fn the_graph_is_built_from_the_supergraph_alone() {
    let workspace = Workspace::read();
    let reason = "the graph is a view of the supergraph, whoever asks for it";
    for stage in ["composition", "operation", "plan", "planner", "executor"] {
        workspace.never("query-graph", stage, reason);
        workspace.never(
            "supergraph",
            stage,
            "a later stage depends on an earlier one, never the other way round",
        );
    }
}

#[test]
fn subgraphs_and_router_share_no_crate() {
    let workspace = Workspace::read();
    let of = |folder: &str| -> BTreeSet<&str> {
        workspace
            .members_below(folder)
            .into_iter()
            .flat_map(|member| workspace.reachable(member))
            .filter(|name| workspace.members.contains_key(*name))
            .collect()
    };
    let (subgraphs, router) = (of("subgraphs"), of("router"));
    let shared: Vec<_> = subgraphs.intersection(&router).collect();
    assert!(
        shared.is_empty(),
        "{shared:?} is used by a subgraph and by the router: SDL over HTTP is their whole contract, so that \
         either side can be deployed, or written anew, without the other"
    );
}

#[test]
fn subgraphs_know_each_other_by_schema_only() {
    let workspace = Workspace::read();
    let reason = "services are deployed alone and speak to each other through the federation";
    workspace.never("users", "music", reason);
    workspace.never("music", "users", reason);
    for service in ["users", "music"] {
        workspace.never("kit", service, "the kit knows no domain");
    }
}

#[test]
fn the_parser_is_named_where_text_becomes_a_model() {
    let workspace = Workspace::read();
    let parsers = ["schema", "subgraph", "supergraph", "operation", "checks"];
    for krate in workspace.members.keys() {
        let direct = workspace.direct(krate).contains("apollo-compiler");
        assert!(
            !direct || parsers.contains(&krate.as_str()),
            "`{krate}` depends on the parser: only {parsers:?} read GraphQL text; the other stages work on our own \
             types, which say what has been proved"
        );
    }
}

#[test]
fn the_launcher_is_nobodys_dependency() {
    let workspace = Workspace::read();
    for krate in workspace
        .members
        .keys()
        .filter(|name| *name != "musicwallet")
    {
        workspace.never(krate, "musicwallet", "a service runs without the launcher");
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for file in our_sources() {
        let text = read(&file);
        // Attributes of the whole file may stand first.
        let first = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with("#!"));
        assert!(
            first.is_some_and(|line| line.starts_with("//!") && line.len() > "//!".len()),
            "{} does not begin with a `//!` line: a reader wants to know what a file is for before reading it",
            shown(&file)
        );
    }
}

#[test]
fn no_source_file_is_too_long_for_its_story() {
    for file in our_sources() {
        let lines = read(&file).lines().count();
        assert!(
            lines <= 800,
            "{} has {lines} lines, more than 800: give its parts files of their own",
            shown(&file)
        );
    }
}

/// The packages cargo knows of, and who depends on whom at run time.
struct Workspace {
    /// Our packages, and the folder of each.
    members: BTreeMap<String, PathBuf>,
    /// Every package's normal dependencies, by name.
    dependencies: BTreeMap<String, BTreeSet<String>>,
}

// === impl Workspace ===

impl Workspace {
    /// Asks cargo, which knows features and targets better than the manifests' text.
    fn read() -> Self {
        let version = cargo(&["--version", "--verbose"]);
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .expect("cargo tells its host");
        // Packages for other platforms have not been downloaded, and are not for the sake of a test.
        let metadata = cargo(&[
            "metadata",
            "--format-version=1",
            "--locked",
            &format!("--filter-platform={host}"),
        ]);
        let metadata: Value = serde_json::from_str(&metadata).expect("cargo prints JSON");

        let mut names = BTreeMap::new();
        let mut folders = BTreeMap::new();
        for package in array(&metadata["packages"]) {
            let id = text(&package["id"]);
            names.insert(id, text(&package["name"]));
            let manifest = Path::new(text(&package["manifest_path"]));
            folders.insert(
                id,
                manifest
                    .parent()
                    .expect("a manifest is in a folder")
                    .to_owned(),
            );
        }
        let members = array(&metadata["workspace_members"])
            .iter()
            .map(|id| (names[text(id)].to_owned(), folders[text(id)].clone()))
            .collect();
        let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in array(&metadata["resolve"]["nodes"]) {
            let normal = array(&node["deps"])
                .iter()
                // The kind of a normal dependency is null, other than "dev" or "build".
                .filter(|dependency| {
                    array(&dependency["dep_kinds"])
                        .iter()
                        .any(|it| it["kind"].is_null())
                })
                .map(|dependency| names[text(&dependency["pkg"])].to_owned());
            // Two versions of one name are one name here: no rule tells them apart.
            dependencies
                .entry(names[text(&node["id"])].to_owned())
                .or_default()
                .extend(normal);
        }
        Workspace {
            members,
            dependencies,
        }
    }

    fn core(&self) -> Vec<&str> {
        self.members_below("router/crates")
    }

    fn members_below(&self, folder: &str) -> Vec<&str> {
        let folder = root().join(folder);
        let below: Vec<&str> = self
            .members
            .iter()
            .filter(|(_, path)| path.starts_with(&folder))
            .map(|(name, _)| name.as_str())
            .collect();
        assert!(
            !below.is_empty(),
            "there is no package below {}",
            folder.display()
        );
        below
    }

    fn direct(&self, krate: &str) -> &BTreeSet<String> {
        self.dependencies
            .get(krate)
            .unwrap_or_else(|| panic!("there is no package `{krate}`: has it been renamed?"))
    }

    /// A package and all that it needs at run time.
    fn reachable<'a>(&'a self, krate: &'a str) -> BTreeSet<&'a str> {
        self.walk(krate).into_keys().collect()
    }

    /// How one package comes to need another, if it does.
    fn path<'a>(&'a self, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
        let came_from = self.walk(from);
        let (mut at, _) = came_from.get_key_value(to)?;
        let mut path = vec![*at];
        while let Some(before) = came_from[at] {
            path.push(before);
            (at, _) = came_from.get_key_value(before)?;
        }
        path.reverse();
        Some(path)
    }

    /// Every package that is reached, with the one it was reached from. Breadth first: paths are short.
    fn walk<'a>(&'a self, from: &'a str) -> BTreeMap<&'a str, Option<&'a str>> {
        let mut came_from = BTreeMap::from([(from, None)]);
        let mut edge = vec![from];
        while !edge.is_empty() {
            let mut next = Vec::new();
            for krate in edge {
                for dependency in self.direct(krate) {
                    if !came_from.contains_key(dependency.as_str()) {
                        came_from.insert(dependency, Some(krate));
                        next.push(dependency.as_str());
                    }
                }
            }
            edge = next;
        }
        came_from
    }

    /// Asserts that there is no way from one package to another.
    fn never(&self, from: &str, to: &str, reason: &str) {
        assert!(
            self.members.contains_key(to),
            "there is no package `{to}`: has it been renamed?"
        );
        if let Some(path) = self.path(from, to) {
            panic!(
                "`{from}` depends on `{to}` ({}): {reason}",
                path.join(" -> ")
            );
        }
    }

    /// Asserts that two packages name no package of ours in common but these.
    fn meet_only(&self, one: &str, other: &str, allowed: &[&str]) {
        let met: Vec<&String> = self
            .direct(one)
            .intersection(self.direct(other))
            .filter(|name| self.members.contains_key(*name) && !allowed.contains(&name.as_str()))
            .collect();
        assert!(
            met.is_empty(),
            "`{one}` and `{other}` both depend on {met:?}: they may meet only in {allowed:?}"
        );
    }
}

#[test]
fn a_way_is_found_and_told() {
    let edges = [
        ("a", vec!["b", "c"]),
        ("b", vec!["d"]),
        ("c", vec![]),
        ("d", vec!["a"]),
    ];
    let workspace = Workspace {
        members: edges
            .iter()
            .map(|(name, _)| ((*name).to_owned(), PathBuf::new()))
            .collect(),
        dependencies: edges
            .iter()
            .map(|(name, to)| {
                (
                    (*name).to_owned(),
                    to.iter().map(|it| (*it).to_owned()).collect(),
                )
            })
            .collect(),
    };
    assert_eq!(workspace.path("a", "d"), Some(vec!["a", "b", "d"]));
    assert_eq!(workspace.path("c", "a"), None);
    let told = std::panic::catch_unwind(|| workspace.never("a", "d", "because"))
        .expect_err("there is a way");
    assert_eq!(
        told.downcast_ref::<String>().map(String::as_str),
        Some("`a` depends on `d` (a -> b -> d): because")
    );
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo prints text")
}

fn array(value: &Value) -> &Vec<Value> {
    value.as_array().expect("cargo prints a list here")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo prints text here")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn our_sources() -> Vec<PathBuf> {
    let files: Vec<PathBuf> = ["src", "tests", "subgraphs", "router"]
        .into_iter()
        .flat_map(sources)
        .collect();
    assert!(
        files.len() > 50,
        "only {} source files were found",
        files.len()
    );
    files
}

/// The `.rs` files below a folder of ours, without what tools put there.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                if !["node_modules", "target", "dist"]
                    .iter()
                    .any(|name| path.ends_with(name))
                {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Whether a file is only ever compiled into tests: these may read files.
fn is_test_support(file: &Path) -> bool {
    file.components().any(|part| {
        let name = part.as_os_str();
        name == "tests" || name == "tests.rs" || name == "benches" || name == "examples"
    })
}

/// The part of a file before its tests.
fn without_tests(text: &str) -> String {
    let tests = text.find("#[cfg(test)]").or_else(|| text.find("#[test]"));
    text[..tests.unwrap_or(text.len())].to_owned()
}

/// Numbered lines that are not comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A path as a reader of the repository writes it.
fn shown(file: &Path) -> String {
    file.strip_prefix(root())
        .unwrap_or(file)
        .display()
        .to_string()
}
