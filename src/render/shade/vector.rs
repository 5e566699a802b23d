//! Lengths and whole parts by the processor's own instructions: the linear algebra library's go
//! through software, which shows when there are millions a picture.

use interface::Vector;

/// Length of a vector.
#[inline(always)]
pub fn length(v: &Vector) -> f32 {
    v.norm_squared().sqrt()
}

/// The unit vector along `v`; `None` when it is shorter than `least`, or not a number.
#[inline(always)]
pub fn unit(v: &Vector, least: f32) -> Option<Vector> {
    let length = length(v);
    (length > least).then(|| v * (1.0 / length))
}

/// The largest whole number that is not above `x`, for |x| below 2³¹.
#[inline(always)]
pub fn floor(x: f32) -> f32 {
    let whole = x as i32 as f32;
    if whole > x { whole - 1.0 } else { whole }
}

/// The whole number next to `x`, for |x| up to 2²²: added to 1.5 x 2²³ it is in the last places.
#[inline(always)]
pub fn nearest(x: f32) -> i32 {
    const HIGH: f32 = 12_582_912.0;
    (x + HIGH).to_bits().wrapping_sub(HIGH.to_bits()) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_the_nearest() {
        for i in -4000..4000 {
            let x = i as f32 * 0.37;
            assert_eq!(nearest(x), x.round_ties_even() as i32);
        }
    }

    #[test]
    fn whole_parts_go_down() {
        for i in -1000..1000 {
            let x = i as f32 * 0.37;
            assert_eq!(floor(x), x.floor());
        }
    }

    #[test]
    fn units_have_length_one_or_are_none() {
        let v = Vector::new(3.0, -4.0, 12.0);
        assert_eq!(length(&v), 13.0);
        assert!((length(&unit(&v, 0.0).unwrap()) - 1.0).abs() < 1e-6);
        assert!(unit(&Vector::zeros(), 0.0).is_none());
        assert!(unit(&Vector::repeat(f32::NAN), 0.0).is_none());
    }
}
