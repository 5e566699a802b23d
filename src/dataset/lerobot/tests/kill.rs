//! A process that records is killed at random moments; every episode whose commit had returned stays.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::*;
use crate::lerobot::Lerobot;

/// Set in the process that is to be killed: where it records.
const VICTIM: &str = "FLOWARM_TEST_RECORD_INTO";
const KILLS: usize = 20;

#[test]
fn killed_at_any_moment_it_opens_with_every_finished_episode() {
    if let Ok(root) = std::env::var(VICTIM) {
        record(Path::new(&root));
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let mut finished = 0;
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut took = Duration::from_millis(100);
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .arg(concat!(
                "lerobot::tests::kill::",
                "killed_at_any_moment_it_opens_with_every_finished_episode"
            ))
            .env(VICTIM, &root)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let (tell, told) = channel();
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            let number = |l: String| l.split_once("committed ")?.1.trim().parse::<usize>().ok();
            lines.filter_map(number).inspect(|n| tell.send(*n).unwrap_or_default()).max()
        });
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // It commits once, twice or never, and then dies somewhere in the time that a commit takes.
        let mut since = Instant::now();
        for _ in 0..random % 3 {
            told.recv_timeout(Duration::from_secs(60)).unwrap();
            took = since.elapsed();
            since = Instant::now();
        }
        std::thread::sleep(took.mul_f64((random >> 32) as f64 / f64::from(u32::MAX)));
        // SIGKILL on Unix.
        child.kill().unwrap();
        child.wait().unwrap();
        finished = reader.join().unwrap().map_or(finished, |last| last + 1);
        if !crate::lerobot::Info::path(&root).exists() {
            assert_eq!(finished, 0);
            continue;
        }
        let (set, _) = Lerobot::open(&root).unwrap();
        let there = set.episodes().len();
        assert!(there == finished || there == finished + 1, "kill {kill}: {finished}, {there}");
        for episode in there.saturating_sub(2)..there {
            let read = set.episode(episode).unwrap();
            let expected: Vec<Frame> = (0..8).map(|i| frame(&layout(), episode, i)).collect();
            assert_eq!(read.frames[..], expected);
            assert_eq!(set.pictures(episode, "front").unwrap().map(Result::unwrap).count(), 8);
            assert!(set.depth(episode, "wrist", 7).unwrap().is_some());
        }
        finished = there;
    }
    assert!(finished > 3, "{finished} episodes in {KILLS} lives: too few to say anything");
    let dataset = LerobotDataset::open_for_writing(&root).unwrap();
    assert_eq!(dataset.episodes(), finished);
    drop(dataset);
    let (set, warnings) = Lerobot::open(&root).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(set.info().frames, 8 * finished);
}

/// Records episodes of eight frames until it is killed, saying each when its commit has returned.
fn record(root: &Path) -> ! {
    let mut dataset = LerobotDataset::open_or_create(root, &layout()).unwrap();
    loop {
        let mut draft = dataset.begin().unwrap();
        fill(&mut draft, &layout(), dataset.episodes(), 8);
        let episode = dataset.commit(&mut draft, &notes("again")).unwrap();
        println!("committed {episode}");
    }
}
