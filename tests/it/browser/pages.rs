//! The pages that are looked at, each made once a run of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::bench::corpus::corpus;
use crate::harness::{feather, run};

/// What strangers may write, each of it to break out of another place.
pub const PAYLOADS: [&str; 13] = [
    "</script><script>alert(1);window.broken=1</script>",
    "<img src=x onerror=\"alert(1);window.broken=1\">",
    "javascript:alert(1)//",
    "[link](javascript:alert(1)) <a href=\"javascript:alert(1)\">go</a>",
    "\" onfocus=alert(1) autofocus x=\"' onclick='alert(1)'><svg onload=alert(1)>",
    "</style><style>*{display:none}</style>",
    "<!-- <script>alert(1)</script> --!> <![CDATA[",
    "</title></summary></pre></details></article></main><base href=http://127.0.0.1:9/>",
    "\u{202e}gnp.exe\u{2066}\u{200f}\u{200b}\u{0}\u{1b}[31m\u{7}\u{8}\u{85}\u{2028}\u{feff}",
    "&lt;b&gt;&#60;i&#62;&#x3c;script&#x3e;alert(1)&amp;lt;",
    "<iframe src=http://127.0.0.1:9/></iframe><meta http-equiv=refresh content=0;url=http://127.0.0.1:9/>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css><object data=http://127.0.0.1:9/>",
    "NobodyBreaksThisWordThoughItIsFarLongerThanAnyPageIsWideAndHasNoBlankAndNoHyphenInItWhateverYouDoAndWhereverYouLook",
];

/// Fields that make a session what it is.
const KEPT: [&str; 12] = [
    "session_id",
    "role",
    "timestamp",
    "started_at",
    "ended_at",
    "captured_at",
    "channel",
    "knowledge_gap_analysis_outcome",
    "label",
    "mode",
    "score_basis",
    "missing_evidence_reasons",
];

/// The pages, by what they are of.
pub struct Pages {
    /// The demo's sessions.
    pub demo: PathBuf,
    /// One session.
    pub session: PathBuf,
    /// The demo's sessions held against others, in groups.
    pub compared: PathBuf,
    /// So many sessions that tables are folded.
    pub corpus: PathBuf,
    /// Sessions all of whose strings are hostile.
    pub hostile: [PathBuf; 4],
}

impl Pages {
    /// All of them, with a name for each.
    pub fn all(&self) -> Vec<(&str, &Path)> {
        let pages = [&self.demo, &self.session, &self.compared, &self.corpus];
        let pages = pages.into_iter().chain(&self.hostile);
        pages.map(|page| (page.file_stem().unwrap().to_str().unwrap(), &**page)).collect()
    }
}

/// The pages.
pub fn pages() -> &'static Pages {
    static PAGES: OnceLock<Pages> = OnceLock::new();
    PAGES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        make(&folder)
    })
}

/// The folder of the demo's sessions.
pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/sessions")
}

/// So many generated sessions, in a file of this folder.
pub fn generated(folder: &Path, count: u64) -> PathBuf {
    let path = folder.join("corpus.ndjson");
    let mut out = Vec::new();
    corpus(count, &mut out).unwrap();
    fs::write(&path, out).unwrap();
    path
}

fn make(folder: &Path) -> Pages {
    let samples = samples();
    let samples = samples.to_str().unwrap();
    let showcase = format!("{samples}/showcase.json");
    let corpus = generated(folder, 300);
    let corpus = corpus.to_str().unwrap();
    let report = |name: &str, arguments: &[&str], code: i32| {
        let path = folder.join(format!("{name}.html"));
        let done = run(feather().arg("report").args(arguments).arg("--out").arg(&path));
        assert_eq!((done.code, &*done.stdout), (code, ""), "{name}: {}", done.stderr);
        path
    };
    let broken = folder.join("broken");
    let (one, kept, many) = hostile(&showcase, &broken);
    let title = PAYLOADS.concat();
    let title = title.replace('\0', "");
    Pages {
        demo: report("demo", &[samples], 0),
        session: report("session", &[&showcase], 0),
        compared: report("compared", &[samples, "--against", corpus, "--by", "channel"], 0),
        corpus: report("corpus", &[corpus, "--transcripts", "12"], 0),
        hostile: [
            report("hostile", &[&one, "--title", &title], 0),
            report("hostile-with-times", &[&kept, "--title", &title], 0),
            report("hostile-many", &[&many, "--title", &title], 4),
            report(
                "hostile-compared",
                &[
                    &many,
                    "--against",
                    &many,
                    "--by",
                    "channel,agent_id",
                    "--transcripts",
                    "3",
                    "--title",
                    &title,
                ],
                4,
            ),
        ],
    }
}

/// Hostile sessions: one with all payloads in every string, one that is a session all the same, and a
/// folder of two for each payload with a file that is none.
fn hostile(of: &str, folder: &Path) -> (String, String, String) {
    fs::create_dir_all(folder).unwrap();
    let document: Value = serde_json::from_slice(&fs::read(of).unwrap()).unwrap();
    let write = |path: PathBuf, document: &Value| {
        fs::write(&path, document.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let all = PAYLOADS.concat();
    let one = write(folder.with_file_name("hostile.json"), &spoilt(&document, &all, false));
    let kept = write(folder.with_file_name("hostile-kept.json"), &spoilt(&document, &all, true));
    for (place, payload) in PAYLOADS.iter().enumerate() {
        write(folder.join(format!("{place}.json")), &spoilt(&document, payload, false));
        let mut session = spoilt(&document, payload, true);
        session["session_id"] = Value::from(crate::harness::id(place));
        write(folder.join(format!("{place}-kept.json")), &session);
    }
    let bad = "<img src=x onerror=alert(1)> \u{202e}javascript:alert(1)";
    fs::write(folder.join(format!("{bad}.json")), "{\"session_id\": <b>no</b>}").unwrap();
    (one, kept, folder.to_str().unwrap().to_owned())
}

/// The same with `payload` in every string and, where nothing is kept, in every unknown name.
fn spoilt(value: &Value, payload: &str, keep: bool) -> Value {
    match value {
        Value::String(text) => Value::from(format!("{payload}{text}")),
        Value::Array(values) => values.iter().map(|value| spoilt(value, payload, keep)).collect(),
        Value::Object(fields) => {
            let mut spoilt_fields: Map<String, Value> = fields
                .iter()
                .map(|(name, value)| {
                    let kept = keep && KEPT.contains(&&**name);
                    let value = if kept { value.clone() } else { spoilt(value, payload, keep) };
                    (name.clone(), value)
                })
                .collect();
            spoilt_fields.insert(payload.to_owned(), Value::from(payload));
            Value::Object(spoilt_fields)
        }
        other => other.clone(),
    }
}
