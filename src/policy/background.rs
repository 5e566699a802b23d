//! A policy on threads of its own, so that the arm goes on while it encodes and decides.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;

use nn::Threads;

use crate::policy::{Ask, Picture, Policy, PolicyError, PolicyInfo, Sight};
use crate::trace::Trace;

/// Sights that may wait to be looked at.
const WAITING: usize = 16;

/// A sight with its own memory.
#[derive(Clone, Debug, Default)]
struct Kept {
    state: Vec<f32>,
    points: Vec<f32>,
    pictures: Vec<KeptPicture>,
}

#[derive(Clone, Debug, Default)]
struct KeptPicture {
    camera: String,
    height: usize,
    width: usize,
    pixels: Vec<u8>,
}

enum Job {
    See(Box<Kept>),
    Act { tick: u64, ask: Ask },
    Reset,
}

/// What the policy decided.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The tick at which it was asked.
    pub tick: u64,
    /// `[chunk, action]`, raw units.
    pub chunk: Vec<f32>,
    /// How it came about.
    pub trace: Trace,
}

/// A policy at work on threads of its own. Sights and questions are taken in the order in which they
/// are given, so an answer is the one that the policy would have given where it was asked; only its time
/// of arrival is open. Nothing here waits, and after the first sights nothing is allocated on the
/// caller's thread.
pub struct Background {
    info: PolicyInfo,
    jobs: Option<SyncSender<Job>>,
    answers: Receiver<Result<Proposal, PolicyError>>,
    spare: Receiver<Box<Kept>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Takes a policy over, to run on `threads` threads.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(mut policy: Box<dyn Policy>, threads: usize) -> Result<Self, PolicyError> {
        let refused = PolicyError::Thread("could not be started");
        let info = policy.info().clone();
        let pool = Threads::new(threads).map_err(|_| refused.clone())?;
        let (jobs, todo) = sync_channel::<Job>(WAITING);
        let (answer, answers) = sync_channel(WAITING);
        let (give_back, spare) = sync_channel(WAITING);
        let work = move || {
            pool.run(|| {
                for job in todo {
                    let done = match job {
                        Job::See(sight) => {
                            let seen = see(policy.as_mut(), &sight);
                            // A sight that nobody waits for is dropped.
                            let _ = give_back.try_send(sight);
                            seen.map(|()| None)
                        }
                        Job::Act { tick, ask } => policy.act(&ask).map(|decision| {
                            let (chunk, trace) = (decision.chunk.to_vec(), decision.trace.clone());
                            Some(Proposal { tick, chunk, trace })
                        }),
                        Job::Reset => {
                            policy.reset();
                            Ok(None)
                        }
                    };
                    let told = match done.transpose() {
                        Some(told) => answer.send(told),
                        None => Ok(()),
                    };
                    if told.is_err() {
                        break;
                    }
                }
            });
        };
        let thread = std::thread::Builder::new().name("policy".to_owned()).spawn(work);
        let thread = Some(thread.map_err(|_| refused)?);
        Ok(Self { info, jobs: Some(jobs), answers, spare, thread })
    }

    /// What the policy looks at and commands.
    pub fn info(&self) -> &PolicyInfo {
        &self.info
    }

