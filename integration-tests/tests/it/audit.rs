//! What keeps data alive, or lost it, is in a report, and the reports are evidence.

use std::collections::BTreeMap;

use integration_tests::{TestStack, checks, photo, run, until};
use jiff::Timestamp;
use local_stack::topology::{ARCHIVE, ERASURES, EVIDENCE, INGEST, RECORDS, Service};
use serde_json::{Value, json};

const HOUR: i64 = 3_600;
const SEVEN_DAYS: i64 = 7 * 24 * HOUR;

/// A stack whose sweeps come when the test asks for them.
async fn unscheduled() -> TestStack {
    let stack = TestStack::start().await;
    stack.stop_schedules().await;
    stack
}

/// A stack that holds this many images, all done.
async fn with_images(count: u32) -> TestStack {
    let stack = unscheduled().await;
    let mut ids = Vec::new();
    for seed in 0..count {
        ids.push(stack.upload(&photo(seed)).await);
    }
    stack.rows(&ids).await;
    stack.quiet().await;
    stack
}

/// The causes that the view gives, with how many objects have each.
async fn causes(stack: &TestStack) -> BTreeMap<String, i64> {
    let sql = "SELECT cause, COUNT(*) AS objects FROM {dataset}.purges GROUP BY cause";
    let rows = stack.query(sql).await.into_iter();
    let cause = |row: serde_json::Map<String, Value>| {
        let cause = row["cause"].as_str().unwrap().to_owned();
        (cause, row["objects"].as_i64().unwrap())
    };
    rows.map(cause).collect()
}

fn violations(report: &Value) -> Vec<String> {
    checks(report, "violation").into_keys().collect()
}

/// The violations beside the rules that [`TestStack::drop_lifecycle`] has taken away.
fn without_lifecycle(report: &Value) -> Vec<String> {
    let violations = violations(report).into_iter();
    violations
        .filter(|id| !id.ends_with("/lifecycle"))
        .collect()
}

#[test]
fn every_purged_object_is_in_the_ledger_once_however_often_its_event_comes() {
    run(async {
        let stack = with_images(2).await;
        stack.drop_lifecycle().await;
        for trigger in ["archive-deleted", "records-deleted"] {
            let fault = json!({ "event": "duplicate", "trigger": trigger, "count": 10 });
            stack.control("faults", &fault).await;
        }
        stack.advance(SEVEN_DAYS).await;
        let report = stack.sweep("/sweep").await;
        stack.quiet().await;

        // An original, two derivatives and a record each.
        assert_eq!(
            causes(&stack).await,
            BTreeMap::from([("auditor".to_owned(), 8)])
        );
        let rows = "SELECT COUNT(*) AS told FROM {dataset}.purge_ledger";
        let told = stack.query(rows).await[0]["told"].as_i64().unwrap();
        assert!(told >= 16, "by the auditor and by events: {told}");
        let odd = "SELECT * FROM {dataset}.purges WHERE NOT within_policy
                   OR age_seconds < 7 * 86400 OR bytes <= 0 OR generation = 0";
        assert_eq!(stack.query(odd).await.len(), 0);
        assert_eq!(without_lifecycle(&report), Vec::<String>::new());
        assert_eq!(report["rows"]["overdue"], 0, "{}", report["rows"]);
    });
}

#[test]
fn what_lifecycle_deletes_is_told_as_such() {
    run(async {
        let stack = with_images(1).await;
        stack.advance(SEVEN_DAYS + HOUR).await;
        until("lifecycle has deleted", async || {
            let left = stack.objects(ARCHIVE).await.len() + stack.objects(RECORDS).await.len();
            (left == 0).then_some(())
        })
        .await;
        stack.quiet().await;
        let lifecycle = BTreeMap::from([("lifecycle".to_owned(), 4)]);
        assert_eq!(causes(&stack).await, lifecycle);
    });
}

