//! Plans of any pieces.

use interface::Frame;
use proptest::prelude::*;

use super::*;
use crate::lerobot::tests::{bare, frame, make as make_set};

#[test]
fn an_episode_can_become_two_that_play_on() {
    let (folder, root) = begun(&[12, 5]);
    let before = sound(&root);
    let sets = [&before];
    let mut plan = Plan::new(&sets);
    plan.whole(0, 0).unwrap().frames = 0..6;
    let second = plan.whole(0, 0).unwrap();
    (second.frames, second.task) = (6..12, Some("and on".into()));
    plan.whole(0, 1).unwrap().tags = Some(vec!["last".into()]);
    let out = folder.path().join("in/a/new/folder");
    write(&plan, &out, &Limits::SEPARATE).unwrap();
    let set = sound(&out);
    is_part((&set, 0), (&before, 0, 0..6), true);
    is_part((&set, 1), (&before, 0, 6..12), true);
    is_part((&set, 2), (&before, 1, 0..5), true);
    assert_eq!(set.notes(1).unwrap().task, "and on");
    assert_eq!(set.notes(2).unwrap().tags, ["last"]);
    assert_eq!(set.tasks(), ["pick up the cube", "and on", "put it down"]);
    let periods: u32 = set.notes(1).unwrap().origin.unwrap().lead.iter().map(|(n, _)| n).sum();
    assert_eq!(periods, 25 + 6);
}

#[test]
fn a_plan_of_what_is_not_there_is_refused() {
    let (folder, root) = begun(&[3]);
    let set = sound(&root);
    let sets = [&set];
    let out = folder.path().join("out");
    let check = |change: &dyn Fn(&mut Plan<'_>), expected: &str| {
        let mut plan = Plan::new(&sets);
        change(&mut plan);
        let got = write(&plan, &out, &Limits::SEPARATE).unwrap_err().to_string();
        assert!(got.contains(expected), "{got}");
        assert_eq!(names(folder.path()), ["set"]);
    };
    let piece = |source, episode, frames| Piece { source, episode, frames, task: None, tags: None };
    check(&|_| (), "no episode would be left");
    check(&|plan| plan.pieces.push(piece(1, 0, 0..1)), "no data set 1");
    check(&|plan| plan.pieces.push(piece(0, 1, 0..1)), "no episode 1");
    check(&|plan| plan.pieces.push(piece(0, 0, 0..4)), "a part of 0 to 3");
    check(&|plan| plan.pieces.push(piece(0, 0, 2..2)), "a part of 0 to 3");
    let none = Plan::new(&[]);
    assert!(write(&none, &out, &Limits::SEPARATE).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_those_of_the_pieces(
        chosen in prop::collection::vec((0..3_usize, any::<(prop::sample::Index, prop::sample::Index)>()), 1..6),
        packed in any::<bool>(),
    ) {
        const LENGTHS: [usize; 3] = [9, 1, 4];
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("set");
        drop(make_set(&root, &bare(), &LENGTHS));
        let (before, _) = Lerobot::open(&root).unwrap();
        let sets = [&before];
        let mut plan = Plan::new(&sets);
        let mut expected: Vec<Vec<Frame>> = Vec::new();
        for (episode, (a, b)) in &chosen {
            let length = LENGTHS[*episode];
            let from = a.index(length);
            let to = from + 1 + b.index(length - from);
            plan.whole(0, *episode).unwrap().frames = from..to;
            expected.push((from..to).map(|i| frame(&bare(), *episode, i)).collect());
        }
        let out = folder.path().join("out");
        let limits = if packed { Limits::packed(before.info()) } else { Limits::SEPARATE };
        write(&plan, &out, &limits).unwrap();
        let report = check(&out, &CheckOptions::default()).unwrap();
        prop_assert_eq!(report.errors, Vec::<String>::new());
        let (set, warnings) = Lerobot::open(&out).unwrap();
        prop_assert_eq!(warnings, Vec::<String>::new());
        prop_assert_eq!(set.episodes().len(), expected.len());
        for (episode, frames) in expected.iter().enumerate() {
            prop_assert_eq!(&set.episode(episode).unwrap().frames[..], &frames[..]);
        }
    }
}
