//! A record that cannot become a row is seen by an operator, and not tried forever.

use darkroom_core::ImageId;
use darkroom_core::key::ObjectKey;
use integration_tests::{TestStack, get, photo, run, until};
use jiff::Timestamp;
use local_stack::topology::RECORDS;
use serde_json::Value;

/// Puts a record by hand and returns what the loader noted beside it.
async fn load_error(stack: &TestStack, id: ImageId, record: Vec<u8>) -> String {
    let cloud = stack.stack.cloud.endpoint();
    let name = ObjectKey::record(id).to_string();
    stack.put(RECORDS, &name, record).await;
    let noted = name.replace("record.json", "load-error.json");
    until("the failure is noted", async || {
        stack.objects(RECORDS).await.contains(&noted).then_some(())
    })
    .await;
    stack.quiet().await;
    let noted = noted.replace('/', "%2F");
    let note = get(&format!(
        "{cloud}/storage/v1/b/{RECORDS}/o/{noted}?alt=media"
    ))
    .await;
    assert_eq!(note["image_id"], id.to_string());
    note["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_malformed_record_is_noted() {
    run(async {
        let stack = TestStack::start().await;
        let id = ImageId::new(Timestamp::now());
        let reason = load_error(&stack, id, b"{".to_vec()).await;
        assert!(reason.contains("malformed"), "{reason}");
    });
}

#[test]
fn a_record_over_the_limit_is_noted() {
    run(async {
        let stack = TestStack::start().await;
        let id = ImageId::new(Timestamp::now());
        let reason = load_error(&stack, id, vec![b' '; 1024 * 1024 + 1]).await;
        assert!(reason.contains("1048576 bytes"), "{reason}");
    });
}

#[test]
fn a_row_that_the_warehouse_refuses_is_noted_and_holds_up_no_other() {
    run(async {
        let stack = TestStack::start().await;
        let good = stack.upload(&photo(1)).await;
        stack.rows(std::slice::from_ref(&good)).await;
        let [name] = <[String; 1]>::try_from(stack.objects(RECORDS).await).unwrap();
        let cloud = stack.stack.cloud.endpoint();
        let name = name.replace('/', "%2F");
        let mut record: Value = get(&format!(
            "{cloud}/storage/v1/b/{RECORDS}/o/{name}?alt=media"
        ))
        .await;
        // A year that Rust can tell and BigQuery cannot.
        record["exif"] = serde_json::json!({ "taken_at": "0000-01-01T00:00:00" });
        let id = ImageId::new(Timestamp::now());
        record["image_id"] = id.to_string().into();
        let reason = load_error(&stack, id, serde_json::to_vec(&record).unwrap()).await;
        assert!(reason.contains("BigQuery refused the row"), "{reason}");
        let next = stack.upload(&photo(2)).await;
        let rows = stack.rows(std::slice::from_ref(&next)).await;
        assert_eq!(rows[&next].len(), 1);
    });
}
