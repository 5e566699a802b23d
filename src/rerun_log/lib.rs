//! Plans and executions for the Rerun viewer: written to a `.rrd` file, streamed to a running
//! viewer, or both at once.
//!
//! It draws plain nouns and knows no planner, simulator or robot: meshes with poses, clouds, flows,
//! pictures, grasps, joint values and sentences, each at a moment of one timeline, `time`, in
//! seconds. This is the one crate that sees the Rerun SDK.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod convert;
mod episode;
mod layout;
mod pictures;
mod plan;
mod policy;
mod recording;
mod scene;

pub use recording::{Recording, RerunError, Target};

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::Arc;

    use interface::{
        ArmInfo, ArmState, Depth, Flow3, FlowSource, GraspCandidate, GraspRejection, Image,
        LookItem, Material, Mesh, Pinhole, Point, PointCloud, RigidTransform, SceneLook, Stamp,
        ToolPath, View,
    };

    use super::*;

    fn triangle(height: f64) -> SceneLook {
        let mesh = Mesh {
            positions: vec![
                Point::new(0.0, 0.0, 0.0),
                Point::new(1.0, 0.0, 0.0),
                Point::new(0.0, 1.0, 0.0),
            ],
            triangles: vec![[0, 1, 2]],
            ..Mesh::default()
        };
        let item = LookItem {
            thing: "red cube".into(),
            part: "body".into(),
            world_from_mesh: RigidTransform::translation(0.0, 0.0, height),
            mesh: Arc::new(mesh),
            material: Arc::new(Material::default()),
        };
        SceneLook { items: vec![item.clone(), item], lights: vec![] }
    }

    fn view() -> View {
        View {
            stamp: Stamp::default(),
            camera: "front".into(),
            image: Image { width: 2, height: 1, rgb: vec![[255, 0, 0], [0, 255, 0]].into() },
            depth: Depth { width: 2, height: 1, metres: vec![0.7, f32::NAN].into() },
            pinhole: Pinhole { width: 2, height: 1, fx: 2.0, fy: 2.0, cx: 1.0, cy: 0.5 },
            world_from_camera: None,
            object_mask: None,
            part_masks: vec![],
        }
    }

    /// Everything that can be logged, at two moments.
    fn tell(recording: &mut Recording) -> Result<(), RerunError> {
        let cloud =
            PointCloud { points: vec![Point::new(0.1, 0.2, 0.3)].into(), colors: vec![].into() };
        let points = vec![Point::origin(), Point::new(0.0, 0.0, 0.1)];
        let flow =
            Flow3::new(vec![0.0, 1.0], 1, points, vec![true, true], FlowSource::Goal).unwrap();
        let grasp = |rejection| GraspCandidate {
            frame_from_grasp: RigidTransform::identity(),
            width: 0.04,
            opening: 0.08,
            score: 0.5,
            inferred: false,
            rejection,
        };
        let too_wide = GraspRejection::TooWide { width: 0.1, max: 0.08 };
        let info = ArmInfo {
            robot: "arm".into(),
            joints: vec![],
            max_openings: vec![0.08],
            control_period: 0.02,
        };
        recording.at(0.0);
        recording.scene(&triangle(0.0))?;
        recording.view("main", &view())?;
        recording.cloud("object", &cloud, [255, 0, 0])?;
        recording.flow(&flow, 0.0)?;
        recording.grasps(&[grasp(None), grasp(Some(too_wide))], Some(0), 0.04)?;
        recording.tool_path(&ToolPath {
            times: vec![0.0, 1.0],
            frame_from_tool: vec![RigidTransform::identity(); 2],
        })?;
        recording.picture("target", &view().image)?;
        recording.page("plan", "# A plan")?;
        for tick in 0..2 {
            recording.at(f64::from(tick));
            recording.scene(&triangle(f64::from(tick)))?;
            let state = ArmState {
                stamp: Stamp::default(),
                positions: vec![],
                velocities: vec![],
                openings: vec![0.01],
            };
            recording.joints(&info, &state)?;
            recording.number("residual", 0.002)?;
            recording.line("lifting", tick == 1)?;
        }
        Ok(())
    }

    const EXPECTED: [&str; 10] = [
        "world/red_cube/body/1",
        "world/camera/main/depth",
        "world/clouds/object",
        "world/flow/ribbons",
        "world/grasps",
        "world/tool_path",
        "pictures/target",
        "openings",
        "numbers/residual",
        "log",
    ];

    #[test]
    fn everything_is_recorded_in_memory() {
        let (stream, storage) = rerun::RecordingStreamBuilder::new("flowarm").memory().unwrap();
        let mut recording = Recording::begin(stream, None).unwrap();
        tell(&mut recording).unwrap();
        recording.stream.flush_blocking().unwrap();
        let told = format!("{:?}", storage.take());
        for path in EXPECTED {
            assert!(told.contains(path), "{path} is missing");
        }
    }

    #[test]
    fn files_satisfy_the_rerun_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/plan.rrd");
        let mut recording = Recording::open("test", &[Target::File(path.clone())]).unwrap();
        tell(&mut recording).unwrap();
        recording.finish().unwrap();
        assert!(std::fs::read(&path).unwrap().starts_with(b"RRF"), "no .rrd header");
        let run = |act: &str| Command::new("rerun").args(["rrd", act]).arg(&path).output();
        let Ok(verified) = run("verify") else {
            println!("skipped: no `rerun` program on PATH to verify the file with");
            return;
        };
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        let printed = String::from_utf8(run("print").unwrap().stdout).unwrap();
        for path in EXPECTED {
            assert!(printed.contains(path), "{path} is missing in\n{printed}");
        }
    }
}
