//! How a page looks: on narrow and wide screens, light and dark, to those who see little or nothing.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Browser;
use super::pages::pages;

/// Opens all that is folded.
const UNFOLD: &str = "
    for (const one of document.querySelectorAll('details')) one.open = true;
    for (const one of document.querySelectorAll('input.all')) one.checked = true;";

#[test]
fn no_page_scrolls_sideways_whatever_its_width_and_whatever_is_in_it() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in pages().all() {
        browser.open(path, "");
        browser.run(UNFOLD);
        for width in [360, 800, 1400] {
            browser.width(width);
            let wide = browser.run(
                "const inside = document.documentElement.clientWidth;
                const beyond = (one) => one.getBoundingClientRect().right > inside + 1 && !one.closest('.scroll, pre');
                const sideways = (one) => one.scrollWidth > one.clientWidth;
                return [innerWidth, document.documentElement.scrollWidth <= inside,
                    [...document.querySelectorAll('main *, header *')].filter(beyond).slice(0, 5).map((one) => one.outerHTML.slice(0, 200)),
                    [...document.querySelectorAll('.sheet .scroll')].filter(sideways).map((one) => one.parentElement.id)]",
            );
            assert_eq!(wide[0], width);
            assert_eq!((&wide[1], &wide[2]), (&json!(true), &json!([])), "{name}, {width} pixels");
            // On a phone a table is read down the page, hostile words and all.
            assert!(width > 360 || wide[3] == json!([]), "{name}: {wide}");
        }
    }
}

/// How words and shapes of pictures stand out from the page; axe does not look at them.
const CONTRAST: &str = "
    const light = (colour) => {
        const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const page = light(getComputedStyle(document.body).backgroundColor);
    const ratio = (colour) => (Math.max(page, light(colour)) + 0.05) / (Math.min(page, light(colour)) + 0.05);
    const faint = [];
    let count = 0;
    const look = (css, name, least) => {
        for (const one of document.querySelectorAll(css)) {
            count += 1;
            const colour = getComputedStyle(one)[name];
            if (ratio(colour) < least) faint.push(`${one.outerHTML} ${colour}`);
        }
    };
    look('svg text', 'fill', 4.5);
    look('svg rect:not(.track), svg circle', 'fill', 3);
    look('svg line.course, svg line.mark', 'stroke', 3);
    look('.key', 'backgroundColor', 3);
    return [page, count, faint]";

#[test]
fn the_readers_colour_scheme_is_followed_and_pictures_stand_out_in_both() {
    let Some(browser) = Browser::start() else { return };
    for path in [&pages().demo, &pages().session] {
        let light = |scheme: &str| {
            browser.medium("screen", scheme);
            browser.open(path, "");
            let seen = browser.run(CONTRAST);
            assert_eq!(seen[2], json!([]), "{scheme} {path:?}");
            assert!(seen[1].as_u64().unwrap() > 10, "{seen}");
            seen[0].as_f64().unwrap()
        };
        let (day, night) = (light("light"), light("dark"));
        assert!(day > 0.8 && night < 0.1, "{day} {night}");
    }
}

/// The accessibility checker, where it is installed: its file is named by `AXE`, or is where `.ci/run`
/// puts it.
fn axe() -> Option<String> {
    let installed = "target/axe-core/node_modules/axe-core/axe.min.js";
    let path = std::env::var_os("AXE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(installed), PathBuf::from);
    let script = fs::read_to_string(&path);
    if let Err(error) = &script {
        assert!(std::env::var_os("CI").is_none(), "CI must have {}: {error}", path.display());
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: axe-core is not installed in {}\n", path.display()),
        );
    }
    script.ok()
}

/// What depends on colours alone.
const COLOURS: [&str; 2] = ["color-contrast", "link-in-text-block"];

/// What axe complains about, and how many rules are met; of these rules, where any are named.
fn complaints(browser: &Browser, rules: &[&str]) -> (Value, usize) {
    let only = if rules.is_empty() { Value::Null } else { json!(rules) };
    let found = browser.run_async(&format!(
        "const done = arguments[0];
        const told = ({{ id, nodes }}) => [id, nodes.length, nodes[0].html.slice(0, 200), nodes[0].failureSummary];
        const options = {{ resultTypes: ['violations'], runOnly: {only} ?? undefined }};
        axe.run(document, options).then(
            (result) => done([result.violations.map(told), result.passes.length]),
            (error) => done([String(error), 0]))"
    ));
    (found[0].clone(), found[1].as_u64().unwrap().try_into().unwrap())
}

#[test]
fn axe_finds_nothing_to_complain_about_light_and_dark_narrow_and_wide() {
    let Some(axe) = axe() else { return };
    let Some(browser) = Browser::start() else { return };
    for path in [&pages().demo, &pages().session, &pages().compared] {
        browser.open(path, "");
        browser.run(&format!("{axe}; window.axe = axe"));
        // Of what is folded one of a kind is enough: they are all made in one way.
        browser.run("for (const css of ['.numbers', '.session']) document.querySelector(css)?.setAttribute('open', '')");
        for (scheme, rules, met) in [("light", &[][..], 30), ("dark", &COLOURS, 1)] {
            browser.medium("screen", scheme);
            for width in [360, 1400] {
                browser.width(width);
                let (wrong, passed) = complaints(&browser, rules);
                assert_eq!(wrong, json!([]), "{scheme}, {width} pixels, {path:?}");
                assert!(passed >= met, "{passed} rules met");
            }
        }
    }
    // What is wrong is found.
    browser.run("document.querySelector('h1').replaceWith(document.createElement('h4'))");
    browser.run("document.querySelector('main').insertAdjacentHTML('afterbegin', '<i lang=xx-none>?</i><img>')");
    let (wrong, _) = complaints(&browser, &[]);
    let wrong: Vec<&Value> = wrong.as_array().unwrap().iter().map(|one| &one[0]).collect();
    assert!(wrong.iter().any(|rule| **rule == "image-alt"), "{wrong:?}");
}
