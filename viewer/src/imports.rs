//! The rule that files import one way, down the layers: where one imports upwards, or some import each other in a
//! circle, a test fails and names them.
//!
//! Files are read as text. A name counts as a part of the file that has it, not of one that passes it on by `pub use`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The layers, as `ARCHITECTURE.md` has them, from above; what is in none of them lies below.
const LAYERS: [&[&str]; 7] = [
    &["app"],
    &["components", "bridge"],
    &["session"],
    &["map", "worker"],
    &["render", "store", "start"],
    &["link"],
    &["state"],
];

/// A path of names from the crate's root: of a module, or of something in it.
type Names = Vec<String>;

/// What imports what.
type Graph = BTreeMap<Names, BTreeSet<Names>>;

/// The files of a crate.
#[derive(Default)]
struct Crate {
    files: BTreeMap<Names, File>,
}

/// What a file says of others.
#[derive(Default)]
struct File {
    /// What names stand for that `use` has brought in.
    known: BTreeMap<String, Names>,
    /// All paths that it follows itself; those that it passes on are not among them.
    followed: Vec<Names>,
}

impl Crate {
    /// Reads sources by the names of their modules.
    fn parse(sources: &BTreeMap<Names, String>) -> Self {
        let modules: BTreeSet<&Names> = sources.keys().collect();
        let parse = |(module, source): (&Names, &String)| {
            let is_module = |names: &Names| modules.contains(names);
            (module.clone(), File::parse(module, source, &is_module))
        };
        Self { files: sources.iter().map(parse).collect() }
    }

    /// The file that has what a path leads to.
    fn home(&self, names: &[String]) -> Names {
        let depth = (0..=names.len()).rev().find(|&depth| self.files.contains_key(&names[..depth]));
        let (module, rest) = names.split_at(depth.unwrap_or(0));
        let known = rest.split_first().and_then(|(first, rest)| {
            let passed_on = self.files.get(module)?.known.get(first)?;
            // Something that has the name of its own module.
            (passed_on != names).then(|| [passed_on.as_slice(), rest].concat())
        });
        known.map_or_else(|| module.to_vec(), |names| self.home(&names))
    }

    /// Which file imports which.
    fn imports(&self) -> Graph {
        let of = |(module, file): (&Names, &File)| {
            let homes = file.followed.iter().map(|names| self.home(names));
            (module.clone(), homes.filter(|home| home != module).collect())
        };
        self.files.iter().map(of).collect()
    }
}

impl File {
    fn parse(module: &Names, source: &str, is_module: &dyn Fn(&Names) -> bool) -> Self {
        // Tests stand at the end, and may import what they like.
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let tokens: Vec<&str> = source.lines().flat_map(tokens).collect();
        let mut file = Self::default();
        let mut at = 0;
        while at < tokens.len() {
            let before = if at > 0 { tokens[at - 1] } else { "" };
            let rest = &tokens[at..];
            // Not the `use<>` of a type.
            if rest[0] == "use" && rest.get(1) != Some(&"<") {
                let length = rest.iter().position(|token| *token == ";").unwrap_or(rest.len());
                let passes_on = matches!(before, "pub" | ")");
                for (names, alias) in leaves(&rest[1..length]) {
                    let Some(names) = file.absolute(module, &names, is_module) else { continue };
                    let name = alias.or_else(|| names.last().cloned());
                    file.known.extend(name.map(|name| (name, names.clone())));
                    if !passes_on {
                        file.followed.push(names);
                    }
                }
                at += length;
            } else if is_name(rest[0]) && before != "::" && before != "." {
                let pairs = rest[1..]
                    .chunks_exact(2)
                    .take_while(|pair| pair[0] == "::" && is_name(pair[1]));
                let names: Names = [rest[0]]
                    .into_iter()
                    .chain(pairs.map(|pair| pair[1]))
                    .map(str::to_owned)
                    .collect();
                at += names.len() * 2 - 1;
                // A child's name alone declares it.
                if names.len() > 1 || file.known.contains_key(&names[0]) {
                    file.followed.extend(file.absolute(module, &names, is_module));
                }
            } else {
                at += 1;
            }
        }
        file
    }

