//! Renders a table with crockery and blocks into the folder named as the only argument, and says how
//! long each kind of picture took.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use interface::{
    Image, LookItem, Material, Mesh, Pinhole, Point, RigidTransform, SceneLook, Texture, Vector,
};
use nalgebra::{Isometry3, Point3, Vector3};
use render::shapes::{
    lathe, merge, pipe_along, plane, rounded_cuboid, smooth_path, smooth_profile, sphere,
    transformed, tube_along, vessel,
};
use render::{RenderOptions, Renderer, studio_lights};

fn item(name: &str, at: [f64; 3], yaw: f64, mesh: Mesh, material: Material) -> LookItem {
    LookItem {
        thing: name.into(),
        part: "body".into(),
        world_from_mesh: RigidTransform::new(Vector3::from(at), Vector3::z() * yaw),
        mesh: Arc::new(mesh),
        material: Arc::new(material),
    }
}

fn plain(rgb: [f32; 3], roughness: f32, metallic: f32) -> Material {
    Material { base_color: [rgb[0], rgb[1], rgb[2], 1.0], roughness, metallic, texture: None }
}

fn mug() -> Mesh {
    let body = vessel(&[[0.034, 0.0], [0.038, 0.004], [0.04, 0.012], [0.04, 0.09]], 0.003, 64);
    let path: Vec<Point> =
        [[0.039, 0.072], [0.058, 0.075], [0.07, 0.05], [0.058, 0.024], [0.039, 0.022]]
            .map(|p| Point::new(p[0], 0.0, p[1]))
            .into();
    let handle = tube_along(&smooth_path(&path, 8), |_| [0.006, 0.0042], Vector::y(), 20);
    merge(&[body, handle])
}

fn bowl() -> Mesh {
    let outer = [[0.025, 0.0], [0.027, 0.004], [0.042, 0.015], [0.055, 0.032], [0.06, 0.05]];
    vessel(&smooth_profile(&outer, 6), 0.003, 80)
}

fn teapot() -> Mesh {
    let outline = [
        [0.0, 0.0],
        [0.03, 0.0],
        [0.05, 0.012],
        [0.06, 0.04],
        [0.052, 0.068],
        [0.036, 0.082],
        [0.03, 0.085],
        [0.028, 0.09],
        [0.016, 0.096],
        [0.006, 0.099],
        [0.005, 0.104],
        [0.009, 0.109],
        [0.007, 0.115],
        [0.0, 0.117],
    ];
    let body = lathe(&smooth_profile(&outline, 6), 80);
    let spout = [[0.05, 0.03], [0.075, 0.045], [0.085, 0.07], [0.1, 0.088]]
        .map(|p| Point::new(p[0], 0.0, p[1]));
    let spout = pipe_along(&smooth_path(&spout, 8), |s| 0.014 - 0.007 * s, 0.0018, 28);
    let handle = [[-0.05, 0.068], [-0.08, 0.075], [-0.095, 0.05], [-0.08, 0.024], [-0.056, 0.024]]
        .map(|p| Point::new(p[0], 0.0, p[1]));
    let handle = tube_along(&smooth_path(&handle, 8), |_| [0.006, 0.005], Vector::y(), 20);
    merge(&[body, spout, handle])
}

