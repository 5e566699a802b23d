//! RGB-D folders: `meta.json`, `rgb/NNN.jpg|png`, `depth/NNN.png|npy`, optional `mask_object/NNN.png`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use interface::{MaskSource, ObjectMask, Observation, Pinhole, RigidTransform, Stamp, View};
use nalgebra::{Matrix3, Rotation3, Translation3, UnitQuaternion};
use serde::Deserialize;

use crate::DatasetError;
use crate::picture::{read_depth, read_image, read_mask};

/// Frames per second when nobody wrote them down.
const ASSUMED_FPS: f64 = 5.0;

/// A recorded clip of one RGB-D camera. Its frames are read when asked for.
#[derive(Clone, Debug)]
pub struct RgbdFolder {
    /// The folder.
    pub path: PathBuf,
    /// The sentence that came with the recording; empty when none did.
    pub instruction: String,
    /// What the object is called; `object` when nobody said.
    pub object: String,
    /// What else the recording's own parse of the instruction lists, the object included.
    pub things: Vec<String>,
    /// Frames a second.
    pub fps: f64,
    /// The lens.
    pub pinhole: Pinhole,
    /// Whether the lens was calibrated or assumed.
    pub calibrated: bool,
    /// Where the camera stood in the frame of the robot's base; `None` when nobody measured it.
    pub base_from_camera: Option<RigidTransform>,
    /// What was odd but could be lived with.
    pub warnings: Vec<String>,
    frames: Vec<Frame>,
    first: View,
}

#[derive(Clone, Debug)]
struct Frame {
    rgb: PathBuf,
    depth: PathBuf,
    mask: Option<PathBuf>,
}

impl RgbdFolder {
    /// How many frames there are; at least one.
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// The first frame.
    pub fn first(&self) -> &View {
        &self.first
    }

    /// What a planner is given: the first frame.
    pub fn observation(&self) -> Observation {
        Observation { views: vec![self.first.clone()] }
    }

    /// Whether the object's pixels are known in every frame.
    pub fn has_masks(&self) -> bool {
        self.frames.iter().all(|f| f.mask.is_some())
    }

    /// The object's pixels in one frame, when somebody marked them.
    pub fn mask(&self, frame: usize) -> Result<Option<interface::Mask>, DatasetError> {
        match &self.frame(frame)?.mask {
            None => Ok(None),
            Some(path) => {
                let mask = read_mask(path)?;
                self.same_size(path, mask.width, mask.height)?;
                Ok(Some(mask))
            }
        }
    }

    /// One frame and what is odd about it.
    pub fn view(&self, frame: usize) -> Result<(View, Vec<String>), DatasetError> {
        let files = self.frame(frame)?;
        let image = read_image(&files.rgb)?;
        self.same_size(&files.rgb, image.width, image.height)?;
        let (depth, warning) = read_depth(&files.depth)?;
        self.same_size(&files.depth, depth.width, depth.height)?;
        let object_mask = self.mask(frame)?.map(|mask| ObjectMask {
            mask,
            name: self.object.clone(),
            source: MaskSource::Recorded,
        });
        let view = View {
            stamp: Stamp::from_secs(frame as f64 / self.fps),
            camera: Arc::clone(&self.first.camera),
            image,
            depth,
            pinhole: self.pinhole,
            world_from_camera: self.base_from_camera,
            object_mask,
            part_masks: Vec::new(),
        };
        Ok((view, warning.into_iter().collect()))
    }

    fn frame(&self, frame: usize) -> Result<&Frame, DatasetError> {
        self.frames.get(frame).ok_or_else(|| DatasetError::NoFrame {
            path: self.path.clone(),
            frame,
            frames: self.frames.len(),
        })
    }

    fn same_size(&self, path: &Path, width: usize, height: usize) -> Result<(), DatasetError> {
        same_size(path, (width, height), (self.pinhole.width, self.pinhole.height))
    }
}

