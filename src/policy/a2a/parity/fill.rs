//! Weights and pictures that are made by a rule instead of stored.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nn::Result;
use nn::checkpoint::Array;
use serde::Deserialize;

use super::refuse;

#[derive(Deserialize)]
struct Rule {
    tensors: Vec<Filled>,
    image_index: Option<u64>,
}

#[derive(Deserialize)]
struct Filled {
    index: u64,
    name: String,
    shape: Vec<usize>,
    offset: f64,
    scale_log2: i32,
    first3: Vec<f32>,
}

/// Weights by name and in their order, and the index of the pictures.
pub(super) struct Fill {
    pub(super) arrays: BTreeMap<String, Array>,
    pub(super) order: Vec<String>,
    image_index: Option<u64>,
}

/// Reads `NAME_fill.json` and makes what it describes.
pub(super) fn load(path: &Path) -> Result<Fill> {
    let text = fs::read_to_string(path).map_err(|e| refuse(path, &e.to_string()))?;
    let rule: Rule = serde_json::from_str(&text).map_err(|e| refuse(path, &e.to_string()))?;
    let (mut arrays, mut order) = (BTreeMap::new(), Vec::new());
    for tensor in rule.tensors {
        let count = tensor.shape.iter().try_fold(1_usize, |n, d| n.checked_mul(*d));
        let Some(count) = count.filter(|n| *n < 1 << 28) else {
            return Err(refuse(path, &format!("`{}` has shape {:?}", tensor.name, tensor.shape)));
        };
        let scale = 2_f64.powi(tensor.scale_log2);
        let values: Vec<f32> = (0..count as u64)
            .map(|k| {
                let u = (raw(tensor.index, k) >> 40) as f64 / f64::from(1_u32 << 23) - 1.0;
                (tensor.offset + scale * u) as f32
            })
            .collect();
        if values.iter().zip(&tensor.first3).any(|(a, b)| a != b) {
            let reason = format!("`{}` does not begin with its check values", tensor.name);
            return Err(refuse(path, &reason));
        }
        order.push(tensor.name.clone());
        arrays.insert(tensor.name, Array { shape: tensor.shape, values });
    }
    Ok(Fill { arrays, order, image_index: rule.image_index })
}

impl Fill {
    /// Bytes of the pictures, if the rule makes any.
    pub(super) fn pictures(&self, count: usize) -> Option<Vec<u8>> {
        let index = self.image_index?;
        Some((0..count as u64).map(|k| (raw(index, k) >> 56) as u8).collect())
    }
}

/// Element `k` of tensor `index`: two rounds of SplitMix64's finaliser.
fn raw(index: u64, k: u64) -> u64 {
    fn mix(mut z: u64) -> u64 {
        z ^= z >> 30;
        z = z.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z ^= z >> 27;
        z = z.wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    let base = (index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mix(mix(base.wrapping_add(k) ^ 0xD1B5_4A32_D192_ED03).wrapping_add(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_gives_its_test_vectors() {
        assert_eq!(raw(0, 0), 16_480_827_157_854_505_512);
        assert_eq!(raw(1, 1), 8_392_047_123_303_769_149);
        assert_eq!(raw(9001, 3), 4_156_644_615_478_973_562);
    }
}