#[test]
fn an_object_that_is_lost_before_its_time_is_reported() {
    run(async {
        let stack = with_images(1).await;
        let report = stack.sweep("/sweep/full").await;
        assert_eq!(violations(&report), Vec::<String>::new());
        let lost = stack.objects(ARCHIVE).await.remove(0);
        stack.delete(ARCHIVE, &lost).await;
        stack.quiet().await;

        let report = stack.sweep("/sweep").await;
        assert_eq!(violations(&report), ["ledger/early-losses"]);
        let rows = stack.query("SELECT * FROM {dataset}.purges").await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["name"], Value::from(lost));
        assert_eq!(rows[0]["cause"], "unexplained");
        assert_eq!(rows[0]["within_policy"], false);
        // Its loss is accounted for, so that the books balance.
        let report = stack.sweep("/sweep/full").await;
        assert!(!checks(&report, "warn").contains_key("books/balance"));
    });
}

#[test]
fn a_loss_of_which_no_event_tells_unbalances_the_books() {
    run(async {
        let stack = with_images(1).await;
        stack.drop_lifecycle().await;
        stack.sweep("/sweep/full").await;
        stack.disconnect("triggers/archive-deleted").await;
        let lost = stack.objects(ARCHIVE).await.remove(0);
        stack.delete(ARCHIVE, &lost).await;

        let report = stack.sweep("/sweep/full").await;
        let balance = &checks(&report, "warn")["books/balance"];
        let seen = balance["seen"].as_str().unwrap();
        assert!(seen.starts_with("1 objects are neither"), "{seen}");
        stack.advance(2 * HOUR + 1).await;
        let report = stack.sweep("/sweep/full").await;
        assert_eq!(without_lifecycle(&report), ["books/balance"]);
        // The others are purged in time; the one stays missing.
        stack.advance(SEVEN_DAYS).await;
        let report = stack.sweep("/sweep").await;
        assert!(violations(&report).contains(&"books/balance".to_owned()));
        let books = report["books"].as_object().unwrap().values();
        let sum = |part: &str| -> u64 {
            let hours = books.clone();
            hours.map(|hour| hour[part].as_u64().unwrap()).sum()
        };
        assert_eq!((sum("archived"), sum("purged"), sum("stored")), (4, 3, 0));
    });
}

#[test]
fn the_records_vouch_for_objects_that_no_sweep_has_seen() {
    run(async {
        let stack = with_images(1).await;
        stack.disconnect("triggers/archive-deleted").await;
        for name in stack.objects(ARCHIVE).await {
            stack.delete(ARCHIVE, &name).await;
        }
        let report = stack.sweep("/sweep/full").await;
        let balance = &checks(&report, "warn")["books/balance"];
        let seen = balance["seen"].as_str().unwrap();
        assert!(seen.starts_with("3 objects are neither"), "{seen}");
    });
}

#[test]
fn whatever_keeps_data_alive_is_a_violation() {
    run(async {
        let stack = with_images(1).await;
        let settings = [
            (ARCHIVE, json!({ "versioning": { "enabled": true } })),
            (
                RECORDS,
                json!({ "softDeletePolicy": { "retentionDurationSeconds": "604800" } }),
            ),
            (INGEST, json!({ "lifecycle": { "rule": [] } })),
            (ERASURES, json!({ "defaultEventBasedHold": true })),
            (
                INGEST,
                json!({ "retentionPolicy": { "retentionPeriod": "60" } }),
            ),
        ];
        for (bucket, settings) in settings {
            stack.set(bucket, &settings).await;
        }
        let project = local_stack::topology::PROJECT;
        let records = format!("`{project}.{}.image_records`", stack.dataset);
        for sql in [
            format!(
                "CREATE TABLE {}.copied AS SELECT * FROM {records}",
                stack.dataset
            ),
            format!(
                "CREATE MATERIALIZED VIEW {}.materialised AS SELECT image_id FROM {records}",
                stack.dataset
            ),
        ] {
            stack.query(&sql).await;
        }
        let held = stack.objects(RECORDS).await.remove(0).replace('/', "%2F");
        let hold = format!(
            "{}/storage/v1/b/{RECORDS}/o/{held}",
            stack.stack.cloud.endpoint()
        );
        let request = reqwest::Client::new().patch(hold);
        let held = request.json(&json!({ "temporaryHold": true })).send().await;
        assert!(held.unwrap().status().is_success());
        stack.put(ARCHIVE, "by-hand.jpg", b"a copy".to_vec()).await;

        let report = stack.sweep("/sweep/full").await;
        assert_eq!(
            violations(&report),
            [
                "darkroom-archive/objects-outside-layout",
                "darkroom-archive/objects-without-custom-time",
                "darkroom-archive/versioning",
                "darkroom-erasures/default-hold",
                "darkroom-ingest/lifecycle",
                "darkroom-ingest/retention-policy",
                "darkroom-records/object-holds",
                "darkroom-records/soft-delete",
                "warehouse/copied",
                "warehouse/materialised",
            ]
        );
        for check in checks(&report, "violation").values() {
            for field in ["seen", "expected", "mend"] {
                assert!(!check[field].as_str().unwrap().is_empty(), "{check}");
            }
        }
        let unseen = report["unseen"].to_string();
        assert!(unseen.contains("fail-safe"), "{unseen}");
    });
}

