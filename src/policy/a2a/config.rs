//! What decides an A2A network: its variant, what it observes, its widths and its options.

use nn::{NnError, Result, Size};
use serde::{Deserialize, Serialize};

/// The published method, its variants, and the baselines that share its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Flow from the latent of the arm's own history to that of its next actions.
    A2a,
    /// The same with noise on the history that the flow starts from.
    A2aNoise,
    /// Regression in the same latent: the network is asked once and answers with the target.
    A2aReg,
    /// Flow in the space of actions, from the history itself.
    A2aMini,
    /// The identical network, started from Gaussian noise.
    FmNoise,
    /// Denoising diffusion of actions on the same network (Ho et al. 2020).
    Ddpm,
    /// The same, sampled in few deterministic steps (Song et al. 2021).
    Ddim,
    /// Flow from the latent of what the cameras see (VITA).
    Vita,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::A2a,
        Self::A2aNoise,
        Self::A2aReg,
        Self::A2aMini,
        Self::FmNoise,
        Self::Ddpm,
        Self::Ddim,
        Self::Vita,
    ];

    /// Its name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::A2a => "a2a",
            Self::A2aNoise => "a2a_noise",
            Self::A2aReg => "a2a_reg",
            Self::A2aMini => "a2a_mini",
            Self::FmNoise => "fm_noise",
            Self::Ddpm => "ddpm",
            Self::Ddim => "ddim",
            Self::Vita => "vita",
        }
    }

    /// The variant of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.name() == name)
    }

    /// Whether actions are worked on as they are, without encoders and decoder.
    pub fn in_action_space(self) -> bool {
        matches!(self, Self::A2aMini | Self::Ddpm | Self::Ddim)
    }

    /// Whether the network predicts the noise of a diffusion.
    pub fn is_diffusion(self) -> bool {
        matches!(self, Self::Ddpm | Self::Ddim)
    }

    /// Whether the flow starts from the encoded history.
    pub fn encodes_history(self) -> bool {
        matches!(self, Self::A2a | Self::A2aNoise | Self::A2aReg)
    }

    /// Whether the network is told what was observed besides where it starts.
    pub fn is_conditioned(self) -> bool {
        self != Self::Vita
    }

    /// Whether an inference draws random numbers.
    pub fn is_random(self) -> bool {
        matches!(self, Self::A2aNoise | Self::FmNoise | Self::Ddpm | Self::Ddim)
    }
}

/// How sources and targets of a batch are paired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coupling {
    /// Each source with its own target.
    #[default]
    Independent,
    /// Exact optimal transport between the latents of the batch, the condition staying behind: as
    /// published with the first release and, for `a2a_noise`, until today. A sample is then regressed
    /// under another one's condition.
    Transport,
    /// Exact optimal transport with the condition of the target.
    TransportWithCondition,
}

/// What the network sees besides the joints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observe {
    /// Names of the cameras; empty for none.
    pub cameras: Vec<String>,
    /// Rows and columns of a picture.
    pub image: usize,
    /// Key points of a frame; zero for none.
    pub points: usize,
    /// Width of the feature of the points.
    pub point_feature: usize,
    /// Coordinates that the features of pictures are taught to tell, in training only; zero for none, as
    /// published. Nearly all of an action follows from the arm's own motion, so the actions alone teach a
    /// network slowly to look: what it sees decides the first second of an episode.
    #[serde(default)]
    pub landmarks: usize,
}

/// Weights of the terms of the loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossWeights {
    /// Squared error of the velocity.
    pub flow: f64,
    /// Squared distance of the integrated latent to the target's.
    pub consistency: f64,
    /// Absolute error of the integrated latent, decoded.
    pub decoded: f64,
    /// Absolute error of the target's latent, decoded.
    pub auto_encoder: f64,
    /// Contrast between condition and target latent (InfoNCE, temperature 0.07).
    pub contrast: f64,
    /// Squared error of the landmarks that features of pictures tell.
    #[serde(default)]
    pub landmarks: f64,
}

/// An A2A network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Which method.
    pub variant: Variant,
    /// Numbers of a state.
    pub state: usize,
    /// Numbers of an action.
    pub action: usize,
    /// Frames of history, the newest being "now".
    pub history: usize,
    /// Actions of a chunk, the first being the one commanded now.
    pub chunk: usize,
    /// What is seen.
    pub observe: Observe,
    /// Channels of the four stages of the ResNet.
    pub backbone: [usize; 4],
    /// Width of the latents.
    pub latent: usize,
    /// Width of the flow network.
    pub hidden: usize,
    /// Its blocks.
    pub blocks: usize,
    /// Width of a block's inner layer.
    pub mlp: usize,
    /// Width of the sinusoids of time.
    pub time_features: usize,
    /// Inner width of the embedding of time.
    pub time_hidden: usize,
    /// Width of the history and action encoders.
    pub encoder_hidden: usize,
    /// Width of the decoder.
    pub decoder_hidden: usize,
    /// Its blocks.
    pub decoder_blocks: usize,
    /// Euler steps, of the rollout in training and of inference alike; sampling steps of a diffusion.
    pub steps: usize,
    /// Euler steps of the rollout in training, one of these for each batch; empty for always `steps`,
    /// as published. A policy that is to act after one step as after many has to have practised both.
    #[serde(default)]
    pub rollouts: Vec<usize>,
    /// The share of training windows whose history is taken for one of rest at "now". An arm that came to
    /// a stop has then practised going on; else its own rest would tell it to rest.
    #[serde(default)]
    pub still: f64,
    /// Steps of the noise schedule of a diffusion.
    pub diffusion_steps: usize,
    /// Deviation of the noise on the normalised history, in training and inference (`a2a_noise`).
    pub history_noise: f32,
    /// Pairing within a batch.
    pub coupling: Coupling,
    /// Whether the blocks' modulators begin at zero (AdaLN-Zero), so that every block begins as the
    /// identity. The published code overwrites the zeros by Xavier; a later fork restores them.
    pub zero_modulators: bool,
    /// Share of a block's inner values that training drops.
    pub dropout: f32,
    /// The loss.
    pub loss: LossWeights,
}

