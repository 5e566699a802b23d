#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
use std::sync::Arc;
use std::collections::HashMap;
use robot::Robot;
use sim::{Cell, CellOptions};
use render::*;
use std::time::Instant;

fn main() {
    let robot = Arc::new(Robot::load("franka").unwrap());
    for scene in ["pick_cube","pour_tea","hang_cup","open_drawer"] {
        let cell = Cell::new(scene, robot.clone(), 0, &CellOptions::default()).unwrap();
        let look = cell.look();
        println!("== {scene} items {} lights {}", look.items.len(), look.lights.len());
        let mut r = Renderer::new();
        let cam = cell.policy_camera();
        println!("{:?}", cam.world_from_camera.translation.vector);
        let (_, items) = r.depth_and_items(&look, &cam.pinhole, &cam.world_from_camera);
        let mut seen: HashMap<u32, usize> = HashMap::new();
        for i in items { *seen.entry(i).or_default() += 1; }
        let mut total = 0; let mut vis = 0;
        for (k, i) in look.items.iter().enumerate() {
            let t = i.mesh.triangles.len();
            total += t;
            let s = seen.get(&(k as u32)).copied().unwrap_or(0);
            if s > 0 { vis += t; }
            let tex = match &i.material.texture { None => "-", Some(interface::Texture::Wood{..}) => "wood", Some(interface::Texture::Mottle{..})=>"mottle", Some(interface::Texture::Checker{..})=>"check", _=>"pic"};
            println!("{k:3} {:12} {:14} tri {t:6} vert {:6} norm {} uv {} px {s:6} rough {:.2} metal {:.1} a {:.1} {tex}", i.thing, i.part, i.mesh.positions.len(), !i.mesh.normals.is_empty(), !i.mesh.uvs.is_empty(), i.material.roughness, i.material.metallic, i.material.base_color[3]);
        }
        println!("total {total} visible {vis} sky {:?}", seen.get(&u32::MAX));
        for _ in 0..3 { let t = Instant::now(); r.render(&look, &cam.pinhole, &cam.world_from_camera, &RenderOptions::observation()); println!("{:?}", t.elapsed()); }
    }
}