#[test]
fn what_cannot_be_deleted_is_told_until_it_is() {
    run(async {
        let stack = with_images(1).await;
        stack.drop_lifecycle().await;
        let held = stack.objects(RECORDS).await.remove(0).replace('/', "%2F");
        let object = format!(
            "{}/storage/v1/b/{RECORDS}/o/{held}",
            stack.stack.cloud.endpoint()
        );
        let hold = async |held: bool| {
            let request = reqwest::Client::new().patch(&object);
            let answer = request.json(&json!({ "temporaryHold": held })).send().await;
            assert!(answer.unwrap().status().is_success());
        };
        hold(true).await;
        stack.advance(SEVEN_DAYS + 3 * HOUR).await;
        let (status, problem) = stack.try_sweep("/sweep").await;
        assert_eq!(status, 503, "{problem}");
        hold(false).await;
        let report = stack.sweep("/sweep").await;
        assert!(violations(&report).contains(&"darkroom-records/late-objects".to_owned()));
        assert_eq!(stack.objects(RECORDS).await, Vec::<String>::new());

        let reports = reports(&stack).await;
        let told = checks(&reports[0]["content"], "violation");
        assert!(
            told.contains_key("darkroom-records/overdue-objects"),
            "{told:?}"
        );
    });
}

#[test]
fn an_image_that_nobody_processes_is_a_violation_before_it_is_due() {
    run(async {
        let stack = unscheduled().await;
        stack.disconnect("triggers/ingest-finalized").await;
        stack.upload(&photo(1)).await;
        let report = stack.sweep("/sweep").await;
        assert_eq!(violations(&report), Vec::<String>::new());
        stack.advance(24 * HOUR).await;
        let report = stack.sweep("/sweep").await;
        assert_eq!(violations(&report), ["darkroom-ingest/backlog"]);
    });
}

#[test]
fn a_full_sweep_purges_names_that_no_function_gives() {
    run(async {
        let stack = unscheduled().await;
        stack.drop_lifecycle().await;
        for name in ["!", "a/b", "zz/top.jpg", "ü"] {
            stack.put(ARCHIVE, name, b"a copy".to_vec()).await;
        }
        stack.advance(SEVEN_DAYS).await;
        stack.sweep("/sweep").await;
        assert_eq!(stack.objects(ARCHIVE).await.len(), 4);
        let report = stack.sweep("/sweep/full").await;
        assert_eq!(report["buckets"][ARCHIVE]["outside_layout"], 4);
        assert_eq!(stack.objects(ARCHIVE).await, Vec::<String>::new());
    });
}