impl Config {
    /// A network of a ready-made size (`Paper`: 256x256 pictures, latent 512, 34.7 million numbers;
    /// `Compact`: 96x96 pictures, half the ResNet, latent 256, under 7 million), with the behaviour of the authors' revision 8b4fc22 except
    /// that pairing is independent unless a variant was published otherwise.
    pub fn new(variant: Variant, size: Size, state: usize, action: usize, seen: &Seen) -> Self {
        let paper = size == Size::Paper;
        let pick = |p: usize, c: usize| if paper { p } else { c };
        let mini = variant == Variant::A2aMini;
        Self {
            variant,
            state,
            action,
            history: 8,
            chunk: 8,
            observe: Observe {
                cameras: seen.cameras.clone(),
                image: pick(256, 96),
                points: seen.points,
                point_feature: pick(256, 128),
                landmarks: if paper || seen.cameras.is_empty() { 0 } else { seen.landmarks },
            },
            backbone: if paper { [64, 128, 256, 512] } else { [32, 64, 128, 256] },
            latent: pick(512, 256),
            hidden: pick(512, 256),
            blocks: if mini && paper { 8 } else { 4 },
            mlp: pick(2048, 1024),
            time_features: if mini && paper { 512 } else { 256 },
            time_hidden: pick(1024, 256),
            encoder_hidden: pick(512, 96),
            decoder_hidden: pick(512, 128),
            decoder_blocks: 4,
            steps: match variant {
                Variant::Ddpm => 100,
                Variant::Ddim => 10,
                _ => 6,
            },
            rollouts: if paper { Vec::new() } else { vec![1, 2, 6] },
            still: if paper { 0.0 } else { 0.15 },
            diffusion_steps: 100,
            history_noise: if variant == Variant::A2aNoise { 0.1 } else { 0.0 },
            coupling: match variant {
                Variant::A2aNoise | Variant::Vita => Coupling::Transport,
                _ => Coupling::Independent,
            },
            zero_modulators: false,
            dropout: if mini { 0.1 } else { 0.0 },
            loss: LossWeights {
                flow: 1.0,
                consistency: 1.0,
                decoded: 0.5,
                auto_encoder: 0.5,
                contrast: if variant == Variant::Vita { 1e-4 } else { 0.0 },
                landmarks: 1.0,
            },
        }
    }

    /// Width of what the network moves: a latent, or a whole chunk of actions.
    pub fn space(&self) -> usize {
        if self.variant.in_action_space() { self.chunk * self.action } else { self.latent }
    }

    /// Refuses what makes no network.
    ///
    /// # Errors
    /// One sentence that names the setting.
    pub fn check(&self) -> Result<()> {
        let refuse = |reason: String| Err(NnError::Config(reason));
        for (name, value) in [
            ("state", self.state),
            ("action", self.action),
            ("history", self.history),
            ("chunk", self.chunk),
            ("latent", self.latent),
            ("hidden", self.hidden),
            ("mlp", self.mlp),
            ("time_hidden", self.time_hidden),
            ("encoder_hidden", self.encoder_hidden),
            ("decoder_hidden", self.decoder_hidden),
            ("steps", self.steps),
        ] {
            if value == 0 || value > 1 << 16 {
                return refuse(format!("`{name}` is {value}; it should be from 1 to 65536"));
            }
        }
        if !(0.0..=1.0).contains(&self.still) {
            return refuse(format!("`still` is {}; a share is from 0 to 1", self.still));
        }
        if self.rollouts.iter().any(|steps| !(1..=100).contains(steps)) {
            return refuse(format!(
                "`rollouts` is {:?}; each should be from 1 to 100 steps",
                self.rollouts
            ));
        }
        if self.time_features < 4 || !self.time_features.is_multiple_of(2) {
            return refuse(format!(
                "`time_features` is {}; it should be even and at least 4",
                self.time_features
            ));
        }
        if self.observe.cameras.is_empty() && self.observe.points == 0 {
            return refuse("the network sees neither a camera nor points".to_owned());
        }
        if self.variant == Variant::A2aMini
            && (self.state, self.history) != (self.action, self.chunk)
        {
            return refuse(format!(
                "a2a_mini flows from {} states of {} numbers to {} actions of {}: they should be alike",
                self.history, self.state, self.chunk, self.action
            ));
        }
        if self.variant.is_diffusion() && !(1..=self.diffusion_steps).contains(&self.steps) {
            return refuse(format!(
                "`steps` is {}; a schedule of {} steps is sampled in 1 to as many",
                self.steps, self.diffusion_steps
            ));
        }
        if !(0.0..1.0).contains(&self.dropout) || !self.history_noise.is_finite() {
            return refuse(format!(
                "`dropout` is {} and `history_noise` {}; the first should be in [0, 1)",
                self.dropout, self.history_noise
            ));
        }
        Ok(())
    }
}

/// What there is to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Cameras by name.
    pub cameras: Vec<String>,
    /// Key points of a frame.
    pub points: usize,
    /// Coordinates of landmarks per frame, known in training.
    pub landmarks: usize,
}