    fn send(&self, job: Job) -> Result<(), PolicyError> {
        let Some(jobs) = &self.jobs else { return Err(PolicyError::Thread("has ended")) };
        jobs.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => PolicyError::Behind { waiting: WAITING },
            TrySendError::Disconnected(_) => PolicyError::Thread("has ended"),
        })
    }

    /// Hands one tick over. What is wrong with it comes back from [`Self::poll`].
    ///
    /// # Errors
    /// When the policy is too far behind or its thread has ended.
    pub fn observe(&mut self, sight: &Sight<'_>) -> Result<(), PolicyError> {
        let mut kept = self.spare.try_recv().unwrap_or_default();
        kept.take(sight);
        self.send(Job::See(kept))
    }

    /// Asks for a chunk from everything observed so far; [`Self::poll`] brings it.
    ///
    /// # Errors
    /// When the policy is too far behind or its thread has ended.
    pub fn ask(&mut self, tick: u64, ask: Ask) -> Result<(), PolicyError> {
        self.send(Job::Act { tick, ask })
    }

    /// Lets the policy forget what it saw. Answers that are on the way still arrive.
    ///
    /// # Errors
    /// When the policy is too far behind or its thread has ended.
    pub fn reset(&mut self) -> Result<(), PolicyError> {
        self.send(Job::Reset)
    }

    /// The next answer, if one is there.
    ///
    /// # Errors
    /// What the policy answered to a sight or a question, or that its thread has ended.
    pub fn poll(&mut self) -> Result<Option<Proposal>, PolicyError> {
        match self.answers.try_recv() {
            Ok(answer) => answer.map(Some),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(PolicyError::Thread("has ended")),
        }
    }

    /// The next answer, waited for: a simulated world stands still until it is there, an arm does not.
    ///
    /// # Errors
    /// What the policy answered to a sight or a question, or that its thread has ended.
    pub fn wait(&mut self) -> Result<Proposal, PolicyError> {
        self.answers.recv().unwrap_or(Err(PolicyError::Thread("has ended")))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Without jobs the thread ends; answers that it still has to give must not keep it.
        self.jobs = None;
        while self.answers.recv().is_ok() {}
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Kept {
    fn take(&mut self, sight: &Sight<'_>) {
        fill(&mut self.state, sight.state);
        fill(&mut self.points, sight.points);
        self.pictures.resize_with(sight.pictures.len(), KeptPicture::default);
        for (kept, picture) in self.pictures.iter_mut().zip(sight.pictures) {
            kept.camera.clear();
            kept.camera.push_str(picture.camera);
            (kept.height, kept.width) = (picture.height, picture.width);
            fill(&mut kept.pixels, picture.pixels);
        }
    }
}

fn fill<T: Copy>(to: &mut Vec<T>, from: &[T]) {
    to.clear();
    to.extend_from_slice(from);
}

fn see(policy: &mut dyn Policy, sight: &Kept) -> Result<(), PolicyError> {
    let pictures: Vec<Picture<'_>> = sight
        .pictures
        .iter()
        .map(|p| Picture { camera: &p.camera, height: p.height, width: p.width, pixels: &p.pixels })
        .collect();
    policy.observe(&Sight { state: &sight.state, pictures: &pictures, points: &sight.points })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::time::{Duration, Instant};

    use super::*;
    use crate::policy::Decision;

    /// Says what it saw last; waits at each sight until it may go on.
    struct Slow {
        info: PolicyInfo,
        gate: Receiver<()>,
        last: Vec<f32>,
        trace: Trace,
    }

    impl Policy for Slow {
        fn info(&self) -> &PolicyInfo {
            &self.info
        }
        fn reset(&mut self) {
            self.last.clear();
        }
        fn observe(&mut self, sight: &Sight<'_>) -> Result<(), PolicyError> {
            let _ = self.gate.recv();
            if sight.state[0] < 0.0 {
                return Err(PolicyError::Diverged);
            }
            self.last = vec![sight.state[0] + f32::from(sight.pictures[0].pixels[0])];
            Ok(())
        }
        fn act(&mut self, _ask: &Ask) -> Result<Decision<'_>, PolicyError> {
            if self.last.is_empty() {
                return Err(PolicyError::Blind);
            }
            Ok(Decision { chunk: &self.last, trace: &self.trace })
        }
        fn trace(&self) -> &Trace {
            &self.trace
        }
        fn memory(&self) -> Vec<f32> {
            Vec::new()
        }
        fn restore(&mut self, _memory: &[f32]) -> Result<(), PolicyError> {
            Ok(())
        }
    }

    fn slow() -> (Background, Sender<()>) {
        let (open, gate) = channel();
        let info = PolicyInfo {
            name: "slow".to_owned(),
            state: 1,
            action: 1,
            chunk: 1,
            history: 1,
            cameras: vec!["front".to_owned()],
            points: 0,
            steps: 1,
        };
        let policy = Slow { info, gate, last: Vec::new(), trace: Trace::default() };
        (Background::new(Box::new(policy), 1).unwrap(), open)
    }

    fn show(background: &mut Background, value: f32) -> Result<(), PolicyError> {
        let pictures = [Picture { camera: "front", height: 1, width: 1, pixels: &[7, 0, 0] }];
        background.observe(&Sight { state: &[value], pictures: &pictures, points: &[] })
    }

    fn polled(background: &mut Background) -> Result<Proposal, PolicyError> {
        let begun = Instant::now();
        loop {
            if let Some(answer) = background.poll()? {
                return Ok(answer);
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "no answer");
            std::thread::yield_now();
        }
    }

    const ASK: Ask = Ask { steps: None, seed: 0, explain: false };

    #[test]
    fn answers_are_those_of_the_moment_of_the_question() {
        let (mut background, open) = slow();
        show(&mut background, 1.0).unwrap();
        background.ask(5, ASK).unwrap();
        show(&mut background, 2.0).unwrap();
        background.ask(6, ASK).unwrap();
        // Nothing has been looked at yet, and nobody waited.
        assert!(background.poll().unwrap().is_none());
        open.send(()).unwrap();
        let first = polled(&mut background).unwrap();
        assert_eq!((first.tick, first.chunk), (5, vec![8.0]));
        open.send(()).unwrap();
        let second = background.wait().unwrap();
        assert_eq!((second.tick, second.chunk), (6, vec![9.0]));
        background.reset().unwrap();
        background.ask(7, ASK).unwrap();
        assert_eq!(background.wait().unwrap_err(), PolicyError::Blind);
    }

    #[test]
    fn bad_sights_come_back_and_a_policy_that_is_behind_says_so() {
        let (mut background, open) = slow();
        show(&mut background, -1.0).unwrap();
        open.send(()).unwrap();
        assert_eq!(background.wait().unwrap_err(), PolicyError::Diverged);
        let behind = (0..40).find_map(|_| show(&mut background, 1.0).err()).unwrap();
        assert!(behind.to_string().contains("16 frames behind"), "{behind}");
        // Dropping it does not hang, though its sights are still waiting.
        drop(open);
    }

    #[test]
    fn handing_over_allocates_nothing_once_warm() {
        let (mut background, open) = slow();
        for _ in 0..2 {
            show(&mut background, 1.0).unwrap();
            open.send(()).unwrap();
        }
        background.ask(0, ASK).unwrap();
        background.wait().unwrap();
        let _ = open.send(());
        let before = crate::counting::on_this_thread();
        show(&mut background, 1.0).unwrap();
        background.ask(1, ASK).unwrap();
        assert_eq!(crate::counting::on_this_thread(), before);
        background.wait().unwrap();
    }
}
