//! Somebody trains a policy on what was collected, tries it, and looks into it.

use std::path::Path;

use crate::harness::{flowarm, number, refused, text};
use crate::layering::repository;

fn done(args: &[&str]) -> serde_json::Value {
    let answer = flowarm(args);
    assert_eq!(answer.code, 0, "{args:?}: {}", answer.text);
    answer.json
}

fn collected(folder: &Path) {
    let args = ["record", "--scene", "pick_cube", "--camera", "policy:48x48", "--episodes", "3"];
    done(&[&args[..], &["--dataset", text(folder)]].concat());
}

#[test]
fn a_policy_is_trained_interrupted_gone_on_with_tried_and_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let (set, out) = (folder.path().join("set"), folder.path().join("policy"));
    collected(&set);
    let train = |out: &Path, updates: &str, more: &[&str]| {
        let args = ["train", "a2a", "--dataset", text(&set), "--out", text(out)];
        let rest = ["--observe", "points", "--updates", updates, "--batch", "8"];
        done(&[&args[..], &rest, more].concat())
    };
    let report = train(&out, "6", &[]);
    assert_eq!(report["steps"], 6);
    assert!(number(&report["loss"]["train"]).is_finite());
    assert!(report["loss"]["validation"].is_number());
    // What is there is not trained over by accident, and going on is possible when all is done.
    let again =
        ["train", "a2a", "--dataset", text(&set), "--out", text(&out), "--observe", "points"];
    refused(&again, 2, &["--resume"]);
    assert_eq!(train(&out, "6", &["--resume"])["steps"], 6);

    let check = done(&["policy", "check", text(&out)]);
    assert_eq!((&check["policy"], &check["updates"]), (&"a2a".into(), &6.into()));
    assert!(number(&check["bytes"]) < 15e6);

    let trial = ["eval", "--policy", text(&out), "--scene", "pick_cube", "--trials", "2"];
    let one = done(&[&trial[..], &["--seed", "10000", "--steps", "1"]].concat());
    assert_eq!(one["trained"]["steps"], 1);
    assert_eq!(one["trained"]["seeds_trained_on"], 0);
    let two = done(&[&trial[..], &["--seed", "10000", "--steps", "1"]].concat());
    assert_eq!(one["per_trial"], two["per_trial"], "the same seeds go the same way");
    // The arm goes on while the policy decides, and that too goes the same way again.
    let ahead = [&trial[..], &["--seed", "10000", "--lead", "2"]].concat();
    assert_eq!(done(&ahead)["per_trial"], done(&ahead)["per_trial"]);
    refused(&[&trial[..], &["--lead", "8"]].concat(), 2, &["8"]);
    let seen = done(&[&trial[..], &["--seed", "1", "--blend", "4"]].concat());
    assert_eq!(seen["trained"]["seeds_trained_on"], 2);

    let (trace, rrd) = (folder.path().join("trace"), folder.path().join("trial.rrd"));
    let args = ["rollout", "--policy", text(&out), "--seed", "10001", "--out", text(&trace)];
    let answer = flowarm(&[&args[..], &["--rrd", text(&rrd)]].concat());
    assert!(answer.code == 0 || answer.code == 1, "{}", answer.text);
    assert!(number(&answer.json["decisions"]) > 1.0);
    let thoughts = std::fs::read_to_string(trace.join("trace.json")).unwrap();
    let thoughts: serde_json::Value = serde_json::from_str(&thoughts).unwrap();
    // The history, the path over six steps, and a chunk of eight after each.
    assert_eq!(thoughts[0]["history"].as_array().unwrap().len(), 8 * 8);
    assert_eq!(thoughts[0]["plane"].as_array().unwrap().len(), 7);
    assert_eq!(thoughts[0]["chunks"].as_array().unwrap().len(), 7 * 8 * 8);
    assert!(std::fs::metadata(&rrd).unwrap().len() > 10_000);
}

#[test]
fn what_cannot_be_trained_or_tried_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (set, out) = (folder.path().join("set"), folder.path().join("policy"));
    let train =
        |name: &'static str| vec!["train", name, "--dataset", text(&set), "--out", text(&out)];
    refused(&train("clever"), 2, &["clever", "a2a_mini"]);
    refused(&train("a2a"), 2, &["set"]);
    refused(&["policy", "check", text(&out)], 2, &["spec.toml"]);
    let eval = ["eval", "--policy", text(&out), "--scene", "pick_cube", "--trials", "1"];
    refused(&eval, 2, &["trained_on.toml"]);
    refused(&["policy", "parity", text(folder.path())], 2, &["fixture"]);
}

