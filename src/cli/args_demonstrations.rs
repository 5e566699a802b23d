//! The flags of the commands about demonstrations, and the questions they become.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use session_api::{DatasetAct, DatasetSpec, ExportFormat, RecordSpec, ReplaySpec, TeleopChoice};

use crate::args::Out;

/// Collecting.
#[derive(Args, Debug)]
pub struct Record {
    /// The simulated scene.
    #[arg(long, value_name = "S")]
    scene: String,
    /// The data set's folder: made when it is missing, added to when it fits.
    #[arg(long, value_name = "DIR")]
    dataset: PathBuf,
    /// The sentence; the scene's own when absent.
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// Who drives: scripted, keyboard, gamepad, spacemouse, gizmo, leader:FILE, or policy:DIR.
    #[arg(long, default_value = "scripted", value_name = "T", value_parser = teleop)]
    teleop: TeleopChoice,
    /// Let the scene's own demonstration drive while the device only corrects it.
    #[arg(long)]
    mixed: bool,
    /// A robot's name, or a URDF with its robot.toml beside it.
    #[arg(long, default_value = "franka", value_name = "R")]
    robot: String,
    /// How many episodes; episode i has the seed SEED + i.
    #[arg(long, default_value_t = 1, value_name = "N")]
    episodes: usize,
    /// Control periods a second: 20, 25, 50 or 100.
    #[arg(long, default_value_t = 50, value_name = "N")]
    fps: u32,
    /// A camera, `name` or `name:WxH`; may be given several times.
    #[arg(long = "camera", default_value = "policy", value_name = "C")]
    cameras: Vec<String>,
    /// Pictures a second; control periods between two show the newest. The highest whole fraction of
    /// the control rate up to 25 when absent.
    #[arg(long, value_name = "N")]
    camera_fps: Option<u32>,
    /// Keep depth as well, as 16-bit PNG files.
    #[arg(long)]
    depth: bool,
    /// Standard deviation of smooth noise on the demonstration's joints, radians.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    noise: f64,
    /// How much the view is disturbed.
    #[arg(long, default_value_t = 0, value_name = "L", value_parser = clap::value_parser!(u8).range(0..=3))]
    level: u8,
    /// Keep episodes as well that did not solve the task.
    #[arg(long)]
    keep_failures: bool,
}

fn teleop(word: &str) -> Result<TeleopChoice, String> {
    Ok(match word.split_once(':').unwrap_or((word, "")) {
        ("scripted", "") => TeleopChoice::Scripted,
        ("keyboard", "") => TeleopChoice::Keyboard,
        ("gamepad", "") => TeleopChoice::Gamepad,
        ("spacemouse", "") => TeleopChoice::SpaceMouse,
        ("gizmo", "") => TeleopChoice::Gizmo,
        ("policy", folder) if !folder.is_empty() => TeleopChoice::Policy(folder.into()),
        ("leader", file) if !file.is_empty() => TeleopChoice::Leader(file.into()),
        _ => {
            return Err("it is one of scripted, keyboard, gamepad, spacemouse, gizmo, leader:FILE, policy:DIR"
                .to_owned());
        }
    })
}

impl Record {
    /// The question.
    pub fn spec(self, seed: u64) -> RecordSpec {
        RecordSpec {
            scene: self.scene,
            robot: self.robot,
            dataset: self.dataset,
            task: self.task,
            teleop: self.teleop,
            mixed: self.mixed,
            episodes: self.episodes,
            fps: self.fps,
            cameras: self.cameras,
            camera_fps: self.camera_fps,
            depth: self.depth,
            noise: self.noise,
            level: self.level,
            keep_failures: self.keep_failures,
            seed,
        }
    }
}

/// Looking after a data set.
#[derive(Debug, Subcommand)]
pub enum Dataset {
    /// Says what it holds.
    Info {
        /// Its folder.
        dir: PathBuf,
    },
    /// Checks every rule of the format and the health of the data.
    Check {
        /// Its folder.
        dir: PathBuf,
    },
    /// Statistics, and the quality of each episode.
    Stats {
        /// Its folder.
        dir: PathBuf,
    },
    /// Writes several data sets into a new one.
    Merge {
        /// Their folders, in order.
        #[arg(required = true, num_args = 2..)]
        dirs: Vec<PathBuf>,
        #[command(flatten)]
        out: Out,
    },
    /// Writes new data sets, each with a share of the episodes.
    Split {
        /// Its folder.
        dir: PathBuf,
        /// A part, `name=share`; may be given several times.
        #[arg(long = "part", required = true, value_name = "NAME=SHARE", value_parser = part)]
        parts: Vec<(String, f64)>,
        #[command(flatten)]
        out: Out,
    },
    /// Cuts beginnings and ends off; without seconds, those in which nothing moves.
    Trim {
        /// Its folder.
        dir: PathBuf,
        /// The episode; all when absent.
        #[arg(long, value_name = "N")]
        episode: Option<usize>,
        /// First second that stays.
        #[arg(long, value_name = "SECS")]
        from: Option<f64>,
        /// Last second that stays.
        #[arg(long, value_name = "SECS")]
        to: Option<f64>,
    },
    /// Takes episodes out.
    Delete {
        /// Its folder.
        dir: PathBuf,
        /// The episodes: numbers and ranges, `3,7-9`.
        #[arg(long, required = true, value_name = "LIST", value_parser = list)]
        episodes: Episodes,
    },
    /// Gives episodes another sentence.
    Relabel {
        /// Its folder.
        dir: PathBuf,
        /// The episodes, all when absent.
        #[arg(long, value_name = "LIST", value_parser = list)]
        episodes: Option<Episodes>,
        /// The sentence.
        #[arg(long, value_name = "TEXT")]
        task: String,
    },
    /// Puts words on episodes.
    Tag {
        /// Its folder.
        dir: PathBuf,
        /// The episodes, all when absent.
        #[arg(long, value_name = "LIST", value_parser = list)]
        episodes: Option<Episodes>,
        /// A word to add, or `-word` to take away; may be given several times.
        #[arg(long = "tag", required = true, allow_hyphen_values = true, value_name = "WORD")]
        tags: Vec<String>,
    },
    /// Writes it in another format.
    Export {
        /// Its folder.
        dir: PathBuf,
        /// Which.
        #[arg(long, value_enum)]
        format: FormatArg,
        #[command(flatten)]
        out: Out,
    },
}

