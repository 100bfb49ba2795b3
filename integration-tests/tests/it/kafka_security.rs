//! The consumer's ways into a cluster that is protected.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use integration_tests::broker::{Broker, Login};
use integration_tests::{TestStack, run};
use local_stack::topology::{SERVICE_ACCOUNT, Service};
use serde_json::Value;
use tokio::time::timeout;

/// The first login of a consumer that is started with these variables; `{}` in a value is the folder
/// with the certificates.
async fn login(variables: &[(&'static str, &str)]) -> Login {
    let mut stack = TestStack::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(folder.path()).await;
    let ingest = stack.stack.function(Service::KafkaIngest).unwrap();
    ingest.stop().await.unwrap();
    ingest.set("KAFKA_BROKERS", &broker.address);
    for (name, value) in variables {
        ingest.set(
            name,
            &value.replace("{}", &folder.path().display().to_string()),
        );
    }
    ingest.restart().await.unwrap();
    let login = timeout(integration_tests::DEADLINE, broker.logins.recv()).await;
    login.unwrap().unwrap()
}

#[test]
fn a_google_service_account_logs_in_with_its_access_token() {
    run(async {
        let login = login(&[
            ("KAFKA_SECURITY", "google"),
            ("KAFKA_SERVICE_ACCOUNT", SERVICE_ACCOUNT),
            // The authorities that OpenSSL takes for the system's.
            ("SSL_CERT_FILE", "{}/ca.pem"),
        ])
        .await;
        let Login::Sasl(mechanism, bytes) = login else {
            panic!("{login:?}");
        };
        assert_eq!(mechanism, "OAUTHBEARER");
        // RFC 7628, section 3.1.
        let text = String::from_utf8(bytes).unwrap();
        let (_, token) = text.split_once("auth=Bearer ").unwrap();
        let token = token.trim_end_matches('\u{1}');
        let parts: Vec<_> = token
            .split('.')
            .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        let header: Value = serde_json::from_str(&parts[0]).unwrap();
        assert_eq!(header["alg"], "GOOG_OAUTH2_TOKEN");
        let claims: Value = serde_json::from_str(&parts[1]).unwrap();
        assert_eq!(claims["sub"], SERVICE_ACCOUNT);
        assert!(!parts[2].is_empty());
    });
}

#[test]
fn a_certificate_of_its_own_lets_it_in() {
    run(async {
        let login = login(&[
            ("KAFKA_SECURITY", "mtls"),
            ("KAFKA_CERTIFICATE_FILE", "{}/client.pem"),
            ("KAFKA_KEY_FILE", "{}/client.key"),
            ("KAFKA_CA_FILE", "{}/ca.pem"),
        ])
        .await;
        assert_eq!(login, Login::Certificate);
    });
}

#[test]
fn a_scram_login_is_begun_over_tls() {
    run(async {
        let login = login(&[
            ("KAFKA_SECURITY", "scram"),
            ("KAFKA_SCRAM_MECHANISM", "SCRAM-SHA-512"),
            ("KAFKA_USERNAME", "darkroom"),
            ("KAFKA_PASSWORD", "hush"),
            ("KAFKA_CA_FILE", "{}/ca.pem"),
        ])
        .await;
        let Login::Sasl(mechanism, bytes) = login else {
            panic!("{login:?}");
        };
        assert_eq!(mechanism, "SCRAM-SHA-512");
        // RFC 5802, section 7: the client's first message, which holds no password.
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("n,,n=darkroom,r="), "{text}");
    });
}
