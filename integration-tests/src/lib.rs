//! What the journeys share: a stack of their own each, and one warehouse for all.

pub mod broker;
pub mod events;
pub mod kafka;
pub mod proxy;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use local_cloud::events::Delivery;
use local_stack::image::{Content, ImageFile};
use local_stack::ports::Ports;
use local_stack::rows::Row;
use local_stack::topology::{ARCHIVE, INGEST, PROJECT, RECORDS, SCHEDULES, Service, TRIGGERS};
use local_stack::warehouse::{Warehouse, WarehouseConfig};
use local_stack::{Stack, StackConfig};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

/// How long a test waits for anything.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// How many lines of each function's log a failing test shows.
const LOG_LINES: usize = 40;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static WAREHOUSE: OnceCell<(Arc<Warehouse>, TempDir)> = OnceCell::const_new();

/// Runs a test on the runtime that all tests share, because they share the warehouse's clients.
pub fn run(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

/// The warehouse that all tests share: it takes seconds to start, and a dataset each keeps them
/// apart.
pub async fn warehouse() -> Arc<Warehouse> {
    let (warehouse, _) = WAREHOUSE
        .get_or_init(async || {
            let folder = tempfile::tempdir().expect("a folder");
            let data_dir = folder.path().to_owned();
            let config = WarehouseConfig {
                data_dir,
                port: 0,
                project: PROJECT.to_owned(),
            };
            (
                Arc::new(Warehouse::start(config).await.expect("a warehouse")),
                folder,
            )
        })
        .await;
    Arc::clone(warehouse)
}

/// Drops a dataset without waiting for it. The warehouse looks through the tables of every dataset at
/// each insert: with those of 80 tests left, one took 0.9 s instead of 0.1 s.
fn drop_dataset(dataset: String) {
    RUNTIME.spawn(async move {
        let warehouse = warehouse().await;
        if let Err(error) = warehouse
            .query(&format!("DROP SCHEMA {dataset} CASCADE"))
            .await
        {
            eprintln!("dataset {dataset}: {error}");
        }
    });
}

/// A stack of one test's own, and its folder.
pub struct TestStack {
    /// The stack.
    pub stack: Stack,
    /// Its dataset in the warehouse.
    pub dataset: String,
    folder: TempDir,
}

/// A test that fails shows what the functions said last.
impl Drop for TestStack {
    fn drop(&mut self) {
        drop_dataset(self.dataset.clone());
        if !std::thread::panicking() {
            return;
        }
        let logs = std::fs::read_dir(self.folder.path().join("logs"));
        for log in logs.into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(log.path()).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
            eprintln!("{}:\n{last}\n", log.file_name().display());
        }
    }
}

impl TestStack {
    /// A stack whose functions reach the warehouse.
    pub async fn start() -> Self {
        let bigquery = warehouse().await.endpoint().to_owned();
        Self::with_bigquery(bigquery).await
    }

    /// A stack whose functions find BigQuery at `bigquery`.
    pub async fn with_bigquery(bigquery: String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let dataset = format!("test_{}", uuid::Uuid::now_v7().simple());
        let ports = Ports::Free;
        let config = StackConfig {
            folder: folder.path().to_owned(),
            ports,
            dataset: dataset.clone(),
            bigquery,
            kafka_brokers: None,
        };
        let stack = Stack::start(config, warehouse().await).await;
        let stack = stack.unwrap_or_else(|error| panic!("no stack: {error}"));
        Self {
            stack,
            dataset,
            folder,
        }
    }

    /// Uploads an image as `user-1` and returns its id.
    pub async fn upload(&self, image: &ImageFile) -> String {
        let uploader = self.stack.uploader("user-1").await.expect("a token");
        uploader.upload(image).await.expect("an upload")
    }

    /// Waits until no event is waiting to be delivered.
    pub async fn quiet(&self) {
        until("all events are delivered", async || {
            let waiting = self.stack.cloud.events().waiting();
            (waiting.expect("a number") == 0).then_some(())
        })
        .await;
    }

