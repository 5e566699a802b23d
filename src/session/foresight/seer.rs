//! A video model that draws what comes next while an episode is shown.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use dataset::lerobot::{Lerobot, Pictures};
use interface::Image;
use nn::candle::Device;
use nn::checkpoint::SPEC;
use nn::pictures::resize;
use session_api::live::ForeseenShown;
use world_model::f2f::{KIND, Runner, squared_error};

use crate::policies::models;

/// A model, and the small pictures of the episode that was looked at last.
pub struct Seer {
    runner: Runner,
    camera: String,
    fps: f64,
    film: Option<(usize, Pictures)>,
    small: HashMap<usize, Image>,
}

impl Seer {
    /// The folder of the model that was trained in a scene, where there is one.
    pub fn of_scene(scene: &str) -> Option<PathBuf> {
        let folder = models().join(KIND).join(scene);
        folder.join(SPEC).is_file().then_some(folder)
    }

    /// Loads a model for what `camera` films, `fps` frames a second.
    pub fn load(folder: &Path, camera: &str, fps: f64) -> Result<Self, String> {
        let runner = Runner::load(folder, &Device::Cpu).map_err(|error| error.to_string())?;
        let stride = super::stride(fps.round() as u32);
        if runner.config().stride != stride {
            return Err(format!(
                "the video model looks {} frames ahead; at {fps} a second it should be {stride}",
                runner.config().stride
            ));
        }
        let (film, small) = (None, HashMap::new());
        Ok(Self { runner, camera: camera.to_owned(), fps, film, small })
    }

    /// Forgets films: they may have become others.
    pub fn forget(&mut self) {
        self.film = None;
        self.small.clear();
    }

    /// What it foresees at a frame of an episode; nothing before it has seen enough.
    pub fn look(
        &mut self,
        data: &Lerobot,
        episode: usize,
        frame: usize,
    ) -> Result<Vec<ForeseenShown>, String> {
        let config = self.runner.config();
        let (past, future) = (config.past, config.future);
        let (stride, steps) = (config.stride, config.steps);
        let Some(first) = frame.checked_sub((past - 1) * stride) else { return Ok(Vec::new()) };
        let frames = data.episodes().get(episode).map_or(0, |episode| episode.length);
        let mut seen = Vec::with_capacity(past);
        for i in 0..past {
            seen.push(self.small(data, episode, first + i * stride)?);
        }
        let seen: Vec<&Image> = seen.iter().collect();
        let told = self.runner.predict(&seen, steps).map_err(|error| error.to_string())?;
        let mut all = Vec::with_capacity(future);
        for (i, foreseen) in told.pictures.into_iter().enumerate() {
            let at = frame + (i + 1) * stride;
            let filmed = if at < frames { Some(self.small(data, episode, at)?) } else { None };
            all.push(ForeseenShown {
                ahead_secs: ((i + 1) * stride) as f64 / self.fps,
                psnr: filmed.as_ref().map(|filmed| psnr(&foreseen, filmed)),
                foreseen,
                filmed,
            });
        }
        Ok(all)
    }

    /// A frame in the model's size.
    fn small(&mut self, data: &Lerobot, episode: usize, frame: usize) -> Result<Image, String> {
        if self.film.as_ref().is_none_or(|(number, _)| *number != episode) {
            self.small.clear();
            let film = data.pictures(episode, &self.camera).map_err(|error| error.to_string())?;
            self.film = Some((episode, film));
        }
        if let Some(known) = self.small.get(&frame) {
            return Ok(known.clone());
        }
        let Some((_, film)) = &mut self.film else { return Err("no film is open".into()) };
        let whole = film.get(frame).map_err(|error| error.to_string())?;
        let side = self.runner.config().image;
        let mut bytes = vec![0; side * side * 3];
        let size = (whole.height, whole.width);
        resize(whole.rgb.as_flattened(), size, &mut bytes, (side, side));
        let rgb = bytes.as_chunks::<3>().0.to_vec().into();
        let small = Image { width: side, height: side, rgb };
        self.small.insert(frame, small.clone());
        Ok(small)
    }
}

/// Peak signal-to-noise ratio of two pictures of one size, decibels.
fn psnr(a: &Image, b: &Image) -> f64 {
    let values = |image: &Image| -> Vec<f32> {
        image.rgb.as_flattened().iter().map(|byte| f32::from(*byte) / 255.0).collect()
    };
    -10.0 * squared_error(&values(a), &values(b)).max(1e-10).log10()
}
