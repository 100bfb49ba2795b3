//! What a sweep costs by how much is stored, with the same number of objects due each time: the hourly
//! one should not notice, the daily one should grow in line.
//!
//! `make bench-audit` builds and runs it. The store (in memory) and the warehouse are on this machine;
//! what is measured is the auditor, a process of its own for each sweep.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use darkroom_core::ImageId;
use darkroom_core::key::{ObjectKey, Part};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use local_cloud::events::DeliveryPolicy;
use local_cloud::faults::{Effect, Fault, RequestFault};
use local_cloud::store::{ExpectedChecksums, Insert, Object, Preconditions};
use local_cloud::{Config, LocalCloud, Location};
use local_stack::function::{Function, FunctionConfig, binaries};
use local_stack::topology::{
    ARCHIVE, ERASURES, EVIDENCE, INGEST, PROJECT, RECORDS, SERVICE_ACCOUNT, buckets,
};
use local_stack::warehouse::{Warehouse, WarehouseConfig};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const STORED: [usize; 3] = [10_000, 100_000, 1_000_000];

/// How many objects are due, whatever is stored.
const DUE: usize = 1_000;

const SEVEN_DAYS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Objects that are put at a time.
const PUTS: usize = 512;

/// More list calls than there can be.
const MANY: u32 = 1_000_000;

/// What a sweep came to.
struct Measurement {
    deleted: u64,
    list_calls: u32,
    seconds: f64,
    peak_mib: f64,
}

fn main() -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let warehouse = Warehouse::start(WarehouseConfig {
        data_dir: folder.path().join("warehouse"),
        port: 0,
        project: PROJECT.to_owned(),
    })
    .await?;
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "stored",
        "sweep",
        "deleted",
        "list calls",
        "time",
        "peak memory",
    ]);
    for stored in STORED {
        let cloud = filled(stored).await?;
        let bench = Bench {
            cloud,
            warehouse: &warehouse,
            folder: folder.path(),
            dataset: format!("stored_{stored}"),
        };
        warehouse.create_dataset_and_tables(&bench.dataset).await?;
        for (name, path) in [
            ("hourly, 1,000 due", "/sweep"),
            ("hourly, nothing due", "/sweep"),
            ("daily", "/sweep/full"),
        ] {
            let measured = bench.measure(path).await?;
            table.add_row([
                stored.to_string(),
                name.to_owned(),
                measured.deleted.to_string(),
                measured.list_calls.to_string(),
                format!("{:.2} s", measured.seconds),
                format!("{:.0} MiB", measured.peak_mib),
            ]);
            eprint!(".");
        }
        bench.cloud.shutdown().await;
    }
    for column in [0, 2, 3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    eprintln!();
    println!("{table}");
    Ok(())
}

/// A cloud with as many objects as `stored`, evenly over the last seven days, of which [`DUE`] are
/// just due.
async fn filled(stored: usize) -> Result<LocalCloud> {
    let cloud = LocalCloud::start(Config {
        address: ([127, 0, 0, 1], 0).into(),
        state: Location::Memory,
        project: PROJECT.to_owned(),
        delivery: DeliveryPolicy::default(),
    })
    .await?;
    for bucket in buckets() {
        let url = format!("{}/storage/v1/b?project={PROJECT}", cloud.endpoint());
        let request = reqwest::Client::new().post(url).json(&bucket);
        request.send().await?.error_for_status()?;
    }
    // Lifecycle would delete too, and nothing younger than a day is due by then.
    for bucket in [ARCHIVE, RECORDS] {
        let url = format!("{}/storage/v1/b/{bucket}", cloud.endpoint());
        let rules = json!({ "lifecycle": { "rule": [] } });
        let request = reqwest::Client::new().patch(url).json(&rules);
        request.send().await?.error_for_status()?;
    }
    let now = cloud.clock().now();
    let step = (SEVEN_DAYS - SignedDuration::from_hours(2)) / i32::try_from(stored)?;
    let ages = (0..stored).map(|index| match index < DUE {
        true => SEVEN_DAYS + SignedDuration::from_secs(60),
        false => step * i32::try_from(index).unwrap_or_default(),
    });
    stream::iter(ages)
        .map(|age| put(&cloud, now - age))
        .buffer_unordered(PUTS)
        .try_collect::<()>()
        .await?;
    Ok(cloud)
}

