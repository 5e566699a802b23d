//! Activation functions on slices, with their derivatives: our own `exp`, `tanh` and `erf`, branch-free
//! so that they vectorise, and the same bits everywhere.

use super::vectorised;

/// `e^x` to about one unit in the last place; 0 below -87.3, infinite above 88.7.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // e^x = 2^n e^r with |r| <= ln 2 / 2; the magic number rounds to the nearest whole n, which then
    // stands in its last bits.
    const MAGIC: f32 = 12_582_912.0;
    let clamped = x.clamp(-87.3, 88.8);
    let shifted = clamped * std::f32::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let whole = (shifted.to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32);
    let r = (clamped - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = (p * r * r + r) + 1.0;
    // Two factors, so that n = 128 and the smallest normal numbers come out.
    let half = whole >> 1;
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) << 23) as u32);
    let y = p * power(half) * power(whole.wrapping_sub(half));
    let y = if x < -87.3 { 0.0 } else { y };
    if x.is_nan() { x } else { y }
}

/// The hyperbolic tangent, to 2e-7.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let a = x.abs();
    // Near zero by its series: 1 - 2 / (e^2a + 1) would lose digits there.
    let s = a * a;
    let small =
        a * (1.0 - s * (1.0 / 3.0 - s * (2.0 / 15.0 - s * (17.0 / 315.0 - s * 62.0 / 2835.0))));
    let large = 1.0 - 2.0 / (exp(2.0 * a) + 1.0);
    let y = if a < 0.3 { small } else { large };
    y.copysign(x)
}

/// The error function, to 3e-7, by a ratio of polynomials on [-3.925, 3.925]; beyond, it is 1 in f32.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    let c = x.clamp(-3.925, 3.925);
    let s = c * c;
    let p = 0.000_229_050_66;
    let p = p * s + 0.003_408_291;
    let p = p * s + 0.050_955_694;
    let p = p * s + 0.185_208_32;
    #[expect(
        clippy::approx_constant,
        reason = "a coefficient of the fit, a little below 2 / sqrt pi"
    )]
    let p = p * s + 1.128_379_1;
    let q = -1.179_160_3e-7;
    let q = q * s + 2.354_796_6e-5;
    let q = q * s + 0.001_017_962_5;
    let q = q * s + 0.014_070_47;
    let q = q * s + 0.110_985_05;
    let q = q * s + 0.497_469_25;
    let q = q * s + 1.0;
    let y = (c * p / q).clamp(-1.0, 1.0);
    if x.abs() > 3.925 { 1.0_f32.copysign(x) } else { y }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `ln(1 + e^x)`.
#[inline(always)]
fn softplus(x: f32) -> f32 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

