//! A small believable session: a teapot on a table, a plan that was refused or that stands.

use std::sync::Arc;

use interface::{
    Flow3, FlowSource, GraspCandidate, GraspRejection, Image, JointSpec, LookItem, Material, Mesh,
    Point, PointCloud, RigidTransform, SceneLook, ToolPath, Verdict,
};
use session_api::live::{
    ArmPose, Cloud, Hand, Observed, Opened, PlanShown, RobotShown, Row, RowState, Shown, Sources,
    Subject, TargetShown,
};
use session_api::{FitFigures, FitStep};

pub use super::demonstrations::*;

/// Two scenes and two robots.
pub fn sources() -> Sources {
    let scene = |name: &str, sentence: &str| (name.to_owned(), sentence.to_owned());
    Sources {
        scenes: vec![
            scene("pour_tea", "pour tea from the teapot into the cup"),
            scene("pen_in_holder", "put the pen into the holder"),
        ],
        robots: vec!["franka".into(), "xtrainer".into()],
    }
}

/// Nothing is open.
pub fn nothing() -> Shown {
    Shown { speed: 1.0, ..Shown::default() }
}

/// A scene is open, nothing is planned.
pub fn opened() -> Shown {
    let joint = |name: &str, lower: f64, upper: f64| JointSpec {
        name: name.into(),
        lower,
        upper,
        velocity: 2.0,
        acceleration: 8.0,
        jerk: 80.0,
        effort: 80.0,
    };
    let robot = RobotShown {
        name: "franka".into(),
        joints: vec![
            joint("panda_joint1", -2.8973, 2.8973),
            joint("panda_joint2", -1.7628, 1.7628),
            joint("panda_joint4", -3.0718, -0.0698),
            joint("rail", 0.0, 0.8),
        ],
        slides: vec![false, false, false, true],
        home: vec![0.0, -0.785, -2.356, 0.4],
        hands: vec![Hand {
            name: "hand".into(),
            max_opening: 0.08,
            finger_length: 0.045,
            finger_width: 0.02,
            finger_thickness: 0.01,
        }],
        links: vec!["panda_link0".into(), "panda_hand".into()],
        ..RobotShown::default()
    };
    let item = |thing: &str, part: &str| LookItem {
        thing: thing.into(),
        part: part.into(),
        world_from_mesh: RigidTransform::identity(),
        mesh: Arc::new(Mesh::default()),
        material: Arc::new(Material::default()),
    };
    let cloud = |n: usize| PointCloud {
        points: (0..n).map(|i| Point::new(i as f32 * 1e-3, 0.0, 0.1)).collect(),
        colors: Arc::new([]),
    };
    Shown {
        moment: 1,
        opened: Arc::new(Opened {
            subject: Subject::Scene { scene: "pour_tea".into(), seed: 7 },
            robot: Some(Arc::new(robot)),
            instruction: "pour tea from the teapot into the cup".into(),
            examples: vec![
                "pour tea from the teapot into the cup".into(),
                "lift the teapot by its handle".into(),
            ],
            things: vec!["teapot".into(), "cup".into(), "table".into()],
            clouds: vec![Cloud {
                name: "wrist scan".into(),
                cloud: cloud(1_200),
                world_from_cloud: RigidTransform::identity(),
            }],
            warnings: vec!["the cup has no texture; it is drawn in one colour".into()],
        }),
        speed: 1.0,
        secs: 12.34,
        ticks: 617,
        look: Arc::new(SceneLook {
            items: vec![
                item("table", "top"),
                item("teapot", "body"),
                item("teapot", "handle"),
                item("cup", "body"),
                item("franka", "panda_hand"),
            ],
            lights: vec![],
        }),
        joints: vec![0.02, -0.785, -3.0701, 0.4],
        targets: vec![0.1, -0.785, -3.0701, 0.4],
        openings: vec![0.06],
        solved: Some(false),
        period: 0.02,
        tick_millis: 1.84,
        ..Shown::default()
    }
}

fn row(name: &str, state: RowState, millis: f64, detail: &str) -> Row {
    Row { name: name.into(), state, millis, detail: detail.into() }
}

fn flow() -> Flow3 {
    let times: Vec<f64> = (0..5).map(|i| f64::from(i) * 0.4).collect();
    let positions: Vec<Point> = (0..5 * 3).map(|i| Point::new(0.0, 0.0, i as f32 * 0.01)).collect();
    Flow3::new(times, 3, positions, vec![true; 15], FlowSource::Goal).unwrap()
}

fn fits() -> Vec<FitStep> {
    let figures = |rms: f64, inliers| FitFigures {
        rms,
        inliers,
        total: 412,
        rotation: 0.61,
        translation: 0.183,
    };
    (0..5)
        .map(|step| FitStep {
            step,
            secs: step as f64 * 0.4,
            robust: Some(figures(0.0004 + 0.0002 * step as f64, 396)),
            svd: Some(figures(0.0031 + 0.0012 * step as f64, 211)),
        })
        .collect()
}

