//! Reading what a command names and writing what it makes.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use interface::Image;
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_api::{Event, Failure, OutFolder, Sink};

/// Reads a JSON file; `expected` says what it should hold.
pub fn read_json<T: DeserializeOwned>(path: &Path, expected: &str) -> Result<T, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::Usage(format!("{} is not {expected}: {error}", path.display())))
}

/// A folder that takes what a command makes, and the list of what it took.
pub struct Written<'a> {
    folder: PathBuf,
    events: Sink<'a>,
    files: Vec<PathBuf>,
}

impl<'a> Written<'a> {
    /// Makes the folder. One that already holds something is refused unless the person insists.
    pub fn create(out: &OutFolder, events: Sink<'a>) -> Result<Self, Failure> {
        let shown = out.path.display();
        std::fs::create_dir_all(&out.path)
            .map_err(|error| Failure::Usage(format!("cannot make the folder {shown}: {error}")))?;
        let used = std::fs::read_dir(&out.path)
            .map_err(|error| Failure::Usage(format!("cannot read the folder {shown}: {error}")))?
            .next()
            .is_some();
        if used && !out.force {
            return Err(Failure::Usage(format!(
                "the folder {shown} already holds something; name an empty one, or add --force"
            )));
        }
        Ok(Self { folder: out.path.clone(), events, files: Vec::new() })
    }

    /// Where a file of this name belongs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes sure that the folder of `name` is there.
    pub fn prepare(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        }
        Ok(path)
    }

    /// A file that somebody else has just completed at [`Written::path`].
    pub fn took(&mut self, path: PathBuf) {
        (self.events)(Event::FileWritten(path.clone()));
        self.files.push(path);
    }

    /// Writes a file: all of it or nothing, also when the program is stopped on the way.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.prepare(name)?;
        let whole = || -> std::io::Result<()> {
            let mut file =
                tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
            file.write_all(bytes)?;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
            file.persist(&path)?;
            Ok(())
        };
        whole().map_err(|error| failed(&path, &error))?;
        self.took(path);
        Ok(())
    }

    /// Writes a value as JSON.
    pub fn json(&mut self, name: &str, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| failed(&self.path(name), &error))?;
        self.bytes(name, (text + "\n").as_bytes())
    }

    /// Writes a picture as PNG.
    pub fn picture(&mut self, name: &str, picture: &Image) -> Result<(), Failure> {
        let path = self.prepare(name)?;
        write_png(&path, picture)?;
        self.took(path);
        Ok(())
    }

    /// Everything written so far.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

/// Writes a picture as PNG.
pub fn write_png(path: &Path, picture: &Image) -> Result<(), Failure> {
    let bytes: Vec<u8> = picture.rgb.iter().flatten().copied().collect();
    image::save_buffer(
        path,
        &bytes,
        picture.width as u32,
        picture.height as u32,
        image::ExtendedColorType::Rgb8,
    )
    .map_err(|error| failed(path, &error))
}

/// What cannot be written, and why.
pub fn failed(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = |force| OutFolder { path: folder.path().join("a/b"), force };
        let mut written = Written::create(&out(false), &|_| ()).unwrap();
        written.bytes("c/d.txt", b"text").unwrap();
        assert_eq!(written.files(), [folder.path().join("a/b/c/d.txt")]);
        let refused = Written::create(&out(false), &|_| ()).err().unwrap();
        assert!(refused.to_string().contains("--force"), "{refused}");
        Written::create(&out(true), &|_| ()).unwrap();
    }

    #[test]
    fn pictures_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.png");
        let picture = Image { width: 2, height: 1, rgb: vec![[1, 2, 3], [4, 5, 6]].into() };
        write_png(&path, &picture).unwrap();
        let read = image::open(&path).unwrap().to_rgb8();
        assert_eq!(read.into_raw(), [1, 2, 3, 4, 5, 6]);
    }
}
