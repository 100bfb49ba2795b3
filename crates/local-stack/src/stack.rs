//! Everything together.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;
use local_cloud::clock::Clock;
use local_cloud::events::DeliveryPolicy;
use local_cloud::identity::IdentityError;
use local_cloud::{LocalCloud, Location, StartError};
use rdkafka::error::KafkaError;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::function::{Function, FunctionConfig, FunctionError, binaries};
use crate::kafka::Brokers;
use crate::ports::Ports;
use crate::rows::{Row, RowsError, rows};
use crate::topology::{
    ARCHIVE, AUDIENCE, DEAD_LETTER_TOPIC, ERASURES, EVIDENCE, INGEST, KAFKA_CLUSTER, KAFKA_GROUP,
    KAFKA_TOPIC, PROJECT, RECORDS, REFERENCES, SCHEDULES, SERVICE_ACCOUNT, Service, TRIGGERS,
    Trigger, buckets,
};
use crate::uploader::{UploadError, Uploader};
use crate::warehouse::{Warehouse, WarehouseError};

/// The file of the service account's key in a stack's folder.
const KEY: &str = "service-account-key.json";

/// What a stack is started with.
#[derive(Debug, Clone)]
pub struct StackConfig {
    /// The folder for everything it writes.
    pub folder: PathBuf,
    /// Whether it takes the ports that the README names, or free ones.
    pub ports: Ports,
    /// Its dataset in the warehouse.
    pub dataset: String,
    /// Where its functions find BigQuery: the warehouse, or something in between.
    pub bigquery: String,
    /// The Kafka brokers, unless it shall have a cluster of its own.
    pub kafka_brokers: Option<String>,
}

/// A running stack. Its functions end when it is dropped; [`Stack::stop`] lets them finish.
pub struct Stack {
    /// Google Cloud.
    pub cloud: LocalCloud,
    /// Kafka.
    pub brokers: Brokers,
    folder: PathBuf,
    functions: BTreeMap<Service, Function>,
    warehouse: Arc<Warehouse>,
    dataset: String,
    bigquery: String,
    expiry: JoinHandle<()>,
}

