//! The published implementation's numbers where they are at hand, and always our own small golden.

use std::path::PathBuf;

use super::*;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn check(folder: &Path, names: &[&str]) {
    let parity = parity(folder).unwrap();
    let (gradients, forward): (Vec<_>, Vec<_>) = parity
        .compared
        .iter()
        .partition(|(name, _)| name.contains(" grad") || name.contains(" adamw"));
    for (name, error) in &forward {
        assert!(*error < 1e-5, "{name}: {error:e}");
    }
    for (name, error) in &gradients {
        let bound = if name.contains("grad_l2_per_tensor") { 1e-3 } else { 1e-4 };
        assert!(*error < bound, "{name}: {error:e}");
    }
    for name in names {
        assert!(parity.compared.iter().any(|(n, _)| n == name), "{name} was not compared");
    }
    assert!(parity.worst_forward < 1e-5 && parity.worst_gradient < 1e-3);
}

#[test]
fn every_number_of_the_published_implementation() {
    let folder = repository().join("../shared/parity/a2a");
    if !folder.is_dir() {
        eprintln!("skipped: there are no fixtures in {}", folder.display());
        return;
    }
    check(
        &folder,
        &[
            "small frame0.layer4",
            "small flow.dbg.block3.out",
            "small predict.N6.action",
            "small f64.loss.total",
            "small grad.obs_projector.weight",
            "small ot.plan",
            "full predict.N6.action",
            "full grad_l2_per_tensor_f64",
            "tables windows",
            "tables lr",
        ],
    );
}

#[test]
fn folders_that_hold_no_fixture_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = parity(folder.path()).unwrap_err().to_string();
    assert!(error.contains("holds no fixture"), "{error}");
    std::fs::write(folder.path().join("x_io.safetensors"), b"nonsense").unwrap();
    let error = parity(folder.path()).unwrap_err().to_string();
    assert!(error.contains("x_io.safetensors"), "{error}");
    let error = parity(Path::new("/nowhere/at/all")).unwrap_err().to_string();
    assert!(error.contains("/nowhere/at/all"), "{error}");
}

/// Computed in float64 by `golden/make.py`, which shares no code with this crate.
#[test]
fn every_number_of_our_own_golden() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("a2a/golden");
    let names = ["golden predict.N10.action", "golden grad.flow_net.time_embed.1.weight"];
    check(&folder, &names);
}
