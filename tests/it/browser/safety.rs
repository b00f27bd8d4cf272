//! What a page must not do, whoever wrote what is in it.

use serde_json::json;

use super::pages::pages;
use super::{Browser, address};
use crate::harness::{Reply, Server};

#[test]
fn a_page_asks_for_nothing_says_nothing_and_opens_nothing() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in pages().all() {
        browser.open(path, "");
        assert_eq!(browser.requests(), [address(path).to_string()], "{name}");
        assert_eq!(browser.console(), [""; 0], "{name}");
        assert_eq!(browser.dialog(), None, "{name}");
    }
}