    /// A path as it is written in a module, from the crate's root; `None` where it leads out of the crate.
    fn absolute(
        &self,
        module: &Names,
        names: &[String],
        is_module: &dyn Fn(&Names) -> bool,
    ) -> Option<Names> {
        let (first, rest) = names.split_first()?;
        let child = within(module, first);
        let begin = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => {
                let above = rest.iter().take_while(|name| *name == "super").count();
                let begin = module.get(..module.len().checked_sub(above + 1)?)?;
                return Some([begin, &rest[above..]].concat());
            }
            _ if self.known.contains_key(first) => self.known[first].clone(),
            _ if is_module(&child) => child,
            _ => return None,
        };
        Some([begin.as_slice(), rest].concat())
    }
}

/// The words and signs of a line, without its comment.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line.split("//").next().unwrap_or_default();
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let end = match rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_') {
            Some(0) if rest.starts_with("::") => 2,
            Some(0) => rest.chars().next().map_or(0, char::len_utf8),
            Some(end) => end,
            None => rest.len(),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        (!token.is_empty()).then_some(token)
    })
}

/// The path of something in a module.
fn within(module: &Names, name: &str) -> Names {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

fn is_name(token: &str) -> bool {
    token.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}

/// The paths of a `use`, each with the name that it is given, if it is given one.
fn leaves(tree: &[&str]) -> Vec<(Names, Option<String>)> {
    let mut depth = 0;
    let branches = tree.split(|token| {
        depth += i32::from(*token == "{") - i32::from(*token == "}");
        depth == 0 && *token == ","
    });
    let of_branch = |branch: &[&str]| -> Vec<(Names, Option<String>)> {
        let stem =
            branch.iter().take_while(|token| **token == "::" || is_name(token) && **token != "as");
        let stem: Names =
            stem.filter(|token| **token != "::").map(|token| (*token).to_owned()).collect();
        let named = |at: usize| branch.get(at).map(|name| (*name).to_owned());
        let alias = branch.iter().position(|token| *token == "as").and_then(|at| named(at + 1));
        match branch.iter().position(|token| *token == "{") {
            Some(open) => {
                let inner = leaves(&branch[open + 1..branch.len() - 1]);
                inner
                    .into_iter()
                    .map(|(names, alias)| ([stem.clone(), names].concat(), alias))
                    .collect()
            }
            // `thing::{self}` is `thing`.
            None if stem.len() == 1 && stem[0] == "self" => vec![(Vec::new(), alias)],
            None => vec![(stem, alias)],
        }
    };
    branches.filter(|branch| !branch.is_empty()).flat_map(of_branch).collect()
}

/// Folders of the root, and its files, instead of files.
fn folders(files: &Graph) -> Graph {
    let folder = |names: &Names| names.iter().take(1).cloned().collect::<Names>();
    let mut graph = Graph::new();
    for (from, to) in files {
        let imported = to.iter().map(folder).filter(|to| *to != folder(from));
        graph.entry(folder(from)).or_default().extend(imported);
    }
    graph
}

/// The layer of a folder or file of the root, counted from above.
fn layer(folder: &Names) -> usize {
    let has = |layer: &&[&str]| folder.first().is_some_and(|name| layer.contains(&name.as_str()));
    LAYERS.iter().position(has).unwrap_or(LAYERS.len())
}

/// What a graph of folders imports from a layer above, as text.
fn upwards(folders: &Graph) -> Vec<String> {
    let of = |(from, to): (&Names, &BTreeSet<Names>)| {
        let above = to.iter().filter(|to| layer(to) < layer(from));
        above.map(|to| format!("{} -> {}", from.join("/"), to.join("/"))).collect::<Vec<_>>()
    };
    folders.iter().flat_map(of).collect()
}

/// A circle in a graph, as text.
fn circle(graph: &Graph) -> Option<String> {
    fn visit<'a>(
        graph: &'a Graph,
        at: &'a Names,
        way: &mut Vec<&'a Names>,
        done: &mut BTreeSet<&'a Names>,
    ) -> Option<Vec<&'a Names>> {
        if let Some(begin) = way.iter().position(|passed| *passed == at) {
            return Some([&way[begin..], &[at]].concat());
        }
        if done.contains(at) {
            return None;
        }
        way.push(at);
        let found = graph
            .get(at)
            .and_then(|imported| imported.iter().find_map(|next| visit(graph, next, way, done)));
        way.pop();
        done.insert(at);
        found
    }
    let mut done = BTreeSet::new();
    let found = graph.keys().find_map(|begin| visit(graph, begin, &mut Vec::new(), &mut done))?;
    let names =
        found.iter().map(|names| if names.is_empty() { "lib".to_owned() } else { names.join("/") });
    Some(names.collect::<Vec<_>>().join(" -> "))
}

