//! Keys that can drive an arm, whatever window or terminal they come from.

/// A key by what is printed on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Key {
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
    I,
    J,
    K,
    L,
    M,
    N,
    O,
    P,
    Q,
    R,
    S,
    T,
    U,
    V,
    W,
    X,
    Y,
    Z,
    Digit0,
    Digit1,
    Digit2,
    Digit3,
    Digit4,
    Digit5,
    Digit6,
    Digit7,
    Digit8,
    Digit9,
    Left,
    Right,
    Up,
    Down,
    LeftShift,
    RightShift,
    LeftCtrl,
    RightCtrl,
    LeftAlt,
    RightAlt,
    Space,
    Enter,
    Backspace,
    Tab,
    Esc,
    Period,
    Semicolon,
    Comma,
    Equals,
}

impl Key {
    /// Every key, in the order of their bits in a [`KeySet`].
    pub const ALL: [Self; 55] = {
        use Key::*;
        [
            A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z, Digit0,
            Digit1, Digit2, Digit3, Digit4, Digit5, Digit6, Digit7, Digit8, Digit9, Left, Right,
            Up, Down, LeftShift, RightShift, LeftCtrl, RightCtrl, LeftAlt, RightAlt, Space, Enter,
            Backspace, Tab, Esc, Period, Semicolon, Comma, Equals,
        ]
    };
}

/// A set of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeySet(pub u64);

impl KeySet {
    /// Whether the key is in the set.
    pub fn has(self, key: Key) -> bool {
        self.0 & (1 << key as u8) != 0
    }

    /// The set of these keys.
    pub fn of(keys: &[Key]) -> Self {
        keys.iter().copied().collect()
    }

    /// Keys of either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set with the key.
    #[must_use]
    pub fn with(self, key: Key) -> Self {
        Self(self.0 | 1 << key as u8)
    }
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        keys.into_iter().fold(Self::default(), Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_bit_of_its_own() {
        for (bit, key) in Key::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, bit);
            assert!(KeySet::default().with(key).has(key));
            assert!(!KeySet(!(1 << bit)).has(key));
        }
    }
}
