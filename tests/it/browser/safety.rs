//! What a page must not do, whoever wrote what is in it.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;

use super::pages::{PAYLOADS, pages};
use super::{Browser, address};
use crate::harness::{Reply, Server};

/// The page has come to rest, and has done nothing but be there.
#[track_caller]
fn assert_quiet(browser: &Browser, name: &str) {
    assert_eq!(browser.dialog(), None, "{name}");
    assert_eq!(browser.console(), [""; 0], "{name}");
}

#[test]
fn a_page_asks_for_nothing_says_nothing_and_opens_nothing() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in pages().all() {
        browser.open(path, "");
        assert_eq!(browser.requests(), [address(path).to_string()], "{name}");
        assert_quiet(&browser, name);
    }
    // A page that does these things is found out.
    let server = Server::always(Reply::of_type(200, "image/png", ""));
    let loud = pages().demo.with_file_name("loud.html");
    let image = format!("{}/x.png", server.url());
    let script = "console.log('said'); setTimeout(() => alert('opened'), 0)";
    fs::write(&loud, format!("<img src={image}><script>{script}</script>")).unwrap();
    browser.open(&loud, "");
    browser.until_dialog("opened");
    browser.dismiss();
    assert_eq!(browser.requests(), [address(&loud).to_string(), image]);
    assert_eq!(server.count(), 1);
    assert!(browser.console().iter().any(|message| message.contains("said")));
}

/// The names of all elements and attributes, those of the page's own script included.
const INVENTORY: &str = "
    const names = new Set();
    for (const element of document.querySelectorAll('*')) {
        names.add(element.localName);
        for (const { name } of element.attributes) names.add(`${element.localName} ${name}`);
    }
    return [...names]";

/// Opens, clicks and focuses whatever can be, and says how much there was.
const TRY_ALL: &str = "
    const each = (css, use) => { const all = [...document.querySelectorAll(css)]; all.forEach(use); return all.length };
    return each('details', (one) => { one.open = true })
        + each('[tabindex], a, button, summary, input', (one) => one.focus())
        + each('button, label, a[href*=turn]', (one, place) => { if (place < 60) one.click() })";

#[test]
fn nothing_that_a_stranger_wrote_becomes_an_element_or_runs() {
    let Some(browser) = Browser::start() else { return };
    let inventory =
        || -> BTreeSet<String> { serde_json::from_value(browser.run(INVENTORY)).unwrap() };
    let mut ours = BTreeSet::new();
    let pages = pages();
    for path in [&pages.demo, &pages.session, &pages.compared, &pages.corpus] {
        browser.open(path, "");
        ours.extend(inventory());
    }
    for forbidden in ["img", "iframe", "object", "link", "base", "form", "a onclick", "b"] {
        assert!(!ours.contains(forbidden), "{forbidden}");
    }
    for (name, path) in pages.all() {
        browser.open(path, "");
        let theirs: Vec<String> = inventory().difference(&ours).cloned().collect();
        assert_eq!(theirs, [""; 0], "{name}");
        let counted = browser.run(
            "const count = (css) => document.querySelectorAll(css).length;
            return [count('script'), count('style'), count('head title'), count('meta[http-equiv]'),
                count('a:not([href^=\"#\"])'), count('body > :not(header, main, footer, script)')]",
        );
        assert_eq!(counted, json!([1, 1, 1, 1, 0, 0]), "{name}");
        if !pages.hostile.contains(&path.to_owned()) {
            continue;
        }
        let text = browser.run("return document.body.textContent");
        let title = browser.run("return document.title");
        for payload in PAYLOADS {
            // What would not be seen, or would turn the text round, is shown for what it is.
            let shown =
                if payload.contains('\u{202e}') { "<U+202E>gnp.exe<U+2066>" } else { payload };
            for (what, text) in [("text", &text), ("title", &title)] {
                assert!(text.as_str().unwrap().contains(shown), "{what} of {name}: {shown}");
            }
        }
        let all = format!("{text}{title}");
        for hidden in ['\u{202e}', '\u{2066}', '\u{1b}', '\u{7}', '\u{85}', '\u{2028}'] {
            assert!(!all.contains(hidden), "{hidden:?} in {name}");
        }
        assert!(browser.run(TRY_ALL).as_u64().unwrap() > 30, "{name}");
        assert_quiet(&browser, name);
        assert_eq!(browser.run("return typeof window.broken"), "undefined", "{name}");
    }
}

#[test]
fn the_policy_refuses_what_is_put_into_the_page_and_lets_its_own_style_and_script_be() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&pages().demo, "");
    let own = browser.run(
        "const body = getComputedStyle(document.body);
        return [document.querySelectorAll('table.sorted th button').length > 10,
            getComputedStyle(document.querySelector('.headlines')).display, body.outlineStyle,
            document.querySelector('meta[http-equiv]').content.split(';')[0]]",
    );
    assert_eq!(own, json!([true, "grid", "none", "default-src 'none'"]));
    let refused = browser.run_async(
        "const done = arguments[0], refused = [];
        document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
        const add = (html) => document.body.insertAdjacentHTML('beforeend', html);
        const put = (name, text) => {
            const element = document.createElement(name);
            element.textContent = text;
            document.body.append(element);
        };
        put('script', 'window.ran = 1');
        put('style', 'body { outline: 7px solid }');
        add('<b id=b onclick=\"window.ran = 2\" style=\"color: red\">b</b><img src=\"data:,\">');
        document.getElementById('b').click();
        fetch('http://127.0.0.1:9/').catch(() => null);
        setTimeout(() => done([refused.sort(), typeof window.ran, getComputedStyle(document.body).outlineStyle]), 300)",
    );
    let directives = [
        "connect-src",
        "img-src",
        "script-src-attr",
        "script-src-elem",
        "style-src-attr",
        "style-src-elem",
    ];
    assert_eq!(refused, json!([directives, "undefined", "none"]));
}