#[test]
fn a_row_that_outlives_its_partition_is_deleted() {
    run(async {
        let stack = with_images(1).await;
        let sql = "UPDATE {dataset}.image_records
                   SET received_at = TIMESTAMP_SUB(received_at, INTERVAL 8 DAY) WHERE TRUE";
        stack.query(sql).await;
        let report = stack.sweep("/sweep").await;
        let rows = json!({ "deleted": 1, "late": 1, "overdue": 0 });
        assert_eq!(report["rows"], rows);
        assert_eq!(violations(&report), ["warehouse/rows"]);
        let left = stack
            .query("SELECT image_id FROM {dataset}.image_records")
            .await;
        assert_eq!(left.len(), 0);
    });
}

#[test]
fn a_sweep_without_time_says_where_the_next_one_goes_on() {
    run(async {
        let stack = with_images(1).await;
        stack.drop_lifecycle().await;
        stack.advance(SEVEN_DAYS).await;
        let hasty = stack
            .stack
            .start_another(Service::PurgeAuditor, &[("SWEEP_SECONDS", "0")]);
        let hasty = hasty.await.unwrap();
        for path in ["/sweep", "/sweep/full"] {
            let url = format!("{}{path}", hasty.endpoint());
            let answer = reqwest::Client::new().post(url).send().await.unwrap();
            assert_eq!(answer.status(), 503);
            let problem: Value = answer.json().await.unwrap();
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.starts_with("the time did not suffice"), "{detail}");
            let unfinished = reports(&stack).await.pop().unwrap()["content"]["unfinished"].clone();
            assert_eq!(
                unfinished.as_object().unwrap().values().next().unwrap()["bucket"],
                INGEST
            );
        }
        assert_eq!(stack.objects(ARCHIVE).await.len(), 3);
        let report = stack.sweep("/sweep").await;
        assert_eq!(stack.objects(ARCHIVE).await, Vec::<String>::new());
        let unfinished = report["unfinished"].as_object().unwrap();
        assert_eq!(unfinished.keys().collect::<Vec<_>>(), ["everything"]);
        let report = stack.sweep("/sweep/full").await;
        assert_eq!(report["unfinished"], json!({}));
    });
}

#[test]
fn a_sweep_that_is_killed_is_made_up_for_by_the_next() {
    run(async {
        let mut stack = with_images(4).await;
        stack.drop_lifecycle().await;
        stack.advance(SEVEN_DAYS).await;
        let fault = json!({
            "bucket": ARCHIVE, "operation": "objects.delete", "count": 8, "delay_ms": 60_000,
        });
        stack.control("faults", &fault).await;
        let url = format!("{}/sweep", stack.stack.endpoint(Service::PurgeAuditor));
        let sweep = tokio::spawn(reqwest::Client::new().post(url).send());
        until("a part is deleted", async || {
            let left = stack.objects(ARCHIVE).await.len();
            (left < 12).then_some(())
        })
        .await;
        let auditor = stack.stack.function(Service::PurgeAuditor).unwrap();
        auditor.kill().await.unwrap();
        auditor.restart().await.unwrap();
        assert!(
            sweep.await.unwrap().is_err(),
            "it was killed before it answered"
        );
        assert_eq!(reports(&stack).await.len(), 0);
        stack.clear_faults().await;

        stack.sweep("/sweep").await;
        assert_eq!(stack.objects(ARCHIVE).await, Vec::<String>::new());
        stack.quiet().await;
        assert_eq!(causes(&stack).await.values().sum::<i64>(), 16);
        let report = stack.sweep("/sweep").await;
        assert_eq!(checks(&report, "ok")["books/balance"]["status"], "ok");
    });
}

/// Every report, parsed, oldest first.
async fn reports(stack: &TestStack) -> Vec<Value> {
    let mut reports = Vec::new();
    for name in stack.objects(EVIDENCE).await {
        let name = name.replace('/', "%2F");
        let url = format!(
            "{}/storage/v1/b/{EVIDENCE}/o/{name}?alt=media",
            stack.stack.cloud.endpoint()
        );
        reports.push(integration_tests::get(&url).await);
    }
    reports
}

