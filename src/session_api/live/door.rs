//! The two ends of the door.

use std::sync::mpsc::{
    Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex, PoisonError};

use interface::Cancel;

use super::{Act, Hands, Shown, Sources};
use crate::Event;

/// Acts that may wait before the session looks at them.
const ACTS_WAITING: usize = 256;

/// What a face hears. None is lost.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A fact about work under way.
    Event(Event),
    /// An act could not be done; one sentence.
    Failed(String),
}

/// Why an act was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too many are waiting.
    #[error("the session has {ACTS_WAITING} acts waiting and takes no more for now")]
    Full,
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
}

/// The face's end. Nothing here waits.
pub struct Door {
    acts: SyncSender<Act>,
    heard: Receiver<Heard>,
    shown: Arc<Mutex<Arc<Shown>>>,
    sources: Arc<Sources>,
    work: Arc<Mutex<Cancel>>,
    hands: Arc<Hands>,
}

/// The session's end.
pub struct Inner {
    acts: Receiver<Act>,
    heard: Sender<Heard>,
    shown: Arc<Mutex<Arc<Shown>>>,
    work: Arc<Mutex<Cancel>>,
    hands: Arc<Hands>,
}

/// Both ends of a new door.
pub fn door(sources: Sources) -> (Door, Inner) {
    let (acts, taken) = sync_channel(ACTS_WAITING);
    let (told, heard) = channel();
    let shown = Arc::new(Mutex::new(Arc::new(Shown { speed: 1.0, ..Shown::default() })));
    let work = Arc::new(Mutex::new(Cancel::default()));
    let sources = Arc::new(sources);
    let hands = Arc::new(Hands::default());
    let face = Door {
        acts,
        heard,
        shown: shown.clone(),
        sources,
        work: work.clone(),
        hands: hands.clone(),
    };
    (face, Inner { acts: taken, heard: told, shown, work, hands })
}

impl Door {
    /// Asks for something; never waits. What puts an end to the work under way stops it at once, even
    /// while the session is busy or its door is full.
    pub fn ask(&self, act: Act) -> Result<(), Refused> {
        if act.ends_work() {
            self.work.lock().unwrap_or_else(PoisonError::into_inner).cancel();
        }
        self.acts.try_send(act).map_err(|error| match error {
            TrySendError::Full(_) => Refused::Full,
            TrySendError::Disconnected(_) => Refused::Ended,
        })
    }

    /// The next thing to hear, if there is one.
    pub fn hear(&self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }

    /// The newest moment. The lock is held for a pointer's copy.
    pub fn shown(&self) -> Arc<Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the person's hands hold, to be written at every frame of the window.
    pub fn hands(&self) -> &Arc<Hands> {
        &self.hands
    }

    /// What can be opened by name.
    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }
}

impl Inner {
    /// The request to stop of the work that begins now. The face's next act that ends work sets it.
    pub fn begin_work(&self) -> Cancel {
        let fresh = Cancel::default();
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        fresh
    }

    /// What the person's hands hold.
    pub fn hands(&self) -> &Arc<Hands> {
        &self.hands
    }

    /// Tells the face.
    pub fn tell(&self, heard: Heard) {
        // A face that has gone away hears nothing, and the session ends at the next act.
        let _ = self.heard.send(heard);
    }

    /// Shows a new moment.
    pub fn show(&self, shown: Arc<Shown>) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
    }

    /// The next act, if one waits; [`Act::Quit`] when the face has gone.
    pub fn next(&self) -> Option<Act> {
        match self.acts.try_recv() {
            Ok(act) => Some(act),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Act::Quit),
        }
    }

    /// The next act, waiting for it at most this long.
    pub fn wait(&self, most: std::time::Duration) -> Option<Act> {
        use std::sync::mpsc::RecvTimeoutError;
        match self.acts.recv_timeout(most) {
            Ok(act) => Some(act),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Act::Quit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_come_in_order_and_a_full_door_says_so() {
        let (face, session) = door(Sources::default());
        assert_eq!(face.ask(Act::Execute), Ok(()));
        assert_eq!(face.ask(Act::Stop), Ok(()));
        assert_eq!(session.next(), Some(Act::Execute));
        assert_eq!(session.next(), Some(Act::Stop));
        assert_eq!(session.next(), None);
        for _ in 0..ACTS_WAITING {
            assert_eq!(face.ask(Act::Home), Ok(()));
        }
        assert_eq!(face.ask(Act::Home), Err(Refused::Full));
        drop(session);
        assert_eq!(face.ask(Act::Home), Err(Refused::Ended));
    }

    #[test]
    fn what_ends_work_ends_it_at_once() {
        let (face, session) = door(Sources::default());
        let plan = session.begin_work();
        assert_eq!(face.ask(Act::Execute), Ok(()));
        assert!(!plan.is_cancelled());
        assert_eq!(face.ask(Act::Stop), Ok(()));
        assert!(plan.is_cancelled());
        let later = session.begin_work();
        assert!(!later.is_cancelled());
        drop(face);
        assert!(later.is_cancelled());
    }

    #[test]
    fn the_newest_moment_is_seen_and_a_face_that_left_ends_the_session() {
        let (face, session) = door(Sources::default());
        session.show(Arc::new(Shown { moment: 7, ..Shown::default() }));
        session.tell(Heard::Failed("no".into()));
        assert_eq!(face.shown().moment, 7);
        assert!(matches!(face.hear(), Some(Heard::Failed(why)) if why == "no"));
        assert!(face.hear().is_none());
        drop(face);
        assert_eq!(session.next(), Some(Act::Quit));
    }
}