async fn put(cloud: &LocalCloud, received_at: Timestamp) -> Result<()> {
    let id = ImageId::new(received_at);
    let name = ObjectKey::new(id, Part::Original).to_string();
    let mut blob = cloud.store().new_blob();
    blob.write(b"x").await?;
    let template = Object {
        custom_time: Some(received_at),
        ..Object::default()
    };
    let insert = Insert {
        key: local_cloud::store::ObjectKey::new(ARCHIVE, &name),
        template,
        blob: blob.finish().await?,
        expected: ExpectedChecksums::default(),
        preconditions: Preconditions::default(),
    };
    cloud.store().insert_object(insert).await?;
    Ok(())
}

struct Bench<'a> {
    cloud: LocalCloud,
    warehouse: &'a Warehouse,
    folder: &'a Path,
    dataset: String,
}

impl Bench<'_> {
    async fn measure(&self, path: &str) -> Result<Measurement> {
        let mut auditor = self.auditor().await?;
        // A delay of nothing counts the calls it is for.
        self.cloud.faults().add(Fault::Request(RequestFault {
            api: None,
            bucket: None,
            operation: Some("objects.list".to_owned()),
            count: MANY,
            effect: Effect::Delay { milliseconds: 0 },
        }))?;
        let start = Instant::now();
        let request = reqwest::Client::new().post(format!("{}{path}", auditor.endpoint()));
        let answer = request.send().await?;
        let seconds = start.elapsed().as_secs_f64();
        let report: Value = answer.error_for_status()?.json().await?;
        let list_calls = match &self.cloud.faults().waiting()[..] {
            [Fault::Request(left)] => MANY - left.count,
            _ => return Err("the calls were not counted".into()),
        };
        self.cloud.faults().clear();
        let id = auditor.id().ok_or("the auditor has ended")?;
        let peak_mib = peak_mib(id)?;
        auditor.stop().await?;
        Ok(Measurement {
            deleted: report["buckets"][ARCHIVE]["deleted"]
                .as_u64()
                .unwrap_or_default(),
            list_calls,
            seconds,
            peak_mib,
        })
    }

    async fn auditor(&self) -> Result<Function> {
        let cloud = self.cloud.endpoint().to_owned();
        let identity = self.cloud.identity();
        let key = identity.service_account_key(SERVICE_ACCOUNT, &format!("{cloud}/token"))?;
        let key_file = self.folder.join("key.json");
        std::fs::write(&key_file, key.to_string())?;
        let environment = [
            (
                "GOOGLE_APPLICATION_CREDENTIALS",
                key_file.display().to_string(),
            ),
            ("GOOGLE_CLOUD_PROJECT", PROJECT.to_owned()),
            ("INGEST_BUCKET", INGEST.to_owned()),
            ("ARCHIVE_BUCKET", ARCHIVE.to_owned()),
            ("RECORDS_BUCKET", RECORDS.to_owned()),
            ("EVIDENCE_BUCKET", EVIDENCE.to_owned()),
            ("ERASURES_BUCKET", ERASURES.to_owned()),
            ("BIGQUERY_DATASET", self.dataset.clone()),
            ("BIGQUERY_ENDPOINT", self.warehouse.endpoint()),
            ("CLOCK_ENDPOINT", cloud.clone()),
            ("STORAGE_ENDPOINT", cloud),
        ];
        let config = FunctionConfig {
            name: "purge-auditor",
            binaries: binaries("purge-auditor")?,
            environment: environment.into(),
            port: 0,
            log: self.folder.join("purge-auditor.log"),
        };
        Ok(Function::start(config).await?)
    }
}

/// The most memory that a process has had.
fn peak_mib(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no VmHWM")?.trim().parse::<f64>()? / 1024.0)
}