fn grasp(score: f64, width: f64, rejection: Option<GraspRejection>) -> GraspCandidate {
    GraspCandidate {
        frame_from_grasp: RigidTransform::identity(),
        width,
        opening: width + 0.02,
        inferred: score > 0.85 && score < 0.9,
        score,
        rejection,
    }
}

/// Grasps, the best first, the second one chosen.
pub fn grasps() -> Vec<GraspCandidate> {
    let reach =
        GraspRejection::UnreachableAtGoal { step: 41, position_error: 0.062, rotation_error: 0.31 };
    vec![
        grasp(0.91, 0.018, Some(reach)),
        grasp(0.87, 0.021, None),
        grasp(0.71, 0.024, None),
        grasp(0.64, 0.094, Some(GraspRejection::TooWide { width: 0.094, max: 0.08 })),
        grasp(0.52, 0.031, Some(GraspRejection::HandCollision { points: 14 })),
        grasp(0.40, 0.033, Some(GraspRejection::NotTried)),
    ]
}

pub fn picture(shade: u8) -> Image {
    let rgb = (0..48 * 64).map(|i| [shade, (i % 64 * 3) as u8, (i / 64 * 4) as u8]).collect();
    Image { width: 64, height: 48, rgb }
}

fn plan() -> PlanShown {
    PlanShown {
        id: 3,
        instruction: "pour tea from the teapot into the cup".into(),
        rows: vec![
            row("observe", RowState::Done, 38.2, "412 points of teapot, 121 inferred"),
            row("flow", RowState::Done, 4.1, "5 steps of 3 points over 1.60 s, from the goal"),
            row("fit", RowState::Done, 2.4, "rms 1.2 mm, 396 of 412 points follow"),
            row("target", RowState::Done, 61.0, "rendered 64 x 48"),
            row("verdict", RowState::Done, 1.3, "the spout ends over the cup"),
            row("grasp", RowState::Done, 212.0, "2 of 6 kept"),
            row("solve", RowState::Done, 0.9, "81 tool poses"),
            row("path", RowState::Done, 340.0, "11.52 s, 288 poses, no collision"),
            row("execute", RowState::Waiting, 0.0, ""),
        ],
        retries: 1,
        object: "teapot".into(),
        part: "handle".into(),
        observed: Some(Arc::new(Observed {
            object: PointCloud {
                points: vec![Point::new(0.1, 0.2, 0.3); 533].into(),
                colors: Arc::new([]),
            },
            inferred: (0..533).map(|i| i >= 412).collect(),
            part: (0..533).map(|i| i < 90).collect(),
            scene: PointCloud {
                points: vec![Point::new(0.0, 0.0, 0.0); 10_240].into(),
                colors: Arc::new([]),
            },
        })),
        flow: Some(flow()),
        fits: fits(),
        residuals: vec![0.001; 15].into(),
        target: Some(Arc::new(TargetShown {
            before: picture(60),
            after: picture(160),
            end_from_start: RigidTransform::translation(0.1, 0.0, 0.2),
        })),
        verdicts: vec![
            Verdict {
                accept: false,
                reason: "the teapot would stand in the cup".into(),
                score: 0.12,
                judge: "geometric".into(),
            },
            Verdict {
                accept: true,
                reason: "the spout ends over the cup".into(),
                score: 0.93,
                judge: "geometric".into(),
            },
        ],
        grasps: grasps().into(),
        chosen: Some(1),
        reach_known: true,
        tool_path: Some(Arc::new(ToolPath {
            times: vec![0.0, 0.8, 1.6],
            frame_from_tool: vec![
                RigidTransform::identity(),
                RigidTransform::translation(0.0, 0.0, 0.1),
                RigidTransform::translation(0.0, 0.1, 0.1),
            ],
        })),
        arm_path: (0..4)
            .map(|i| ArmPose {
                secs: f64::from(i),
                phase: ["approach", "grasp", "motion", "release"][i as usize],
                world_from_link: vec![],
                world_from_tool: RigidTransform::identity(),
            })
            .collect(),
        executable: true,
        ..PlanShown::default()
    }
}

/// A plan that stands.
pub fn planned() -> Shown {
    Shown { plan: Some(Arc::new(plan())), ..opened() }
}

/// A plan that was refused at the grasps.
pub fn refused() -> Shown {
    let mut plan = plan();
    plan.rows[5] = row("grasp", RowState::Refused, 212.0, "none of 6 candidates can be taken");
    for row in &mut plan.rows[6..] {
        row.state = RowState::Skipped;
        row.millis = 0.0;
        row.detail.clear();
    }
    plan.refused = Some("no grasp: none of 6 candidates can be taken".into());
    plan.executable = false;
    plan.chosen = None;
    plan.tool_path = None;
    plan.arm_path = Arc::new([]);
    plan.warnings = vec!["the camera's pose was guessed".into()];
    Shown { plan: Some(Arc::new(plan)), ..opened() }
}
