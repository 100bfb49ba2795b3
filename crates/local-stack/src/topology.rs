//! What there is: services, buckets, triggers and schedules.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The project that everything local belongs to.
pub const PROJECT: &str = "local";

/// The warehouse's dataset, unless a stack is given another.
pub const DATASET: &str = "darkroom";

/// Where images arrive.
pub const INGEST: &str = "darkroom-ingest";

/// Where originals and derivatives are kept.
pub const ARCHIVE: &str = "darkroom-archive";

/// Where records are kept.
pub const RECORDS: &str = "darkroom-records";

/// Where the reports of the sweeps are kept.
pub const EVIDENCE: &str = "darkroom-evidence";

/// Where requests for erasure are kept.
pub const ERASURES: &str = "darkroom-erasures";

/// Where the company's engineers put images that are too large for Kafka.
pub const REFERENCES: &str = "darkroom-references";

/// The Kafka cluster's name in ids and records.
pub const KAFKA_CLUSTER: &str = "local";

/// The topic of images.
pub const KAFKA_TOPIC: &str = "darkroom.images";

/// The topic of messages that can never be taken in.
pub const DEAD_LETTER_TOPIC: &str = "darkroom.dead-letters";

/// The consumer group that takes images in.
pub const KAFKA_GROUP: &str = "darkroom-ingest";

/// The service account that every function runs as here. Its key signs upload URLs.
pub const SERVICE_ACCOUNT: &str = "darkroom@local.iam.gserviceaccount.com";

/// The audience of the tokens that the upload-signer takes.
pub const AUDIENCE: &str = "darkroom";

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Hands out signed upload URLs.
    UploadSigner,
    /// Makes derivatives and records.
    ImageProcessor,
    /// Loads records into the warehouse.
    MetadataLoader,
    /// Deletes what is past its retention.
    PurgeAuditor,
    /// Takes in the Kafka stream.
    KafkaIngest,
}

/// Events of a bucket that go to a service.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Trigger {
    /// The trigger's name.
    pub name: &'static str,
    /// The CloudEvents type it waits for.
    pub event_type: &'static str,
    /// The bucket it watches.
    pub bucket: &'static str,
    /// The service it calls, at `/`.
    pub service: Service,
}

/// A request that is made by the clock.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Schedule {
    /// The job's name.
    pub name: &'static str,
    /// When, in UTC.
    pub cron: &'static str,
    /// The service it calls.
    pub service: Service,
    /// The path it posts to.
    pub path: &'static str,
}

/// Every header that the upload-signer can ask an upload to carry: a page can only send those that
/// the ingest bucket's CORS rule allows.
const UPLOAD_HEADERS: [&str; 5] = [
    "content-md5",
    "content-type",
    "x-goog-content-length-range",
    "x-goog-if-generation-match",
    "x-goog-meta-darkroom",
];

/// What every service is given: the identity it has and, here, where the local cloud is.
const EVERY_SERVICE: [&str; 4] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "CLOCK_ENDPOINT",
    "STORAGE_ENDPOINT",
];

/// Every trigger.
pub const TRIGGERS: [Trigger; 5] = [
    Trigger {
        name: "ingest-finalized",
        event_type: "google.cloud.storage.object.v1.finalized",
        bucket: INGEST,
        service: Service::ImageProcessor,
    },
    Trigger {
        name: "records-finalized",
        event_type: "google.cloud.storage.object.v1.finalized",
        bucket: RECORDS,
        service: Service::MetadataLoader,
    },
    Trigger {
        name: "archive-deleted",
        event_type: "google.cloud.storage.object.v1.deleted",
        bucket: ARCHIVE,
        service: Service::PurgeAuditor,
    },
    Trigger {
        name: "records-deleted",
        event_type: "google.cloud.storage.object.v1.deleted",
        bucket: RECORDS,
        service: Service::PurgeAuditor,
    },
    Trigger {
        name: "erasures-finalized",
        event_type: "google.cloud.storage.object.v1.finalized",
        bucket: ERASURES,
        service: Service::PurgeAuditor,
    },
];

/// Every schedule.
pub const SCHEDULES: [Schedule; 2] = [
    Schedule {
        name: "sweep-hourly",
        cron: "0 * * * *",
        service: Service::PurgeAuditor,
        path: "/sweep",
    },
    Schedule {
        name: "sweep-daily",
        cron: "30 3 * * *",
        service: Service::PurgeAuditor,
        path: "/sweep/full",
    },
];

impl Service {
    /// Every service.
    pub const ALL: [Self; 5] = [
        Self::UploadSigner,
        Self::ImageProcessor,
        Self::MetadataLoader,
        Self::PurgeAuditor,
        Self::KafkaIngest,
    ];

