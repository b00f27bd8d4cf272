//! Files that are there whole or not at all: written beside their place, put on disk, renamed.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::NamedTempFile;

use crate::exit::Exit;
use crate::failure::{Failure, Subject};

/// What the name of a file that is being written ends with.
const SUFFIX: &str = ".part";

/// How many random signs are in such a name.
const RANDOM: usize = 6;

/// How much of a file's name such a name has, in characters.
const MAX_STEM: usize = 60;

/// What is younger may be between being made and being locked.
const SETTLED: Duration = Duration::from_secs(5);

/// More links in a row than this go round in circles.
const MAX_LINKS: usize = 40;

/// A file on its way: written beside its place, so that it is there whole or not at all. It goes
/// away unless it is kept.
pub struct WholeFile {
    file: BufWriter<NamedTempFile>,
    place: PathBuf,
}

impl WholeFile {
    /// Begins a file for `place`, readable by its owner alone unless there is one already.
    ///
    /// Fails where its folder cannot be written to.
    pub fn begin(place: &Path) -> io::Result<Self> {
        let name = place.file_name().unwrap_or_default();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{}.", stem(name)))
            .suffix(SUFFIX)
            .rand_bytes(RANDOM)
            .tempfile_in(folder_of(place))?;
        // Tells other runs that somebody is at work; where that is not possible they keep off anyway.
        let _ = file.as_file().try_lock();
        Ok(Self { file: BufWriter::new(file), place: place.to_owned() })
    }

    /// Has its bytes written.
    ///
    /// Fails where the disk does.
    pub fn write(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        write(&mut self.file).with_context(|| format!("writing {}", self.place.display()))
    }

    /// Where it belongs.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Has the owner, where that is possible, and the permissions of the file that is there.
    fn like_before(self) -> io::Result<Self> {
        if let Ok(before) = fs::metadata(&self.place) {
            lend_permissions(&before, self.file.get_ref().as_file())?;
        }
        Ok(self)
    }

    /// The same file, to be written to by others.
    fn handle(&self) -> io::Result<File> {
        self.file.get_ref().as_file().try_clone()
    }

    /// Puts the bytes on disk and gives the file its place.
    ///
    /// The new name itself is on disk once [`sync_folder`] has been called.
    pub fn keep(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        on_disk(file.as_file().sync_all())?;
        file.persist(&self.place).map_err(|error| error.error)?;
        Ok(())
    }
}

/// What a name has of it while it is being written.
fn stem(name: &OsStr) -> String {
    name.to_string_lossy().chars().take(MAX_STEM).collect()
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Gives `file` the owner, where that is possible, and the permissions of another.
fn lend_permissions(of: &fs::Metadata, file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};

        // Only the superuser can give a file away, and members of a group can share it.
        let _ = fchown(file, None, Some(of.gid()));
        let _ = fchown(file, Some(of.uid()), None);
    }
    file.set_permissions(of.permissions())
}

/// Leaves out that some file systems cannot be asked to write to disk.
fn on_disk(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            Ok(())
        }
        result => result,
    }
}

/// Puts the names in a folder on disk, where folders can be opened.
///
/// Fails where the disk does.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => on_disk(folder.sync_all()),
        Err(_) => Ok(()),
    }
}

/// The name of the file that was being written under this name, as far as it is known; None where
/// this is no such name.
pub fn name_of_leftover(name: &str) -> Option<&str> {
    let (stem, random) = name.strip_prefix('.')?.strip_suffix(SUFFIX)?.rsplit_once('.')?;
    let random_enough = random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric());
    (random_enough && !stem.is_empty()).then_some(stem)
}

/// Removes a file that a run left behind when it was killed, unless it may be somebody's at work.
pub fn remove_leftover(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    let settled = file.metadata().is_ok_and(|metadata| {
        let age = metadata.modified().ok().and_then(|time| time.elapsed().ok());
        metadata.is_file() && age.is_some_and(|age| age > SETTLED)
    });
    if settled && file.try_lock().is_ok() {
        // It does no harm where it stays.
        let _ = fs::remove_file(path);
    }
}

/// Where `-o` sends the output.
pub enum Target {
    /// Standard output.
    Stdout,
    /// A pipe or a device, which cannot be replaced.
    Stream(File),
    /// A file, which is replaced at the end.
    File(WholeFile),
}

