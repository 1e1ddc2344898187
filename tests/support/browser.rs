//! A headless Chromium, driven through ChromeDriver by the WebDriver protocol: JSON over HTTP.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A browser starts, and a page does what it should, in this time or never.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key under which WebDriver names an element (WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window. Dropping it ends the browser and its driver.
pub(crate) struct Browser {
    client: reqwest::Client,
    session: String,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts ChromeDriver and through it a browser that can reach this machine only.
    pub(crate) async fn start(chromedriver: &str) -> Self {
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A group of its own, so that the browser's many processes can be ended with it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{chromedriver}: {error}"));
        let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        let port = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.expect("it writes text") {
                if let Some((_, port)) = line.split_once("was started successfully on port ") {
                    return port.trim_end_matches('.').to_owned();
                }
            }
            panic!("ChromeDriver ended by itself");
        })
        .await
        .expect("ChromeDriver tells its port");
        // Reads on, for a driver whose pipe is closed may end.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });

        let profile = tempfile::tempdir().expect("a temporary folder");
        let arguments = [
            "--headless",
            // Containers seldom allow the sandbox's namespaces, and the page is our own.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,800",
            // Whatever is not on this machine does not exist: the page must not need it.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let client = super::http::client();
        let base = format!("http://127.0.0.1:{port}");
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let value = command(&client, &format!("{base}/session"), &capabilities).await;
        let id = value["sessionId"]
            .as_str()
            .expect("a new session has an id");
        Browser {
            session: format!("{base}/session/{id}"),
            client,
            driver,
            _profile: profile,
        }
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.send("url", &json!({ "url": url })).await;
    }

    /// Clicks where a user would, in the middle of what a CSS selector finds. Waits until it is there.
    pub(crate) async fn click(&self, selector: &str) {
        self.until(
            &format!("`{selector}` is there"),
            &format!(
                "return document.querySelector({}) !== null",
                json!(selector)
            ),
        )
        .await;
        let found = self
            .send(
                "element",
                &json!({ "using": "css selector", "value": selector }),
            )
            .await;
        let id = found[ELEMENT].as_str().expect("an element has an id");
        self.send(&format!("element/{id}/click"), &json!({})).await;
    }

    /// Runs the body of a function in the page, and hands back what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.send("execute/sync", &json!({ "script": script, "args": [] }))
            .await
    }

    /// Runs a script until it returns something that counts as true in the page, and hands that back.
    pub(crate) async fn until(&self, what: &str, script: &str) -> Value {
        let came = tokio::time::timeout(PATIENCE, async {
            loop {
                let value = self.run(script).await;
                if !matches!(value, Value::Null | Value::Bool(false)) && value != "" {
                    return value;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        match came.await {
            Ok(value) => value,
            Err(_) => panic!(
                "waited in vain until {what}; the page shows:\n{}\nand its console:\n{:#?}",
                self.run("return document.body.innerText").await,
                self.console().await
            ),
        }
    }

    /// What the page and the browser complained about since the last time.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.send("se/log", &json!({ "type": "browser" })).await;
        let entries = entries.as_array().expect("the log is a list");
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn send(&self, path: &str, body: &Value) -> Value {
        command(&self.client, &format!("{}/{path}", self.session), body).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = self
            .driver
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        if let Some(group) = group {
            // Failing means that all of it has ended.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// One WebDriver command. What it answers is under `value`, errors too.
async fn command(client: &reqwest::Client, url: &str, body: &Value) -> Value {
    let response = client
        .post(url)
        .json(body)
        .send()
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"));
    let status = response.status();
    let mut answer: Value = response.json().await.expect("ChromeDriver answers JSON");
    let value = answer["value"].take();
    assert!(
        status.is_success(),
        "{url}: {}: {}",
        value["error"],
        value["message"]
    );
    value
}