/// Copies the evidence into a folder, as `gcloud storage cp --recursive` would.
async fn copied(stack: &TestStack) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("reports")).unwrap();
    for name in stack.objects(EVIDENCE).await {
        let path = name.replace('/', "%2F");
        let url = format!(
            "{}/storage/v1/b/{EVIDENCE}/o/{path}?alt=media",
            stack.stack.cloud.endpoint()
        );
        let bytes = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

#[test]
fn sweeps_at_once_leave_one_chain() {
    run(async {
        let stack = unscheduled().await;
        let sweeps = (0..6).map(|_| stack.sweep("/sweep"));
        futures::future::join_all(sweeps).await;
        let names = stack.objects(EVIDENCE).await;
        let expected: Vec<_> = (1..=6).map(|n| format!("reports/{n:010}.json")).collect();
        assert_eq!(names, expected);
        let (whole, said) = stack.auditor(&["verify", "--bucket", EVIDENCE]).await;
        assert!(whole, "{said}");
        assert!(
            said.starts_with("whole from report 1 to report 6"),
            "{said}"
        );
        let (whole, said) = stack
            .auditor(&["verify", "--bucket", EVIDENCE, "--from", "4"])
            .await;
        assert!(whole, "{said}");
        assert!(
            said.starts_with("whole from report 4 to report 6"),
            "{said}"
        );
        let head = said.trim().rsplit(' ').next().unwrap();
        let verify = ["verify", "--bucket", EVIDENCE];
        let (whole, said) = stack
            .auditor(&[&verify[..], &["--head", head]].concat())
            .await;
        assert!(whole, "{said}");
        let other = "0".repeat(64);
        for missed in [["--head", &other], ["--from", "7"]] {
            let (whole, said) = stack.auditor(&[&verify[..], &missed].concat()).await;
            assert!(!whole, "{said}");
        }
    });
}

#[test]
fn what_somebody_put_among_the_reports_holds_nothing_up() {
    run(async {
        let stack = unscheduled().await;
        for name in ["reports/", "reports/9", "reports/x.json", "zzz"] {
            stack.put(EVIDENCE, name, b"{}".to_vec()).await;
        }
        stack.sweep("/sweep").await;
        stack.sweep("/sweep").await;
        let (whole, said) = stack.auditor(&["verify", "--bucket", EVIDENCE]).await;
        assert!(
            whole && said.starts_with("whole from report 1 to report 2"),
            "{said}"
        );
    });
}

#[test]
fn due_objects_are_deleted_though_no_report_can_be_read() {
    run(async {
        let stack = with_images(1).await;
        stack.drop_lifecycle().await;
        let next = "reports/0000000001.json";
        stack.put(EVIDENCE, next, b"no report".to_vec()).await;
        stack.advance(SEVEN_DAYS).await;
        let (status, problem) = stack.try_sweep("/sweep").await;
        assert_eq!(status, 503);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(next), "{detail}");
        assert_eq!(stack.objects(ARCHIVE).await, Vec::<String>::new());
    });
}

#[test]
fn what_no_function_made_is_purged_without_a_word_of_its_name() {
    run(async {
        let stack = unscheduled().await;
        stack.put(ARCHIVE, "jane-doe.jpg", b"a copy".to_vec()).await;
        stack.sweep("/sweep/full").await;
        stack.delete(ARCHIVE, "jane-doe.jpg").await;
        stack.quiet().await;
        assert_eq!(
            causes(&stack).await,
            BTreeMap::from([("foreign".to_owned(), 1)])
        );
        let rows = stack.query("SELECT name FROM {dataset}.purge_ledger").await;
        assert!(
            rows[0]["name"].as_str().unwrap().starts_with("sha256:"),
            "{rows:?}"
        );
        let report = stack.sweep("/sweep/full").await;
        assert_eq!(violations(&report), Vec::<String>::new());
        assert_eq!(report["books"], json!({}));
    });
}

