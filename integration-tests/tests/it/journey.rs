//! An image goes in through a signed URL and comes out everywhere it should.

use std::collections::BTreeSet;

use darkroom_core::record::{Record, Status};
use darkroom_samples::Expected;
use integration_tests::{TestStack, get, photo, run};
use local_stack::image::generated;
use local_stack::topology::{ARCHIVE, INGEST, RECORDS};

#[test]
fn every_sample_ends_as_one_row_with_the_status_it_should_have() {
    run(async {
        let stack = TestStack::start().await;
        let mut sent = Vec::new();
        for image in generated() {
            sent.push((stack.upload(&image).await, image));
        }
        let ids: Vec<String> = sent.iter().map(|(id, _)| id.clone()).collect();
        let rows = stack.rows(&ids).await;
        for (id, image) in &sent {
            let [row] = rows[id].as_slice() else {
                panic!("{}: {} rows", image.name, rows[id].len());
            };
            let seen = row.ending();
            let wanted = match image.expected {
                Some(Expected::Rejected(code)) => ("rejected", Some(code)),
                _ => ("processed", None),
            };
            assert_eq!(seen, wanted, "{}", image.name);
        }
        stack.quiet().await;
        assert_eq!(stack.objects(INGEST).await, Vec::<String>::new());
        assert_eq!(stack.objects(RECORDS).await.len(), sent.len());
    });
}

#[test]
fn an_image_ends_as_an_original_its_derivatives_and_a_record() {
    run(async {
        let stack = TestStack::start().await;
        let image = photo(1);
        let id = stack.upload(&image).await;
        stack.rows(std::slice::from_ref(&id)).await;
        stack.quiet().await;

        let archived: BTreeSet<String> = stack
            .objects(ARCHIVE)
            .await
            .into_iter()
            .map(last_part)
            .collect();
        let expected = ["original", "preview.webp", "thumbnail.jpg"].map(str::to_owned);
        assert_eq!(archived, BTreeSet::from(expected));
        assert_eq!(stack.objects(INGEST).await, Vec::<String>::new());

        let record = record(&stack).await;
        let bytes = image.content.read().await.unwrap();
        assert_eq!(record.image_id.to_string(), id);
        assert_eq!(record.status, Status::Processed);
        assert_eq!(record.source.principal.as_deref(), Some("user-1"));
        assert_eq!(record.filename.as_deref(), Some("photo-1.jpg"));
        assert_eq!(
            record.original.sha256,
            Some(darkroom_core::sha256_hex(&bytes))
        );
        assert_eq!(
            (record.original.width, record.original.height),
            (Some(640), Some(480))
        );
        assert!(record.requested_at <= record.received_at);
        assert!(record.received_at <= record.processed_at);
        let stages: Vec<&str> = record.stages.iter().map(|s| s.stage.as_str()).collect();
        for stage in ["read", "decode", "store"] {
            assert!(stages.contains(&stage), "{stages:?}");
        }
    });
}

#[test]
fn every_archived_object_carries_the_images_receipt_as_its_custom_time() {
    run(async {
        let stack = TestStack::start().await;
        let id = stack.upload(&photo(1)).await;
        stack.rows(&[id]).await;
        let received_at = record(&stack).await.received_at;
        for bucket in [ARCHIVE, RECORDS] {
            let list = format!("{}/storage/v1/b/{bucket}/o", stack.stack.cloud.endpoint());
            let page = get(&list).await;
            let objects = page["items"].as_array().unwrap();
            assert!(!objects.is_empty());
            for object in objects {
                let custom_time: jiff::Timestamp =
                    object["customTime"].as_str().unwrap().parse().unwrap();
                assert_eq!(custom_time, received_at, "{}", object["name"]);
            }
        }
    });
}

#[test]
fn its_owner_is_told_of_a_processed_image_and_can_download_it() {
    run(async {
        let stack = TestStack::start().await;
        let image = photo(1);
        let id = stack.upload(&image).await;
        stack.rows(std::slice::from_ref(&id)).await;
        let uploader = stack.stack.uploader("user-1").await.unwrap();
        let told = uploader.image(&id).await.unwrap();
        assert_eq!(told["status"], "processed");
        let downloads = told["downloads"].as_array().unwrap();
        assert_eq!(downloads.len(), 3);
        for download in downloads {
            let answer = reqwest::get(download["url"].as_str().unwrap())
                .await
                .unwrap();
            assert_eq!(answer.status(), 200);
            let bytes = answer.bytes().await.unwrap();
            if download["name"] == "original" {
                assert_eq!(bytes, image.content.read().await.unwrap());
            }
        }
        let other = stack.stack.uploader("user-2").await.unwrap();
        assert!(
            other
                .image(&id)
                .await
                .unwrap_err()
                .to_string()
                .starts_with("403")
        );
    });
}

async fn record(stack: &TestStack) -> Record {
    let [name] = <[String; 1]>::try_from(stack.objects(RECORDS).await).unwrap();
    let name = name.replace('/', "%2F");
    let url = format!(
        "{}/storage/v1/b/{RECORDS}/o/{name}?alt=media",
        stack.stack.cloud.endpoint()
    );
    serde_json::from_value(get(&url).await).unwrap()
}

fn last_part(name: String) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}
