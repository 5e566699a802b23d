//! Pictures of the window without a graphics card, to be looked at: `PICTURES=folder`.

use std::collections::HashMap;
use std::path::PathBuf;

use egui::epaint::{ImageDelta, Mesh, Primitive, Vertex};
use egui::{Color32, ImageData, Pos2, RawInput, Rect, TextureId, Vec2, vec2};
use image::{Rgb, RgbImage};
use session_api::live::{Doing, Heard, Shown, ToShow};

use super::fixture;
use crate::demos::{Cut, Form};
use crate::{Theme, View, Workbench};

/// What the 3D view would show: anything that is seen to be a hole.
const BEHIND: [u8; 3] = [58, 66, 80];

struct Texture {
    size: [usize; 2],
    pixels: Vec<Color32>,
}

#[derive(Default)]
struct Painter {
    textures: HashMap<TextureId, Texture>,
}

impl Painter {
    fn update(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        match delta.pos {
            None => {
                let texture = Texture { size: image.size, pixels: image.pixels.clone() };
                self.textures.insert(id, texture);
            }
            Some([x, y]) => {
                let texture = self.textures.get_mut(&id).unwrap();
                for row in 0..image.size[1] {
                    let to = (y + row) * texture.size[0] + x;
                    let from = row * image.size[0];
                    texture.pixels[to..to + image.size[0]]
                        .copy_from_slice(&image.pixels[from..from + image.size[0]]);
                }
            }
        }
    }

    fn mesh(&self, mesh: &Mesh, clip: Rect, scale: f32, out: &mut RgbImage) {
        let Some(texture) = self.textures.get(&mesh.texture_id) else { return };
        for corners in mesh.indices.chunks_exact(3) {
            let corners: [&Vertex; 3] =
                std::array::from_fn(|i| &mesh.vertices[corners[i] as usize]);
            triangle(texture, corners, clip, scale, out);
        }
    }
}

