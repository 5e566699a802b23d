//! Frame rates as fractions, so that the time of every frame is a whole number of ticks.

use std::fmt;

/// Frames a second in lowest terms: 30/1, or 30000/1001 for what is called 29.97.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate {
    /// Frames.
    pub num: u32,
    /// In how many seconds.
    pub den: u32,
}

impl FrameRate {
    /// The fraction that `fps` frames a second mean: a whole number, one of television's n *
    /// 1000/1001 within 1e-4, or the simplest within one part in 1e9. `None` outside 0.1 to 240.
    pub fn from_hz(fps: f64) -> Option<Self> {
        if !(0.1..=240.0).contains(&fps) {
            return None;
        }
        let television = [24, 30, 48, 60, 120, 240]
            .into_iter()
            .find(|n| (f64::from(*n) * 1000.0 / 1001.0 - fps).abs() < 1e-4);
        if let Some(n) = television {
            return Some(Self { num: n * 1000, den: 1001 });
        }
        let simplest = (1..=1001_u32).find_map(|den| {
            let num = (fps * f64::from(den)).round();
            ((num / f64::from(den) - fps).abs() <= fps * 1e-9).then_some((num as u32, den))
        });
        // A rate that is no simple fraction is taken to the millionth.
        let (num, den) = simplest.unwrap_or(((fps * 1e6).round() as u32, 1_000_000));
        Self::reduced(u64::from(num), u64::from(den))
    }

    /// `num` frames in `den` seconds in lowest terms; `None` when either is zero or too large.
    pub(crate) fn reduced(num: u64, den: u64) -> Option<Self> {
        if num == 0 || den == 0 {
            return None;
        }
        let (mut a, mut b) = (num, den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { num: u32::try_from(num / a).ok()?, den: u32::try_from(den / a).ok()? })
    }

    /// Frames a second.
    pub fn hz(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// Ticks a second and ticks a frame, at least 10 000 a second, as libavformat's mp4 writer
    /// chooses them (15360 and 512 for 30 frames a second).
    pub(crate) fn ticks(self) -> (u32, u32) {
        let (mut scale, mut frame) = (self.num.max(1), self.den);
        while scale < 10_000 {
            scale *= 2;
            frame = frame.saturating_mul(2);
        }
        (scale, frame)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.den {
            1 => write!(f, "{}", self.num),
            den => write!(f, "{}/{den}", self.num),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FrameRate;

    fn check(fps: f64, expected: Option<(u32, u32)>) {
        assert_eq!(FrameRate::from_hz(fps).map(|rate| (rate.num, rate.den)), expected, "{fps}");
    }

    #[test]
    fn rates_are_the_fractions_that_are_meant() {
        for whole in [1, 15, 20, 24, 25, 30, 50, 60, 100, 240] {
            check(f64::from(whole), Some((whole, 1)));
        }
        check(12.5, Some((25, 2)));
        check(0.1, Some((1, 10)));
        check(100.0 / 3.0, Some((100, 3)));
        check(29.97, Some((30_000, 1001)));
        check(23.976, Some((24_000, 1001)));
        check(60_000.0 / 1001.0, Some((60_000, 1001)));
        check(std::f64::consts::PI, Some((3_141_593, 1_000_000)));
        for none in [0.0, -1.0, 0.09, 241.0, f64::NAN, f64::INFINITY] {
            check(none, None);
        }
    }

    #[test]
    fn ticks_divide_the_second_exactly() {
        for fps in [0.1, 12.5, 20.0, 25.0, 29.97, 30.0, 50.0, 60.0, 100.0, 240.0] {
            let rate = FrameRate::from_hz(fps).unwrap();
            let (scale, frame) = rate.ticks();
            assert_eq!(
                u64::from(scale) * u64::from(rate.den),
                u64::from(frame) * u64::from(rate.num)
            );
            assert!(scale >= 10_000);
        }
        assert_eq!(FrameRate { num: 30, den: 1 }.ticks(), (15_360, 512));
    }
}
