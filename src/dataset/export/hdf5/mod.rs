//! robomimic's HDF5: one file, one group `data/demo_<i>` an episode.
//!
//! - `data`: `total`, `env_args`, and the scale of the actions: `action_kind`, `action_scale`,
//!   `action_offset`, with `number = action_scale * action + action_offset` column by column.
//! - `data/demo_<i>`: `num_samples`, `ep_meta`; `actions` (in -1 to 1), `actions_joint` and
//!   `actions_requested` (rad, m), `states`, `rewards`, `dones`, `stamps` (nanoseconds),
//!   `control_mode`; `obs` and `next_obs`, whose last row repeats the last observation, since nobody
//!   looked after the last action.
//! - `mask`: `train`, `valid` (every tenth episode), `successful`.
//!
//! What nobody recorded is left out; what is missing in some frames only is not a number there.
//! Format: robomimic 0.3, `docs/datasets/overview`; names of observations: robosuite 1.5.

mod about;
mod actions;
mod columns;
mod films;
mod store;
#[cfg(test)]
pub(super) mod tests;

use std::path::Path;

use hdf5_pure::{AttrValue, StagedGroup};
use interface::{Frame, FrameLayout};

use super::aside::{Aside, unwritable};
use super::names::distinct;
use super::{ExportError, Exported, Exporter, Source, check_frames, check_layout, known};
use about::{environment, episode as about};
use actions::{ActionKind, Range};
use films::Film;
use store::Store;

/// Every how many episodes one is kept for validation.
const VALID_EVERY: usize = 10;

/// An export as robomimic's HDF5.
pub struct Hdf5Export {
    // Closed before what it was written to is removed.
    file: Store,
    aside: Aside,
    layout: FrameLayout,
    grippers: usize,
    cameras: Vec<String>,
    range: Option<Range>,
    scenes: Vec<String>,
    successful: Vec<bool>,
    frames: usize,
    unknown: usize,
    whole: bool,
}

impl Hdf5Export {
    /// Begins a file that will be at `out`. The last `grippers` of the layout's joints are openings.
    ///
    /// # Errors
    /// Something that is there already, a folder that cannot be written to, and a layout without
    /// frames a second, with more grippers than joints or with a camera without pixels.
    pub fn begin(layout: &FrameLayout, grippers: usize, out: &Path) -> Result<Self, ExportError> {
        check_layout(layout, grippers)?;
        let aside = Aside::new(out)?;
        let start = || {
            let mut file = Store::new(aside.part())?;
            file.group("data", 0, |_| ())?;
            Ok(file)
        };
        let file = start().map_err(|e| failed(out, &e))?;
        // A slash would be one more group, and a dot the group itself.
        let clean = |name: &str| name.replace(['/', '\0'], "_");
        let cameras: Vec<String> = layout.cameras.iter().map(|c| clean(&c.name)).collect();
        Ok(Self {
            file,
            aside,
            layout: layout.clone(),
            grippers,
            cameras: distinct(cameras.iter().map(String::as_str), &[]),
            range: None,
            scenes: Vec::new(),
            successful: Vec::new(),
            frames: 0,
            unknown: 0,
            whole: true,
        })
    }

    /// What the actions are: decided by the first episode, and the same for every other.
    fn widen(&mut self, source: &Source<'_>) -> Result<ActionKind, ExportError> {
        let episode = self.successful.len();
        let lacks = source.frames.iter().position(|frame| !known(&frame.tool_pose));
        let kind = match (&self.range, lacks) {
            (Some(range), None) => range.kind(),
            (Some(range), Some(_)) if range.kind() == ActionKind::JointTarget => range.kind(),
            (None, Some(_)) => ActionKind::JointTarget,
            (None, None) => ActionKind::ToolDelta,
            (Some(_), Some(frame)) => {
                let problem = "has no pose of the tool, which the episodes before have; export it \
                               on its own";
                return Err(ExportError::Frame { episode, frame, problem: problem.into() });
            }
        };
        let delta = |f: &Frame| f.tool_delta.iter().all(|x| x.is_finite());
        if kind == ActionKind::ToolDelta
            && let Some(frame) = source.frames.iter().position(|f| !delta(f))
        {
            let problem = "has a delta of the tool that is not finite".into();
            return Err(ExportError::Frame { episode, frame, problem });
        }
        let (columns, grippers) = match kind {
            ActionKind::ToolDelta => (7, 1),
            ActionKind::JointTarget => (self.layout.joints.len(), self.grippers),
        };
        let range = self.range.get_or_insert_with(|| Range::new(kind, columns, grippers));
        source.frames.iter().for_each(|frame| range.widen(frame));
        Ok(kind)
    }

