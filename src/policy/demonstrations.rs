//! What a policy is trained on: episodes as plain arrays, pictures behind a trait.

use std::sync::Arc;

use nn::pictures::Pictures;
use nn::{NnError, Result};

/// One demonstration of `frames` frames at the control rate.
#[derive(Clone)]
pub struct Demonstration {
    /// Frames.
    pub frames: usize,
    /// The measured states, `[frames, state]`.
    pub states: Vec<f32>,
    /// The actions commanded between each frame and the next, `[frames, action]`.
    pub actions: Vec<f32>,
    /// For each camera its pictures.
    pub pictures: Vec<Arc<dyn Pictures>>,
    /// Key points: of the task's object and of things, `[frames, points, 3]`, metres.
    pub points: Vec<f32>,
    /// Where things are, for features of pictures to be taught by: `[frames, landmarks]`, metres.
    pub landmarks: Vec<f32>,
    /// What the cameras' encoders make of each frame, `[frames, features]`, once they no longer learn.
    pub features: Vec<f32>,
}

impl Demonstration {
    /// Leaves only some frames, in this order; pictures are not touched.
    ///
    /// # Panics
    /// When it has not so many frames.
    pub fn keep(&mut self, frames: &[usize]) {
        let of = self.frames.max(1);
        let kept = |values: &Vec<f32>| -> Vec<f32> {
            let width = values.len() / of;
            frames.iter().flat_map(|f| &values[f * width..(f + 1) * width]).copied().collect()
        };
        self.states = kept(&self.states);
        self.actions = kept(&self.actions);
        self.points = kept(&self.points);
        self.landmarks = kept(&self.landmarks);
        self.features = kept(&self.features);
        self.frames = frames.len();
    }
}

/// Demonstrations of one task.
#[derive(Clone, Default)]
pub struct Demonstrations {
    /// Numbers of a state.
    pub state: usize,
    /// Numbers of an action.
    pub action: usize,
    /// Names of the cameras, in the order of [`Demonstration::pictures`].
    pub cameras: Vec<String>,
    /// Points of a frame; zero for none.
    pub points: usize,
    /// Coordinates of landmarks of a frame; zero for none.
    pub landmarks: usize,
    /// Numbers that stand for the pictures of a frame; zero while the pictures themselves are looked at.
    pub features: usize,
    /// The episodes.
    pub episodes: Vec<Demonstration>,
}

impl Demonstrations {
    /// Refuses what cannot be trained on.
    ///
    /// # Errors
    /// One sentence that names the episode, what is wrong, and what would be right.
    pub fn check(&self) -> Result<()> {
        let refuse =
            |i: usize, reason: String| Err(NnError::Config(format!("demonstration {i}: {reason}")));
        if self.episodes.is_empty() {
            return Err(NnError::Config("there is no demonstration to train on".to_owned()));
        }
        for (i, episode) in self.episodes.iter().enumerate() {
            for (name, values, width) in [
                ("states", &episode.states, self.state),
                ("actions", &episode.actions, self.action),
                ("points", &episode.points, self.points * 3),
                ("landmarks", &episode.landmarks, self.landmarks),
                ("features", &episode.features, self.features),
            ] {
                if values.len() != episode.frames * width {
                    return refuse(
                        i,
                        format!(
                            "{} numbers of {name} for {} frames of {width}",
                            values.len(),
                            episode.frames
                        ),
                    );
                }
                if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                    let frame = at / width.max(1);
                    return refuse(i, format!("{name} of frame {frame} are not finite"));
                }
            }
            if episode.pictures.len() != self.cameras.len() {
                return refuse(
                    i,
                    format!(
                        "{} cameras, the others have {}",
                        episode.pictures.len(),
                        self.cameras.len()
                    ),
                );
            }
            for (camera, pictures) in self.cameras.iter().zip(&episode.pictures) {
                if pictures.count() < episode.frames {
                    let (count, frames) = (pictures.count(), episode.frames);
                    return refuse(
                        i,
                        format!("{count} pictures of `{camera}` for {frames} frames"),
                    );
                }
            }
        }
        Ok(())
    }

    /// A number that tells these demonstrations from others: of all states, actions and points, not of
    /// the pictures (FNV-1a).
    pub fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |v: u64| hash = (hash ^ v).wrapping_mul(0x0100_0000_01b3);
        for episode in &self.episodes {
            add(episode.frames as u64);
            let episode = [&episode.states, &episode.actions, &episode.points, &episode.landmarks];
            for values in episode {
                values.iter().for_each(|v| add(u64::from(v.to_bits())));
            }
        }
        hash
    }

    /// Frames of each episode.
    pub fn lengths(&self) -> Vec<usize> {
        self.episodes.iter().map(|e| e.frames).collect()
    }

    /// The first episodes but for the last `held_out`, and those.
    pub fn split(&self, held_out: usize) -> (Self, Self) {
        let at = self.episodes.len().saturating_sub(held_out);
        let part =
            |episodes: &[Demonstration]| Self { episodes: episodes.to_vec(), ..self.clone() };
        (part(&self.episodes[..at]), part(&self.episodes[at..]))
    }
}

#[cfg(test)]
mod tests {
    use nn::pictures::StoredPictures;

    use super::*;

    pub fn one(frames: usize) -> Demonstrations {
        let pictures = StoredPictures { bytes: vec![7_u8; frames * 12], height: 2, width: 2 };
        Demonstrations {
            state: 2,
            action: 1,
            cameras: vec!["front".to_owned()],
            points: 1,
            landmarks: 0,
            features: 0,
            episodes: vec![Demonstration {
                frames,
                states: vec![0.0; frames * 2],
                actions: vec![0.0; frames],
                pictures: vec![Arc::new(pictures)],
                points: vec![0.0; frames * 3],
                landmarks: Vec::new(),
                features: Vec::new(),
            }],
        }
    }

    #[test]
    fn what_cannot_be_trained_on_is_named() {
        let check = |change: &dyn Fn(&mut Demonstrations), word: &str| {
            let mut set = one(5);
            change(&mut set);
            let error = set.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error} lacks {word}");
        };
        assert!(one(5).check().is_ok());
        check(&|d| d.episodes.clear(), "no demonstration");
        check(&|d| d.episodes[0].states.truncate(9), "9 numbers of states");
        check(&|d| d.episodes[0].actions[3] = f32::NAN, "frame 3");
        check(&|d| d.cameras.clear(), "1 cameras");
        check(
            &|d| d.episodes[0].pictures = vec![one(4).episodes[0].pictures[0].clone()],
            "`front`",
        );
    }

    #[test]
    fn other_demonstrations_have_another_fingerprint() {
        let mut other = one(5);
        assert_eq!(other.fingerprint(), one(5).fingerprint());
        other.episodes[0].actions[2] = 1e-9;
        assert_ne!(other.fingerprint(), one(5).fingerprint());
        assert_ne!(one(4).fingerprint(), one(5).fingerprint());
    }

    #[test]
    fn the_last_episodes_are_held_out() {
        let mut set = one(5);
        set.episodes.push(one(3).episodes[0].clone());
        let (train, rest) = set.split(1);
        assert_eq!((train.lengths(), rest.lengths()), (vec![5], vec![3]));
    }
}
