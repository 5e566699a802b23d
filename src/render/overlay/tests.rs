//! The laws that drawing into pictures keeps.

use interface::{Depth, Flow3, FlowSource, Image, Pinhole, Point, RigidTransform};

use super::*;

const LENS: Pinhole =
    Pinhole { width: 320, height: 270, fx: 300.0, fy: 300.0, cx: 159.5, cy: 134.5 };

fn blank() -> Image {
    Image { width: 320, height: 270, rgb: vec![[60; 3]; 320 * 270].into() }
}

fn changed(image: &Image) -> usize {
    image.rgb.iter().filter(|p| **p != [60; 3]).count()
}

/// A line one metre before the camera, with a wall half a metre away over the right half.
#[test]
fn what_lies_behind_is_faint() {
    let pose = RigidTransform::identity();
    let metres: Vec<f32> = (0..320 * 270).map(|i| if i % 320 >= 160 { 0.5 } else { 0.0 }).collect();
    let depth = Depth { width: 320, height: 270, metres: metres.into() };
    let sight = Sight { pinhole: &LENS, world_from_camera: &pose, depth: Some(&depth) };
    let mut canvas = Canvas::new(&blank());
    let line = [Point::new(-0.3, 0.0, 1.0), Point::new(0.3, 0.0, 1.0)];
    canvas.polyline(&sight, &line, &Style::new([255, 255, 255], 6.0));
    let image = canvas.finish();
    let at = |u: usize| image.rgb[134 * 320 + u][0];
    assert!(at(100) > 240 && at(220) > 70 && at(220) < 130, "{} {}", at(100), at(220));
    assert_eq!(image.rgb[10 * 320 + 100], [60; 3]);
}

#[test]
fn nothing_outside_or_behind_the_camera_is_drawn() {
    let pose = RigidTransform::identity();
    let sight = Sight { pinhole: &LENS, world_from_camera: &pose, depth: None };
    let check = |points: &[Point], drawn: bool| {
        let mut canvas = Canvas::new(&blank());
        canvas.polyline(&sight, points, &Style::new(GOOD, 3.0).dashed(5.0));
        canvas.points(&sight, points, &Style::new(GOOD, 3.0));
        assert_eq!(changed(&canvas.finish()) > 0, drawn, "{points:?}");
    };
    check(&[Point::new(0.0, 0.0, -1.0), Point::new(0.1, 0.0, -2.0)], false);
    check(&[Point::new(9.0, 0.0, 1.0), Point::new(9.0, 1.0, 1.0)], false);
    check(&[Point::new(f32::NAN, 0.0, 1.0), Point::new(0.1, 0.0, f32::INFINITY)], false);
    check(&[Point::new(0.0, 0.0, 1.0), Point::new(0.1, 0.0, -2.0)], true);
    check(&[Point::new(0.0, 0.0, 1.0), Point::new(1e6, 1e6, 1.0)], true);
    check(&[], false);
}

#[test]
fn flows_run_from_cool_to_warm_up_to_now() {
    let pose = RigidTransform::identity();
    let sight = Sight { pinhole: &LENS, world_from_camera: &pose, depth: None };
    let positions: Vec<Point> =
        (0..5).flat_map(|s| [Point::new(-0.3 + 0.15 * s as f32, 0.0, 1.0)]).collect();
    let times = vec![0.0, 0.5, 1.0, 1.5, 2.0];
    let flow = Flow3::new(times, 1, positions, vec![true; 5], FlowSource::Goal).unwrap();
    let draw = |until: f64| {
        let mut canvas = Canvas::new(&blank());
        canvas.flow(&sight, &flow, 8, until, 0.0);
        canvas.finish()
    };
    let (whole, half) = (draw(2.0), draw(1.0));
    let at = |image: &Image, u: usize| image.rgb[134 * 320 + u];
    let (cool, warm) = (at(&whole, 80), at(&whole, 245));
    assert!(cool[2] > cool[0] && warm[0] > warm[2], "{cool:?} {warm:?}");
    assert_eq!(at(&half, 245), [60; 3]);
    let lightness =
        |c: [u8; 3]| 0.3 * f32::from(c[0]) + 0.6 * f32::from(c[1]) + 0.1 * f32::from(c[2]);
    assert!((1..=20).all(|i| {
        let share = i as f32 / 20.0;
        lightness(flow_color(share)) > lightness(flow_color(share - 0.05))
    }));
}

#[test]
fn labels_stay_in_the_picture() {
    let mut canvas = Canvas::new(&blank());
    canvas.caption(&"very long ".repeat(20), "12.5 mm · 4° → ok");
    canvas.legend(&[
        (Sign::FlowTime, "flow, 0 to 3.2 s"),
        (Sign::Line(Style::new(REFUSAL, 1.5).dashed(4.0)), "refused"),
        (Sign::Disc(Style::new(GOOD, 5.0)), "日本"),
    ]);
    let image = canvas.finish();
    assert!(changed(&image) > 2000);
    let border = (0..320).flat_map(|u| [u, 269 * 320 + u]).chain((0..270).map(|v| v * 320));
    assert!(border.into_iter().all(|i| image.rgb[i] == [60; 3]), "nothing touches the border");
    let tiny = Image { width: 1, height: 1, rgb: vec![[0; 3]].into() };
    let mut canvas = Canvas::new(&tiny);
    canvas.caption("a", "b");
    canvas.legend(&[(Sign::FlowTime, "c")]);
    assert_eq!(canvas.finish().width, 1);
}
