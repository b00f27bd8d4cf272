//! `--tz` by name: daylight saving, spellings, and machines that know no zones.

use serde_json::json;

use crate::harness::{Run, feather, run};

/// What a command says of a session over the night in which Berlin's clocks go back.
fn told(line: &str, zones: Option<&str>) -> Run {
    let said = |time: &str| json!({"role": "user", "timestamp": time, "content": "x"});
    let document = json!({
        "session_id": "s",
        "started_at": "2026-10-24T23:50:00Z",
        "ended_at": "2026-10-25T01:20:00Z",
        "messages": [
            said("2026-10-24T23:50:00Z"),
            said("2026-10-25T00:55:00Z"),
            said("2026-10-25T01:05:00Z"),
        ],
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.json"), document.to_string()).unwrap();
    let mut command = feather();
    command.current_dir(folder.path()).args(line.split_whitespace());
    if let Some(zones) = zones {
        command.env("TZDIR", zones);
    }
    run(&mut command)
}

#[test]
fn a_zone_by_name_has_its_daylight_saving() {
    // The rules are built in where the machine has none.
    for zones in [None, Some("/nonexistent")] {
        for name in ["Europe/Berlin", "europe/berlin", "Europe/Paris", "CET"] {
            let run = told(&format!("transcript one.json --tz {name}"), zones);
            let page = &run.succeeded().stdout;
            assert!(page.contains("started       2026-10-25 01:50:00 +02:00\n"), "{name}: {page}");
            assert!(page.contains("ended         2026-10-25 02:20:00 +01:00\n"), "{name}: {page}");
            assert!(page.contains("#2   user      02:55:00\n"), "{name}: {page}");
            let back = "── 2026-10-25, times in +01:00 ──\n\n#3   user      02:05:00\n";
            assert!(page.contains(back), "{name}: {page}");
        }
    }
    for (name, started) in [
        ("America/New_York", "2026-10-24 19:50:00 -04:00"),
        ("US/Pacific", "2026-10-24 16:50:00 -07:00"),
        ("America/Argentina/Buenos_Aires", "2026-10-24 20:50:00 -03:00"),
        ("Asia/Kolkata", "2026-10-25 05:20:00 +05:30"),
        ("Etc/UTC", "2026-10-24 23:50:00 +00:00"),
        ("+05:30", "2026-10-25 05:20:00 +05:30"),
    ] {
        let run = told(&format!("transcript one.json --format markdown --tz {name}"), None);
        let page = &run.succeeded().stdout;
        assert!(page.contains(&format!("**started:** {started}")), "{name}: {page}");
    }
}

#[test]
fn days_are_those_of_the_zone() {
    for (zone, since, taken) in [
        ("Europe/Berlin", "2026-10-25", true),
        ("Europe/London", "2026-10-25", true),
        ("America/New_York", "2026-10-25", false),
        ("America/New_York", "2026-10-24", true),
    ] {
        let line = format!("transcript one.json --tz {zone} --since {since}");
        let run = told(&line, None);
        assert_eq!(run.stdout.contains("Session s"), taken, "{line}: {run:#?}");
    }
}

#[test]
fn an_unknown_zone_is_refused_naming_the_nearest() {
    for (name, hint) in [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("America/NewYork", "did you mean America/New_York?"),
        ("?", "write utc, local, an offset like +02:00 or a name like Europe/Berlin"),
        ("../../../etc/passwd", "for '--tz <ZONE>'"),
    ] {
        told(&format!("transcript one.json --tz {name}"), None).failed_with(2).says(&[hint]);
    }
}
