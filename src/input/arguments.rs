//! What the SESSION arguments name: UUIDs, files, folders, standard input. Nothing is fetched here.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::cli::IdPrefix;
use crate::failure::Failure;
use crate::input::decode::{self, Decoded};
use crate::input::ids::{self, Content};
use crate::input::source::{Input, Item, unreadable};

/// What standard input is called in messages.
const STDIN: &str = "standard input";

/// How many names of what is passed over are told.
const MOST_NAMES: usize = 5;

/// What was named.
#[derive(Default)]
pub struct Named {
    /// The items, in the order they were named.
    pub items: Vec<Item>,
    /// The beginnings of ids, which name sessions among the items.
    pub prefixes: Vec<IdPrefix>,
    /// What the user may want to know about them, a line each.
    pub notes: Vec<String>,
}

/// Makes sense of the SESSION arguments. No request is made here.
///
/// A UUID that is named again is dropped. Fails with [`crate::exit::Exit::Usage`] at the first
/// argument, or line of a list, that is neither.
pub fn resolve(arguments: &[OsString], stdin_taken: bool) -> Result<Named, Failure> {
    let mut resolver = Resolver { named: Named::default(), seen: HashSet::new(), stdin_taken };
    for argument in arguments {
        resolver.add(argument)?;
    }
    Ok(resolver.named)
}

struct Resolver {
    named: Named,
    seen: HashSet<Uuid>,
    stdin_taken: bool,
}

