//! What decides an F2F network: its variant, the pictures it looks at, its widths and its options.

use nn::{NnError, Result, Size};
use serde::{Deserialize, Serialize};

/// Layers of the decoder, each of which doubles rows and columns.
pub(super) const LAYERS: usize = 5;
/// Rows and columns of a picture are a multiple of this.
const SCALE: usize = 1 << LAYERS;
/// Channels that a GroupNorm treats together.
pub(super) const GROUP: usize = 16;

/// The method and its baseline. Both have the same parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// A flow from the latents of the past frames to those of the future ones.
    Flow,
    /// Regression in the same latents: one call of the same network gives the way from start to target,
    /// and no loss asks for a velocity on the way.
    Regression,
}

impl Variant {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Flow, Self::Regression];

    /// Its name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Regression => "regression",
        }
    }

    /// The variant of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.name() == name)
    }
}

/// Weights of the terms of the loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossWeights {
    /// Squared error of the velocity.
    pub flow: f64,
    /// Squared distance of the integrated latents to the target's.
    pub consistency: f64,
    /// Error of the integrated latents, decoded.
    pub decoded: f64,
    /// Error of the target's latents, decoded.
    pub auto_encoder: f64,
    /// Divergence of the latents' law from the standard normal one, the mean over their numbers. On films of
    /// an arm 1e-3 turns the latents into noise within sixty updates, before the decoder has found a use
    /// for them; at 1e-6 nothing keeps them near zero.
    pub kl: f64,
    /// An error of pictures is the mean absolute error plus this times the mean squared one.
    pub squared: f64,
}

/// An F2F network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The method or its baseline.
    pub variant: Variant,
    /// Frames that are looked at, the last being "now".
    pub past: usize,
    /// Frames that are predicted. As many as `past`: the flow carries each past frame to a future one.
    pub future: usize,
    /// Pictures of the camera from one of these frames to the next.
    pub stride: usize,
    /// Rows and columns of a picture.
    pub image: usize,
    /// Channels of the four stages of the ResNet.
    pub backbone: [usize; 4],
    /// Numbers of the latent of one frame.
    pub latent: usize,
    /// Width of the flow network's tokens.
    pub hidden: usize,
    /// Its blocks.
    pub blocks: usize,
    /// Heads of its attention.
    pub heads: usize,
    /// Width of a block's inner layer.
    pub mlp: usize,
    /// Width of the sinusoids of time.
    pub time_features: usize,
    /// Channels that each of the decoder's five layers takes in.
    pub decoder: [usize; LAYERS],
    /// Euler steps of an inference, and of the rollout in training where `rollouts` is empty.
    pub steps: usize,
    /// Euler steps of the rollout in training, one of these for each batch: what is to predict after one
    /// step as well as after six has to have practised both.
    #[serde(default)]
    pub rollouts: Vec<usize>,
    /// The loss.
    pub loss: LossWeights,
}

impl Config {
    /// A network of a ready-made size: `Paper` on 128x128 pictures, `Compact` on 64x64 with half the ResNet,
    /// under 5 million numbers. Latents, layers and heads are the paper's; what it does not say
    /// (pictures, widths of the rest, weights of the loss) is ours.
    pub fn new(variant: Variant, size: Size) -> Self {
        let paper = size == Size::Paper;
        let pick = |p: usize, c: usize| if paper { p } else { c };
        Self {
            variant,
            past: 3,
            future: 3,
            stride: 5,
            image: pick(128, 64),
            backbone: if paper { [64, 128, 256, 512] } else { [32, 64, 128, 256] },
            latent: 512,
            hidden: pick(512, 128),
            blocks: 4,
            heads: 4,
            mlp: pick(2048, 512),
            time_features: pick(256, 64),
            decoder: if paper { [256, 192, 128, 96, 64] } else { [96, 80, 64, 32, 32] },
            steps: 6,
            rollouts: vec![1, 2, 6],
            loss: LossWeights {
                flow: 1.0,
                consistency: 1.0,
                decoded: 1.0,
                auto_encoder: 1.0,
                kl: 1e-4,
                squared: 5.0,
            },
        }
    }

    /// Frames of a clip.
    pub fn frames(&self) -> usize {
        self.past + self.future
    }

    /// Refuses what makes no network.
    ///
    /// # Errors
    /// One sentence that names the setting.
    pub fn check(&self) -> Result<()> {
        let refuse = |reason: String| Err(NnError::Config(reason));
        for (name, value, most) in [
            ("past", self.past, 64),
            ("future", self.future, 64),
            ("stride", self.stride, 1 << 16),
            ("latent", self.latent, 1 << 16),
            ("hidden", self.hidden, 1 << 16),
            ("blocks", self.blocks, 64),
            ("heads", self.heads, 64),
            ("mlp", self.mlp, 1 << 16),
            ("steps", self.steps, 100),
        ] {
            if value == 0 || value > most {
                return refuse(format!("`{name}` is {value}; it should be from 1 to {most}"));
            }
        }
        if self.past != self.future {
            return refuse(format!(
                "`past` is {} and `future` {}; the flow carries one to the other, so they should be alike",
                self.past, self.future
            ));
        }
        if self.image == 0 || self.image > 1 << 12 || !self.image.is_multiple_of(SCALE) {
            return refuse(format!(
                "`image` is {}; it should be a multiple of {SCALE}, at most 4096",
                self.image
            ));
        }
        if !self.hidden.is_multiple_of(self.heads) {
            return refuse(format!(
                "`hidden` is {}; {} `heads` do not share it evenly",
                self.hidden, self.heads
            ));
        }
        if self.time_features < 4
            || self.time_features > 1 << 16
            || !self.time_features.is_multiple_of(2)
        {
            return refuse(format!(
                "`time_features` is {}; it should be even and at least 4",
                self.time_features
            ));
        }
        if let Some(width) = self.decoder.iter().find(|w| **w == 0 || !w.is_multiple_of(GROUP)) {
            return refuse(format!(
                "a layer of `decoder` has {width} channels; GroupNorm asks for a multiple of {GROUP}"
            ));
        }
        if self.rollouts.iter().any(|steps| !(1..=100).contains(steps)) {
            return refuse(format!(
                "`rollouts` is {:?}; each should be from 1 to 100 steps",
                self.rollouts
            ));
        }
        let w = self.loss;
        let weights = [w.flow, w.consistency, w.decoded, w.auto_encoder, w.kl, w.squared];
        if weights.iter().any(|w| !w.is_finite() || *w < 0.0) {
            return refuse(format!("`loss` is {w:?}; each should be finite and not negative"));
        }
        Ok(())
    }
}