    /// The service's name, which is also its binary's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UploadSigner => "upload-signer",
            Self::ImageProcessor => "image-processor",
            Self::MetadataLoader => "metadata-loader",
            Self::PurgeAuditor => "purge-auditor",
            Self::KafkaIngest => "kafka-ingest",
        }
    }

    /// The variables that the service is given, by name.
    #[must_use]
    pub fn variables(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::UploadSigner => &[
                "INGEST_BUCKET",
                "ARCHIVE_BUCKET",
                "RECORDS_BUCKET",
                "ERASURES_BUCKET",
                "JWT_AUDIENCE",
                "JWT_ISSUER",
                "JWT_JWKS_URL",
            ],
            Self::ImageProcessor => &[
                "INGEST_BUCKET",
                "ARCHIVE_BUCKET",
                "RECORDS_BUCKET",
                "ERASURES_BUCKET",
            ],
            Self::MetadataLoader => &[
                "RECORDS_BUCKET",
                "ERASURES_BUCKET",
                "BIGQUERY_DATASET",
                "BIGQUERY_ENDPOINT",
            ],
            Self::PurgeAuditor => &[
                "INGEST_BUCKET",
                "ARCHIVE_BUCKET",
                "RECORDS_BUCKET",
                "REFERENCE_BUCKETS",
                "EVIDENCE_BUCKET",
                "ERASURES_BUCKET",
                "BIGQUERY_DATASET",
                "BIGQUERY_ENDPOINT",
                "KAFKA_BROKERS",
                "KAFKA_CLUSTER",
                "KAFKA_SECURITY",
                "KAFKA_TOPICS",
                "KAFKA_DEAD_LETTER_TOPIC",
            ],
            Self::KafkaIngest => &[
                "INGEST_BUCKET",
                "REFERENCE_BUCKETS",
                "KAFKA_BROKERS",
                "KAFKA_CLUSTER",
                "KAFKA_SECURITY",
                "KAFKA_TOPICS",
                "KAFKA_GROUP",
                "KAFKA_DEAD_LETTER_TOPIC",
            ],
        };
        [&EVERY_SERVICE, own].concat()
    }
}

/// Everything that production must have too, as JSON: a check compares it with the Terraform.
#[must_use]
pub fn topology() -> Value {
    let services = Service::ALL.iter().map(|service| {
        let description = json!({ "environment": service.variables() });
        (service.name().to_owned(), description)
    });
    json!({
        "buckets": buckets(),
        "triggers": TRIGGERS,
        "schedules": SCHEDULES,
        "services": services.collect::<Map<_, _>>(),
        "topics": [KAFKA_TOPIC, DEAD_LETTER_TOPIC],
    })
}

/// How long evidence is kept: longer than an auditor's year.
const EVIDENCE_DAYS: u32 = 400;

/// How long requests for erasure are kept: longer than anything that can bring an image back.
const ERASURE_DAYS: u32 = 30;

/// Every bucket, as the JSON API takes one: the lifecycle rules are the backstop behind the sweep.
#[must_use]
pub fn buckets() -> Vec<Value> {
    let delete =
        |condition: Value| json!({ "action": { "type": "Delete" }, "condition": condition });
    // The parts of an upload that was given up are no objects: no other rule reaches them.
    let abort = json!({
        "action": { "type": "AbortIncompleteMultipartUpload" },
        "condition": { "age": 1 },
    });
    let passing = json!([delete(json!({ "age": 7 })), abort]);
    let kept = json!([
        delete(json!({ "daysSinceCustomTime": 7 })),
        delete(json!({ "age": 8 })),
    ]);
    let bucket = |name: &str, rules: &Value| {
        json!({
            "name": name,
            "lifecycle": { "rule": rules },
            "softDeletePolicy": { "retentionDurationSeconds": "0" },
            "iamConfiguration": {
                "uniformBucketLevelAccess": { "enabled": true },
                "publicAccessPrevention": "enforced",
            },
        })
    };
    let mut ingest = bucket(INGEST, &passing);
    ingest["cors"] = cors("PUT", &UPLOAD_HEADERS);
    let mut archive = bucket(ARCHIVE, &kept);
    archive["cors"] = cors("GET", &["content-type"]);
    let references = bucket(REFERENCES, &passing);
    let mut evidence = bucket(EVIDENCE, &json!([delete(json!({ "age": EVIDENCE_DAYS }))]));
    let seconds = EVIDENCE_DAYS * 24 * 60 * 60;
    evidence["retentionPolicy"] = json!({
        "retentionPeriod": seconds.to_string(),
        "isLocked": true,
    });
    let erasures = bucket(ERASURES, &json!([delete(json!({ "age": ERASURE_DAYS }))]));
    vec![
        ingest,
        archive,
        bucket(RECORDS, &kept),
        references,
        evidence,
        erasures,
    ]
}

/// Any page may do `method`, because the signed URL is what permits it.
fn cors(method: &str, headers: &[&str]) -> Value {
    json!([{
        "origin": ["*"],
        "method": [method],
        "responseHeader": headers,
        "maxAgeSeconds": 3600,
    }])
}