/// The sources below a folder, by the names of their modules.
fn read(folder: &Path, module: &Names, sources: &mut BTreeMap<Names, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = || within(module, &name);
        if path.is_dir() {
            read(&path, &inner(), sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module =
                if matches!(name.as_str(), "mod" | "lib") { module.clone() } else { inner() };
            sources.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

fn imports_of(files: &[(&str, &str)]) -> Graph {
    let names =
        |path: &str| path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Crate::parse(&files.iter().map(|(path, source)| (names(path), (*source).to_owned())).collect())
        .imports()
}

#[test]
fn files_and_folders_import_one_way() {
    let mut sources = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &Vec::new(), &mut sources);
    // The programs, which nothing imports.
    sources.retain(
        |module, _| !matches!(module[..], [ref first, ..] if first == "main" || first == "bin"),
    );
    let imports = Crate::parse(&sources).imports();
    assert_eq!(circle(&imports), None, "files that import each other");
    assert_eq!(circle(&folders(&imports)), None, "folders that import each other");
    assert_eq!(upwards(&folders(&imports)), [""; 0], "imports from a layer above");
    for name in LAYERS.concat() {
        assert!(
            imports.keys().any(|module| module.first().is_some_and(|first| first == name)),
            "no module {name}"
        );
    }
}

#[test]
fn circles_are_found_however_a_path_is_written() {
    for there in [
        "use crate::b::c::Thing;",
        "use super::b::{c, d::Other as One};",
        "fn f(a: crate::b::c::Thing) {}",
    ] {
        for back in [
            "use crate::a;",
            "use super::super::a::{self, b};",
            "// none\nfn f() { crate::a::f(); }",
        ] {
            let files = [("", "mod a; mod b;"), ("a", there), ("b", "mod c;"), ("b/c", back)];
            let found = circle(&imports_of(&files));
            assert_eq!(found.as_deref(), Some("a -> b/c -> a"), "{there} {back}");
        }
    }
}

#[test]
fn a_name_that_is_passed_on_counts_where_it_is_from() {
    let passed_on = "mod c; mod d; pub use c::Thing;";
    let files =
        [("", "mod b;"), ("b", passed_on), ("b/c", "struct Thing;"), ("b/d", "use super::Thing;")];
    let imports = imports_of(&files);
    let [b, c, d] = [&["b"][..], &["b", "c"], &["b", "d"]]
        .map(|names| names.iter().map(ToString::to_string).collect::<Names>());
    assert_eq!(imports[&d], BTreeSet::from([c]));
    assert_eq!(imports[&b], BTreeSet::new());
    assert_eq!(circle(&imports), None);
}

#[test]
fn folders_that_import_each_other_are_found_although_their_files_do_not() {
    let files =
        [("a/x", "use crate::b::x;"), ("b/x", ""), ("b/y", "use crate::a::y;"), ("a/y", "")];
    let imports = imports_of(&files);
    assert_eq!(circle(&imports), None);
    assert_eq!(circle(&folders(&imports)).as_deref(), Some("a -> b -> a"));
}

#[test]
fn an_import_from_above_is_found() {
    let files = [
        ("state/page", "use crate::components::panel;"),
        ("components/panel", ""),
        ("render", "use crate::view;"),
        ("view", ""),
    ];
    assert_eq!(upwards(&folders(&imports_of(&files))), ["state -> components"]);
}

#[test]
fn tests_and_comments_import_nothing() {
    let files = [
        ("a", "use crate::b;"),
        ("b", "//! See [`crate::a`].\n#[cfg(test)]\nmod tests { use crate::a; }"),
    ];
    assert_eq!(circle(&imports_of(&files)), None);
}
