//! New data sets out of others.

use std::path::{Path, PathBuf};

use super::aside::Aside;
use super::fill::{Written, fill, write};
use super::links;
use super::plan::{Limits, Plan};
use crate::lerobot::{Lerobot, LerobotError};

/// Data sets that become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// They, in order.
    pub sources: Vec<PathBuf>,
    /// Where the new one goes: nothing is there, or an empty folder.
    pub out: PathBuf,
}

/// Puts data sets together: all episodes of the first, then of the second, and so on.
///
/// # Errors
///
/// No source, one that cannot be read, sources whose features differ (the first that does is named),
/// or `out` is taken.
pub fn merge(spec: &Merge) -> Result<Written, LerobotError> {
    let Merge { sources, out } = spec;
    let (mut sets, mut warnings) = (Vec::new(), Vec::new());
    for (index, source) in sources.iter().enumerate() {
        let place = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if sources[..index].iter().any(|before| place(before) == place(source)) {
            return Err(LerobotError::invalid(
                source,
                "it is named twice; each data set is named once",
            ));
        }
        let (set, odd) = Lerobot::open(source)?;
        sets.push(set);
        warnings.extend(odd);
    }
    let Some(first) = sets.first() else {
        return Err(LerobotError::invalid(out, "no data set was named to be put together"));
    };
    let limits = Limits::like(first);
    let opened: Vec<&Lerobot> = sets.iter().collect();
    let mut plan = Plan::new(&opened);
    (0..opened.len()).try_for_each(|source| plan.all(source))?;
    let written = write(&plan, out, &limits)?;
    warnings.extend(written.warnings);
    Ok(Written { warnings, ..written })
}

/// A data set that becomes several.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The data set.
    pub source: PathBuf,
    /// Name and share of each part. Only how the shares compare counts: 8 and 2 are 0.8 and 0.2.
    pub parts: Vec<(String, f64)>,
    /// The folder for the parts, each in one of its name: nothing is there, or an empty folder.
    pub out: PathBuf,
}

/// Splits a data set into parts that follow each other, all or none of which are there afterwards.
/// Every part has an episode at least; beyond that, sizes follow the shares by largest remainder. Says
/// how large each part is.
///
/// # Errors
///
/// A name that no folder can have, a share that is not above 0, more parts than episodes, or `out` is
/// taken.
pub fn split(spec: &Split) -> Result<Vec<Written>, LerobotError> {
    let Split { source, parts, out } = spec;
    let (set, warnings) = Lerobot::open(source)?;
    let wrong = |problem: String| LerobotError::invalid(source, problem);
    for (number, (name, _)) in parts.iter().enumerate() {
        if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(wrong(format!(
                "a part called `{name}`; a name without slashes is expected"
            )));
        }
        if parts[..number].iter().any(|(before, _)| before == name) {
            return Err(wrong(format!("two parts called `{name}`")));
        }
    }
    let shares: Vec<f64> = parts.iter().map(|(_, share)| *share).collect();
    let sizes = sizes(set.episodes().len(), &shares).map_err(wrong)?;
    let aside = Aside::for_new(out)?;
    let limits = Limits::like(&set);
    let (mut next, mut all) = (0, Vec::new());
    for ((name, _), size) in parts.iter().zip(sizes) {
        let sets = [&set];
        let mut plan = Plan::new(&sets);
        (next..next + size).try_for_each(|episode| plan.whole(0, episode).map(drop))?;
        next += size;
        let folder = aside.path().join(name);
        std::fs::create_dir(&folder).map_err(LerobotError::io(&folder))?;
        let mut written = fill(&plan, &folder, &limits)?;
        written.warnings.splice(0..0, warnings.iter().cloned());
        all.push(written);
    }
    links::sync_all(aside.path())?;
    aside.become_new(out)?;
    Ok(all)
}

/// A data set of few large files, or of the present format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compact {
    /// The data set, also one of format v2.0 or v2.1.
    pub source: PathBuf,
    /// Where the new one goes: nothing is there, or an empty folder.
    pub out: PathBuf,
}

