//! Keys and tokens over HTTP.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use local_cloud::LocalCloud;
use serde_json::{Value, json};

use crate::local::{get, post, post_form, start};

const EMAIL: &str = "signer@local.iam.gserviceaccount.com";
const GRANT: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");

async fn key(cloud: &LocalCloud) -> Value {
    let path = format!("/_local/service-accounts/{EMAIL}/key");
    let (status, key) = post(cloud, &path, Value::Null).await;
    assert_eq!(status, 200, "{key}");
    key
}

fn assertion(key: &Value, audience: &str) -> String {
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({
        "iss": key["client_email"], "aud": audience, "scope": "s", "iat": now, "exp": now + 3_600,
    });
    let pem = key["private_key"].as_str().unwrap().as_bytes();
    let signing_key = EncodingKey::from_rsa_pem(pem).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &signing_key).unwrap()
}

#[tokio::test]
async fn a_users_token_is_verified_by_the_key_set() {
    let cloud = start().await;
    let request = json!({ "sub": "ada", "aud": "darkroom" });
    let (status, answer) = post(&cloud, "/_local/token", request).await;
    assert_eq!(status, 200, "{answer}");
    let token = answer["token"].as_str().unwrap();
    let keys = get(&cloud, "/.well-known/jwks.json").await.1;
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["darkroom"]);
    validation.set_issuer(&[cloud.endpoint()]);
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["sub"], "ada");
    validation.set_audience(&["other"]);
    assert!(jsonwebtoken::decode::<Value>(token, &key, &validation).is_err());
}

#[tokio::test]
async fn a_token_can_be_made_that_has_expired() {
    let cloud = start().await;
    let request = json!({ "sub": "ada", "aud": "a", "ttl_seconds": -3_600 });
    let answer = post(&cloud, "/_local/token", request).await.1;
    let token = answer["token"].as_str().unwrap();
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(token)
        .unwrap()
        .claims;
    assert!(claims["exp"].as_i64().unwrap() < jiff::Timestamp::now().as_second());
}

#[tokio::test]
async fn a_service_account_exchanges_its_assertion_for_an_access_token() {
    let cloud = start().await;
    let key = key(&cloud).await;
    assert_eq!(key["type"], "service_account");
    assert_eq!(key["token_uri"], format!("{}/token", cloud.endpoint()));
    let assertion = assertion(&key, key["token_uri"].as_str().unwrap());
    let form = [GRANT, ("assertion", &assertion)];
    let (status, token) = post_form(&cloud, "/token", &form).await;
    assert_eq!(status, 200, "{token}");
    assert_eq!(
        (&token["token_type"], &token["expires_in"]),
        (&json!("Bearer"), &json!(3_600))
    );
    assert!(!token["access_token"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn an_assertion_that_does_not_hold_gets_nothing() {
    let (cloud, other) = (start().await, start().await);
    let (key, foreign) = (key(&cloud).await, key(&other).await);
    let token_uri = key["token_uri"].as_str().unwrap();
    let wrong_audience = assertion(&key, "https://elsewhere.example/");
    let wrong_key = assertion(&foreign, token_uri);
    for form in [
        vec![GRANT, ("assertion", wrong_audience.as_str())],
        vec![GRANT, ("assertion", wrong_key.as_str())],
        vec![GRANT, ("assertion", "nonsense")],
        vec![GRANT],
        vec![("grant_type", "password")],
    ] {
        let (status, body) = post_form(&cloud, "/token", &form).await;
        assert_eq!(status, 400, "{form:?}");
        assert!(body["error"].is_string() && body["error_description"].is_string());
    }
}

#[tokio::test]
async fn a_malformed_email_gets_no_key() {
    let cloud = start().await;
    let path = "/_local/service-accounts/..%2Fescape/key";
    assert_eq!(post(&cloud, path, Value::Null).await.0, 400);
}
