//! What lies beside a data set: the one before, what a killed edit left, journals and other files.

use interface::Stamp;

use super::*;
use crate::lerobot::tests::{bare, fill, frame, layout, make as make_set, notes};
use crate::lerobot::{Journal, LerobotDataset, finish, unfinished};

fn drop_first(root: &Path) -> Before {
    delete(&Delete { root: root.to_owned(), episodes: vec![0] }).unwrap()
}

#[test]
fn what_is_kept_goes_when_it_is_forgotten_and_what_was_left_at_the_next_edit() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make_set(&root, &bare(), &[3, 4, 5, 6]));
    let first = drop_first(&root);
    // What a process left that died: in the middle of an edit, and with one to undo.
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at(".set.edit-1")).unwrap();
    std::fs::write(at(".set.edit-1/part"), "").unwrap();
    std::fs::create_dir(at(".set.edit-7.was")).unwrap();
    // Not ours, and nothing to do with it.
    for name in [".set.edit-x", ".set.edit-", ".other.edit-0", "set.edit-1"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    let second = drop_first(&root);
    let others = [".other.edit-0", ".set.edit-", ".set.edit-0", ".set.edit-1", ".set.edit-x"];
    assert_eq!(names(folder.path()), [&others[..], &["set", "set.edit-1"]].concat());
    assert_eq!((first.path(), second.path()), (&*at(".set.edit-0"), &*at(".set.edit-1")));
    assert!(!at(".set.edit-1/part").exists());
    tidy(&root);
    assert!(first.path().is_dir() && second.path().is_dir(), "what is held stays");
    first.forget().unwrap();
    drop(second);
    assert!(!at(".set.edit-0").exists() && !at(".set.edit-1").exists());
    assert_eq!(sound(&root).info().frames, 11);
}

#[test]
fn where_the_file_system_cannot_exchange_there_are_two_steps() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (root, new) = (at("set"), at(".set.edit-0"));
    drop(make_set(&root, &bare(), &[3]));
    drop(make_set(&new, &bare(), &[4]));
    let frames = |root: &Path| Lerobot::open(root).unwrap().0.info().frames;
    let place = aside::in_two_steps(&root, &new).unwrap();
    assert_eq!((frames(&root), frames(&place)), (4, 3));
    assert_eq!(names(folder.path()), [".set.edit-0.was", "set"]);
    let place = aside::in_two_steps(&root, &place).unwrap();
    assert_eq!((frames(&root), frames(&place), place), (3, 4, new.clone()));

    // Killed between the two steps.
    std::fs::rename(&root, at(".set.edit-0.was")).unwrap();
    tidy(&root);
    assert_eq!(names(folder.path()), ["set"]);
    assert_eq!(frames(&root), 3);
    // Nothing to exchange with: everything stays.
    aside::in_two_steps(&root, &new).unwrap_err();
    assert_eq!((names(folder.path()), frames(&root)), (vec!["set".to_string()], 3));
}

#[test]
fn an_episode_that_came_after_the_edit_is_not_lost_by_undoing_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make_set(&root, &bare(), &[3, 4]));
    let mut before = drop_first(&root);
    let mut dataset = LerobotDataset::open_for_writing(&root).unwrap();
    let mut draft = dataset.begin().unwrap();
    fill(&mut draft, &bare(), 2, 6);
    dataset.commit(&mut draft, &notes("x")).unwrap();
    drop((draft, dataset));
    let refused = undo(&mut before).unwrap_err().to_string();
    assert!(refused.contains("has changed since"), "{refused}");
    assert_eq!(sound(&root).info().frames, 10);
}

#[test]
fn journals_go_along_and_are_not_edited_while_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make_set(&root, &bare(), &[3, 4]));
    let mut journal = Journal::create(&root, "late", &bare(), &notes("late")).unwrap();
    (0..5).for_each(|i| journal.append_row(&frame(&bare(), 9, i)).unwrap());
    journal.flush(Stamp(0)).unwrap();
    let spec = Delete { root: root.clone(), episodes: vec![0] };
    let refused = delete(&spec).unwrap_err().to_string();
    assert!(refused.contains("it is being recorded"), "{refused}");
    journal.close().unwrap();

    let mut before = delete(&spec).unwrap();
    let left = unfinished(&root).unwrap();
    assert_eq!(left, [root.join(".staging/late.journal")]);
    // Undone and done again it is still there; once it became an episode, it is in neither.
    undo(&mut before).unwrap();
    assert_eq!(unfinished(&root).unwrap(), left);
    undo(&mut before).unwrap();
    let mut dataset = LerobotDataset::open_for_writing(&root).unwrap();
    let develop = &mut |_: usize, _: &[u8]| Err("no picture".to_string());
    assert_eq!(finish(&left[0], &mut dataset, develop).unwrap().episode, 1);
    drop(dataset);
    undo(&mut before).unwrap_err();
    assert_eq!(sound(&root).episode(1).unwrap().frames.len(), 5);

    // One that was thrown away after the edit does not come back with undoing.
    let mut journal = Journal::create(&root, "bad", &bare(), &notes("bad")).unwrap();
    journal.append_row(&frame(&bare(), 9, 0)).unwrap();
    let path = journal.close().unwrap();
    let mut before = drop_first(&root);
    std::fs::remove_file(&path).unwrap();
    undo(&mut before).unwrap();
    assert_eq!(unfinished(&root).unwrap(), [] as [PathBuf; 0]);
    sound(&root);
}

#[test]
fn what_the_standard_does_not_know_goes_along() {
    let (_folder, root) = begun(&[3, 4]);
    let put = |name: &str, text: &str| {
        std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        std::fs::write(root.join(name), text).unwrap();
    };
    put("README.md", "about");
    put(".git/objects/00", "old");
    put("meta/modality.json", "{}");
    put("meta/more/x.json", "1");
    put("meta/flowarm/other.json", "2");
    #[cfg(unix)]
    std::os::unix::fs::symlink("README.md", root.join("LICENSE")).unwrap();
    let before = drop_first(&root);
    let set = sound(&root);
    assert_eq!(set.layout().unwrap(), &layout(), "also which cameras keep depth");
    for name in ["README.md", ".git/objects/00", "meta/modality.json", "meta/more/x.json"] {
        let read = |root: &Path| std::fs::read(root.join(name)).unwrap();
        assert_eq!(read(&root), read(before.path()));
    }
    #[cfg(unix)]
    assert_eq!(std::fs::read_link(root.join("LICENSE")).unwrap(), Path::new("README.md"));
    let notes = ["episode_000000.json", "layout.json", "other.json"];
    assert_eq!(names(&root.join("meta/flowarm")), notes);
}

#[test]
#[cfg(unix)]
fn a_data_set_behind_a_pointer_is_edited_where_it_lies() {
    let (folder, root) = begun(&[3, 4]);
    let pointer = folder.path().join("elsewhere/pointer");
    std::fs::create_dir(pointer.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&root, &pointer).unwrap();
    let mut before = drop_first(&pointer);
    assert!(pointer.is_symlink());
    assert_eq!(names(pointer.parent().unwrap()), ["pointer"]);
    assert_eq!(sound(&root).info().frames, 4);
    undo(&mut before).unwrap();
    assert_eq!(sound(&pointer).info().frames, 7);
}