impl Target {
    /// Makes sense of the path of `--output`. A symbolic link is followed to the file that it stands for.
    ///
    /// Fails, before any request, where nothing can be written there.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if is_stdout(path) {
            return Ok(Self::Stdout);
        }
        let label = path.display();
        let cannot = |error: io::Error| {
            Failure::new(Exit::Failure, Subject::Run, format!("writing {label}: {error}"))
        };
        let text = path.as_os_str().to_string_lossy();
        let open = |path: &Path| OpenOptions::new().write(true).open(path).map_err(cannot);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(is_folder(path)),
            Err(_) if text.is_empty() || text.ends_with('/') => return Err(is_folder(path)),
            // What a process was handed open is not its to replace.
            Ok(metadata) if !metadata.is_file() || is_descriptor(path) => {
                return open(path).map(Self::Stream);
            }
            // A file that must not be written to must not be replaced either.
            Ok(_) => drop(open(path)?),
            Err(_) => {}
        }
        let place = follow(path).map_err(cannot)?;
        remove_leftovers(&place);
        let file = WholeFile::begin(&place).and_then(WholeFile::like_before);
        file.map(Self::File).map_err(|error| {
            let hint = match error.kind() {
                ErrorKind::NotFound => "make its folder first",
                _ => {
                    "the file is replaced as a whole, in its folder; > FILE writes into it instead"
                }
            };
            cannot(error).hint(hint)
        })
    }

    /// The file to write to; None for standard output.
    ///
    /// Fails where no more files can be open.
    pub fn handle(&self) -> io::Result<Option<File>> {
        match self {
            Self::Stdout => Ok(None),
            Self::Stream(file) => file.try_clone().map(Some),
            Self::File(file) => file.handle().map(Some),
        }
    }

    /// Gives the file its place, on disk.
    ///
    /// Fails where the disk does; what was there is there then.
    pub fn keep(self) -> io::Result<()> {
        let Self::File(file) = self else { return Ok(()) };
        let folder = folder_of(&file.place).to_owned();
        file.keep()?;
        sync_folder(&folder)
    }
}

fn is_folder(path: &Path) -> Failure {
    Failure::usage(format!("--output {} is no file", path.display()))
        .hint("name a file; --out-dir fills a folder with a file a session")
}

/// Whether a path stands for standard output, whatever that is.
pub fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
        .iter()
        .any(|known| path == Path::new(known))
}

fn is_descriptor(path: &Path) -> bool {
    path == Path::new("/dev/stderr")
        || path.starts_with("/dev/fd")
        || path.starts_with("/proc/self/fd")
}

/// The place that a path stands for after its symbolic links, whether there is a file or not.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = fs::read_link(&place) else { return Ok(place) };
        place = folder_of(&place).join(next);
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Removes what runs that were killed left of this very file.
fn remove_leftovers(place: &Path) {
    let wanted = stem(place.file_name().unwrap_or_default());
    let Ok(entries) = fs::read_dir(folder_of(place)) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().and_then(name_of_leftover) == Some(&*wanted) {
            remove_leftover(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_once_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.json");
        let count = || fs::read_dir(folder.path()).unwrap().count();
        let mut file = WholeFile::begin(&place).unwrap();
        file.write(|file| file.write_all(b"new")).unwrap();
        assert!(!place.exists());
        drop(file);
        assert_eq!(count(), 0);
        let mut file = WholeFile::begin(&place).unwrap();
        file.write(|file| file.write_all(b"new")).unwrap();
        file.keep().unwrap();
        assert_eq!((fs::read(&place).unwrap(), count()), (b"new".to_vec(), 1));
    }

    #[test]
    fn names_of_leftovers_are_told_from_others() {
        for (name, expected) in [
            (".a.json.a1B2c3.part", Some("a.json")),
            (".a.a1B2c3.part", Some("a")),
            ("a.json.a1B2c3.part", None),
            (".a.json.a1B2c.part", None),
            (".a.json.a1B2-3.part", None),
            ("..a1B2c3.part", None),
            (".a1B2c3.part", None),
            (".part", None),
            (".a.json.a1B2c3", None),
        ] {
            assert_eq!(name_of_leftover(name), expected, "{name}");
        }
    }

    #[test]
    fn only_what_nobody_works_on_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a");
        let at_work = WholeFile::begin(&place).unwrap();
        let path = at_work.file.get_ref().path().to_owned();
        let past = std::time::SystemTime::now() - Duration::from_secs(60);
        at_work.file.get_ref().as_file().set_modified(past).unwrap();
        remove_leftovers(&place);
        assert!(path.exists());

        let left = folder.path().join(".a.abcdef.part");
        let age = |time| File::create(&left).unwrap().set_modified(time).unwrap();
        age(std::time::SystemTime::now());
        remove_leftovers(&place);
        assert!(left.exists());
        age(past);
        remove_leftovers(&folder.path().join("b"));
        assert!(left.exists());
        remove_leftovers(&place);
        assert!(!left.exists() && path.exists());
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_to_their_end() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        symlink("sub/b", at("a")).unwrap();
        symlink("../c", at("sub/b")).unwrap();
        symlink("circle", at("circle")).unwrap();
        assert_eq!(follow(&at("a")).unwrap(), at("sub/../c"));
        assert_eq!(follow(Path::new("plain")).unwrap(), Path::new("plain"));
        assert!(follow(&at("circle")).is_err());
    }
}