fn same_size(path: &Path, got: (usize, usize), size: (usize, usize)) -> Result<(), DatasetError> {
    if got == size {
        return Ok(());
    }
    Err(DatasetError::SizeMismatch {
        path: path.to_owned(),
        got_width: got.0,
        got_height: got.1,
        width: size.0,
        height: size.1,
    })
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    instruction: Option<String>,
    #[serde(default)]
    instruction_parse: Option<Parse>,
    #[serde(default)]
    fps: Option<f64>,
    #[serde(default)]
    fps_nominal: Option<f64>,
    #[serde(default)]
    intrinsics: Option<Intrinsics>,
    #[serde(default)]
    intrinsics_assumed: Option<Intrinsics>,
    #[serde(default)]
    base_from_camera: Option<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Parse {
    #[serde(default)]
    main: Option<String>,
    #[serde(default)]
    all: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
struct Intrinsics {
    fx: f64,
    fy: f64,
    cx: f64,
    cy: f64,
}

/// Reads a recorded RGB-D folder: its description, and its first frame, checked for what a plan
/// needs (colour, some depth, equal sizes, a mask that is not empty where there is one).
pub fn read_rgbd_folder(dir: &Path) -> Result<RgbdFolder, DatasetError> {
    if !dir.is_dir() {
        return Err(DatasetError::NoFolder(dir.to_owned()));
    }
    let mut warnings = Vec::new();
    let meta_path = dir.join("meta.json");
    let invalid = |problem: String| DatasetError::Invalid { path: meta_path.clone(), problem };
    let missing = |path: PathBuf, expected| DatasetError::Missing { path, expected };
    if !meta_path.is_file() {
        let expected = "an RGB-D folder says in meta.json its instruction, intrinsics and fps";
        return Err(missing(meta_path, expected));
    }
    let text = std::fs::read_to_string(&meta_path)
        .map_err(|e| DatasetError::Unreadable { path: meta_path.clone(), reason: e.to_string() })?;
    let meta: Meta = serde_json::from_str(&text).map_err(|e| invalid(format!("bad JSON: {e}")))?;

    let rgb = numbered(&dir.join("rgb"), &["jpg", "jpeg", "png"]);
    let depth = numbered(&dir.join("depth"), &["png", "npy"]);
    let masks = numbered(&dir.join("mask_object"), &["png"]);
    if rgb.is_empty() {
        return Err(missing(dir.join("rgb"), "colour pictures NNN.jpg or NNN.png belong there"));
    }
    if depth.is_empty() {
        let expected = "16-bit depth in millimetres, NNN.png, belongs there; 3D needs it";
        return Err(missing(dir.join("depth"), expected));
    }
    let frames = frames(rgb, &depth, &masks, &mut warnings);
    let Some(first) = frames.first() else {
        return Err(missing(
            dir.join("depth").join("000.png"),
            "no colour picture has a depth image of the same number",
        ));
    };

    let image = read_image(&first.rgb)?;
    let size = (image.width, image.height);
    let (first_depth, warning) = read_depth(&first.depth)?;
    same_size(&first.depth, (first_depth.width, first_depth.height), size)?;
    warnings.extend(warning);

    let calibrated = meta.intrinsics.is_some();
    let lens = meta.intrinsics.or(meta.intrinsics_assumed).ok_or_else(|| {
        invalid("neither `intrinsics` nor `intrinsics_assumed` {fx, fy, cx, cy} is given".into())
    })?;
    let finite = [lens.fx, lens.fy, lens.cx, lens.cy].iter().all(|x| x.is_finite());
    if !finite || lens.fx <= 0.0 || lens.fy <= 0.0 {
        return Err(invalid(format!(
            "focal lengths {} and {} px; they must be positive and finite, as must cx and cy",
            lens.fx, lens.fy
        )));
    }
    if !calibrated {
        warnings.push("the camera's intrinsics are assumed, not calibrated".into());
    }
    let pinhole = Pinhole {
        width: size.0,
        height: size.1,
        fx: lens.fx,
        fy: lens.fy,
        cx: lens.cx,
        cy: lens.cy,
    };

    let fps = match meta.fps.or(meta.fps_nominal) {
        Some(fps) if fps.is_finite() && fps > 0.0 => fps,
        Some(fps) => return Err(invalid(format!("fps is {fps}; it must be positive"))),
        None => {
            warnings.push(format!("meta.json gives no fps; {ASSUMED_FPS} is assumed"));
            ASSUMED_FPS
        }
    };
    let base_from_camera = match &meta.base_from_camera {
        None => None,
        Some(rows) => Some(rigid(rows).map_err(invalid)?),
    };

    let object = meta.instruction_parse.as_ref().and_then(|p| p.main.clone());
    let object = object.unwrap_or_else(|| "object".into());
    let mut things = meta.instruction_parse.map(|p| p.all).unwrap_or_default();
    things.retain(|t| !t.trim().is_empty() && *t != object);
    things.insert(0, object.clone());

    let object_mask = match &first.mask {
        None => {
            warnings.push("there is no mask_object: the object's pixels are not known".into());
            None
        }
        Some(path) => {
            let mask = read_mask(path)?;
            same_size(path, (mask.width, mask.height), size)?;
            if mask.count() == 0 {
                return Err(DatasetError::EmptyMask(path.clone()));
            }
            Some(ObjectMask { mask, name: object.clone(), source: MaskSource::Recorded })
        }
    };
    let view = View {
        stamp: Stamp::default(),
        camera: "recorded".into(),
        image,
        depth: first_depth,
        pinhole,
        world_from_camera: base_from_camera,
        object_mask,
        part_masks: Vec::new(),
    };
    Ok(RgbdFolder {
        path: dir.to_owned(),
        instruction: meta.instruction.unwrap_or_default(),
        object,
        things,
        fps,
        pinhole,
        calibrated,
        base_from_camera,
        warnings,
        frames,
        first: view,
    })
}

/// Frames that have both colour and depth, by number; what is left over becomes a warning.
fn frames(
    rgb: Vec<(u64, PathBuf)>,
    depth: &[(u64, PathBuf)],
    masks: &[(u64, PathBuf)],
    warnings: &mut Vec<String>,
) -> Vec<Frame> {
    let find = |set: &[(u64, PathBuf)], number: u64| {
        set.binary_search_by_key(&number, |(n, _)| *n).ok().map(|i| set[i].1.clone())
    };
    let total = rgb.len();
    let out: Vec<Frame> = rgb
        .into_iter()
        .filter_map(|(number, rgb)| {
            Some(Frame { rgb, depth: find(depth, number)?, mask: find(masks, number) })
        })
        .collect();
    if out.len() < total {
        warnings.push(format!(
            "{} of {total} colour pictures have no depth; they are left out",
            total - out.len()
        ));
    }
    let masked = out.iter().filter(|f| f.mask.is_some()).count();
    if masked > 0 && masked < out.len() {
        warnings.push(format!("{masked} of {} frames have an object mask", out.len()));
    }
    out
}

/// The numbered files of a folder with one of these endings, in order.
fn numbered(dir: &Path, endings: &[&str]) -> Vec<(u64, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut out: Vec<(u64, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter_map(|path| {
            let ending = path.extension()?.to_str()?.to_ascii_lowercase();
            let number = path.file_stem()?.to_str()?.parse().ok()?;
            endings.contains(&ending.as_str()).then_some((number, path))
        })
        .collect();
    out.sort();
    out.dedup_by_key(|(n, _)| *n);
    out
}

/// A 4x4 matrix as a pose, when it is one.
fn rigid(rows: &[Vec<f64>]) -> Result<RigidTransform, String> {
    let problem = |what: String| format!("base_from_camera is no rigid 4x4 transform: {what}");
    if rows.len() != 4 || rows.iter().any(|r| r.len() != 4) {
        return Err(problem("it needs four rows of four numbers".into()));
    }
    if rows.iter().flatten().any(|x| !x.is_finite()) {
        return Err(problem("it holds a value that is not finite".into()));
    }
    let r = Matrix3::from_fn(|i, j| rows[i][j]);
    let off = (r.transpose() * r - Matrix3::identity()).abs().max();
    if off > 1e-3 || r.determinant() < 0.0 {
        return Err(problem(format!(
            "its rotation is off by {off:.3} with determinant {:.3}",
            r.determinant()
        )));
    }
    let rotation = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(r));
    Ok(RigidTransform::from_parts(Translation3::new(rows[0][3], rows[1][3], rows[2][3]), rotation))
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma, Rgb};
    use proptest::prelude::*;

    use super::*;

    const META: &str = r#"{"instruction": "lift the cube", "fps": 10,
        "intrinsics": {"fx": 20.0, "fy": 20.0, "cx": 7.5, "cy": 5.5}}"#;

    /// A good folder of two 16x12 frames, which the tests then spoil.
    fn folder(meta: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let p = dir.path();
        for sub in ["rgb", "depth", "mask_object"] {
            std::fs::create_dir(p.join(sub)).unwrap();
        }
        std::fs::write(p.join("meta.json"), meta).unwrap();
        for i in 0..2 {
            let rgb = ImageBuffer::from_fn(16, 12, |x, y| Rgb([x as u8, y as u8, 7]));
            rgb.save(p.join(format!("rgb/{i:03}.png"))).unwrap();
            let depth = ImageBuffer::from_fn(16, 12, |x, _| Luma([500 + x as u16]));
            depth.save(p.join(format!("depth/{i:03}.png"))).unwrap();
            let mask = ImageBuffer::from_fn(16, 12, |x, _| Luma([if x > 7 { 255_u8 } else { 0 }]));
            mask.save(p.join(format!("mask_object/{i:03}.png"))).unwrap();
        }
        dir
    }

    fn check(spoil: impl Fn(&Path), expected: &str) {
        let dir = folder(META);
        spoil(dir.path());
        let said = match read_rgbd_folder(dir.path()) {
            Ok(f) => f.warnings.join("; "),
            Err(e) => e.to_string(),
        };
        assert!(said.contains(expected), "said {said:?}, expected {expected:?}");
        assert!(!said.contains('\n'), "{said}");
    }

    #[test]
    fn a_good_folder() {
        let dir = folder(META);
        let f = read_rgbd_folder(dir.path()).unwrap();
        assert!(f.warnings.is_empty(), "{:?}", f.warnings);
        assert_eq!((f.frames(), f.fps, f.calibrated), (2, 10.0, true));
        assert_eq!(f.first().depth.at(3, 0), Some(0.503));
        assert_eq!(f.first().image.rgb[16 * 2 + 5], [5, 2, 7]);
        assert_eq!(f.first().object_mask.as_ref().unwrap().mask.count(), 8 * 12);
        let (second, warnings) = f.view(1).unwrap();
        assert_eq!((second.stamp, warnings.len()), (Stamp::from_secs(0.1), 0));
        assert!(f.view(2).unwrap_err().to_string().contains("frames 0 to 1"));
    }

    #[test]
    fn bad_folders_are_told_apart() {
        let remove = |p: &Path, what: &str| std::fs::remove_dir_all(p.join(what)).unwrap();
        let depth = |p: &Path, i: ImageBuffer<Luma<u16>, Vec<u16>>| {
            i.save(p.join("depth/000.png")).unwrap()
        };
        let meta = |p: &Path, text: &str| std::fs::write(p.join("meta.json"), text).unwrap();
        check(|p| remove(p, "depth"), "16-bit depth in millimetres");
        check(|p| remove(p, "rgb"), "colour pictures");
        check(|p| remove(p, "mask_object"), "there is no mask_object");
        check(|p| std::fs::remove_file(p.join("meta.json")).unwrap(), "meta.json is missing");
        check(|p| meta(p, "{"), "bad JSON");
        check(|p| meta(p, "{}"), "intrinsics");
        check(|p| meta(p, &META.replace("20.0", "0.0")), "must be positive");
        check(|p| meta(p, &META.replace("10", "-1")), "fps is -1");
        check(|p| meta(p, &META.replace("\"fps\": 10,", "")), "gives no fps");
        check(|p| meta(p, &META.replace("\"intrinsics\"", "\"intrinsics_assumed\"")), "assumed");
        let skew = META.replace(
            "\"fps\"",
            "\"base_from_camera\": [[1,0,0,0],[0,2,0,0],[0,0,1,0],[0,0,0,1]], \"fps\"",
        );
        check(|p| meta(p, &skew), "no rigid 4x4");
        check(|p| depth(p, ImageBuffer::from_pixel(8, 8, Luma([500]))), "must be equal");
        check(|p| depth(p, ImageBuffer::from_pixel(16, 12, Luma([0]))), "no usable distance");
        check(
            |p| {
                depth(
                    p,
                    ImageBuffer::from_fn(16, 12, |x, _| Luma([if x == 0 { 65_535 } else { 500 }])),
                )
            },
            "12 of 192 distances",
        );
        check(
            |p| {
                ImageBuffer::from_pixel(16, 12, Luma([0_u8])).save(p.join("depth/000.png")).unwrap()
            },
            "16-bit grey PNG",
        );
        check(
            |p| {
                ImageBuffer::from_pixel(16, 12, Luma([0_u8]))
                    .save(p.join("mask_object/000.png"))
                    .unwrap()
            },
            "marks no pixel",
        );
        check(|p| std::fs::remove_file(p.join("depth/001.png")).unwrap(), "1 of 2 colour pictures");
        check(|p| std::fs::write(p.join("rgb/000.png"), "no picture").unwrap(), "cannot be read");
    }

    #[test]
    fn nan_in_depth_counts_as_not_measured() {
        let dir = folder(META);
        std::fs::remove_file(dir.path().join("depth/000.png")).unwrap();
        let mut metres = vec![0.5_f32; 16 * 12];
        metres[0] = f32::NAN;
        metres[1] = -1.0;
        let array = crate::NpyArray { shape: vec![12, 16], data: crate::NpyData::F32(metres) };
        crate::write_npy(&dir.path().join("depth/000.npy"), &array).unwrap();
        let f = read_rgbd_folder(dir.path()).unwrap();
        assert!(f.warnings[0].contains("2 of 192"), "{:?}", f.warnings);
        assert_eq!((f.first().depth.at(0, 0), f.first().depth.at(2, 0)), (None, Some(0.5)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
        #[test]
        fn no_meta_breaks_the_reader(at in 0..META.len(), with in any::<u8>()) {
            let mut bytes = META.as_bytes().to_vec();
            bytes[at] = with;
            let dir = folder(META);
            std::fs::write(dir.path().join("meta.json"), bytes).unwrap();
            if let Ok(f) = read_rgbd_folder(dir.path()) {
                prop_assert!(f.pinhole.fx > 0.0 && f.fps > 0.0);
            }
        }
    }
}
