//! Holes of a picture that were filled smoothly, filled as what is about them: with its grain, its
//! stripes and its edges.

/// A hole of fewer pixels than this shows no lack of grain.
const SMALLEST: usize = 16;
/// A hole of a larger share of the picture than this is nothing that grain could make good.
const LARGEST: f32 = 0.08;
/// Pixels about a hole that say which place of the picture looks like it.
const RING: usize = 5;
/// Pixels of a hole and its ring that are compared at most.
const COMPARED: usize = 160;
/// Holes that are filled at most, the largest first.
const MOST: usize = 6;
/// How much the smooth filling of a hole counts beside what is about it: enough to copy no thing into
/// it, little enough to let an edge run on through it.
const COUNTS: f32 = 0.2;
/// Shifts are tried up to this many times the size of the hole.
const REACH: usize = 2;

/// Fills the holes of a picture (the pixels that are not `known`, which hold what `smooth` made of the
/// known ones) from the one place each that looks most like what is about the hole. What is copied is
/// how that place differs from its own smooth filling, so that light and colour run on.
pub fn carry_on(
    colors: &mut [[f32; 3]],
    known: &[bool],
    width: usize,
    height: usize,
    smooth: impl Fn(&[bool]) -> Vec<[f32; 3]>,
) {
    let most = LARGEST * (width * height) as f32;
    let mut holes = holes(known, width, height);
    holes.retain(|hole| hole.len() >= SMALLEST && hole.len() as f32 <= most);
    holes.sort_by_key(|hole| std::cmp::Reverse(hole.len()));
    if holes.is_empty() {
        return;
    }
    let before = colors.to_vec();
    let picture = Picture { colors: &before, known, width, height };
    for hole in holes.into_iter().take(MOST) {
        let Some(shift) = picture.best_shift(&hole) else { continue };
        let from = |at: &usize| picture.shifted(*at, shift);
        let mut without = known.to_vec();
        hole.iter().filter_map(from).for_each(|from| without[from] = false);
        let smooth = smooth(&without);
        for at in &hole {
            let Some(from) = from(at) else { continue };
            for (k, color) in colors[*at].iter_mut().enumerate() {
                *color += before[from][k] - smooth[from][k];
            }
        }
    }
}

/// The connected pixels that are not known, hole by hole.
fn holes(known: &[bool], width: usize, height: usize) -> Vec<Vec<usize>> {
    let mut met = known.to_vec();
    let mut all = Vec::new();
    for start in 0..width * height {
        if met[start] {
            continue;
        }
        met[start] = true;
        let mut hole = vec![start];
        let mut next = 0;
        while let Some(at) = hole.get(next).copied() {
            next += 1;
            let (u, v) = (at % width, at / width);
            let around = [
                (u > 0).then(|| at - 1),
                (u + 1 < width).then_some(at + 1),
                (v > 0).then(|| at - width),
                (v + 1 < height).then_some(at + width),
            ];
            for neighbour in around.into_iter().flatten() {
                if !met[neighbour] {
                    met[neighbour] = true;
                    hole.push(neighbour);
                }
            }
        }
        all.push(hole);
    }
    all
}

struct Picture<'a> {
    colors: &'a [[f32; 3]],
    known: &'a [bool],
    width: usize,
    height: usize,
}

impl Picture<'_> {
    fn shifted(&self, at: usize, (du, dv): (isize, isize)) -> Option<usize> {
        let u = (at % self.width).checked_add_signed(du).filter(|u| *u < self.width)?;
        let v = (at / self.width).checked_add_signed(dv).filter(|v| *v < self.height)?;
        Some(v * self.width + u)
    }

    /// Columns and rows of a square about a pixel, cut off at the picture's edge.
    fn square(&self, at: usize, half: usize) -> impl Iterator<Item = usize> + use<'_> {
        let (u, v) = (at % self.width, at / self.width);
        let columns = u.saturating_sub(half)..(u + half + 1).min(self.width);
        let rows = v.saturating_sub(half)..(v + half + 1).min(self.height);
        rows.flat_map(move |row| columns.clone().map(move |column| row * self.width + column))
    }

    /// From where a hole is filled: all of it is known there, and it looks most like what is about the
    /// hole.
    fn best_shift(&self, hole: &[usize]) -> Option<(isize, isize)> {
        let mut about: Vec<usize> = Vec::new();
        let step = hole.len().div_ceil(COMPARED).max(1);
        for at in hole.iter().step_by(step) {
            about.extend(self.square(*at, RING).filter(|near| self.known[*near]));
        }
        about.sort_unstable();
        about.dedup();
        let thin = about.len().div_ceil(COMPARED).max(1);
        // What is about the hole first: it tells sooner that a place does not fit.
        let compared: Vec<usize> =
            about.iter().step_by(thin).chain(hole.iter().step_by(step)).copied().collect();
        let columns = hole.iter().map(|at| at % self.width);
        let (left, right) = (columns.clone().min()?, columns.max()?);
        let (top, low) = (hole.first()? / self.width, hole.iter().max()? / self.width);
        let size = (right - left).max(low - top) + 1;
        let coarse = (size / 8).max(1);
        let search = Search { picture: self, hole, compared };
        let best = search.around((0, 0), REACH * size + RING, coarse, None)?;
        search.around(best.1, coarse - 1, 1, Some(best)).map(|(_, shift)| shift)
    }

    /// How much pixels differ from those at a shift; `None` where one is not known or it is no less
    /// than `most`.
    fn cost(&self, compared: &[usize], shift: (isize, isize), most: f32) -> Option<f32> {
        let mut cost = 0.0;
        for at in compared {
            let from = self.shifted(*at, shift).filter(|from| self.known[*from])?;
            let apart =
                self.colors[*at].iter().zip(self.colors[from]).map(|(a, b)| (a - b).powi(2));
            cost += apart.sum::<f32>() * if self.known[*at] { 1.0 } else { COUNTS };
            if cost >= most {
                return None;
            }
        }
        Some(cost)
    }
}

