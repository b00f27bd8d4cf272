//! The pages of `report` in a real browser: Debian's Chromium, led by its `WebDriver`.

mod looks;
mod pages;
mod paper;
mod reading;
mod safety;

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::harness::{Running, has, ms};

/// Longer than a browser takes for anything here.
const PATIENCE: Duration = Duration::from_secs(10);

/// The browser that the tests share while any of them runs or waits.
static SHARED: Mutex<Weak<Session>> = Mutex::new(Weak::new());

/// Whose turn it is with it.
static TURN: Mutex<()> = Mutex::new(());

/// A browser with a profile of its own; it ends with the last test that has it.
struct Session {
    client: Client,
    runtime: Runtime,
    driver: Running,
}

impl Session {
    fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(driver.0.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_suffix('.')?.rsplit_once("on port ")?.1.parse::<u16>().ok()
        });
        let address = format!("http://127.0.0.1:{}", port.expect("the driver names its port"));
        // It goes on writing.
        std::thread::spawn(move || lines.for_each(drop));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let Value::Object(wanted) = capabilities() else { unreachable!() };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = runtime.block_on(builder.capabilities(wanted).connect(&address)).unwrap();
        Self { client, runtime, driver }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.0.kill();
    }
}

/// The browser, in a test's hands.
pub struct Browser {
    session: Arc<Session>,
    _turn: MutexGuard<'static, ()>,
}

impl Browser {
    /// The browser as it is when it starts, or None where none is installed.
    pub fn start() -> Option<Self> {
        if !has("chromium") || !has("chromedriver") {
            return None;
        }
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let session = shared.upgrade().unwrap_or_else(|| {
            let session = Arc::new(Session::start());
            *shared = Arc::downgrade(&session);
            session
        });
        drop(shared);
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let browser = Self { session, _turn: turn };
        browser.reset();
        Some(browser)
    }

    /// Forgets what the test before has seen and set.
    fn reset(&self) {
        if self.dialog().is_some() {
            self.dismiss();
        }
        self.cdp("Emulation.setScriptExecutionDisabled", &json!({ "value": false }));
        self.cdp("Emulation.setEmulatedMedia", &json!({ "media": "", "features": [] }));
        self.cdp("Emulation.clearDeviceMetricsOverride", &json!({}));
        self.visit("about:blank");
        self.console();
        self.requests();
    }

    /// What the driver answers.
    fn wait<T, E: std::fmt::Display>(
        &self,
        answer: impl Future<Output = Result<T, E>>,
        what: &str,
    ) -> T {
        match self.session.runtime.block_on(answer) {
            Ok(answer) => answer,
            Err(error) => panic!("{error}: {what}"),
        }
    }

    fn ask(&self, path: &'static str, body: Value) -> Value {
        self.wait(self.session.client.issue_cmd(Ask { path, body }), path)
    }

    /// What the browser's own protocol answers to a command.
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.ask("goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    /// Messages since the last time.
    fn log(&self, kind: &str) -> Vec<Value> {
        let Value::Array(entries) = self.ask("se/log", json!({ "type": kind })) else {
            panic!("no log");
        };
        entries
    }

    /// What was written to the console since the last time.
    pub fn console(&self) -> Vec<String> {
        self.log("browser").iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// What was asked for since the last time, by any page.
    pub fn requests(&self) -> Vec<String> {
        let url = |entry: &Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let message = &message["message"];
            let requested = message["method"] == "Network.requestWillBeSent";
            requested.then(|| message["params"]["request"]["url"].as_str().unwrap().to_owned())
        };
        self.log("performance").iter().filter_map(url).collect()
    }

    /// What a dialog says, if one is open.
    pub fn dialog(&self) -> Option<String> {
        self.session.runtime.block_on(self.session.client.get_alert_text()).ok()
    }

    /// Waits for a dialog that says this.
    #[track_caller]
    pub fn until_dialog(&self, text: &str) {
        let begun = Instant::now();
        while self.dialog().as_deref() != Some(text) {
            assert!(begun.elapsed() < PATIENCE, "no dialog says {text}");
            std::thread::sleep(ms(20));
        }
    }

    /// Closes a dialog.
    pub fn dismiss(&self) {
        self.wait(self.session.client.dismiss_alert(), "closing a dialog");
    }

    /// Opens an address and waits until it is loaded.
    pub fn visit(&self, url: &str) {
        self.wait(self.session.client.goto(url), url);
    }

    /// Opens a file, at an anchor if there is one behind it.
    pub fn open(&self, path: &Path, anchor: &str) {
        self.visit(&format!("{}{anchor}", address(path)));
    }

    /// What a function's body returns in the page.
    pub fn run(&self, script: &str) -> Value {
        self.wait(self.session.client.execute(script, Vec::new()), script)
    }

    /// What a body gives to the function that is its last argument.
    pub fn run_async(&self, script: &str) -> Value {
        self.wait(self.session.client.execute_async(script, Vec::new()), script)
    }

    /// Clicks as a reader does.
    pub fn click(&self, css: &str) {
        let client = &self.session.client;
        self.wait(async { client.find(Locator::Css(css)).await?.click().await }, css);
    }

    /// Types into an element, or on it.
    pub fn keys(&self, css: &str, keys: &str) {
        let client = &self.session.client;
        self.wait(async { client.find(Locator::Css(css)).await?.send_keys(keys).await }, css);
    }

    /// Gives the page so much width.
    pub fn width(&self, pixels: usize) {
        let metrics =
            json!({ "width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Shows the page on a medium, to a reader with this colour scheme.
    pub fn medium(&self, medium: &str, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        let emulated = json!({ "media": medium, "features": [feature] });
        self.cdp("Emulation.setEmulatedMedia", &emulated);
    }
}

/// The address of a file.
pub fn address(path: &Path) -> Url {
    Url::from_file_path(path).unwrap()
}

/// Without a window, and without a word to anyone beyond this machine.
fn capabilities() -> Value {
    let mut arguments = vec![
        "--headless=new",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--force-prefers-reduced-motion",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        "--no-first-run",
        "--no-proxy-server",
        "--window-size=1400,900",
    ];
    // As root it refuses to start with one.
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    arguments.extend(is_root.then_some("--no-sandbox"));
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "unhandledPromptBehavior": "ignore",
    })
}

/// A command that no standard names.
#[derive(Debug)]
struct Ask {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Ask {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
