//! Four numbers at once: written so that the compiler keeps them in one vector register.

use std::ops::{Add, Mul, Sub};

/// Four lanes.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct F4(pub [f32; 4]);

/// Three coordinates of four points.
pub type Points4 = [F4; 3];

macro_rules! lanewise {
    ($a:expr, $b:expr, $op:tt) => {{
        let (a, b) = ($a.0, $b.0);
        F4([a[0] $op b[0], a[1] $op b[1], a[2] $op b[2], a[3] $op b[3]])
    }};
}

impl Add for F4 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        lanewise!(self, other, +)
    }
}

impl Sub for F4 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        lanewise!(self, other, -)
    }
}

impl Mul for F4 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        lanewise!(self, other, *)
    }
}

impl F4 {
    /// The same number in all lanes.
    #[inline(always)]
    pub fn splat(x: f32) -> Self {
        Self([x; 4])
    }

    /// The smaller of two, lane by lane; the second where the first is not a number.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        let pick = |i: usize| if a[i] < b[i] { a[i] } else { b[i] };
        Self([pick(0), pick(1), pick(2), pick(3)])
    }

    /// The larger of two, lane by lane; the second where the first is not a number.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        let pick = |i: usize| if a[i] > b[i] { a[i] } else { b[i] };
        Self([pick(0), pick(1), pick(2), pick(3)])
    }

    /// Without sign.
    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }
}

/// Cross products, lane by lane.
#[inline(always)]
pub fn cross(a: &Points4, b: &Points4) -> Points4 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Dot products, lane by lane.
#[inline(always)]
pub fn dot(a: &Points4, b: &Points4) -> F4 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Sums, lane by lane.
#[inline(always)]
pub fn add(a: &Points4, b: &Points4) -> Points4 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Differences, lane by lane.
#[inline(always)]
pub fn sub(a: &Points4, b: &Points4) -> Points4 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}