#[test]
fn a_study_trains_and_tries_what_is_missing_and_ships_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, out) = (folder.path().join("plan.toml"), folder.path().join("study"));
    let shipped = folder.path().join("models");
    let head = "robot = \"franka\"\ndemonstrations = 2\ntrials = 1\nfirst_seed = 10000\nupdates = 3\n\
                batch = 4\nbytes = true\n";
    let compare = |policies: &str, rest: &str| {
        format!(
            "[[compare]]\npolicies = {policies}\nobserve = \"points\"\nscenes = [\"pick_cube\"]\n{rest}\n"
        )
    };
    let text_of = [
        head.to_owned(),
        compare("[\"a2a\"]", "steps = [1, 6]\nship = true"),
        compare("[\"vita\"]", ""),
    ];
    std::fs::write(&plan, text_of.concat()).unwrap();
    let study = ["study", text(&plan), "--out", text(&out)];

    // A part first, then the rest; what is there is found.
    let part = done(&[&study[..], &["--only", "vita", "--jobs", "1"]].concat());
    assert_eq!((part["rows"].as_array().unwrap().len(), &part["missing"]), (1, &0.into()));
    let weights = out.join("vita_points/pick_cube/weights.safetensors");
    let written = || std::fs::metadata(&weights).unwrap().modified().unwrap();
    let before = written();
    let whole = done(&[&study[..], &["--ship", text(&shipped)]].concat());
    let rows = whole["rows"].as_array().unwrap();
    let named: Vec<_> = rows.iter().map(|row| (&row["policy"], &row["steps"])).collect();
    assert_eq!(
        named,
        [(&"a2a".into(), &1.into()), (&"a2a".into(), &6.into()), (&"vita".into(), &6.into())]
    );
    assert!(rows.iter().all(|row| row["updates"] == 3 && row["trials"] == 1));
    assert_eq!(written(), before, "a policy that is done is not trained again");
    let table = std::fs::read_to_string(out.join("table.md")).unwrap();
    assert!(table.contains("| policy | steps | pick_cube |"), "{table}");
    assert!(out.join("steps.svg").is_file() && out.join("results.csv").is_file());
    // What was shipped acts, says how it was made, and is not what a training goes on from.
    let policy = shipped.join("a2a/pick_cube");
    let trial = ["eval", "--policy", text(&policy), "--scene", "pick_cube", "--trials", "1"];
    assert_eq!(done(&trial)["trials"], 1);
    assert!(
        std::fs::read_to_string(policy.join("README.md")).unwrap().contains("flowarm train a2a")
    );
    assert_eq!(std::fs::read_dir(&policy).unwrap().count(), 4);
    assert!(!shipped.join("vita").exists());

    for (wrong, said) in [
        (compare("[\"clever\"]", ""), "clever"),
        (compare("[\"a2a\"]", "step = 3"), "step"),
        (compare("[\"a2a\"]", "").replace("points", "smells"), "smells"),
        (compare("[\"a2a\"]", "").replace("pick_cube", "pick_moon"), "pick_moon"),
    ] {
        std::fs::write(&plan, format!("{head}{wrong}")).unwrap();
        refused(&study, 2, &[said]);
    }
}

#[test]
fn the_video_model_is_trained_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let (set, out) = (folder.path().join("set"), folder.path().join("f2f"));
    collected(&set);
    for name in ["f2f", "f2f_reg"] {
        let out = folder.path().join(name);
        let args = ["train", name, "--dataset", text(&set), "--out", text(&out)];
        let report = done(&[&args[..], &["--updates", "2", "--batch", "2"]].concat());
        assert_eq!(report["steps"], 2);
        assert!(number(&report["loss"]["validation"]) > 0.0);
    }
    let pictures = folder.path().join("pictures");
    let foresee = ["foresee", "--model", text(&out), "--dataset", text(&set), "--episodes", "1"];
    let told = done(&[&foresee[..], &["--steps", "1", "--out", text(&pictures)]].concat());
    assert_eq!(
        (&told["episodes"], &told["trained_on"], &told["steps"]),
        (&1.into(), &1.into(), &1.into())
    );
    let horizons = told["horizons"].as_array().unwrap();
    let ahead: Vec<f64> = horizons.iter().map(|at| number(&at["ahead_secs"])).collect();
    assert_eq!(ahead, [0.2, 0.4, 0.6]);
    for at in horizons {
        // Hardly trained, it shows what was seen last, with noise upon it.
        let (model, last) = (number(&at["model"]["psnr"]), number(&at["last"]["psnr"]));
        assert!(model > 12.0 && last > model, "{model}, {last}");
        assert!(number(&at["model"]["ssim"]) <= 1.0);
    }
    assert!(pictures.join("foreseen.png").is_file());

    // Another rate is another stride, and a policy foresees nothing.
    let slow = folder.path().join("slow");
    let args = ["record", "--scene", "pick_cube", "--camera", "policy:48x48", "--fps", "20"];
    done(&[&args[..], &["--dataset", text(&slow)]].concat());
    refused(&["foresee", "--model", text(&out), "--dataset", text(&slow)], 2, &["20"]);
    refused(&["foresee", "--model", text(&set), "--dataset", text(&set)], 2, &["spec.toml"]);
}

/// What ships is small, loads, and one of them lifts the cube from a start that it never saw.
#[test]
fn the_policies_that_ship_act() {
    let models = repository().join("models");
    let folders = |folder: &Path| -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let mut bytes = 0.0;
    for policy in folders(&models).iter().flat_map(|policy| folders(policy)) {
        let check = done(&["policy", "check", text(&policy)]);
        assert!(number(&check["bytes"]) < 15e6, "{}", policy.display());
        bytes += number(&check["bytes"]);
        let about = std::fs::read_to_string(policy.join("README.md")).unwrap();
        assert!(about.contains("flowarm train"), "{}", policy.display());
    }
    assert!(bytes > 0.0 && bytes < 60e6, "{bytes}");
    let pick = models.join("a2a/pick_cube");
    let trial = ["eval", "--policy", text(&pick), "--scene", "pick_cube", "--trials", "2"];
    let told = done(&[&trial[..], &["--seed", "10000"]].concat());
    assert_eq!((&told["successes"], &told["trained"]["seeds_trained_on"]), (&2.into(), &0.into()));
}