    /// Waits until every image has a row, and returns the rows by image.
    pub async fn rows(&self, ids: &[String]) -> HashMap<String, Vec<Row>> {
        until("every image has a row", async || {
            let rows = self.stack.rows(ids).await.expect("rows");
            (rows.len() == ids.len()).then_some(rows)
        })
        .await
    }

    /// Puts an object by hand, past the upload-signer.
    pub async fn put(&self, bucket: &str, name: &str, bytes: Vec<u8>) {
        let cloud = self.stack.cloud.endpoint();
        let url = format!("{cloud}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}");
        let request = reqwest::Client::new().post(url).body(bytes);
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{name}: {}", answer.status());
    }

    /// Puts an object by hand that carries a custom time.
    pub async fn put_copy(&self, bucket: &str, name: &str, custom_time: Timestamp) {
        let cloud = self.stack.cloud.endpoint();
        let url = format!("{cloud}/upload/storage/v1/b/{bucket}/o?uploadType=multipart");
        let metadata = json!({ "name": name, "customTime": custom_time.to_string() });
        let body = format!(
            "--x\r\ncontent-type: application/json\r\n\r\n{metadata}\r\n\
             --x\r\ncontent-type: text/plain\r\n\r\ncopy\r\n--x--\r\n"
        );
        let request = reqwest::Client::new().post(url).body(body);
        let request = request.header("content-type", "multipart/related; boundary=x");
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{name}: {}", answer.status());
    }

    /// Deletes an object by hand.
    pub async fn delete(&self, bucket: &str, name: &str) {
        let cloud = self.stack.cloud.endpoint();
        let name = name.replace('/', "%2F");
        let url = format!("{cloud}/storage/v1/b/{bucket}/o/{name}");
        let answer = reqwest::Client::new().delete(url).send().await;
        let status = answer.expect("an answer").status();
        assert!(status.is_success(), "{name}: {status}");
    }

    /// Changes a bucket's settings by hand.
    pub async fn set(&self, bucket: &str, settings: &Value) {
        let url = format!("{}/storage/v1/b/{bucket}", self.stack.cloud.endpoint());
        let request = reqwest::Client::new().patch(url).json(settings);
        let status = request.send().await.expect("an answer").status();
        assert!(status.is_success(), "{bucket}: {status}");
    }

    /// Leaves nothing to lifecycle rules, which would delete too: the test is about the sweep.
    pub async fn drop_lifecycle(&self) {
        for bucket in [INGEST, ARCHIVE, RECORDS] {
            self.set(bucket, &json!({ "lifecycle": { "rule": [] } }))
                .await;
        }
    }

    /// Deletes a trigger or schedule: what it would have delivered from then on is missed.
    pub async fn disconnect(&self, what: &str) {
        let url = format!("{}/_local/{what}", self.stack.cloud.endpoint());
        let answer = reqwest::Client::new().delete(url).send().await;
        let status = answer.expect("an answer").status();
        assert!(status.is_success(), "{what}: {status}");
    }

    /// Leaves all sweeps to the test: the scheduler makes none from now on.
    pub async fn stop_schedules(&self) {
        for schedule in SCHEDULES {
            self.disconnect(&format!("schedules/{}", schedule.name))
                .await;
        }
    }

    /// Makes a trigger anew that was deleted.
    pub async fn connect(&self, trigger: &str) {
        let trigger = TRIGGERS.iter().find(|known| known.name == trigger);
        let trigger = trigger.expect("a trigger");
        let connected = self.stack.connect_trigger(*trigger).await;
        connected.expect("an answer");
    }

    /// The local time.
    pub async fn now(&self) -> Timestamp {
        let clock = get(&format!("{}/_local/clock", self.stack.cloud.endpoint())).await;
        let now = clock["now"].as_str().expect("a time");
        now.parse().expect("a time")
    }

    /// Moves the local time forward.
    pub async fn advance(&self, seconds: i64) {
        let body = json!({ "advance_seconds": seconds });
        self.control("clock", &body).await;
    }