    /// Scales the actions of every episode, now that the largest are known.
    fn scale(&mut self) -> Result<(), hdf5_pure::Error> {
        let Some(range) = self.range.as_ref() else { return Ok(()) };
        let scale = range.scale();
        let data = self.file.file().group("data")?;
        data.set_attr("action_kind", AttrValue::VarLenString(range.kind().word().into()))?;
        if scale.scale.is_empty() {
            return Ok(());
        }
        data.set_attr("action_scale", AttrValue::F64Array(scale.scale.clone()))?;
        data.set_attr("action_offset", AttrValue::F64Array(scale.offset.clone()))?;
        for demo in 0..self.successful.len() {
            self.file.change(&format!("data/demo_{demo}/actions"), |rows| scale.apply(rows))?;
        }
        Ok(())
    }

    /// What the file as a whole says.
    fn close(&mut self) -> Result<(), hdf5_pure::Error> {
        self.file.write()?;
        self.scale()?;
        let scene = self.scenes.first().map_or("recorded", String::as_str);
        let environment = environment(&self.layout, &self.cameras, scene);
        let data = self.file.file().group("data")?;
        data.set_attr("total", AttrValue::I64(self.frames as i64))?;
        data.set_attr("env_args", AttrValue::VarLenString(environment))?;
        let count = self.successful.len();
        // Of a few episodes the last one.
        let every = if count > 1 { VALID_EVERY.min(count) } else { VALID_EVERY };
        let valid = |demo: usize| demo % every == every - 1;
        self.mask("train", |demo| !valid(demo))?;
        self.mask("valid", valid)?;
        self.mask("successful", |demo| self.successful[demo])
    }

    /// Lists the episodes of a filter; a filter that lets none through is left out.
    fn mask(&self, name: &str, passes: impl Fn(usize) -> bool) -> Result<(), hdf5_pure::Error> {
        let demos = (0..self.successful.len()).filter(|demo| passes(*demo));
        let names: Vec<String> = demos.map(|demo| format!("demo_{demo}")).collect();
        if names.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let root = self.file.file().root();
        root.create_group("mask")?;
        root.create_dataset(&format!("mask/{name}"), |data| {
            data.with_vlen_strings(&names);
        })?;
        Ok(())
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.range.as_ref().is_some_and(|r| r.kind() == ActionKind::JointTarget) {
            let what = "the tool's pose was not recorded, so `actions` are the joints' targets";
            warnings.push(what.to_owned());
        }
        if self.scenes.len() > 1 {
            let scenes = self.scenes.join(", ");
            warnings.push(format!("`env_args` names the first of these scenes only: {scenes}"));
        }
        if self.unknown > 0 {
            let (unknown, frames) = (self.unknown, self.frames);
            warnings.push(format!(
                "in {unknown} of {frames} frames an observation is not known and not a number"
            ));
        }
        warnings
    }
}

impl Exporter for Hdf5Export {
    fn episode(&mut self, mut source: Source<'_>) -> Result<(), ExportError> {
        if !self.whole {
            return Err(ExportError::Broken(self.aside.out().to_owned()));
        }
        self.whole = false;
        let episode = self.successful.len();
        check_frames(&self.layout, episode, source.frames)?;
        let kind = self.widen(&source)?;
        let demo = format!("data/demo_{episode}");
        let refused = |error: hdf5_pure::Error| failed(self.aside.out(), &error);
        let (frames, mut unknown) = (source.frames, 0);
        let stage = |group: &mut StagedGroup<'_>| {
            group.set_attr("num_samples", AttrValue::I64(frames.len() as i64));
            group.set_attr("ep_meta", AttrValue::VarLenString(about(source.notes)));
            unknown = columns::stage(group, &self.layout, self.grippers, kind, frames);
        };
        let bytes = columns::bytes(&self.layout) * frames.len();
        self.file.group(&demo, bytes, stage).map_err(refused)?;
        for (place, camera) in self.layout.cameras.iter().enumerate() {
            let film = Film { camera, place, name: &self.cameras[place], demo: &demo, episode };
            film.write(&mut self.file, &mut source, refused)?;
        }
        self.unknown += unknown;
        self.frames += source.frames.len();
        self.successful.push(source.notes.success);
        if let Some(origin) = &source.notes.origin
            && !self.scenes.contains(&origin.scene)
        {
            self.scenes.push(origin.scene.clone());
        }
        self.whole = true;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Exported, ExportError> {
        let out = self.aside.out().to_owned();
        if !self.whole {
            return Err(ExportError::Broken(out));
        }
        self.close().map_err(|e| failed(&out, &e))?;
        let (episodes, frames, warnings) = (self.successful.len(), self.frames, self.warnings());
        let Self { file, aside, .. } = *self;
        file.close().map_err(|e| failed(&out, &e))?;
        Ok(Exported { episodes, frames, files: vec![aside.place()?], warnings })
    }
}

fn failed(path: &Path, error: &hdf5_pure::Error) -> ExportError {
    match error {
        hdf5_pure::Error::Io(error) => unwritable(path, error),
        other => ExportError::Unwritable { path: path.to_owned(), reason: other.to_string() },
    }
}
