//! What must hold of every picture.

use nalgebra::{Isometry3, Point3, UnitQuaternion, Vector3};

use super::*;
use crate::{shapes, studio_lights};
use interface::{Light, Material, Point, Vector};

fn lens() -> Pinhole {
    Pinhole { width: 64, height: 48, fx: 60.0, fy: 60.0, cx: 31.5, cy: 23.5 }
}

fn looking(eye: [f64; 3], target: [f64; 3]) -> RigidTransform {
    Isometry3::face_towards(&Point3::from(eye), &Point3::from(target), &-Vector3::z())
}

fn item(name: &str, mesh: Mesh, at: [f64; 3], color: [f32; 4]) -> LookItem {
    LookItem {
        thing: name.into(),
        part: "body".into(),
        world_from_mesh: RigidTransform::translation(at[0], at[1], at[2]),
        mesh: Arc::new(mesh),
        material: Arc::new(Material { base_color: color, ..Material::default() }),
    }
}

fn table_and_ball() -> SceneLook {
    SceneLook {
        items: vec![
            item("table", shapes::plane(2.0, 2.0), [0.0; 3], [0.5, 0.5, 0.5, 1.0]),
            item("ball", shapes::sphere(0.1, 256), [0.0, 0.0, 0.3], [0.8, 0.2, 0.2, 1.0]),
        ],
        lights: studio_lights(Point::origin(), 0.0),
    }
}

fn brightness(rendered: &Rendered, x: usize, y: usize) -> i32 {
    rendered.image.rgb[y * rendered.image.width + x].iter().map(|c| i32::from(*c)).sum()
}

/// Depths of a plane seen from straight above and askew, against the formula.
#[test]
fn depth_of_a_plane_is_exact() {
    for (eye, target) in [([0.0, 1e-3, 0.9], [0.0; 3]), ([0.7, 0.3, 0.5], [0.1, 0.0, 0.0])] {
        let look = SceneLook { items: vec![table_and_ball().items.remove(0)], lights: vec![] };
        let (lens, pose) = (lens(), looking(eye, target));
        let (depth, item) = Renderer::new().depth_and_items(&look, &lens, &pose);
        let mut seen = 0;
        for v in 0..lens.height {
            for u in 0..lens.width {
                let ray = Vector3::new(
                    (u as f64 - lens.cx) / lens.fx,
                    (v as f64 - lens.cy) / lens.fy,
                    1.0,
                );
                let down = (pose.rotation * ray).z;
                let expected = -pose.translation.z / down;
                let at = pose * Point3::from(ray * expected);
                let pixel = v * lens.width + u;
                if down < 0.0 && at.x.abs() < 0.999 && at.y.abs() < 0.999 {
                    let got = f64::from(depth.metres[pixel]);
                    assert!((got - expected).abs() < 1e-5, "{u} {v}: {got} {expected}");
                    assert_eq!(item[pixel], 0);
                    seen += 1;
                }
            }
        }
        assert!(seen > 500, "{seen}");
    }
}

/// A finely divided ball, seen from above, against the formula; and who is where.
#[test]
fn depth_of_a_ball_is_exact_and_items_are_told_apart() {
    let look = table_and_ball();
    let mut lens = lens();
    (lens.cx, lens.cy) = (32.0, 24.0);
    // Straight down, x to the right: the pole of the ball is in the middle of the picture.
    let down = UnitQuaternion::from_euler_angles(std::f64::consts::PI, 0.0, 0.0);
    let pose = RigidTransform::from_parts(Vector3::new(0.0, 0.0, 0.9).into(), down);
    let rendered = Renderer::new().render(&look, &lens, &pose, &RenderOptions::observation());
    let centre = 24 * 64 + 32;
    assert!((rendered.depth.metres[centre] - 0.5).abs() < 1e-5);
    assert_eq!(rendered.item[centre], 1);
    assert_eq!(rendered.item[2 * 64 + 2], 0);
    assert!((rendered.depth.metres[2 * 64 + 2] - 0.9).abs() < 1e-5);
    let (depth, item) = Renderer::new().depth_and_items(&look, &lens, &pose);
    assert_eq!((depth, item), (rendered.depth, rendered.item));
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let look = table_and_ball();
    let pose = looking([0.7, 0.3, 0.6], [0.0; 3]);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Renderer::new().render(&look, &lens(), &pose, &RenderOptions::film()))
    };
    let (one, two) = (on(1), on(2));
    assert_eq!(one.image, two.image);
    assert_eq!(one.depth, two.depth);
    assert_eq!(one.item, two.item);
    let other = RenderOptions { seed: 9, ..RenderOptions::film() };
    let reseeded = Renderer::new().render(&look, &lens(), &pose, &other);
    assert_ne!(one.image, reseeded.image, "the seed changes the noise");
    assert_eq!(one.depth, reseeded.depth, "and nothing else");
}