#[test]
fn what_checks_came_to_can_be_asked() {
    run(async {
        let stack = unscheduled().await;
        stack.sweep("/sweep").await;
        stack.drop_lifecycle().await;
        let report = stack.sweep("/sweep").await;

        let sql = "SELECT check_id, status, report FROM {dataset}.audit_findings";
        let rows = stack.query(sql).await.into_iter();
        let asked: BTreeMap<String, Value> = rows
            .map(|mut row| {
                assert_eq!(row.remove("report"), Some(json!(2)));
                (
                    row["check_id"].as_str().unwrap().to_owned(),
                    row["status"].clone(),
                )
            })
            .collect();
        let checks = report["checks"].as_array().unwrap().iter();
        let told: BTreeMap<String, Value> = checks
            .map(|check| {
                (
                    check["id"].as_str().unwrap().to_owned(),
                    check["status"].clone(),
                )
            })
            .collect();
        assert_eq!(asked, told);
        assert!(told.values().any(|status| status == "violation"));
    });
}

#[test]
fn evidence_cannot_be_deleted_and_a_changed_copy_is_found_out() {
    run(async {
        let stack = unscheduled().await;
        for _ in 0..4 {
            stack.sweep("/sweep").await;
        }
        let names = stack.objects(EVIDENCE).await;
        let object = names[1].replace('/', "%2F");
        let cloud = stack.stack.cloud.endpoint();
        let url = format!("{cloud}/storage/v1/b/{EVIDENCE}/o/{object}");
        let answer = reqwest::Client::new().delete(url).send().await.unwrap();
        assert_eq!(answer.status(), 403);

        let folder = copied(&stack).await;
        let path = folder.path().to_str().unwrap();
        let (whole, said) = stack.auditor(&["verify", "--folder", path]).await;
        assert!(whole, "{said}");
        let second = folder.path().join(&names[1]);
        let bytes = std::fs::read_to_string(&second).unwrap();
        std::fs::write(&second, bytes.replacen("\"deleted\":0", "\"deleted\":1", 1)).unwrap();
        let (whole, said) = stack.auditor(&["verify", "--folder", path]).await;
        assert!(!whole);
        assert!(said.contains(&format!("{} is altered", names[1])), "{said}");
        std::fs::remove_file(&second).unwrap();
        let (whole, said) = stack.auditor(&["verify", "--folder", path]).await;
        assert!(!whole);
        assert!(said.contains(&format!("{} is missing", names[1])), "{said}");
    });
}

#[test]
fn a_day_is_reported_for_people() {
    run(async {
        let stack = with_images(2).await;
        stack.drop_lifecycle().await;
        stack
            .set(ARCHIVE, &json!({ "versioning": { "enabled": true } }))
            .await;
        stack.sweep("/sweep/full").await;
        stack.advance(SEVEN_DAYS).await;
        let report = stack.sweep("/sweep").await;
        let as_of: Timestamp = report["as_of"].as_str().unwrap().parse().unwrap();
        let day = as_of.to_string()[..10].to_owned();

        let arguments = ["report", "--bucket", EVIDENCE, "--day", &day];
        let (printed, markdown) = stack.auditor(&arguments).await;
        assert!(printed, "{markdown}");
        for part in [
            &format!("# Retention on {day} (UTC)"),
            "**4 checks found a violation.**",
            "| darkroom-archive/versioning | **violation** |",
            "| darkroom-archive | 6 | 0 | 0 |",
            "fail-safe",
            report["evidence"]["sha256"].as_str().unwrap(),
        ] {
            assert!(markdown.contains(part), "{part} in\n{markdown}");
        }
        let html = [&arguments[..], &["--format", "html"]].concat();
        let (printed, html) = stack.auditor(&html).await;
        assert!(printed && html.contains("<svg") && html.contains("<td>darkroom-archive</td>"));
        let nothing = ["report", "--bucket", EVIDENCE, "--day", "2001-01-01"];
        let (printed, said) = stack.auditor(&nothing).await;
        assert!(
            !printed && said.contains("there is no report of 2001-01-01"),
            "{said}"
        );
    });
}
