//! A scene between two pictures: which things rest and which move, and what lamps see of both.
//!
//! What rests is drawn once. What moves is drawn before it, and the nearer of the two counts: the
//! same as if all were drawn from nothing, whatever was taken to rest.

use std::sync::Arc;

use interface::{Light, LookItem, Material, Mesh, RigidTransform, SceneLook, Vector};
use nalgebra::Matrix3;

use super::around::Surroundings;
use super::crowd::{Crowd, Range};
use super::lamp::{Caster, Lit, ROOM};
use super::project::Corner;
use super::samples::NOTHING;
use super::solid::Solid;
use super::view::View;
use crate::shade::{Lamp, Patch, Sky, lamps};

/// One thing of the scene.
pub struct Piece {
    mesh: Arc<Mesh>,
    /// What it is made of.
    pub material: Arc<Material>,
    thing: Arc<str>,
    /// The prepared mesh, when there is something to see of it.
    pub solid: Option<Arc<Solid>>,
    /// Whether one sees through it.
    pub ghost: bool,
    /// The number of its first triangle.
    pub first: u32,
    /// Where it is.
    pub place: RigidTransform,
    /// Whether it has not moved yet.
    pub rests: bool,
    /// Whether its pose is made of numbers.
    pub sound: bool,
    rotation: Matrix3<f32>,
    translation: Vector,
}

/// A scene.
pub struct Setting {
    /// Its things, in the order of the items.
    pub pieces: Vec<Piece>,
    lights: Vec<Light>,
    /// The thing of every 64 triangles.
    owners: Vec<u32>,
    /// The sky.
    pub sky: Sky,
    /// The lamps, without what they see.
    pub lamps: Vec<Lamp>,
    /// The lamps and what they see.
    pub lit: Vec<Lit>,
    /// The large things.
    pub surroundings: Surroundings,
    /// How crowded space is by what rests.
    pub still_crowd: Option<Crowd>,
    /// How crowded it is by all.
    pub crowd: Option<Crowd>,
    /// Where what moves was counted in last.
    counted: Vec<(usize, RigidTransform)>,
    /// Counts up whenever something else rests than before.
    pub age: u64,
    /// The cameras that look at it.
    pub views: Vec<View>,
    drawn: bool,
}

impl Piece {
    /// The surface of the mesh, for its material.
    pub fn patch(&self, item: u32) -> Option<Patch<'_>> {
        let solid = self.solid.as_ref()?;
        Some(Patch {
            mesh: &solid.mesh,
            smooth: solid.mesh.normals.len() == solid.mesh.positions.len(),
            rotation: &self.rotation,
            translation: &self.translation,
            item,
            material: &self.material,
        })
    }

    fn put(&mut self, place: &RigidTransform) {
        self.place = *place;
        let mut numbers = place.translation.vector.iter().chain(place.rotation.coords.iter());
        self.sound = numbers.all(|x| x.abs() < 1e6);
        self.rotation = place.rotation.to_rotation_matrix().into_inner().cast();
        self.translation = place.translation.vector.cast();
    }

    fn is(&self, item: &LookItem) -> bool {
        Arc::ptr_eq(&self.mesh, &item.mesh)
            && self.thing == item.thing
            && (Arc::ptr_eq(&self.material, &item.material) || self.material == item.material)
    }
}

impl Setting {
    /// A scene in which everything rests; `solids` has the prepared mesh of every item.
    pub fn new(look: &SceneLook, solids: Vec<Option<Arc<Solid>>>) -> Self {
        let mut owners = Vec::new();
        let mut pieces = Vec::new();
        let opaque: Vec<Option<Arc<Solid>>> = look
            .items
            .iter()
            .zip(&solids)
            .map(|(item, solid)| solid.clone().filter(|_| item.material.base_color[3] >= 1.0))
            .collect();
        let surroundings = Surroundings::new(&look.items, &opaque);
        for (index, (item, solid)) in look.items.iter().zip(solids).enumerate() {
            let opacity = item.material.base_color[3];
            let solid = solid.filter(|_| opacity > 0.0);
            let first = (owners.len() * 64) as u32;
            let triangles = solid.as_ref().map_or(0, |s| s.skin.triangles.len());
            owners.resize(owners.len() + triangles.div_ceil(64), index as u32);
            let mut piece = Piece {
                mesh: Arc::clone(&item.mesh),
                material: Arc::clone(&item.material),
                thing: Arc::clone(&item.thing),
                solid,
                ghost: opacity < 1.0,
                first,
                place: item.world_from_mesh,
                rests: true,
                sound: false,
                rotation: Matrix3::identity(),
                translation: Vector::zeros(),
            };
            piece.put(&item.world_from_mesh);
            pieces.push(piece);
        }
        let lamps = lamps(&look.lights);
        let focus = surroundings.focus();
        let strength =
            |lamp: &Lamp| lamp.power.sum() / (lamp.position - focus).norm_squared().max(0.1);
        let all: f32 = lamps.iter().map(strength).sum();
        Self {
            owners,
            sky: Sky::new(&look.lights),
            lit: lamps.iter().map(|l| Lit::new(*l, &focus, strength(l) / all)).collect(),
            lamps,
            lights: look.lights.clone(),
            surroundings,
            still_crowd: None,
            crowd: None,
            counted: Vec::new(),
            age: 0,
            views: Vec::new(),
            drawn: false,
            pieces,
        }
    }