/// Under a ball lit from above it is darker than beside it, and contact darkens the sky's light.
#[test]
fn shadows_fall_where_they_must() {
    let mut look = table_and_ball();
    look.lights = vec![Light::Sphere { position: [0.0, 0.0, 2.0], radius: 0.05, power: [12.0; 3] }];
    let pose = looking([0.0, -0.9, 0.5], [0.0; 3]);
    let lens = lens();
    let pixel_of = |world: Point3<f64>| {
        let p = pose.inverse() * world;
        let (u, v) = (lens.fx * p.x / p.z + lens.cx, lens.fy * p.y / p.z + lens.cy);
        (u.round() as usize, v.round() as usize)
    };
    let rendered = Renderer::new().render(&look, &lens, &pose, &RenderOptions::observation());
    let (under, beside) = (pixel_of(Point3::origin()), pixel_of(Point3::new(0.3, 0.0, 0.0)));
    let dark = brightness(&rendered, under.0, under.1);
    let bright = brightness(&rendered, beside.0, beside.1);
    assert!(dark * 3 < bright, "under the ball {dark}, beside it {bright}");

    look.items[1].world_from_mesh = RigidTransform::translation(0.0, 0.0, 0.1);
    look.lights = vec![Light::Sky { zenith: [1.0; 3], horizon: [1.0; 3], ground: [1.0; 3] }];
    let rendered = Renderer::new().render(&look, &lens, &pose, &RenderOptions::film());
    let (close, far) =
        (pixel_of(Point3::new(0.0, -0.07, 0.0)), pixel_of(Point3::new(0.6, -0.07, 0.0)));
    let (close, far) =
        (brightness(&rendered, close.0, close.1), brightness(&rendered, far.0, far.1));
    assert!(close + 40 < far, "at the contact {close}, far away {far}");
}

#[test]
fn ghosts_tint_the_picture_and_nothing_else() {
    let mut look = table_and_ball();
    let pose = looking([0.0, -0.9, 0.5], [0.0; 3]);
    let mut renderer = Renderer::new();
    let plain = renderer.render(&look, &lens(), &pose, &RenderOptions::observation());
    let ghost = item("ghost", shapes::sphere(0.1, 32), [0.3, 0.0, 0.1], [0.1, 0.3, 1.0, 0.5]);
    look.items.push(ghost);
    let haunted = renderer.render(&look, &lens(), &pose, &RenderOptions::observation());
    assert_eq!(plain.depth, haunted.depth);
    assert_eq!(plain.item, haunted.item);
    let changed = plain.image.rgb.iter().zip(haunted.image.rgb.iter()).filter(|(a, b)| a != b);
    let share = changed.count() as f64 / plain.image.rgb.len() as f64;
    assert!(share > 0.01 && share < 0.2, "{share}");
}

#[test]
fn nothing_and_nonsense_are_rendered_too() {
    let pose = looking([0.0, -0.9, 0.5], [0.0; 3]);
    let mut renderer = Renderer::new();
    let empty = renderer.render(&SceneLook::default(), &lens(), &pose, &RenderOptions::film());
    assert!(empty.depth.metres.iter().all(|z| *z == 0.0));
    assert!(empty.item.iter().all(|i| *i == u32::MAX));
    let none = Pinhole { width: 0, ..lens() };
    assert!(
        renderer
            .render(&SceneLook::default(), &none, &pose, &RenderOptions::film())
            .item
            .is_empty()
    );

    let nan = f32::NAN;
    let p = |x: f32| Point::new(x, 0.0, 0.1);
    let odd = Mesh {
        positions: vec![p(0.0), p(0.1), p(0.2), p(nan), Point::new(0.0, 0.1, 0.1)],
        normals: vec![Vector::zeros(), Vector::repeat(nan), Vector::z(), Vector::z(), Vector::z()],
        uvs: vec![],
        triangles: vec![[0, 1, 2], [0, 0, 0], [0, 1, 3], [0, 1, 99], [0, 1, 4]],
    };
    let mut look = table_and_ball();
    look.items.push(item("odd", odd, [0.0; 3], [nan, 0.5, 0.5, 1.0]));
    look.items.push(item("lost", shapes::sphere(0.1, 8), [f64::NAN; 3], [0.5; 4]));
    look.lights.push(Light::Sphere { position: [nan; 3], radius: 0.1, power: [1.0; 3] });
    look.items.push(item(
        "floor",
        shapes::plane(40.0, 40.0),
        [0.0, 0.0, -0.5],
        [0.4, 0.4, 0.4, 1.0],
    ));
    let rendered = renderer.render(&look, &lens(), &pose, &RenderOptions::film());
    assert!(rendered.depth.metres.iter().all(|z| z.is_finite()));
    assert!(rendered.item.contains(&0) && rendered.item.contains(&1));
    let broken = RigidTransform::translation(f64::NAN, 0.0, 0.0);
    let blind = renderer.render(&look, &lens(), &broken, &RenderOptions::observation());
    assert!(blind.depth.metres.iter().all(|z| z.is_finite()));
}

