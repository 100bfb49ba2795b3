//! Two weeks of images every hour, with things going wrong: at every hour nothing is there past its
//! time that no report tells of, nothing was lost before it, and the books balance.

use std::collections::BTreeMap;

use darkroom_core::ImageId;
use darkroom_core::key::{ObjectKey, folder};
use integration_tests::{TestStack, checks, get, photo, run, until};
use jiff::{SignedDuration, Timestamp};
use local_stack::topology::{ARCHIVE, EVIDENCE, INGEST, RECORDS, Service, buckets};
use serde_json::{Value, json};

const HOURS: usize = 14 * 24;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const SEVEN_DAYS: SignedDuration = SignedDuration::from_hours(7 * 24);
const GRACE: SignedDuration = SignedDuration::from_hours(2);

/// The original, two derivatives and the record.
const OBJECTS: usize = 4;

/// The time under test, and what must be true of it.
struct Fortnight {
    stack: TestStack,
    /// When each image was received.
    images: BTreeMap<String, Timestamp>,
    /// The names of the objects that somebody put there by hand.
    by_hand: Vec<String>,
}

/// An object as the storage lists it, and since when it counts as received.
struct Stored {
    name: String,
    received_at: Timestamp,
}

impl Fortnight {
    async fn start() -> Self {
        let stack = TestStack::start().await;
        stack.stop_schedules().await;
        Self {
            stack,
            images: BTreeMap::new(),
            by_hand: Vec::new(),
        }
    }

    /// An hour: an image comes in, and a sweep looks at everything or at what is due.
    async fn hour(&mut self, hour: usize) -> Option<Value> {
        self.stack.advance(HOUR.as_secs()).await;
        let seed = u32::try_from(hour).unwrap();
        let id = self.stack.upload(&photo(seed)).await;
        self.stack.quiet().await;
        self.images.insert(id, self.stack.now().await);
        let path = match hour % 24 {
            3 => "/sweep/full",
            // In the first week nothing is due, and the daily sweep will do.
            _ if hour < 7 * 24 => return None,
            _ => "/sweep",
        };
        let (status, _) = self.stack.try_sweep(path).await;
        assert!(matches!(status, 200 | 503), "{status}");
        self.stack.quiet().await;
        Some(self.last_report().await)
    }

    async fn last_report(&self) -> Value {
        let name = self.stack.objects(EVIDENCE).await.pop().unwrap();
        let cloud = self.stack.stack.cloud.endpoint();
        let name = name.replace('/', "%2F");
        let url = format!("{cloud}/storage/v1/b/{EVIDENCE}/o/{name}?alt=media");
        get(&url).await["content"].clone()
    }

    async fn stored(&self, bucket: &str) -> Vec<Stored> {
        let cloud = self.stack.stack.cloud.endpoint();
        let page = get(&format!("{cloud}/storage/v1/b/{bucket}/o?maxResults=1000")).await;
        assert_eq!(page["nextPageToken"], Value::Null);
        let objects = page["items"].as_array().into_iter().flatten();
        let stored = objects.map(|object| {
            let time = object["customTime"].as_str();
            let time = time.or_else(|| object["timeCreated"].as_str());
            Stored {
                name: object["name"].as_str().unwrap().to_owned(),
                received_at: time.unwrap().parse().unwrap(),
            }
        });
        stored.collect()
    }

    /// What must be true after every sweep.
    async fn check(&self, report: &Value) {
        self.check_objects(report).await;
        let as_of = self.stack.now().await;
        let overdue = as_of - SEVEN_DAYS - GRACE;
        let sql = format!(
            "SELECT COUNT(*) AS overdue FROM {{dataset}}.image_records
             WHERE received_at < TIMESTAMP '{overdue}'"
        );
        let rows = self.stack.query(&sql).await;
        assert_eq!(rows[0]["overdue"], 0, "at {as_of}");
        // Events of deletions may be on their way: a difference may last for the grace.
        let violations = checks(report, "violation");
        let balance = violations.get("books/balance");
        assert!(balance.is_none(), "at {as_of}: {balance:?}");
    }

    /// What must be true of objects at every hour: none is there past its grace untold, none is gone
    /// before its time.
    async fn check_objects(&self, report: &Value) {
        let as_of = self.stack.now().await;
        let violations = checks(report, "violation");
        let mut left = Vec::new();
        for bucket in [INGEST, ARCHIVE, RECORDS] {
            let stored = self.stored(bucket).await;
            let overdue = stored
                .iter()
                .any(|o| o.received_at + SEVEN_DAYS + GRACE < as_of);
            let told = violations.contains_key(&format!("{bucket}/overdue-objects"));
            assert!(!overdue || told, "{bucket} at {as_of}: {violations:?}");
            left.extend(stored.into_iter().map(|object| object.name));
        }
        left.retain(|name| !self.by_hand.contains(name));
        self.check_images(&left, as_of);
    }

