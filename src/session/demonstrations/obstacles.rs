//! What of a cell the guard keeps the arm off: everything that never moves. What moves is there to be
//! touched, and the hand may touch anything.

use arm::Obstacle;
use robot::Geometry;
use sim::{Cell, Shape};

/// The solids of the things that never move, in the world.
pub fn of_cell(cell: &Cell) -> Vec<Obstacle> {
    let state = cell.physical();
    let mut obstacles = Vec::new();
    for (world_from_thing, spec) in state.specs().filter(|(_, spec)| spec.mass.is_none()) {
        for solid in &spec.solids {
            let world_from_shape = world_from_thing * solid.thing_from_shape;
            let geometry = match &solid.shape {
                Shape::Cuboid { half } => Geometry::Box { size: half.map(|h| 2.0 * h).into() },
                Shape::Cylinder { half_height, radius } => {
                    Geometry::Cylinder { radius: *radius, length: 2.0 * half_height }
                }
                Shape::Capsule { half_length, radius } => {
                    Geometry::Capsule { radius: *radius, length: 2.0 * half_length }
                }
                Shape::Sphere { radius } => Geometry::Sphere { radius: *radius },
                Shape::Hull(points) => {
                    obstacles.push(Obstacle::hull(&spec.name, points, world_from_shape));
                    continue;
                }
            };
            obstacles.push(Obstacle::new(&spec.name, geometry, world_from_shape));
        }
    }
    obstacles
}