/// `ln(1 + y)` for `0 <= y <= 1`, by the series of `2 artanh(y / (2 + y))`.
#[inline(always)]
fn ln_1p(y: f32) -> f32 {
    let z = y / (2.0 + y);
    let s = z * z;
    let p = 1.0 / 13.0;
    let p = p * s + 1.0 / 11.0;
    let p = p * s + 1.0 / 9.0;
    let p = p * s + 1.0 / 7.0;
    let p = p * s + 1.0 / 5.0;
    let p = p * s + 1.0 / 3.0;
    2.0 * z * (p * s + 1.0)
}

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x / (1 + e^-x)`.
    Silu,
    /// `x tanh(ln(1 + e^x))` (Misra 2019).
    Mish,
    /// `x (1 + erf(x / sqrt 2)) / 2` (Hendrycks and Gimpel 2016).
    Gelu,
    /// GELU by its approximation with the hyperbolic tangent.
    GeluTanh,
}

const GELU_SCALE: f32 = 0.797_884_6;
const GELU_CUBE: f32 = 0.044_715;

impl Activation {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        match self {
            Self::Relu => {
                if x > 0.0 || x.is_nan() {
                    x
                } else {
                    0.0
                }
            }
            Self::Silu => x * sigmoid(x),
            Self::Mish => x * tanh(softplus(x)),
            Self::Gelu => 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)),
            Self::GeluTanh => 0.5 * x * (1.0 + tanh(GELU_SCALE * (x + GELU_CUBE * x * x * x))),
        }
    }

    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        match self {
            Self::Relu => {
                if x > 0.0 {
                    1.0
                } else {
                    0.0
                }
            }
            Self::Silu => {
                let s = sigmoid(x);
                s * (1.0 + x * (1.0 - s))
            }
            Self::Mish => {
                let t = tanh(softplus(x));
                t + x * (1.0 - t * t) * sigmoid(x)
            }
            Self::Gelu => {
                const DENSITY: f32 = 0.398_942_3;
                let area = 0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
                area + x * DENSITY * exp(-0.5 * x * x)
            }
            Self::GeluTanh => {
                let t = tanh(GELU_SCALE * (x + GELU_CUBE * x * x * x));
                let inner = GELU_SCALE * (1.0 + 3.0 * GELU_CUBE * x * x);
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner
            }
        }
    }
}

macro_rules! both {
    ($($forward:ident $backward:ident $kind:ident),*) => {
        $(
            vectorised! {
                fn $forward(x: &[f32], out: &mut [f32]) {
                    for (x, out) in x.iter().zip(out) {
                        *out = Activation::$kind.value(*x);
                    }
                }
            }
            vectorised! {
                fn $backward(x: &[f32], dy: &[f32], out: &mut [f32]) {
                    for ((x, dy), out) in x.iter().zip(dy).zip(out) {
                        *out = dy * Activation::$kind.slope(*x);
                    }
                }
            }
        )*
        impl Activation {
            /// The function of every value of `x`, as far as the shorter slice reaches.
            pub fn forward(self, x: &[f32], out: &mut [f32]) {
                match self {
                    $(Self::$kind => $forward(x, out),)*
                }
            }

            /// `dy` times the derivative at `x`.
            pub fn backward(self, x: &[f32], dy: &[f32], out: &mut [f32]) {
                match self {
                    $(Self::$kind => $backward(x, dy, out),)*
                }
            }
        }
    };
}

both!(
    relu relu_back Relu,
    silu silu_back Silu,
    mish mish_back Mish,
    gelu gelu_back Gelu,
    gelu_tanh gelu_tanh_back GeluTanh
);

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> Vec<f32> {
        (-4000..=4000).map(|i| i as f32 / 400.0).collect()
    }

    fn check(name: &str, ours: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, bound: f64) {
        for x in inputs() {
            let (got, expected) = (f64::from(ours(x)), exact(f64::from(x)));
            let error = (got - expected).abs() / expected.abs().max(1.0);
            assert!(error < bound, "{name}({x}) = {got}, should be {expected}");
        }
    }

    /// The error function in f64: the integral of its density by Simpson's rule.
    fn erf64(x: f64) -> f64 {
        let (steps, end) = (600, x.abs().min(6.0));
        let h = end / f64::from(steps);
        let density = |i: i32| (-(f64::from(i) * h).powi(2)).exp();
        let inner: f64 = (1..steps).map(|i| density(i) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
        let integral = (density(0) + inner + density(steps)) * h / 3.0;
        (integral * 2.0 / std::f64::consts::PI.sqrt()).copysign(x)
    }

    #[test]
    fn functions_are_close_to_the_exact_ones() {
        check("exp", exp, f64::exp, 3e-7);
        check("tanh", tanh, f64::tanh, 2e-7);
        check("erf", erf, erf64, 3e-7);
        check("softplus", softplus, |x| x.exp().ln_1p(), 3e-7);
    }

    #[test]
    fn the_ends_of_the_range_are_kept() {
        assert_eq!(exp(-200.0), 0.0);
        assert_eq!(exp(200.0), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && erf(f32::NAN).is_nan());
        assert_eq!(tanh(90.0), 1.0);
        assert_eq!(tanh(-f32::INFINITY), -1.0);
    }

    /// Each derivative against the central difference in f64 of the exact function.
    #[test]
    fn slopes_are_the_derivatives() {
        type Exact = fn(f64) -> f64;
        let exact: [(Activation, Exact); 4] = [
            (Activation::Silu, |x| x / (1.0 + (-x).exp())),
            (Activation::Mish, |x| x * x.exp().ln_1p().tanh()),
            (Activation::Gelu, |x| 0.5 * x * (1.0 + erf64(x / 2.0_f64.sqrt()))),
            (Activation::GeluTanh, |x| {
                0.5 * x
                    * (1.0
                        + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
            }),
        ];
        for (kind, f) in exact {
            check(&format!("{kind:?}"), |x| kind.value(x), f, 1e-6);
            let slope = |x: f64| (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;
            check(&format!("{kind:?}'"), |x| kind.slope(x), slope, 2e-6);
        }
        let (x, dy) = (inputs(), vec![2.0; inputs().len()]);
        let mut out = vec![0.0; x.len()];
        Activation::Relu.backward(&x, &dy, &mut out);
        assert!(x.iter().zip(&out).all(|(x, d)| *d == if *x > 0.0 { 2.0 } else { 0.0 }));
    }
}