    /// Every image is whole until it is due.
    fn check_images(&self, left: &[String], as_of: Timestamp) {
        for (id, uploaded) in &self.images {
            let prefix = folder(id.parse::<ImageId>().unwrap());
            let objects = left.iter().filter(|name| name.starts_with(&prefix)).count();
            // It was received between two readings of the clock that are seconds apart.
            if *uploaded + SEVEN_DAYS > as_of {
                assert_eq!(objects, OBJECTS, "{id} of {uploaded} at {as_of}");
            }
        }
    }

    async fn lifecycle(&self, bucket: &str, rules: Value) {
        self.stack
            .set(bucket, &json!({ "lifecycle": { "rule": rules } }))
            .await;
    }

    /// Gives a bucket the rules back that it should have.
    async fn mend(&self, bucket: &str) {
        let as_declared = buckets()
            .into_iter()
            .find(|declared| declared["name"] == bucket);
        let rules = as_declared.unwrap()["lifecycle"]["rule"].clone();
        self.lifecycle(bucket, rules).await;
    }

    /// Kills the auditor in the middle of a sweep, and starts it again.
    async fn kill_a_sweep(&mut self) {
        let fault = json!({
            "bucket": ARCHIVE, "operation": "objects.delete", "count": 1, "delay_ms": 60_000,
        });
        self.stack.control("faults", &fault).await;
        self.stack.advance(HOUR.as_secs()).await;
        let due = self.stack.objects(ARCHIVE).await.len();
        let url = format!("{}/sweep", self.stack.stack.endpoint(Service::PurgeAuditor));
        let sweep = tokio::spawn(reqwest::Client::new().post(url).send());
        until("a part is deleted", async || {
            (self.stack.objects(ARCHIVE).await.len() < due).then_some(())
        })
        .await;
        let auditor = self.stack.stack.function(Service::PurgeAuditor).unwrap();
        auditor.kill().await.unwrap();
        auditor.restart().await.unwrap();
        let _ = sweep.await.unwrap();
        self.stack.clear_faults().await;
    }
}

/// The violations of a report, by id.
fn violations(report: &Value) -> Vec<String> {
    checks(report, "violation").into_keys().collect()
}

#[test]
fn a_fortnight_with_everything_going_wrong() {
    run(async {
        let mut days = Fortnight::start().await;
        for hour in 0..HOURS {
            match hour {
                // From the eighth day on, something is due every hour. Without its rules it is the sweeps
                // alone that delete from the archive.
                200 => days.lifecycle(ARCHIVE, json!([])).await,
                // What the auditor deletes it tells itself.
                205 => days.stack.disconnect("triggers/archive-deleted").await,
                215 => days.stack.connect("archive-deleted").await,
                218 => {
                    let fault = |status: u16, count: u32| {
                        json!({
                            "bucket": ARCHIVE, "operation": "objects.delete",
                            "status": status, "count": count,
                        })
                    };
                    days.stack.control("faults", &fault(503, 6)).await;
                    days.stack.control("faults", &fault(403, 1)).await;
                }
                222 => days.kill_a_sweep().await,
                226 => days.mend(ARCHIVE).await,
                250 => {
                    let rules =
                        json!([{ "action": { "type": "Delete" }, "condition": { "age": 8 } }]);
                    days.lifecycle(RECORDS, rules).await;
                }
                270 => days.mend(RECORDS).await,
                280 => {
                    let last = days.images.keys().last().unwrap();
                    let part = "by-hand".parse().unwrap();
                    let copy = ObjectKey::new(last.parse().unwrap(), part).to_string();
                    days.stack.put(ARCHIVE, &copy, b"a copy".to_vec()).await;
                    days.by_hand.push(copy);
                }
                _ => {}
            }
            let Some(report) = days.hour(hour).await else {
                days.check_objects(&Value::Null).await;
                continue;
            };
            days.check(&report).await;
            let found = violations(&report);
            let expected: &[&str] = match hour {
                200..226 => &["darkroom-archive/lifecycle"],
                250..270 => &["darkroom-records/lifecycle"],
                // What a full sweep sees.
                291 | 315 => &["darkroom-archive/objects-without-custom-time"],
                _ => &[],
            };
            assert_eq!(found, expected, "in hour {hour}");
        }
        let (whole, said) = days.stack.auditor(&["verify", "--bucket", EVIDENCE]).await;
        assert!(whole, "{said}");
    });
}
