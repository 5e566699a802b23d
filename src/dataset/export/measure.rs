use super::tests::*;
use super::*;
use interface::*;
use std::time::Instant;

fn peak() -> String {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines().find(|l| l.starts_with("VmHWM")).unwrap().to_owned()
}

fn pictures(w: u32, h: u32) -> Vec<Image> {
    let mut v = vec![];
    let mut names: Vec<_> = std::fs::read_dir("/work/shared/data/bridge/episode_2/rgb")
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    for n in names {
        let i = image::open(n)
            .unwrap()
            .resize_exact(w, h, image::imageops::FilterType::Triangle)
            .to_rgb8();
        let rgb: Vec<[u8; 3]> = i.pixels().map(|p| p.0).collect();
        v.push(Image { width: w as usize, height: h as usize, rgb: rgb.into() });
    }
    v
}

fn big(w: usize, h: usize, cams: usize) -> FrameLayout {
    FrameLayout {
        robot: "franka".into(),
        fps: 50,
        joints: (0..8).map(|i| format!("j{i}")).collect(),
        things: vec!["cube".into()],
        flow_points: 64,
        cameras: (0..cams)
            .map(|i| CameraLayout { name: format!("policy{i}"), width: w, height: h, depth: false })
            .collect(),
    }
}
fn fr(i: usize) -> Frame {
    let t = i as f32 * 0.02;
    Frame {
        stamp: Stamp(20_000_000 * i as i64),
        state: (0..8).map(|j| (t + j as f32).sin()).collect(),
        action: (0..8).map(|j| (t + 0.02 + j as f32).sin()).collect(),
        requested: (0..8).map(|j| (t + 0.02 + j as f32).sin()).collect(),
        tool_pose: [t.sin(), t.cos(), 0.3, 0., 0., t.sin(), t.cos()],
        tool_delta: [0.01, 0.02, 0.0, 0.01 * t, 0., 0., 0.04],
        environment: vec![t.sin(), 0., 0., 0., 0., 0., 1.],
        flow: (0..64).map(|k| [t.sin() + k as f32 * 0.001, 0.1, 0.2]).collect(),
        mode: ControlMode::Expert,
        success: i > 200,
    }
}
fn go(name: &str, layout: &FrameLayout, n: usize, episodes: usize, pics: &[Image]) {
    let root = std::path::PathBuf::from(
        std::env::var("MEASURE_OUT").unwrap_or("/tmp/w/export/out".into()),
    );
    let _ = std::fs::create_dir_all(&root);
    let kinds: [(&str, Box<dyn Fn(&Path) -> Box<dyn Exporter>>); 2] = [
        ("hdf5", Box::new(|p: &Path| Box::new(Hdf5Export::begin(layout, 1, p).unwrap()) as _)),
        ("mcap", Box::new(|p: &Path| Box::new(McapExport::begin(layout, 1, p).unwrap()) as _)),
    ];
    use std::path::Path;
    let frames: Vec<Frame> = (0..n).map(fr).collect();
    for (kind, begin) in kinds {
        let out = root.join(format!("{name}.{kind}"));
        let _ = std::fs::remove_file(&out);
        let _ = std::fs::remove_dir_all(&out);
        let start = Instant::now();
        let mut ex = begin(&out);
        for e in 0..episodes {
            let mut pictures = |_: usize, i: usize| {
                Ok(Picture {
                    stamp: Stamp(20_000_000 * i as i64),
                    image: pics[i % pics.len()].clone(),
                    depth: None,
                })
            };
            let notes = notes(e);
            if let Err(e) =
                ex.episode(Source { notes: &notes, frames: &frames, pictures: &mut pictures })
            {
                eprintln!("{name} {kind}: ERROR {e}");
                break;
            }
            if episodes > 100 && e % 200 == 0 {
                eprintln!("   {e} {:?}", start.elapsed());
            }
        }
        match ex.finish() {
            Ok(done) => {
                let size: u64 = done.files.iter().map(|f| f.metadata().unwrap().len()).sum();
                eprintln!(
                    "{name} {kind}: {:.2} MB, {:.2} s, {}",
                    size as f64 / 1e6,
                    start.elapsed().as_secs_f64(),
                    peak()
                );
            }
            Err(e) => eprintln!(
                "{name} {kind}: finish ERROR {e}; left {:?}",
                std::fs::read_dir(&root)
                    .unwrap()
                    .map(|e| e.unwrap().file_name())
                    .collect::<Vec<_>>()
            ),
        }
    }
}
#[test]
fn one256() {
    go("one256", &big(256, 256, 1), 250, 1, &pictures(256, 256));
}
#[test]
fn none() {
    go("none", &big(256, 256, 0), 250, 1, &[]);
}
#[test]
fn many() {
    go("many", &big(256, 256, 0), 250, 1001, &[]);
}
#[test]
fn ten256() {
    go("ten256", &big(256, 256, 1), 250, 10, &pictures(256, 256));
}
#[test]
fn two640() {
    go("two640", &big(640, 480, 2), 500, 1, &pictures(640, 480));
}