impl Resolver {
    fn add(&mut self, argument: &OsStr) -> Result<(), Failure> {
        if argument == "-" {
            if std::mem::replace(&mut self.stdin_taken, true) {
                return Err(Failure::usage("standard input can be used for one thing only")
                    .hint("name - once, and the key in a file of its own"));
            }
            return self.add_stream(STDIN, io::stdin());
        }
        let text = argument.to_str();
        let id = text.and_then(|text| Uuid::parse_str(text.trim()).ok());
        // An address can be longer than any name of a file.
        let address = || text.filter(|text| text.contains("://")).and_then(ids::id_in);
        if let Some(id) = id.or_else(address) {
            self.add_session(id);
            return Ok(());
        }
        let path = Path::new(argument);
        let label = path.display().to_string();
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.add_folder(path, &label),
            Ok(metadata) if metadata.is_file() => self.add_file(path, &label),
            // A pipe cannot be opened twice.
            Ok(_) => match File::open(path) {
                Ok(file) => self.add_stream(&label, file),
                Err(error) => Err(unreadable(&label, &error)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.add_other(path, &label),
            Err(_) if ids::is_key_setting(&label) => Err(key_setting()),
            Err(error) => Err(unreadable(&label, &error)),
        }
    }

    /// What is neither an id nor a file, as it stands.
    fn add_other(&mut self, path: &Path, argument: &str) -> Result<(), Failure> {
        if let Some(id) = ids::id_in(argument) {
            self.add_session(id);
        } else if let Ok(prefix) = IdPrefix::parse(argument) {
            self.named.prefixes.push(prefix);
        } else {
            return Err(no_such(path, argument));
        }
        Ok(())
    }

    fn add_session(&mut self, id: Uuid) {
        if self.seen.insert(id) {
            self.named.items.push(Item::Session(id));
        }
    }

    fn add_documents(&mut self, label: &str, input: Input) {
        self.named.items.push(Item::Documents { label: label.to_owned(), input });
    }

    fn add_list(&mut self, label: &str, list: Decoded) -> Result<(), Failure> {
        ids::read(label, list, &mut |id| self.add_session(id))
    }

    /// A file: a list of ids where it is one, else documents. Whatever is wrong with it is told when
    /// its turn comes.
    fn add_file(&mut self, path: &Path, label: &str) -> Result<(), Failure> {
        let open = || -> io::Result<_> {
            let mut file = File::open(path)?;
            Ok(decode::decode(decode::beginning(&mut file)?, file))
        };
        if let Ok(Ok(decoded)) = open() {
            match ids::content(&decoded.beginning) {
                // No JSON begins with a comment.
                Content::Ids | Content::Comment => return self.add_list(label, decoded),
                Content::NoId => return Ok(()),
                Content::Blank if !has_document_name(path) => return Ok(()),
                _ => {}
            }
        }
        self.add_documents(label, Input::Path(path.to_owned()));
        Ok(())
    }

    /// A stream: documents, or else ids.
    fn add_stream(
        &mut self,
        label: &str,
        mut stream: impl io::Read + Send + 'static,
    ) -> Result<(), Failure> {
        let beginning =
            decode::beginning(&mut stream).map_err(|error| unreadable(label, &error))?;
        let decoded = match decode::decode(beginning, stream) {
            Ok(decoded) => decoded,
            Err(foreign) => {
                self.add_documents(label, Input::Foreign(foreign));
                return Ok(());
            }
        };
        match ids::content(&decoded.beginning) {
            Content::Ids | Content::Comment | Content::Unknown => self.add_list(label, decoded),
            Content::NoId => Ok(()),
            Content::Blank if decoded.beginning.len() < decode::PEEK => Ok(()),
            Content::Blank | Content::Documents => {
                self.add_documents(label, Input::Open(decoded.text));
                Ok(())
            }
        }
    }

    /// The folder's documents, by name.
    fn add_folder(&mut self, folder: &Path, label: &str) -> Result<(), Failure> {
        let entries = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<io::Result<Vec<_>>>)
            .map_err(|error| unreadable(label, &error))?;
        let (mut documents, mut others) = (Vec::new(), Vec::new());
        for entry in &entries {
            let is_folder = is_folder(entry);
            if !is_folder && has_document_name(Path::new(&entry.file_name())) {
                documents.push(entry.path());
            } else {
                others.push((entry.file_name(), is_folder));
            }
        }
        if documents.is_empty() {
            return Err(Failure::usage(format!(
                "{label}: the folder holds no *.json, *.ndjson or *.jsonl"
            ))
            .hint("fetch --out-dir fills a folder; folders in it are not looked into"));
        }
        documents.sort();
        self.named.notes.extend(passed_over(label, others, entries.len()));
        for path in documents {
            let label = path.display().to_string();
            self.named.items.push(Item::Documents { label, input: Input::Path(path) });
        }
        Ok(())
    }
}

/// Whether it is a folder, or a link to one. What the folder's own list says costs nothing.
fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
        Ok(kind) => kind.is_dir(),
        Err(_) => entry.path().is_dir(),
    }
}