/// The search for the place that a hole is filled from.
struct Search<'a> {
    picture: &'a Picture<'a>,
    hole: &'a [usize],
    compared: Vec<usize>,
}

/// How little a place fits, and its shift.
type Found = (f32, (isize, isize));

impl Search<'_> {
    /// The best place so far or one in a square about a shift, tried every few pixels.
    fn around(
        &self,
        middle: (isize, isize),
        reach: usize,
        stride: usize,
        mut best: Option<Found>,
    ) -> Option<Found> {
        // A whole number of strides, so that places straight beside and below are among them.
        let reach = (reach / stride * stride) as isize;
        for dv in (-reach..=reach).step_by(stride) {
            for du in (-reach..=reach).step_by(stride) {
                let shift = (middle.0 + du, middle.1 + dv);
                let most = best.map_or(f32::INFINITY, |(cost, _)| cost);
                let Some(cost) = self.picture.cost(&self.compared, shift, most) else { continue };
                let from = |at: &usize| self.picture.shifted(*at, shift);
                if self.hole.iter().all(|at| from(at).is_some_and(|from| self.picture.known[from]))
                {
                    best = Some((cost, shift));
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 96;
    const HEIGHT: usize = 64;

    /// Stripes four pixels wide under light that falls off to the right, and a red block on the left.
    fn stripes(u: usize, v: usize) -> [f32; 3] {
        if u < 20 {
            return [200.0, 20.0, 20.0];
        }
        let wave = if (v / 2).is_multiple_of(2) { 12.0 } else { -12.0 };
        [150.0 + wave - 0.5 * u as f32; 3]
    }

    /// Unknown pixels from the known ones left and right of them in their row.
    fn across(colors: &[[f32; 3]], known: &[bool]) -> Vec<[f32; 3]> {
        let mut out = colors.to_vec();
        for i in (0..out.len()).filter(|i| !known[*i]) {
            let row = i / WIDTH * WIDTH;
            let left = (row..i).rev().find(|k| known[*k]);
            let right = (i..row + WIDTH).find(|k| known[*k]);
            if let (Some(left), Some(right)) = (left, right) {
                let share = (i - left) as f32 / (right - left) as f32;
                // Smooth also from row to row: the stripes' mean.
                let level = |k: usize| 150.0 - 0.5 * (k % WIDTH) as f32;
                out[i] = [level(left) + share * (level(right) - level(left)); 3];
            }
        }
        out
    }

    #[test]
    fn a_hole_in_stripes_is_striped_and_not_red() {
        let hole = |u: usize, v: usize| (40..56).contains(&u) && (24..40).contains(&v);
        let at = |i: usize| (i % WIDTH, i / WIDTH);
        let full: Vec<[f32; 3]> = (0..WIDTH * HEIGHT).map(at).map(|(u, v)| stripes(u, v)).collect();
        let known: Vec<bool> = (0..WIDTH * HEIGHT).map(at).map(|(u, v)| !hole(u, v)).collect();
        let before = across(&full, &known);
        let mut colors = before.clone();
        carry_on(&mut colors, &known, WIDTH, HEIGHT, |known| across(&full, known));
        for i in 0..WIDTH * HEIGHT {
            let (u, v) = at(i);
            if hole(u, v) {
                let off = (colors[i][0] - full[i][0]).abs();
                assert!(off < 4.0, "{u} {v}: {:?}", colors[i]);
                assert!((colors[i][0] - colors[i][1]).abs() < 1e-3, "{u} {v}: {:?}", colors[i]);
            } else {
                assert_eq!(colors[i], before[i]);
            }
        }
    }

    #[test]
    fn what_is_mostly_hole_stays_smooth() {
        let mut colors = vec![[80.0; 3]; WIDTH * HEIGHT];
        let known: Vec<bool> = (0..WIDTH * HEIGHT).map(|i| i % WIDTH < 8).collect();
        let before = colors.clone();
        carry_on(&mut colors, &known, WIDTH, HEIGHT, |_| before.clone());
        assert_eq!(colors, before);
        carry_on(&mut [], &[], 0, 0, |_| Vec::new());
    }
}