    /// Whether this is that scene, things that may move left aside.
    pub fn is(&self, look: &SceneLook) -> bool {
        let anchors = self.surroundings.items.iter().chain(&self.surroundings.ground_item);
        self.lights == look.lights
            && self.pieces.len() == look.items.len()
            && self.pieces.iter().zip(&look.items).all(|(piece, item)| piece.is(item))
            && anchors.into_iter().all(|i| self.pieces[*i].place == look.items[*i].world_from_mesh)
    }

    /// The thing that a triangle belongs to.
    #[inline(always)]
    pub fn owner(&self, id: u32) -> Option<u32> {
        if id == NOTHING { None } else { self.owners.get((id / 64) as usize).copied() }
    }

    /// Puts everything where it is now.
    pub fn update(&mut self, look: &SceneLook, corners: &mut Vec<Corner>) {
        let mut moved = false;
        let mut left: Vec<(Arc<str>, usize)> = Vec::new();
        for (index, (piece, item)) in self.pieces.iter_mut().zip(&look.items).enumerate() {
            if piece.place != item.world_from_mesh {
                piece.put(&item.world_from_mesh);
                moved = true;
                if piece.rests && left.iter().all(|(thing, _)| *thing != piece.thing) {
                    left.push((Arc::clone(&piece.thing), index));
                }
            }
        }
        // What hangs on something that moves will move as well: links are listed from the base on.
        let mut fewer = false;
        let anchors = &self.surroundings;
        for (index, piece) in self.pieces.iter_mut().enumerate() {
            let anchor = anchors.items.contains(&index) || anchors.ground_item == Some(index);
            let hangs = left.iter().any(|(thing, from)| index >= *from && *thing == piece.thing);
            if piece.rests && !anchor && hangs {
                piece.rests = false;
                fewer = true;
            }
        }
        if fewer {
            self.age += 1;
        }
        if moved || !self.drawn {
            self.draw(fewer || !self.drawn, corners);
            self.drawn = true;
        }
    }

    fn draw(&mut self, fewer: bool, corners: &mut Vec<Corner>) {
        let mut need = Range::NONE;
        let (mut still, mut moving) = (Vec::new(), Vec::new());
        for (index, piece) in self.pieces.iter().enumerate() {
            let throws = |s: &&Solid| piece.sound && !piece.ghost && s.radius() < ROOM;
            let Some(solid) = piece.solid.as_deref().filter(throws) else { continue };
            let caster = Caster { solid, place: &piece.place };
            need.include(solid, &piece.place);
            if piece.rests {
                still.push((index, caster));
            } else {
                moving.push((index, caster));
            }
        }
        let casters = |list: &[(usize, Caster<'_>)]| -> Vec<(usize, RigidTransform)> {
            list.iter().map(|(index, caster)| (*index, *caster.place)).collect()
        };
        let now = casters(&moving);
        let fits = self.still_crowd.as_ref().is_some_and(|crowd| crowd.holds(&need));
        if fewer || !fits {
            self.still_crowd = Crowd::new(&need);
            if let Some(crowd) = &mut self.still_crowd {
                still.iter().for_each(|(_, c)| crowd.count(c.solid, c.place, true));
            }
            self.crowd = self.still_crowd.clone();
            self.counted.clear();
        }
        if let Some(crowd) = &mut self.crowd {
            for (index, place) in &self.counted {
                if let Some(solid) = &self.pieces[*index].solid {
                    crowd.count(solid, place, false);
                }
            }
            crowd.unmark();
            moving.iter().for_each(|(_, c)| crowd.count(c.solid, c.place, true));
            crowd.spread_marks();
        }
        self.counted = now;
        let still: Vec<Caster<'_>> = still.into_iter().map(|(_, c)| c).collect();
        let moving: Vec<Caster<'_>> = moving.into_iter().map(|(_, c)| c).collect();
        let all: Vec<Caster<'_>> = still.iter().chain(&moving).copied().collect();
        for lit in &mut self.lit {
            // What a faint lamp's shadow would take away is hardly to be seen.
            let all = if lit.faint { &[][..] } else { &all };
            let (still, moving) = if lit.faint { (&[][..], &[][..]) } else { (&*still, &*moving) };
            let again = lit.frame(all);
            if again || fewer {
                lit.set_still(still, corners);
            }
            lit.set_moving(moving, corners);
        }
    }
}
