//! Plain loops, compiled twice: for any processor, and for one that handles eight numbers at a time.
//!
//! Both do the same additions and multiplications in the same order, none of them fused, so both
//! give the same bits.

/// Defines a function whose body is compiled for the base instruction set and for AVX2, and which
/// takes the second where the processor has it.
macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn plain($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    plain($($arg),*)
                }
                if $crate::raster::wide::there() {
                    #[expect(unsafe_code, reason = "called only where the processor has AVX2")]
                    return unsafe { avx2($($arg),*) };
                }
            }
            plain($($arg),*)
        }
    };
}
pub(crate) use wide;

/// Whether the processor has AVX2.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn there() -> bool {
    #[cfg(test)]
    if NARROW.with(std::cell::Cell::get) {
        return false;
    }
    std::arch::is_x86_feature_detected!("avx2")
}

/// The larger of two numbers; the second where the first is none.
#[inline(always)]
pub fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller of two numbers; the second where the first is none.
#[inline(always)]
pub fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[cfg(test)]
thread_local! {
    /// Set by tests that compare the two.
    pub static NARROW: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_not_chosen() {
        assert_eq!((larger(2.0, 1.0), smaller(2.0, 1.0)), (2.0, 1.0));
        assert_eq!((larger(f32::NAN, 1.0), smaller(f32::NAN, 1.0)), (1.0, 1.0));
    }
}
