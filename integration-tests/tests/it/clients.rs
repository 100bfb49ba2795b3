//! Google's own clients against local-cloud.

use std::path::Path;

use integration_tests::run;
use local_cloud::events::DeliveryPolicy;
use local_cloud::{Config, LocalCloud, Location};
use tokio::process::Command;

/// Runs a script with the endpoint of a local-cloud of its own and shows what it says if it fails.
async fn succeeds(mut command: Command) {
    let cloud = LocalCloud::start(Config {
        address: ([127, 0, 0, 1], 0).into(),
        state: Location::Memory,
        project: "local".to_owned(),
        delivery: DeliveryPolicy::default(),
    })
    .await
    .unwrap();
    let output = command
        .arg(cloud.endpoint())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{}\n{said}\n{complained}",
        output.status
    );
}

fn script(name: &str) -> String {
    format!("{}/python/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn googles_python_client_works() {
    run(async {
        let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../.local/python/bin/python");
        assert!(
            Path::new(python).exists(),
            "there is no Python environment: run `make setup`"
        );
        let mut command = Command::new(python);
        command.arg(script("storage_client.py"));
        succeeds(command).await;
    });
}

#[test]
fn gcloud_storage_works_where_it_is_installed() {
    run(async {
        let version = Command::new("gcloud").arg("--version").output().await;
        if !version.is_ok_and(|output| output.status.success()) {
            eprintln!("gcloud is not installed: not tried");
            return;
        }
        let mut command = Command::new("bash");
        command.arg(script("gcloud_storage.sh"));
        succeeds(command).await;
    });
}
