//! The README and the manual as they are read: where they are hosted, by `help` and by man.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{feather, has, run};

/// The README is read in one sitting.
const README_BYTES: usize = 16 * 1024;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder}");
    paths
}

/// The Markdown files that people read.
fn pages() -> Vec<PathBuf> {
    let mut pages = files("src/manual", &["md"]);
    pages.push(root().join("README.md"));
    pages
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// The lines of a page that are neither code nor output.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line);
        }
    }
    lines
}

/// The anchors that a page has where it is hosted: one a heading, and those that are written down.
fn anchors(text: &str) -> BTreeSet<String> {
    let lines = prose(text);
    let named = lines.iter().filter_map(|line| line.split_once("<a id=\"")?.1.split_once('"'));
    let headings = lines.iter().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let letters = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = letters.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .chain(named.map(|(name, _)| name.to_owned()))
        .collect()
}

#[test]
fn the_readme_is_read_in_one_sitting() {
    let bytes = std::fs::read(root().join("README.md")).unwrap().len();
    assert!(bytes <= README_BYTES, "{bytes} bytes");
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let prose = prose(&text).join("\n");
        for (begin, _) in prose.match_indices("](") {
            let (target, _) = prose[begin + 2..].split_once(')').unwrap();
            if target.contains("://") {
                continue;
            }
            links += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let to = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(to.exists(), "{}: {target}", page.display());
            if !anchor.is_empty() {
                let there = anchors(&std::fs::read_to_string(&to).unwrap());
                assert!(there.contains(anchor), "{}: {target}: {there:?}", page.display());
            }
        }
    }
    assert!(links > 30, "{links}");
}

#[test]
fn help_shows_every_topic_and_lists_it() {
    let list = run(feather().arg("help"));
    for page in files("src/manual", &["md"]) {
        let topic = stem(&page);
        assert!(list.succeeded().stdout.contains(&format!("\n  {topic} ")), "{topic}");
        let shown = run(feather().args(["help", topic]));
        let text = std::fs::read_to_string(&page).unwrap();
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        let whole = run(feather().args(["help", topic, "--width", "200"]));
        assert_eq!(whole.succeeded().stdout.lines().next(), Some(title));
        // Code stands as it is, and nothing of the markup is left.
        let code = text.lines().filter(|line| line.starts_with("$ "));
        for line in code {
            assert!(shown.stdout.contains(line), "{topic}: {line}");
        }
        let markup = shown.stdout.lines().find(|line| {
            line.starts_with("## ") || line.starts_with("```") || line.contains("<!--")
        });
        assert_eq!(markup, None, "{topic}");
    }
    for name in ["connection", "schema"] {
        let narrow = run(feather().args(["help", name, "--width", "60"]));
        let prose = narrow.succeeded().stdout.lines().filter(|line| !line.contains("  feather-"));
        let widest = prose.map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= 60, "{narrow:?}");
    }
}

/// What man prints of a page at so many columns, and what it warns of.
fn man(page: &Path, columns: u16) -> (String, String) {
    let output = Command::new("man")
        .args(["--warnings=all", "-l"])
        .arg(page)
        .env("MANWIDTH", columns.to_string())
        .env("MANPAGER", "cat")
        .env("LC_ALL", "C.UTF-8")
        .env("MANROFFOPT", "")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", page.display());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn man_shows_every_page_without_a_warning_and_within_eighty_columns() {
    if !has("man") {
        return;
    }
    let sources: Vec<String> = files("src/manual", &["md"])
        .into_iter()
        .chain(files("src/manual/commands", &["md"]))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let pages = files("completions", &["1", "7"]);
    assert!(pages.len() > 15, "{pages:?}");
    for page in pages {
        let (shown, warnings) = man(&page, 80);
        assert_eq!(warnings, "", "{}", page.display());
        let first = shown.lines().find(|line| !line.trim().is_empty()).unwrap();
        assert!(first.starts_with(stem(&page)) && first.contains(") "), "{first}");
        // What cannot be broken, an output of the program's, is as wide as it is. Its end is enough to
        // know it by: signs that few fonts have may be left out.
        let is_code = |line: &str| {
            let letters: Vec<char> = line.trim().chars().collect();
            let end: String = letters[letters.len().saturating_sub(30)..].iter().collect();
            sources.iter().any(|source| source.contains(&end))
        };
        let wide = shown.lines().find(|line| line.chars().count() > 80 && !is_code(line));
        assert_eq!(wide, None, "{}", page.display());
    }
}

#[test]
fn the_list_of_pages_keeps_to_the_width_and_breaks_no_word() {
    let pages = |width: &str| {
        let done = run(feather().args(["help", "--width", width]));
        done.succeeded().stdout.clone()
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let whole = pages("0");
    for width in [50, 60, 80] {
        let list = pages(&width.to_string());
        assert!(list.lines().all(|line| line.chars().count() <= width), "{width}: {list}");
        assert_eq!(words(&list), words(&whole), "{width}");
    }
}

#[test]
fn what_a_man_page_shows_can_be_typed() {
    if !has("man") {
        return;
    }
    let page = root().join("completions/feather-analysis.1");
    let (shown, _) = man(&page, 80);
    let line = "$ (umask 077; printenv FEATHER_API_KEY > ~/.feather-key)";
    assert!(shown.lines().any(|shown| shown.trim() == line), "{shown}");
    let (shown, _) = man(&root().join("completions/feather-analysis-scripts.7"), 80);
    for line in
        [r##"jq -r 'select(.cited) | "#\(.turn) \(.chunk_id)"'"##, "$ cat > classify.sh <<'END'"]
    {
        assert!(shown.lines().any(|shown| shown.trim() == line), "{line}: {shown}");
    }
}