/// Writes a data set anew with as few files as `info.json` allows, in format v3.0. Films are joined
/// without being coded again.
///
/// # Errors
///
/// The data set cannot be read, or `out` is taken.
pub fn compact(spec: &Compact) -> Result<Written, LerobotError> {
    let Compact { source, out } = spec;
    let (set, mut warnings) = Lerobot::open(source)?;
    let sets = [&set];
    let mut plan = Plan::new(&sets);
    plan.all(0)?;
    let written = write(&plan, out, &Limits::packed(set.info()))?;
    warnings.extend(written.warnings);
    Ok(Written { warnings, ..written })
}

/// How many of `episodes` each part gets: by largest remainder, the earlier of equal ones first; a
/// part that would have none takes one from the largest.
fn sizes(episodes: usize, shares: &[f64]) -> Result<Vec<usize>, String> {
    if shares.is_empty() {
        return Err("no part was named to be split into".into());
    }
    if let Some(share) = shares.iter().find(|share| !(share.is_finite() && **share > 0.0)) {
        return Err(format!("a part with a share of {share}; a number above 0 is expected"));
    }
    if shares.len() > episodes {
        let parts = shares.len();
        return Err(format!("{episodes} episodes cannot be split into {parts} parts"));
    }
    let largest = shares.iter().copied().fold(0.0, f64::max);
    let total: f64 = shares.iter().map(|share| share / largest).sum();
    let quotas: Vec<f64> =
        shares.iter().map(|share| share / largest / total * episodes as f64).collect();
    let mut sizes: Vec<usize> = quotas.iter().map(|quota| quota.floor() as usize).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| quotas[*b].fract().total_cmp(&quotas[*a].fract()));
    let left = episodes.saturating_sub(sizes.iter().sum());
    order.iter().cycle().take(left).for_each(|part| sizes[*part] += 1);
    while let Some(empty) = sizes.iter().position(|size| *size == 0) {
        let Some(largest) = (0..sizes.len()).rev().max_by_key(|part| sizes[*part]) else { break };
        sizes[largest] -= 1;
        sizes[empty] += 1;
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_follow_their_shares() {
        let check = |episodes, shares: &[f64], expected: &[usize]| {
            assert_eq!(sizes(episodes, shares).unwrap(), expected, "{episodes} {shares:?}");
        };
        check(10, &[0.8, 0.2], &[8, 2]);
        check(10, &[4.0, 1.0], &[8, 2]);
        check(10, &[0.8, 0.1, 0.1], &[8, 1, 1]);
        check(7, &[1.0, 1.0], &[4, 3]);
        check(5, &[0.5, 0.3, 0.2], &[3, 1, 1]);
        check(3, &[0.98, 0.01, 0.01], &[1, 1, 1]);
        check(100, &[0.999, 0.001], &[99, 1]);
        check(1, &[3.0], &[1]);
    }

    #[test]
    fn impossible_parts_say_why() {
        let check = |episodes, shares: &[f64], expected: &str| {
            let got = sizes(episodes, shares).unwrap_err();
            assert!(got.contains(expected), "{got}");
        };
        check(5, &[], "no part");
        check(5, &[0.5, 0.0], "a share of 0");
        check(5, &[0.5, -1.0], "a share of -1");
        check(5, &[f64::NAN], "a share of NaN");
        check(1, &[0.5, 0.5], "1 episodes cannot be split into 2 parts");
    }

    proptest! {
        #[test]
        fn every_episode_is_in_one_part_and_no_part_is_empty(
            episodes in 1..400_usize,
            shares in prop::collection::vec(1e-6..1e6_f64, 1..9),
        ) {
            match sizes(episodes, &shares) {
                Ok(sizes) => {
                    prop_assert_eq!(sizes.iter().sum::<usize>(), episodes);
                    prop_assert!(sizes.iter().all(|size| *size > 0));
                }
                Err(_) => prop_assert!(shares.len() > episodes),
            }
        }
    }
}