fn scene() -> SceneLook {
    let wood = Material {
        base_color: [0.56, 0.37, 0.21, 1.0],
        metallic: 0.0,
        roughness: 0.45,
        texture: Some(Texture::Wood { grain: [0.30, 0.165, 0.078], scale: 0.018, seed: 4 }),
    };
    let cube = |s: f32| rounded_cuboid(Vector::new(s, s, s), 0.002, 3);
    let porcelain = plain([0.82, 0.8, 0.76], 0.18, 0.0);
    let mut items = vec![
        item(
            "floor",
            [0.0, 0.0, -0.75],
            0.0,
            plane(40.0, 40.0),
            plain([0.36, 0.365, 0.375], 0.7, 0.0),
        ),
        item(
            "table",
            [0.0, 0.0, -0.02],
            0.0,
            rounded_cuboid(Vector::new(0.9, 1.3, 0.04), 0.006, 3),
            wood,
        ),
        item("red_cube", [0.1, -0.12, 0.02], 0.4, cube(0.04), plain([0.62, 0.05, 0.04], 0.4, 0.0)),
        item(
            "green_cube",
            [0.17, -0.06, 0.02],
            -0.2,
            cube(0.04),
            plain([0.06, 0.35, 0.12], 0.4, 0.0),
        ),
        item("blue_cube", [0.1, -0.12, 0.06], 0.1, cube(0.04), plain([0.04, 0.13, 0.5], 0.4, 0.0)),
        item("bowl", [0.16, 0.13, 0.0], 0.0, bowl(), plain([0.09, 0.24, 0.3], 0.25, 0.0)),
        item("mug", [0.02, 0.02, 0.0], 0.9, mug(), porcelain.clone()),
        item("teapot", [-0.1, 0.2, 0.0], -0.8, teapot(), porcelain),
        item(
            "ball",
            [0.24, 0.02, 0.03],
            0.0,
            sphere(0.03, 64),
            plain([0.9, 0.88, 0.84], 0.22, 1.0),
        ),
        item(
            "plate",
            [-0.12, -0.18, 0.0],
            0.0,
            vessel(
                &smooth_profile(&[[0.05, 0.0], [0.055, 0.002], [0.075, 0.01], [0.09, 0.015]], 6),
                0.003,
                80,
            ),
            plain([0.75, 0.6, 0.35], 0.3, 0.0),
        ),
    ];
    let leg = |x: f64, y: f64| {
        item(
            "table",
            [x, y, -0.395],
            0.0,
            rounded_cuboid(Vector::new(0.05, 0.05, 0.71), 0.005, 3),
            plain([0.06, 0.06, 0.065], 0.5, 0.0),
        )
    };
    for (x, y) in [(0.4, 0.6), (0.4, -0.6), (-0.4, 0.6), (-0.4, -0.6)] {
        items.push(leg(x, y));
    }
    let ghost = Material { base_color: [0.3, 0.62, 1.0, 0.45], ..plain([0.0; 3], 0.5, 0.0) };
    let mesh = transformed(&cube(0.04), &RigidTransform::identity());
    items.push(item("ghost", [0.19, -0.2, 0.13], 0.3, mesh, ghost));
    SceneLook { items, lights: studio_lights(Point::origin(), -0.2) }
}

fn camera(eye: [f64; 3], target: [f64; 3]) -> RigidTransform {
    Isometry3::face_towards(&Point3::from(eye), &Point3::from(target), &-Vector3::z())
}

fn save(folder: &str, name: &str, image: &Image) {
    let bytes: Vec<u8> = image.rgb.iter().flatten().copied().collect();
    let path = format!("{folder}/{name}.png");
    image::save_buffer(
        &path,
        &bytes,
        image.width as u32,
        image.height as u32,
        image::ColorType::Rgb8,
    )
    .unwrap();
}

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let look = scene();
    let triangles: usize = look.items.iter().map(|i| i.mesh.triangles.len()).sum();
    println!("{} items, {triangles} triangles", look.items.len());
    let mut renderer = Renderer::new();
    let lens = |w: usize, h: usize, f: f64| Pinhole {
        width: w,
        height: h,
        fx: f,
        fy: f,
        cx: (w as f64 - 1.0) / 2.0,
        cy: (h as f64 - 1.0) / 2.0,
    };
    let front = camera([0.75, 0.18, 0.5], [0.05, 0.0, 0.0]);
    let observed = lens(640, 480, 600.0);
    let start = Instant::now();
    renderer.depth_and_items(&look, &observed, &front);
    println!("first picture with all hierarchies: {:?}", start.elapsed());
    for _ in 0..3 {
        let start = Instant::now();
        renderer.depth_and_items(&look, &observed, &front);
        println!("depth and items 640x480: {:?}", start.elapsed());
    }
    for (name, lens, options) in [
        ("observation", observed, RenderOptions::observation()),
        ("film", lens(960, 540, 760.0), RenderOptions::film()),
        ("still", lens(960, 540, 760.0), RenderOptions::still()),
    ] {
        let start = Instant::now();
        let rendered = renderer.render(&look, &lens, &front, &options);
        println!("{name} {}x{}: {:?}", lens.width, lens.height, start.elapsed());
        save(&folder, name, &rendered.image);
    }
}