/// Says what in a folder is not read. Hidden files are nobody's documents, so they are not told.
fn passed_over(label: &str, mut others: Vec<(OsString, bool)>, all: usize) -> Option<String> {
    others.retain(|(name, _)| !name.as_encoded_bytes().starts_with(b"."));
    others.sort();
    let names = others.iter().take(MOST_NAMES).map(|(name, is_folder)| {
        let slash = if *is_folder { "/" } else { "" };
        format!("{}{slash}", PathBuf::from(name).display())
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let more = others.len().saturating_sub(MOST_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!others.is_empty()).then(|| {
        format!(
            "{label}: passed over {} of {all}: {names}{more}; what is read is *.json, *.ndjson, \
             *.jsonl and these with .gz",
            others.len()
        )
    })
}

/// Whether the name is that of saved documents.
fn has_document_name(path: &Path) -> bool {
    has_extension(path, "json") || has_list_name(path)
}

/// Whether the name is that of a list of documents, which may be empty.
pub fn has_list_name(path: &Path) -> bool {
    has_extension(path, "ndjson") || has_extension(path, "jsonl")
}

/// Whether the name ends so, in whatever case, packed or not.
fn has_extension(path: &Path, wanted: &str) -> bool {
    let is = |path: &Path, wanted: &str| {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
    };
    is(path, wanted)
        || is(path, "gz") && path.file_stem().is_some_and(|stem| is(Path::new(stem), wanted))
}

/// What an argument is, in words; None where it is nothing that can be named.
pub fn describe(argument: &str) -> Option<&'static str> {
    if ids::id_in(argument).is_some() {
        return Some("a session");
    }
    match std::fs::metadata(argument) {
        Ok(metadata) if metadata.is_dir() => Some("a folder"),
        Ok(_) => Some("a file"),
        Err(_) if ids::cut_off(argument).is_some() || ids::is_shortened(argument) => {
            Some("part of a session's id")
        }
        Err(_) => None,
    }
}

/// Why the beginning of an id is not enough where nothing is given to look for it in.
pub fn no_file_to_look_in(prefix: &IdPrefix) -> Failure {
    let typed = prefix.typed();
    let shown = ids::quoted(typed);
    if ids::is_shortened(typed) {
        return Failure::usage(format!("{shown} is a shortened id")).hint(format!(
            "name the file to look in beside it: {prefix} sessions/; {}",
            ids::WHOLE_IDS
        ));
    }
    match ids::cut_off(typed) {
        Some(reason) => Failure::usage(format!("{shown} is not a session id: {reason}")).hint(format!(
            "copy the whole id, like 7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11, or name the file to look in \
             beside it: {prefix} sessions/"
        )),
        None => no_such(Path::new(typed), typed),
    }
}

fn no_such(path: &Path, argument: &str) -> Failure {
    let shown = ids::quoted(argument);
    if ids::is_key_setting(argument) {
        return key_setting();
    }
    if ids::is_shortened(argument) {
        return Failure::usage(format!("{shown} is a shortened id")).hint(ids::WHOLE_IDS);
    }
    if let Some(reason) = ids::cut_off(argument) {
        return Failure::usage(format!("{shown} is not a session id: {reason}"))
            .hint("copy the whole id, like 7f3c1a52-9b0e-4d6f-8a21-5c4e0b9d2a11");
    }
    let failure = Failure::usage(format!("{shown} is not a session id and there is no such file"));
    if humantime::parse_duration(argument).is_ok() {
        return failure.hint(format!("if it is how long to wait, write --wait={argument}"));
    }
    if let Some(nearest) = nearest(path) {
        return failure.hint(format!("did you mean {}?", nearest.display()));
    }
    failure
        .hint("name a session's UUID, a saved document, a folder of them, or - for standard input")
}

fn key_setting() -> Failure {
    Failure::usage("a key stands among the sessions; keys are not taken from arguments").hint(
        "set FEATHER_API_KEY, or name a file that holds the key with --api-key-file; a key that was \
         typed here is better replaced",
    )
}

/// Letters that may be wrong in the name of a file.
const WRONG_LETTERS: usize = 2;

/// What is there under nearly this name.
fn nearest(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = std::fs::read_dir(folder.unwrap_or(Path::new("."))) else {
        let there = nearest(folder?)?.join(name);
        return there.exists().then_some(there);
    };
    // The nearest id is another session's.
    let stem = name.split('.').next().unwrap_or_default();
    if Uuid::parse_str(stem).is_ok() {
        return None;
    }
    let few = WRONG_LETTERS.min(name.chars().count() / 3);
    let distance = |other: &str| {
        let stem = Path::new(other).file_stem().and_then(OsStr::to_str);
        if other.eq_ignore_ascii_case(name) || stem == Some(name) {
            return Some(0);
        }
        Some(strsim::osa_distance(name, other)).filter(|distance| *distance <= few)
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let (_, nearest) = names.filter_map(|other| Some((distance(&other)?, other))).min()?;
    Some(folder.map_or_else(|| PathBuf::from(&nearest), |folder| folder.join(&nearest)))
}