    /// Has the auditor sweep, at `/sweep` or `/sweep/full`, and returns its answer.
    pub async fn try_sweep(&self, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.stack.endpoint(Service::PurgeAuditor));
        let answer = reqwest::Client::new().post(url).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.expect("JSON"))
    }

    /// Has the auditor sweep, which must leave nothing undone.
    pub async fn sweep(&self, path: &str) -> Value {
        let (status, report) = self.try_sweep(path).await;
        assert_eq!(status, 200, "{report}");
        report
    }

    /// What a statement returns; `{dataset}` in it is the stack's.
    pub async fn query(&self, sql: &str) -> Vec<Map<String, Value>> {
        let sql = sql.replace("{dataset}", &self.dataset);
        let answer = self.stack.warehouse().query(&sql).await;
        answer.unwrap_or_else(|error| panic!("{sql}: {error}")).rows
    }

    /// Runs a command of the auditor and returns whether it succeeded and what it said.
    pub async fn auditor(&self, arguments: &[&str]) -> (bool, String) {
        let name = Service::PurgeAuditor.name();
        let binary = local_stack::function::binaries(name).expect("a binary");
        let output = tokio::process::Command::new(binary.join(name))
            .args(arguments)
            .envs(self.stack.environment(Service::PurgeAuditor))
            .output()
            .await
            .expect("an end");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        (output.status.success(), said)
    }

    /// The deliveries of a trigger, newest last.
    pub fn deliveries(&self, trigger: &str) -> Vec<Delivery> {
        let all = self.stack.cloud.events().deliveries();
        let all = all.expect("deliveries").deliveries.into_iter();
        all.filter(|delivery| delivery.trigger == trigger).collect()
    }

    /// The names of the live objects of a bucket.
    pub async fn objects(&self, bucket: &str) -> Vec<String> {
        let list = format!("{}/storage/v1/b/{bucket}/o", self.stack.cloud.endpoint());
        let (mut names, mut token) = (Vec::new(), String::new());
        loop {
            let page = get(&format!("{list}?pageToken={token}")).await;
            let items = page["items"].as_array().into_iter().flatten();
            names.extend(items.filter_map(|object| object["name"].as_str().map(str::to_owned)));
            match page["nextPageToken"].as_str() {
                Some(next) => next.clone_into(&mut token),
                None => return names,
            }
        }
    }

    /// Removes all faults that wait.
    pub async fn clear_faults(&self) {
        let url = format!("{}/_local/faults", self.stack.cloud.endpoint());
        let request = reqwest::Client::new().delete(url);
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Posts to a control endpoint of local-cloud.
    pub async fn control(&self, path: &str, body: &Value) {
        let url = format!("{}/_local/{path}", self.stack.cloud.endpoint());
        let answer = reqwest::Client::new()
            .post(url)
            .json(body)
            .send()
            .await
            .expect("an answer");
        let status = answer.status();
        assert!(
            status.is_success(),
            "{path}: {status} {}",
            answer.text().await.unwrap_or_default()
        );
    }
}

/// The checks of a report that came to `status`, by id.
#[must_use]
pub fn checks(report: &Value, status: &str) -> BTreeMap<String, Value> {
    let checks = report["checks"].as_array().into_iter().flatten();
    let checks = checks.filter(|check| check["status"] == status);
    let id = |check: &Value| check["id"].as_str().unwrap_or_default().to_owned();
    checks.map(|check| (id(check), check.clone())).collect()
}

/// Gets JSON.
pub async fn get(url: &str) -> Value {
    reqwest::get(url)
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON")
}

/// Polls until there is a value. A look that costs much is taken less often, so that looking does not
/// hold up what it waits for.
///
/// # Panics
///
/// When there is none by the deadline.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        let look_start = Instant::now();
        if let Some(value) = look().await {
            return value;
        }
        assert!(
            start.elapsed() < DEADLINE,
            "not within {DEADLINE:?}: {what}"
        );
        let rest = (5 * look_start.elapsed()).max(Duration::from_millis(50));
        tokio::time::sleep(rest).await;
    }
}

/// A small valid photograph; each seed gives another.
#[must_use]
pub fn photo(seed: u32) -> ImageFile {
    ImageFile {
        name: format!("photo-{seed}.jpg"),
        content_type: "image/jpeg",
        content: Content::Bytes(darkroom_samples::jpeg(640, 480, seed)),
        expected: None,
    }
}
