//! Sends images to Darkroom through Kafka, and prints each one's place in the topic and its id.
//!
//! ```sh
//! cargo run -p kafka-ingest --example producer -- --brokers localhost:9092 --cluster local \
//!     --topic darkroom.images --label site=north photo.jpg
//! ```
//!
//! On a cluster that wants a login, the settings are librdkafka's own; secrets come by a variable:
//!
//! ```sh
//! KAFKA_PASSWORD=… cargo run -p kafka-ingest --example producer -- --brokers broker:9094 \
//!     --cluster prod --topic darkroom.images --set security.protocol=SASL_SSL \
//!     --set sasl.mechanism=SCRAM-SHA-512 --set sasl.username=camera photo.jpg
//! ```
//!
//! The cluster that `make run` embeds tells a sender a made-up time: there the id that is printed is
//! not the image's.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use darkroom_core::ImageId;
use darkroom_core::metadata::KafkaCoordinates;
use jiff::Timestamp;
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

type Failure = Box<dyn Error + Send + Sync>;

/// Sends images to Darkroom through Kafka.
#[derive(Debug, Parser)]
struct Arguments {
    /// The brokers, `host:port` with commas between
    #[arg(long, env = "KAFKA_BROKERS")]
    brokers: String,
    /// The cluster's name in Darkroom: ids are made with it
    #[arg(long, env = "KAFKA_CLUSTER")]
    cluster: String,
    /// The topic
    #[arg(long)]
    topic: String,
    /// A label of the images, `key=value`; as often as wanted
    #[arg(long = "label", value_parser = pair)]
    labels: Vec<(String, String)>,
    /// A setting of librdkafka, `name=value`; as often as wanted
    #[arg(long = "set", value_parser = pair)]
    settings: Vec<(String, String)>,
    /// The password of `sasl.username`
    #[arg(env = "KAFKA_PASSWORD", long, hide = true, hide_env_values = true)]
    password: Option<String>,
    /// The images
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("it must be name=value")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let producer = producer(&arguments)?;
    for file in &arguments.files {
        send(&producer, &arguments, file).await?;
    }
    Ok(())
}

fn producer(arguments: &Arguments) -> Result<FutureProducer, Failure> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &arguments.brokers)
        // Each message once and in order, however often sending it is tried.
        .set("enable.idempotence", "true")
        // The topic's own limit decides.
        .set("message.max.bytes", "50000000")
        // Images are compressed already.
        .set("compression.type", "none");
    if let Some(password) = &arguments.password {
        config.set("sasl.password", password);
    }
    for (name, value) in &arguments.settings {
        config.set(name, value);
    }
    Ok(config.create()?)
}

async fn send(
    producer: &FutureProducer,
    arguments: &Arguments,
    file: &Path,
) -> Result<(), Failure> {
    let bytes = std::fs::read(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // Messages of one key stay in order, which Darkroom does not need: without one they are spread.
    let record = FutureRecord::<(), _>::to(&arguments.topic)
        .payload(&bytes)
        .headers(headers(&name, &arguments.labels));
    let sent = producer.send(record, Duration::from_secs(30)).await;
    let sent = sent.map_err(|(error, _)| format!("{name}: {error}"))?;
    let coordinates = KafkaCoordinates {
        cluster: arguments.cluster.clone(),
        topic: arguments.topic.clone(),
        partition: sent.partition,
        offset: sent.offset,
    };
    // The brokers' time, where the topic has LogAppendTime.
    let millis = sent
        .timestamp
        .to_millis()
        .ok_or("the brokers told no time")?;
    let id = ImageId::of_message(&coordinates, Timestamp::from_millisecond(millis)?);
    println!(
        "{name}: {}/{}/{} {id}",
        arguments.topic, sent.partition, sent.offset
    );
    Ok(())
}

fn headers(name: &str, labels: &[(String, String)]) -> OwnedHeaders {
    let header = |headers: OwnedHeaders, key: &str, value: &str| {
        let value = Some(value);
        headers.insert(Header { key, value })
    };
    let mut headers = header(OwnedHeaders::new(), "filename", name);
    if let Some(content_type) = content_type(name) {
        headers = header(headers, "content-type", content_type);
    }
    labels.iter().fold(headers, |headers, (key, value)| {
        header(headers, &format!("label-{key}"), value)
    })
}

/// By the name's end. Darkroom looks at the bytes where this does not know.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        "tif" | "tiff" => Some("image/tiff"),
        "bmp" => Some("image/bmp"),
        _ => None,
    }
}
