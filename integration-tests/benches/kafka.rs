//! How fast images come in through Kafka, beside two baselines in the same run: the same bytes PUT
//! straight to the store by the same client (the ceiling), and a plain loop that consumes a message,
//! uploads it, commits it and goes on to the next.
//!
//! `make bench-kafka` builds and runs it. Brokers and store are in this process, what is measured is
//! a process of its own.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use darkroom_gcp::env::Env;
use darkroom_gcp::storage::{NewObject, ObjectStore, StorageConfig};
use futures::{StreamExt, stream};
use integration_tests::kafka::metric;
use local_cloud::events::DeliveryPolicy;
use local_cloud::{Config, LocalCloud, Location};
use local_stack::function::{Function, FunctionConfig, binaries};
use rdkafka::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The cluster keeps the last 5 MB of a partition, and the whole load is there before the start.
const PARTITIONS: i32 = 192;
const TOPIC: &str = "images";
const BUCKET: &str = "ingest";
const ACCOUNT: &str = "bench@local.iam.gserviceaccount.com";
const ROUNDS: usize = 3;

/// As many as kafka-ingest has under way.
const IN_FLIGHT: usize = 128;

/// What kafka-ingest may take of memory, in MiB: its default.
const BUDGET: usize = 256;

/// Messages of one size.
#[derive(Debug, Clone, Copy)]
struct Load {
    bytes: usize,
    count: usize,
}

const LOADS: [Load; 3] = [
    Load {
        bytes: 100_000,
        count: 7_680,
    },
    Load {
        bytes: 1_000_000,
        count: 768,
    },
    Load {
        bytes: 8_000_000,
        count: 192,
    },
];

/// What one run came to.
#[derive(Debug, Clone, Copy)]
struct Measurement {
    seconds: f64,
    peak_mib: f64,
}

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["put", endpoint, bytes, count] => {
            let load = load(bytes, count)?;
            runtime.block_on(put(endpoint, load))
        }
        ["loop", endpoint, brokers, bytes, count] => {
            let load = load(bytes, count)?;
            runtime.block_on(one_by_one(endpoint, brokers, load))
        }
        // cargo passes `--bench`.
        _ => runtime.block_on(compare()),
    }
}

fn load(bytes: &str, count: &str) -> Result<Load> {
    Ok(Load {
        bytes: bytes.parse()?,
        count: count.parse()?,
    })
}

async fn compare() -> Result<()> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "image",
        "way",
        "images/s",
        "MB/s",
        "of straight PUT",
        "peak memory",
    ]);
    for load in LOADS {
        let mut runs = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            // Interleaved, so that what else the machine does falls on all.
            for (way, runs) in runs.iter_mut().enumerate() {
                runs.push(measure(way, load).await?);
                eprint!(".");
            }
        }
        let medians = runs.map(median);
        let names = ["straight PUT", "kafka-ingest", "one by one"];
        for (name, run) in names.into_iter().zip(medians) {
            table.add_row(row(load, name, run, medians[0]));
        }
    }
    eprintln!();
    for column in 2..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
    println!("Medians of {ROUNDS} rounds; kafka-ingest with MEMORY_BUDGET_MIB={BUDGET}.");
    Ok(())
}

fn median(mut runs: Vec<Measurement>) -> Measurement {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let peak_mib = runs.iter().map(|run| run.peak_mib).fold(0.0, f64::max);
    Measurement {
        peak_mib,
        ..runs[runs.len() / 2]
    }
}

fn row(load: Load, name: &str, run: Measurement, ceiling: Measurement) -> Vec<String> {
    let count = load.count as f64;
    vec![
        format!("{} kB", load.bytes / 1_000),
        name.to_owned(),
        format!("{:.0}", count / run.seconds),
        format!("{:.0}", count * load.bytes as f64 / 1e6 / run.seconds),
        format!("{:.0} %", 100.0 * ceiling.seconds / run.seconds),
        format!("{:.0} MiB", run.peak_mib),
    ]
}

async fn measure(way: usize, load: Load) -> Result<Measurement> {
    let folder = tempfile::tempdir()?;
    let cloud = LocalCloud::start(Config {
        address: ([127, 0, 0, 1], 0).into(),
        // On a disk, what the run before wrote and deleted would be measured too.
        state: Location::Memory,
        project: "local".to_owned(),
        delivery: DeliveryPolicy::default(),
    })
    .await?;
    let endpoint = cloud.endpoint().to_owned();
    let create = reqwest::Client::new().post(format!("{endpoint}/storage/v1/b?project=local"));
    let created = create.json(&json!({ "name": BUCKET })).send().await?;
    created.error_for_status()?;
    let key = folder.path().join("key.json");
    let token_endpoint = format!("{endpoint}/token");
    let account = cloud
        .identity()
        .service_account_key(ACCOUNT, &token_endpoint)?;
    std::fs::write(&key, account.to_string())?;
    let measured = if way == 0 {
        let [bytes, count] = [load.bytes, load.count].map(|n| n.to_string());
        itself(&key, &["put", &endpoint, &bytes, &count]).await?
    } else {
        let cluster = filled_cluster(load).await?;
        let brokers = cluster.bootstrap_servers();
        if way == 1 {
            ingest(folder.path(), &key, &endpoint, &brokers, load).await?
        } else {
            let [bytes, count] = [load.bytes, load.count].map(|n| n.to_string());
            itself(&key, &["loop", &endpoint, &brokers, &bytes, &count]).await?
        }
    };
    cloud.shutdown().await;
    Ok(measured)
}