/// A stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Its folder cannot be used, or the functions are not built.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// local-cloud did not start.
    #[error(transparent)]
    Cloud(#[from] StartError),
    /// The service account's key was not made.
    #[error(transparent)]
    Key(#[from] IdentityError),
    /// A bucket, trigger or schedule was not taken.
    #[error("local-cloud: {0}")]
    Setup(#[from] reqwest::Error),
    /// The warehouse did not start.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The Kafka cluster did not start.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// A function did not start.
    #[error(transparent)]
    Function(#[from] FunctionError),
}

impl Stack {
    /// Starts everything: the buckets and tables are there and the functions listen when this
    /// returns. State that the folder holds from last time is kept.
    ///
    /// # Errors
    ///
    /// When a part does not start; the message says which and why.
    pub async fn start(config: StackConfig, warehouse: Arc<Warehouse>) -> Result<Self, StackError> {
        std::fs::create_dir_all(config.folder.join("logs"))?;
        warehouse.create_dataset_and_tables(&config.dataset).await?;
        let cloud = LocalCloud::start(local_cloud::Config {
            address: ([127, 0, 0, 1], config.ports.cloud()).into(),
            state: Location::Folder(config.folder.join("cloud")),
            project: PROJECT.to_owned(),
            delivery: DeliveryPolicy::default(),
        })
        .await?;
        create_buckets(cloud.endpoint()).await?;
        let dataset = config.dataset.clone();
        let expiry = expire_partitions(cloud.clock().clone(), Arc::clone(&warehouse), dataset);
        let topics = [KAFKA_TOPIC, DEAD_LETTER_TOPIC];
        let brokers = match config.kafka_brokers {
            Some(addresses) => Brokers::Real(addresses),
            None => Brokers::embedded(&topics)?,
        };
        let mut stack = Self {
            cloud,
            brokers,
            folder: config.folder,
            functions: BTreeMap::new(),
            warehouse,
            dataset: config.dataset,
            bigquery: config.bigquery,
            expiry: tokio::spawn(expiry),
        };
        stack.write_key(&stack.folder.join(KEY))?;
        for service in Service::ALL {
            let function = stack.function_config(service, config.ports)?;
            stack
                .functions
                .insert(service, Function::start(function).await?);
        }
        stack.connect().await?;
        Ok(stack)
    }

    /// The address of a function.
    #[must_use]
    pub fn endpoint(&self, service: Service) -> String {
        self.functions
            .get(&service)
            .map(Function::endpoint)
            .unwrap_or_default()
    }

    /// A running function.
    pub fn function(&mut self, service: Service) -> Option<&mut Function> {
        self.functions.get_mut(&service)
    }

    /// Starts another instance of a function, on a free port, with these variables besides.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn start_another(
        &self,
        service: Service,
        variables: &[(&'static str, &str)],
    ) -> Result<Function, StackError> {
        let mut config = self.function_config(service, Ports::Free)?;
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        config.environment.extend(variables);
        Ok(Function::start(config).await?)
    }

    /// The warehouse.
    #[must_use]
    pub fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    /// The rows of the given images in the warehouse, by image id.
    ///
    /// # Errors
    ///
    /// When the warehouse does not answer.
    pub async fn rows(&self, ids: &[String]) -> Result<HashMap<String, Vec<Row>>, RowsError> {
        rows(&self.warehouse, &self.dataset, ids).await
    }

    /// A client that uploads as `user`.
    ///
    /// # Errors
    ///
    /// When local-cloud gives no token.
    pub async fn uploader(&self, user: &str) -> Result<Uploader, UploadError> {
        let signer = self.endpoint(Service::UploadSigner);
        Uploader::connect(self.cloud.endpoint(), &signer, user).await
    }

    /// Stops the functions, then local-cloud, each letting what is under way end.
    ///
    /// # Errors
    ///
    /// When a function's end cannot be waited for.
    pub async fn stop(mut self) -> io::Result<()> {
        for function in self.functions.values_mut() {
            function.stop().await?;
        }
        self.expiry.abort();
        self.cloud.shutdown().await;
        Ok(())
    }

    fn function_config(&self, service: Service, ports: Ports) -> io::Result<FunctionConfig> {
        let log = format!("{}.log", service.name());
        Ok(FunctionConfig {
            name: service.name(),
            binaries: binaries(service.name())?,
            environment: self.environment(service),
            port: ports.service(service),
            log: self.folder.join("logs").join(log),
        })
    }

    /// Writes the key of the service account that all functions run as here.
    fn write_key(&self, path: &Path) -> Result<(), StackError> {
        let token_endpoint = format!("{}/token", self.cloud.endpoint());
        let key = self
            .cloud
            .identity()
            .service_account_key(SERVICE_ACCOUNT, &token_endpoint)?;
        Ok(write_private(path, &key.to_string())?)
    }

    /// What Cloud Run would give a function, and where the local endpoints are.
    #[must_use]
    pub fn environment(&self, service: Service) -> Vec<(&'static str, String)> {
        let given = service.variables();
        let mut values = self.values();
        values.retain(|(name, _)| given.contains(name));
        values
    }

    /// The value of every variable.
    fn values(&self) -> Vec<(&'static str, String)> {
        let cloud = self.cloud.endpoint().to_owned();
        let key = self.folder.join(KEY).display().to_string();
        vec![
            ("GOOGLE_APPLICATION_CREDENTIALS", key),
            ("GOOGLE_CLOUD_PROJECT", PROJECT.to_owned()),
            ("INGEST_BUCKET", INGEST.to_owned()),
            ("ARCHIVE_BUCKET", ARCHIVE.to_owned()),
            ("RECORDS_BUCKET", RECORDS.to_owned()),
            ("EVIDENCE_BUCKET", EVIDENCE.to_owned()),
            ("ERASURES_BUCKET", ERASURES.to_owned()),
            ("BIGQUERY_DATASET", self.dataset.clone()),
            ("BIGQUERY_ENDPOINT", self.bigquery.clone()),
            ("JWT_AUDIENCE", AUDIENCE.to_owned()),
            ("JWT_ISSUER", cloud.clone()),
            ("JWT_JWKS_URL", format!("{cloud}/.well-known/jwks.json")),
            ("KAFKA_BROKERS", self.brokers.addresses()),
            ("KAFKA_CLUSTER", KAFKA_CLUSTER.to_owned()),
            ("KAFKA_SECURITY", "plaintext".to_owned()),
            ("KAFKA_TOPICS", KAFKA_TOPIC.to_owned()),
            ("KAFKA_GROUP", KAFKA_GROUP.to_owned()),
            ("KAFKA_DEAD_LETTER_TOPIC", DEAD_LETTER_TOPIC.to_owned()),
            ("REFERENCE_BUCKETS", REFERENCES.to_owned()),
            ("CLOCK_ENDPOINT", cloud.clone()),
            ("STORAGE_ENDPOINT", cloud),
        ]
    }

    /// Points a trigger at its function.
    ///
    /// # Errors
    ///
    /// When local-cloud does not take it.
    pub async fn connect_trigger(&self, trigger: Trigger) -> Result<(), reqwest::Error> {
        let body = json!({
            "event_type": trigger.event_type,
            "bucket": trigger.bucket,
            "destination": format!("{}/", self.endpoint(trigger.service)),
        });
        let local = format!("{}/_local", self.cloud.endpoint());
        put(&format!("{local}/triggers/{}", trigger.name), &body).await
    }

    /// Points the triggers and schedules at the functions.
    async fn connect(&self) -> Result<(), reqwest::Error> {
        let local = format!("{}/_local", self.cloud.endpoint());
        for trigger in TRIGGERS {
            self.connect_trigger(trigger).await?;
        }
        for schedule in SCHEDULES {
            let url = format!("{}{}", self.endpoint(schedule.service), schedule.path);
            let body = json!({ "cron": schedule.cron, "url": url, "method": "POST" });
            put(&format!("{local}/schedules/{}", schedule.name), &body).await?;
        }
        Ok(())
    }
}

/// Expires partitions by the local clock, every hour of it, as BigQuery does by itself.
async fn expire_partitions(clock: Clock, warehouse: Arc<Warehouse>, dataset: String) {
    loop {
        let now = clock.now();
        if let Err(error) = warehouse.sweep_expired_partitions(&dataset, now).await {
            tracing::warn!(%error, "expired partitions stay until the next hour");
        }
        clock.sleep_until(now + SignedDuration::from_hours(1)).await;
    }
}

async fn create_buckets(cloud: &str) -> Result<(), reqwest::Error> {
    let url = format!("{cloud}/storage/v1/b?project={PROJECT}");
    for bucket in buckets() {
        let name = bucket["name"].as_str().unwrap_or_default();
        let response = reqwest::Client::new()
            .post(&url)
            .json(&bucket)
            .send()
            .await?;
        match response.status() {
            // From last time, when it may have been defined otherwise.
            StatusCode::CONFLICT => put(&format!("{cloud}/storage/v1/b/{name}"), &bucket).await?,
            _ => drop(response.error_for_status()?),
        }
    }
    Ok(())
}

async fn put(url: &str, body: &Value) -> Result<(), reqwest::Error> {
    reqwest::Client::new()
        .put(url)
        .json(body)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = std::fs::File::options();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}
