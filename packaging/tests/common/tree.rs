//! A directory tree as one value for comparisons.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Nodes by path from the top, which begins with `/`.
pub type Tree = BTreeMap<String, Node>;

#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    Directory { mode: u32 },
    File { mode: u32, content: Vec<u8> },
    Link { target: String },
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory { mode } => write!(f, "directory {mode:o}"),
            Self::File { mode, content } => write!(f, "file {mode:o}, {} bytes", content.len()),
            Self::Link { target } => write!(f, "link to {target}"),
        }
    }
}

pub fn read(top: &Path) -> Tree {
    let mut tree = Tree::new();
    add(&mut tree, top, "");
    tree
}

fn add(tree: &mut Tree, directory: &Path, above: &str) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let inside = format!("{above}/{}", path.file_name().unwrap().to_str().unwrap());
        let meta = path.symlink_metadata().unwrap();
        let mode = meta.permissions().mode() & 0o7777;
        let node = if meta.is_symlink() {
            Node::Link { target: fs::read_link(&path).unwrap().to_str().unwrap().to_owned() }
        } else if meta.is_dir() {
            add(tree, &path, &inside);
            Node::Directory { mode }
        } else {
            Node::File { mode, content: fs::read(&path).unwrap() }
        };
        tree.insert(inside, node);
    }
}

/// Lists the entries that differ or that only one of the trees has.
pub fn difference(one: &Tree, other: &Tree) -> Vec<String> {
    let paths = one.keys().chain(other.keys().filter(|path| !one.contains_key(*path)));
    let differing = paths.filter(|path| one.get(*path) != other.get(*path));
    differing.map(|path| format!("{path}: {:?}, {:?}", one.get(path), other.get(path))).collect()
}
