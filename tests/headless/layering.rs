//! The manifests against `src/ARCHITECTURE.md`: every crate has its sentence, no arrow is drawn that
//! the page does not list, and each heavy outside crate stays in its one room.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// Every package of the workspace and the names of all that it depends on, tests included.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for parent in ["src", "tests"] {
        for entry in std::fs::read_dir(repository().join(parent)).unwrap() {
            let path = entry.unwrap().path().join("Cargo.toml");
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let manifest: toml::Table = toml::from_str(&text).unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            let used = ["dependencies", "dev-dependencies", "build-dependencies"]
                .iter()
                .filter_map(|section| manifest.get(*section)?.as_table())
                .flat_map(|table| table.keys().cloned())
                .collect();
            found.insert(name, used);
        }
    }
    found
}

fn page() -> String {
    std::fs::read_to_string(repository().join("src/ARCHITECTURE.md")).unwrap()
}

/// The lines of the fenced block that opens with three backticks and `label`.
fn block<'a>(page: &'a str, label: &str) -> Vec<&'a str> {
    let open = format!("```{label}");
    page.lines()
        .skip_while(|line| *line != open)
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .collect()
}

/// Everything in which `manifests` and `page` disagree, one sentence each.
fn disagreements(manifests: &BTreeMap<String, BTreeSet<String>>, page: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut allowed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in block(page, "arrows") {
        let Some((from, to)) = line.split_once("->") else {
            wrong.push(format!("the arrow line `{line}` has no `->`"));
            continue;
        };
        let to = to.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        allowed.insert(from.trim(), to);
    }
    for (name, used) in manifests {
        if !page.lines().any(|line| line.starts_with(&format!("- `{name}`: "))) {
            wrong.push(format!("{name} has no sentence"));
        }
        let Some(allowed) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} has no line of arrows"));
            continue;
        };
        for target in used.iter().filter(|target| manifests.contains_key(*target)) {
            if !allowed.contains(target.as_str()) {
                wrong.push(format!("the arrow {name} -> {target} is not listed"));
            }
        }
    }
    for line in block(page, "rooms") {
        let Some((outside, room)) = line.split_once(": ") else {
            wrong.push(format!("the room line `{line}` has no `: `"));
            continue;
        };
        for (name, used) in manifests {
            if used.contains(outside) && name != room {
                wrong.push(format!("{name} uses {outside}, which belongs in {room}"));
            }
        }
    }
    wrong
}

#[test]
fn manifests_follow_the_map() {
    assert_eq!(disagreements(&manifests(), &page()), Vec::<String>::new());
}

#[test]
fn the_map_names_no_crate_that_is_gone() {
    let (manifests, page) = (manifests(), page());
    for line in block(&page, "arrows") {
        let (from, to) = line.split_once("->").unwrap();
        for name in to.split(',').chain([from]).map(str::trim).filter(|name| !name.is_empty()) {
            assert!(manifests.contains_key(name), "{name} is on the map and not in the tree");
        }
    }
}

#[test]
fn disagreements_are_found() {
    let check = |used: &[(&str, &[&str])], expected: &[&str]| {
        let manifests = used
            .iter()
            .map(|(name, used)| {
                ((*name).to_owned(), used.iter().map(|u| (*u).to_owned()).collect())
            })
            .collect();
        let page =
            "- `a`: one.\n- `b`: two.\n```arrows\na ->\nb -> a\n```\n```rooms\nrerun: b\n```\n";
        assert_eq!(disagreements(&manifests, page), expected);
    };
    check(&[("a", &["serde"]), ("b", &["a", "rerun"])], &[]);
    check(&[("a", &["b"]), ("b", &[])], &["the arrow a -> b is not listed"]);
    check(&[("a", &["rerun"]), ("b", &[])], &["a uses rerun, which belongs in b"]);
    check(&[("c", &[])], &["c has no sentence", "c has no line of arrows"]);
}