fn triangle(texture: &Texture, corners: [&Vertex; 3], clip: Rect, scale: f32, out: &mut RgbImage) {
    let [a, b, c] = corners.map(|v| v.pos.to_vec2() * scale);
    let cross = |p: Vec2, q: Vec2| p.x * q.y - p.y * q.x;
    let area = cross(b - a, c - a);
    if area == 0.0 {
        return;
    }
    let (low, high) = (a.min(b).min(c), a.max(b).max(c));
    let clip = Rect::from_min_max(
        (clip.min.to_vec2() * scale).to_pos2(),
        (clip.max.to_vec2() * scale).to_pos2(),
    );
    let x0 = low.x.max(clip.min.x).max(0.0) as u32;
    let y0 = low.y.max(clip.min.y).max(0.0) as u32;
    let x1 = (high.x.min(clip.max.x).ceil().max(0.0) as u32).min(out.width());
    let y1 = (high.y.min(clip.max.y).ceil().max(0.0) as u32).min(out.height());
    for y in y0..y1 {
        for x in x0..x1 {
            let p = vec2(x as f32 + 0.5, y as f32 + 0.5);
            if !clip.contains(Pos2::new(p.x, p.y)) {
                continue;
            }
            let w =
                [cross(b - p, c - p), cross(c - p, a - p), cross(a - p, b - p)].map(|w| w / area);
            // A shared edge belongs to one triangle only, or thin lines show through.
            if w.iter().any(|w| *w < 0.0) {
                continue;
            }
            let mix =
                |of: &dyn Fn(&Vertex) -> f32| (0..3).map(|i| w[i] * of(corners[i])).sum::<f32>();
            let (u, v) = (mix(&|v| v.uv.x), mix(&|v| v.uv.y));
            let texel = sample(texture, u, v);
            let tint: [f32; 4] =
                std::array::from_fn(|k| mix(&|v| f32::from(v.color.to_array()[k])));
            let source: [f32; 4] = std::array::from_fn(|k| tint[k] * texel[k] / 255.0);
            let pixel = out.get_pixel_mut(x, y);
            for k in 0..3 {
                let under = f32::from(pixel.0[k]) * (1.0 - source[3] / 255.0);
                pixel.0[k] = (source[k] + under).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// A texel between its four neighbours, premultiplied.
fn sample(texture: &Texture, u: f32, v: f32) -> [f32; 4] {
    let [w, h] = texture.size;
    let (x, y) = (u * w as f32 - 0.5, v * h as f32 - 0.5);
    let at = |x: f32, y: f32| {
        let x = (x.max(0.0) as usize).min(w - 1);
        let y = (y.max(0.0) as usize).min(h - 1);
        texture.pixels[y * w + x].to_array().map(f32::from)
    };
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let (x, y) = (x.floor(), y.floor());
    let (a, b, c, d) = (at(x, y), at(x + 1.0, y), at(x, y + 1.0), at(x + 1.0, y + 1.0));
    std::array::from_fn(|k| {
        (a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy
    })
}

struct Stage {
    name: &'static str,
    size: Vec2,
    shown: Shown,
    view: View,
    open: &'static [&'static str],
    heard: Vec<Heard>,
    palette: bool,
    grasp: Option<usize>,
    unfold: Option<&'static str>,
    prepare: fn(&mut Workbench),
}

fn stage(name: &'static str, size: (f32, f32), shown: Shown) -> Stage {
    Stage {
        name,
        size: vec2(size.0, size.1),
        shown,
        view: View {
            quality: "llvmpipe (software): fewer shadows, no ambient occlusion".into(),
            frames_a_second: 60.0,
            ..View::default()
        },
        open: &[],
        heard: vec![],
        palette: false,
        grasp: None,
        unfold: None,
        prepare: |_| {},
    }
}

fn paint(stage: Stage, folder: &std::path::Path) {
    let Stage { name, size, shown, mut view, open, heard, palette, grasp, unfold, prepare } = stage;
    let ctx = egui::Context::default();
    let mut painter = Painter::default();
    let mut workbench = Workbench::new();
    for heard in &heard {
        workbench.hear(heard);
    }
    for pane in open {
        workbench.bring(pane);
    }
    let scale = 1.5;
    let mut pixels =
        RgbImage::from_pixel((size.x * scale) as u32, (size.y * scale) as u32, Rgb(BEHIND));
    for frame in 0..12 {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            time: Some(f64::from(frame) * 0.1),
            ..RawInput::default()
        };
        let root = egui::ViewportId::ROOT;
        input.viewports.entry(root).or_default().native_pixels_per_point = Some(scale);
        if palette && frame == 4 {
            let modifiers = egui::Modifiers::COMMAND;
            let key = egui::Key::P;
            input.events.push(egui::Event::Key {
                key,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers,
            });
        }
        let sources = fixture::sources();
        if frame == 2
            && let Some(name) = unfold
        {
            workbench.desk.stage = Some(name.to_owned());
            view.brought = ToShow::of_stage(name);
        }
        if frame == 2 {
            prepare(&mut workbench);
        }
        // What is opened first drops what was selected before.
        if frame == 2
            && let Some(index) = grasp
        {
            view.brought = Some(ToShow::Grasps);
            view.selected_grasp = Some(index);
        }
        let mut output = ctx.run_ui(input, |ui| {
            workbench.ui(ui, &shown, &sources, &mut view);
        });
        let mut delta = std::mem::take(&mut output.textures_delta);
        for (id, delta) in &delta.set {
            for delta in delta {
                painter.update(*id, delta);
            }
        }
        delta.clear();
        if frame == 11 {
            for clipped in ctx.tessellate(std::mem::take(&mut output.shapes), scale) {
                if let Primitive::Mesh(mesh) = &clipped.primitive {
                    painter.mesh(mesh, clipped.clip_rect, scale, &mut pixels);
                }
            }
        }
    }
    pixels.save(folder.join(format!("{name}.png"))).unwrap();
}

#[test]
fn pictures_where_they_are_asked_for() {
    let Some(folder) = std::env::var_os("PICTURES").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let hd = (1440.0, 900.0);
    let failed = || Heard::Failed("no robot is called `frank`; there are franka, xtrainer".into());
    let asking = Shown { doing: Doing::Asking, ..fixture::planned() };
    let planning = Shown { doing: Doing::Planning("flow".into()), ..fixture::opened() };
    let mut stages = vec![
        stage("empty", hd, fixture::nothing()),
        stage("opened", hd, fixture::opened()),
        stage("planned", hd, fixture::planned()),
        stage("refused", hd, fixture::refused()),
        stage("asking", hd, asking),
        stage("small", (800.0, 600.0), planning),
        stage("tiny", (320.0, 200.0), fixture::planned()),
    ];
    stages.push(Stage {
        heard: vec![failed(), failed()],
        open: &["robot", "grasps", "log"],
        grasp: Some(2),
        ..stage("grasps", hd, fixture::planned())
    });
    stages
        .push(Stage { unfold: Some("fit"), ..stage("fit", (1440.0, 1200.0), fixture::planned()) });
    stages.push(Stage { palette: true, ..stage("palette", hd, fixture::planned()) });
    stages.push(Stage {
        open: &["help"],
        view: View { theme: Theme::Light, ..View::default() },
        ..stage("light", hd, fixture::planned())
    });
    let light = || View { theme: Theme::Light, ..View::default() };
    stages.extend([
        Stage { open: &["teleop"], ..stage("teleop_ready", hd, fixture::ready()) },
        Stage { open: &["teleop"], ..stage("teleop_driving", hd, fixture::driving()) },
        Stage { open: &["teleop"], ..stage("teleop_stopped", hd, fixture::stopped()) },
        Stage { open: &["teleop"], ..stage("recording", (1440.0, 1100.0), fixture::recording()) },
        Stage { open: &["teleop"], ..stage("troubled", (1440.0, 1100.0), fixture::troubled()) },
        Stage { open: &["dataset"], ..stage("dataset", hd, fixture::library()) },
        Stage { open: &["dataset"], ..stage("checked", hd, fixture::checked()) },
        Stage { open: &["timeline"], ..stage("playing", hd, fixture::playing()) },
        Stage {
            open: &["timeline"],
            ..stage("playing_large", (1920.0, 1080.0), fixture::playing())
        },
        Stage {
            open: &["timeline"],
            prepare: |workbench| {
                let data = &mut workbench.desk.data;
                data.form = Some(Form::Trim);
                data.cut = Some(Cut { episode: 5, from: 60, to: 360 });
            },
            ..stage("trimming", hd, fixture::playing())
        },
        Stage {
            prepare: |workbench| {
                workbench.desk.data.form = Some(Form::Tag);
                workbench.desk.data.selected = [1, 7, 9].into();
            },
            ..stage("tagging", (1920.0, 1080.0), fixture::library())
        },
        Stage { view: light(), ..stage("playing_light", (1920.0, 1080.0), fixture::playing()) },
        Stage {
            open: &["teleop"],
            view: light(),
            ..stage("recording_light", hd, fixture::recording())
        },
        Stage {
            open: &["teleop"],
            ..stage("recording_small", (800.0, 600.0), fixture::recording())
        },
        Stage { open: &["dataset"], ..stage("dataset_small", (800.0, 600.0), fixture::library()) },
    ]);
    for stage in stages {
        paint(stage, &folder);
    }
}