/// A cluster whose topic holds the whole load.
async fn filled_cluster(load: Load) -> Result<MockCluster<'static, DefaultProducerContext>> {
    let cluster = MockCluster::new(3)?;
    cluster.create_topic(TOPIC, PARTITIONS, 3)?;
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("message.max.bytes", "64000000")
        .create()?;
    let image = image(load.bytes);
    let sends = (0..PARTITIONS).cycle().take(load.count).map(|partition| {
        let record = FutureRecord::<(), _>::to(TOPIC)
            .partition(partition)
            .payload(&image[..]);
        producer.send(record, Duration::from_secs(60))
    });
    let mut sends = stream::iter(sends).buffer_unordered(64);
    while let Some(sent) = sends.next().await {
        sent.map_err(|(error, _)| error)?;
    }
    drop(sends);
    Ok(cluster)
}

/// Bytes that begin as a JPEG.
fn image(bytes: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    });
    let start = [0xff, 0xd8, 0xff, 0xe0];
    start.into_iter().chain(noise).take(bytes).collect()
}

/// Runs this program in another role, which prints what it came to.
async fn itself(key: &Path, arguments: &[&str]) -> Result<Measurement> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env("GOOGLE_APPLICATION_CREDENTIALS", key)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut output).await?;
    }
    child.wait().await?;
    let (seconds, peak_mib) = output.trim().split_once(' ').ok_or("no measurement")?;
    Ok(Measurement {
        seconds: seconds.parse()?,
        peak_mib: peak_mib.parse()?,
    })
}

fn print(start: Instant) -> Result<()> {
    let seconds = start.elapsed().as_secs_f64();
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{seconds} {}", peak_mib("self")?)?;
    Ok(())
}

/// The most memory that a process ever had.
fn peak_mib(process: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no VmHWM")?.trim().parse::<f64>()? / 1024.0)
}

async fn store(endpoint: &str) -> Result<ObjectStore> {
    let variables = BTreeMap::from([("STORAGE_ENDPOINT".to_owned(), endpoint.to_owned())]);
    let config = Env::read_from(variables, |env| Some(StorageConfig::from_env(env)))?;
    ObjectStore::connect(&config)
        .await
        .map_err(|error| error as _)
}

fn object(name: String) -> NewObject<'static> {
    NewObject {
        bucket: BUCKET,
        name,
        content_type: "image/jpeg",
        custom_time: None,
        metadata: None,
    }
}

/// The ceiling.
async fn put(endpoint: &str, load: Load) -> Result<()> {
    let (store, image) = (store(endpoint).await?, image(load.bytes));
    let start = Instant::now();
    let puts = (0..load.count).map(|index| store.create(object(index.to_string()), image.clone()));
    let mut puts = stream::iter(puts).buffer_unordered(IN_FLIGHT);
    while let Some(created) = puts.next().await {
        created?;
    }
    print(start)
}

/// The plain loop.
async fn one_by_one(endpoint: &str, brokers: &str, load: Load) -> Result<()> {
    let store = store(endpoint).await?;
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "loop")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .create()?;
    consumer.subscribe(&[TOPIC])?;
    let mut start = None;
    for index in 0..load.count {
        let message = consumer.recv().await?;
        start.get_or_insert_with(Instant::now);
        let image = Bytes::copy_from_slice(message.payload().unwrap_or_default());
        store.create(object(index.to_string()), image).await?;
        consumer.commit_message(&message, CommitMode::Async)?;
    }
    print(start.ok_or("no message")?)
}

/// kafka-ingest, from its first message to its last.
async fn ingest(
    folder: &Path,
    key: &Path,
    endpoint: &str,
    brokers: &str,
    load: Load,
) -> Result<Measurement> {
    let environment = [
        ("GOOGLE_APPLICATION_CREDENTIALS", key.display().to_string()),
        ("STORAGE_ENDPOINT", endpoint.to_owned()),
        ("INGEST_BUCKET", BUCKET.to_owned()),
        ("KAFKA_BROKERS", brokers.to_owned()),
        ("KAFKA_CLUSTER", "bench".to_owned()),
        ("KAFKA_SECURITY", "plaintext".to_owned()),
        ("KAFKA_TOPICS", TOPIC.to_owned()),
        ("KAFKA_GROUP", "ingest".to_owned()),
        ("KAFKA_DEAD_LETTER_TOPIC", "dead-letters".to_owned()),
        ("MEMORY_BUDGET_MIB", BUDGET.to_string()),
    ];
    let mut function = Function::start(FunctionConfig {
        name: "kafka-ingest",
        binaries: binaries("kafka-ingest")?,
        environment: environment.into(),
        port: 0,
        log: folder.join("kafka-ingest.log"),
    })
    .await?;
    let address = function.endpoint();
    while metric(&address, "received_total", "").await == 0.0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let start = Instant::now();
    while metric(&address, "taken_total", "\"stored\"").await < load.count as f64 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    let id = function.id().ok_or("kafka-ingest has ended")?;
    let peak_mib = peak_mib(&id.to_string())?;
    function.kill().await?;
    Ok(Measurement { seconds, peak_mib })
}