/// The ball, a box and a cylinder move over a table on which a box rests.
fn moving(step: usize) -> SceneLook {
    let mut look = table_and_ball();
    look.items.push(item(
        "box",
        shapes::cuboid(Vector::new(0.1, 0.06, 0.08)),
        [0.2, 0.1, 0.04],
        [0.2, 0.5, 0.3, 1.0],
    ));
    look.items.push(item("rod", shapes::cylinder(0.02, 0.4, 24), [0.0; 3], [0.7, 0.7, 0.72, 1.0]));
    let t = step as f64 * 0.05;
    look.items[1].world_from_mesh = RigidTransform::translation(0.3 * t, -0.2 * t, 0.12 + 0.1 * t);
    let lying = UnitQuaternion::from_euler_angles(1.2 * t, 0.4, 2.0 * t);
    look.items[3].world_from_mesh =
        RigidTransform::from_parts(Vector3::new(-0.2, 0.2 - 0.3 * t, 0.15).into(), lying);
    look
}

/// What an engine keeps from picture to picture saves work and changes nothing: not what moved
/// before, not which cameras looked, not whether anything looked at all.
#[test]
fn what_was_drawn_before_changes_no_pixel() {
    let meshes = moving(0);
    let look = |step: usize| {
        // The same meshes: a thing is known by its mesh.
        let mut look = moving(step);
        for (item, first) in look.items.iter_mut().zip(&meshes.items) {
            item.mesh = first.mesh.clone();
        }
        look
    };
    let poses = [looking([0.7, 0.3, 0.6], [0.0; 3]), looking([-0.3, -0.8, 0.9], [0.0; 3])];
    let options = RenderOptions::policy();
    let mut kept = Renderer::new();
    // Forth, back, and a leap; things that rested move, and things that moved rest.
    for step in [0, 1, 2, 3, 3, 3, 1, 0, 9, 9] {
        for pose in &poses {
            let fresh = Renderer::new().render(&look(step), &lens(), pose, &options);
            let again = kept.render(&look(step), &lens(), pose, &options);
            assert_eq!(fresh.depth, again.depth, "step {step}");
            assert_eq!(fresh.item, again.item, "step {step}");
            let differ = fresh.image.rgb.iter().zip(again.image.rgb.iter()).filter(|(a, b)| a != b);
            assert_eq!(differ.count(), 0, "step {step}");
        }
    }
}

/// Two ways to the same picture: where things are is the same, how they look is nearly so.
#[test]
fn both_engines_see_the_same_scene() {
    let pose = looking([0.7, 0.3, 0.6], [0.0; 3]);
    let lens = Pinhole { width: 160, height: 120, fx: 150.0, fy: 150.0, cx: 79.5, cy: 59.5 };
    let traced = Renderer::new().render(&moving(2), &lens, &pose, &RenderOptions::still());
    let drawn = Renderer::new().render(&moving(2), &lens, &pose, &RenderOptions::policy());
    let pixels = traced.item.len() as f64;
    let same = traced.item.iter().zip(&drawn.item).filter(|(a, b)| a == b).count() as f64 / pixels;
    assert!(same > 0.998, "{same} of the pixels show the same thing");
    for ((a, b), (x, y)) in traced
        .item
        .iter()
        .zip(&drawn.item)
        .zip(traced.depth.metres.iter().zip(drawn.depth.metres.iter()))
    {
        assert!(a != b || (x - y).abs() < 2e-4, "{x} m and {y} m");
    }
    let mut apart = 0.0;
    for (a, b) in traced.image.rgb.iter().zip(drawn.image.rgb.iter()) {
        apart += a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / 3.0;
    }
    let apart = apart / pixels;
    assert!(apart < 6.0, "{apart} of 255 apart on average");
}