/// The names that `--format` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatArg {
    /// LeRobot v3 with large files; converts v2.1.
    Lerobot,
    /// robomimic's HDF5.
    Hdf5,
    /// Rerun recordings.
    Rrd,
    /// MCAP with Foxglove's schemas.
    Mcap,
}

/// Numbers of episodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Episodes(Vec<usize>);

fn list(text: &str) -> Result<Episodes, String> {
    let number = |word: &str| {
        word.trim().parse::<usize>().map_err(|_| format!("`{word}` is no episode number"))
    };
    let mut numbers = Vec::new();
    for word in text.split(',') {
        match word.split_once('-') {
            None => numbers.push(number(word)?),
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from > to || to - from > 1_000_000 {
                    return Err(format!("`{word}` is no range from a lower to a higher number"));
                }
                numbers.extend(from..=to);
            }
        }
    }
    Ok(Episodes(numbers))
}

fn part(text: &str) -> Result<(String, f64), String> {
    let told = "a part is name=share with a share between 0 and 1, `train=0.8`";
    let (name, share) = text.split_once('=').ok_or(told)?;
    let share: f64 = share.parse().map_err(|_| told)?;
    let plain = !name.is_empty() && !name.contains(['/', '\\', '.']);
    if plain && share > 0.0 && share <= 1.0 {
        Ok((name.to_owned(), share))
    } else {
        Err(told.into())
    }
}

impl Dataset {
    /// The question.
    pub fn spec(self) -> DatasetSpec {
        let plain = |dataset, act| DatasetSpec { dataset, act, out: None };
        let all = |episodes: Option<Episodes>| episodes.map(|list| list.0).unwrap_or_default();
        match self {
            Self::Info { dir } => plain(dir, DatasetAct::Info),
            Self::Check { dir } => plain(dir, DatasetAct::Check),
            Self::Stats { dir } => plain(dir, DatasetAct::Stats),
            Self::Merge { mut dirs, out } => {
                let with = dirs.split_off(1);
                let dataset = dirs.pop().unwrap_or_default();
                DatasetSpec { dataset, act: DatasetAct::Merge { with }, out: out.folder() }
            }
            Self::Split { dir, parts, out } => {
                DatasetSpec { dataset: dir, act: DatasetAct::Split { parts }, out: out.folder() }
            }
            Self::Trim { dir, episode, from, to } => {
                plain(dir, DatasetAct::Trim { episode, from, to })
            }
            Self::Delete { dir, episodes } => {
                plain(dir, DatasetAct::Delete { episodes: episodes.0 })
            }
            Self::Relabel { dir, episodes, task } => {
                plain(dir, DatasetAct::Relabel { episodes: all(episodes), task })
            }
            Self::Tag { dir, episodes, tags } => {
                plain(dir, DatasetAct::Tag { episodes: all(episodes), tags })
            }
            Self::Export { dir, format, out } => {
                let format = match format {
                    FormatArg::Lerobot => ExportFormat::Lerobot,
                    FormatArg::Hdf5 => ExportFormat::Hdf5,
                    FormatArg::Rrd => ExportFormat::Rrd,
                    FormatArg::Mcap => ExportFormat::Mcap,
                };
                DatasetSpec { dataset: dir, act: DatasetAct::Export { format }, out: out.folder() }
            }
        }
    }
}

/// Running episodes again.
#[derive(Args, Debug)]
pub struct Replay {
    /// The data set's folder.
    dir: PathBuf,
    /// The episode; all when absent.
    #[arg(long, value_name = "N")]
    episode: Option<usize>,
    /// The arm; `sim` runs the episode's own scene again.
    #[arg(long, default_value = "sim", value_name = "A")]
    arm: String,
}

impl Replay {
    /// The question.
    pub fn spec(self) -> ReplaySpec {
        ReplaySpec { dataset: self.dir, episode: self.episode, arm: self.arm }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn episodes_are_numbers_and_ranges() {
        let check = |text: &str, expected: Option<&[usize]>| {
            assert_eq!(list(text).ok().map(|l| l.0).as_deref(), expected, "{text}");
        };
        check("3", Some(&[3]));
        check("3,7-9", Some(&[3, 7, 8, 9]));
        check("9-7", None);
        check("a", None);
        check("", None);
    }

    #[test]
    fn parts_have_a_name_and_a_share() {
        let check = |text: &str, expected: Option<(&str, f64)>| {
            let expected = expected.map(|(name, share)| (name.to_owned(), share));
            assert_eq!(part(text).ok(), expected, "{text}");
        };
        check("train=0.8", Some(("train", 0.8)));
        check("train=1.2", None);
        check("../x=0.5", None);
        check("train", None);
    }
}
