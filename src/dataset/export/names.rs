//! Names that no two things share.

use std::collections::HashSet;

/// The names in order, each made different from those before it and from `taken` by a number; an
/// empty one becomes `unnamed`.
pub(super) fn distinct<'a>(
    names: impl IntoIterator<Item = &'a str>,
    taken: &[&str],
) -> Vec<String> {
    let mut seen: HashSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    let mut out = Vec::new();
    for name in names {
        let name = if name.is_empty() { "unnamed" } else { name };
        let mut tried = name.to_owned();
        let mut number = 2;
        while !seen.insert(tried.clone()) {
            tried = format!("{name}_{number}");
            number += 1;
        }
        out.push(tried);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn no_name_comes_twice() {
        let got = distinct(["cup", "tool", "cup", "", "cup_2", ""], &["tool"]);
        assert_eq!(got, ["cup", "tool_2", "cup_2", "unnamed", "cup_2_2", "unnamed_2"]);
    }
}
