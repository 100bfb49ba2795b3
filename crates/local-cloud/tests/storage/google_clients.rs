//! Google's own clients in other languages: the Python library, and `gcloud storage` where it is
//! installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::cloud::{put, start};

/// The Python library, as users get it today.
const PYTHON_LIBRARY: &str = "google-cloud-storage==3.17.1";

/// Runs a command to its end, which must be a success.
fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}\n{stderr}");
    String::from_utf8(stdout).unwrap()
}

/// A Python with the library, made once and kept among the build's files.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let python = folder.join("bin/python");
    let installed = folder.join(PYTHON_LIBRARY);
    if !installed.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PYTHON_LIBRARY]));
        std::fs::write(installed, "").unwrap();
    }
    python
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_unchanged() {
    let cloud = start().await;
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storage/clients/storage.py");
    let mut client = Command::new(python());
    run(client
        .arg(script)
        .arg(cloud.endpoint())
        .current_dir(folder.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn gcloud_storage_works_unchanged() {
    if Command::new("gcloud").arg("--version").output().is_err() {
        eprintln!("SKIPPED: gcloud is not installed");
        return;
    }
    let cloud = start().await;
    let folder = tempfile::tempdir().unwrap();
    let gcloud = |arguments: &str| {
        let api = format!("{}/storage/v1/", cloud.endpoint());
        run(Command::new("gcloud")
            .arg("storage")
            .args(arguments.split(' '))
            .current_dir(folder.path())
            .env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", api)
            .env("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true")
            .env("CLOUDSDK_CONFIG", folder.path().join("config"))
            .env("CLOUDSDK_CORE_DISABLE_PROMPTS", "1")
            .env("CLOUDSDK_CORE_PROJECT", "local"))
    };
    let content = (0..20_000_000_u32)
        .map(|n| (n % 251) as u8)
        .collect::<Vec<_>>();
    std::fs::write(folder.path().join("large"), &content).unwrap();
    put(&cloud, "a/small.txt", "hello").await;
    gcloud("cp large gs://bucket/b/large");
    assert_eq!(
        gcloud("ls gs://bucket/**"),
        "gs://bucket/a/small.txt\ngs://bucket/b/large\n"
    );
    assert_eq!(gcloud("cat gs://bucket/a/small.txt"), "hello");
    gcloud("cp gs://bucket/b/large back");
    assert_eq!(std::fs::read(folder.path().join("back")).unwrap(), content);
    gcloud("cp gs://bucket/a/small.txt gs://bucket/copy.txt");
    gcloud("rm gs://bucket/copy.txt");
    gcloud("rm --recursive gs://bucket");
    assert!(cloud.store().get_bucket("bucket").await.is_err());
}
