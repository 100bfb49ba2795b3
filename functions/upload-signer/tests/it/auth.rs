//! Callers without a good token are refused, each for its own reason.

use axum::http::StatusCode;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Key, Service, claims, unsigned};

/// Asks for something that any caller may ask for.
async fn ask(authorization: Option<&str>) -> Answer {
    ask_of(&Service::alone().await, authorization).await
}

async fn ask_of(service: &Service, authorization: Option<&str>) -> Answer {
    let upload = json!({ "content_type": "image/png", "size_bytes": 1 });
    let mut request = service.request(Method::POST, "/v1/uploads").json(&upload);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    Answer::to(request).await
}

async fn assert_refused(token: &str, reason: &str) {
    let answer = ask(Some(&format!("Bearer {token}"))).await;
    let detail = answer.problem(StatusCode::UNAUTHORIZED)["detail"]
        .as_str()
        .unwrap();
    assert!(detail.contains(reason), "{detail}");
    assert_eq!(
        answer.headers["www-authenticate"],
        r#"Bearer error="invalid_token""#
    );
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims("alice");
    claims[claim] = value;
    claims
}

fn without(claim: &str) -> Value {
    let mut claims = claims("alice");
    claims.as_object_mut().unwrap().remove(claim);
    claims
}

fn in_seconds(seconds: i64) -> Value {
    json!(Timestamp::now().as_second() + seconds)
}

#[tokio::test]
async fn a_good_rs256_token_is_taken() {
    let token = Key::rsa().sign(&claims("alice"));
    assert_eq!(
        ask(Some(&format!("Bearer {token}"))).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_good_es256_token_is_taken() {
    let token = Key::ec().sign(&claims("alice"));
    assert_eq!(
        ask(Some(&format!("bearer {token}"))).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_missing_token_is_refused() {
    let answer = ask(None).await;
    answer.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn another_scheme_is_no_token() {
    let answer = ask(Some("Basic YWxpY2U6c2VjcmV0")).await;
    answer.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    for text in ["", "x", "a.b.c", "..", &"x".repeat(10_000)] {
        assert_refused(text, "no JWT").await;
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    assert_refused(&Key::rsa().sign(&with("exp", in_seconds(-61))), "expired").await;
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let mut claims = with("exp", in_seconds(-30));
    claims["nbf"] = in_seconds(30);
    let token = Key::rsa().sign(&claims);
    assert_eq!(
        ask(Some(&format!("Bearer {token}"))).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_token_before_its_time_is_refused() {
    assert_refused(
        &Key::rsa().sign(&with("nbf", in_seconds(120))),
        "not valid yet",
    )
    .await;
}

#[tokio::test]
async fn a_wrongly_signed_token_is_refused() {
    let forged = Key::other_rsa().named(Key::rsa().id).sign(&claims("alice"));
    assert_refused(&forged, "signature").await;
}

#[tokio::test]
async fn a_changed_claim_is_refused() {
    let token = Key::rsa().sign(&claims("alice"));
    let other = unsigned(&json!({}), &claims("mallory"));
    let claims = other.split('.').nth(1).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    assert_refused(&[parts[0], claims, parts[2]].join("."), "signature").await;
}

#[tokio::test]
async fn a_token_without_signature_is_refused() {
    let token = Key::rsa().sign(&claims("alice"));
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_refused(&format!("{signed}."), "signature").await;
}

#[tokio::test]
async fn another_audience_is_refused() {
    assert_refused(&Key::rsa().sign(&with("aud", json!("billing"))), "audience").await;
}

#[tokio::test]
async fn one_of_several_audiences_is_enough() {
    let token = Key::rsa().sign(&with("aud", json!(["billing", "darkroom"])));
    assert_eq!(
        ask(Some(&format!("Bearer {token}"))).await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn another_issuer_is_refused() {
    let claims = with("iss", json!("https://issuer.example.evil.example"));
    assert_refused(&Key::rsa().sign(&claims), "issuer").await;
}

#[tokio::test]
async fn alg_none_is_refused() {
    let header = json!({ "alg": "none", "typ": "JWT", "kid": Key::rsa().id });
    assert_refused(&unsigned(&header, &claims("alice")), "RS256 or ES256").await;
}

#[tokio::test]
async fn hs256_with_the_public_key_as_secret_is_refused() {
    let key = Key::rsa();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(key.id.to_owned());
    let secret = EncodingKey::from_secret(&key.public);
    let token = jsonwebtoken::encode(&header, &claims("alice"), &secret).unwrap();
    assert_refused(&token, "RS256 or ES256").await;
}

#[tokio::test]
async fn another_algorithm_of_the_same_key_is_refused() {
    let mut header = Header::new(Algorithm::RS512);
    header.kid = Some(Key::rsa().id.to_owned());
    assert_refused(
        &Key::rsa().sign_with_header(&header, &claims("alice")),
        "RS256 or ES256",
    )
    .await;
}

#[tokio::test]
async fn the_algorithm_must_be_the_keys() {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(Key::rsa().id.to_owned());
    assert_refused(
        &Key::ec().sign_with_header(&header, &claims("alice")),
        "as its key",
    )
    .await;
}

#[tokio::test]
async fn a_token_without_a_key_id_is_refused() {
    let header = Header::new(Algorithm::RS256);
    assert_refused(
        &Key::rsa().sign_with_header(&header, &claims("alice")),
        "kid",
    )
    .await;
}

#[tokio::test]
async fn critical_extensions_are_refused() {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(Key::rsa().id.to_owned());
    header.crit = Some(vec!["exp".to_owned()]);
    assert_refused(
        &Key::rsa().sign_with_header(&header, &claims("alice")),
        "critical",
    )
    .await;
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    assert_refused(
        &Key::other_rsa().sign(&claims("alice")),
        "not among the issuer's",
    )
    .await;
}

#[tokio::test]
async fn every_claim_is_needed() {
    for claim in ["sub", "exp", "iss", "aud"] {
        assert_refused(&Key::rsa().sign(&without(claim)), "must have the claims").await;
    }
}

#[tokio::test]
async fn claims_of_the_wrong_type_are_refused() {
    for (claim, value) in [
        ("exp", json!("tomorrow")),
        ("sub", json!(7)),
        ("nbf", json!("now")),
    ] {
        assert_refused(
            &Key::rsa().sign(&with(claim, value)),
            "must have the claims",
        )
        .await;
    }
}

#[tokio::test]
async fn a_subject_that_cannot_own_an_image_is_refused() {
    for subject in [String::new(), "x".repeat(257), "a\u{7f}b".to_owned()] {
        assert_refused(
            &Key::rsa().sign(&with("sub", json!(subject))),
            "subject (sub)",
        )
        .await;
    }
}

#[tokio::test]
async fn two_tokens_are_refused() {
    let service = Service::alone().await;
    let token = Key::rsa().sign(&claims("alice"));
    let request = service
        .request(Method::POST, "/v1/uploads")
        .json(&json!({}));
    let answer = Answer::to(request.bearer_auth(&token).bearer_auth(&token)).await;
    answer.problem(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_any_keys_nothing_can_be_told() {
    let service = Service::alone().await;
    service.issuer.fail();
    let token = Key::rsa().sign(&claims("alice"));
    let answer = ask_of(&service, Some(&format!("Bearer {token}"))).await;
    answer.problem(StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn neither_tokens_nor_subjects_nor_urls_are_logged() {
    let service = Service::alone().await;
    let token = Key::rsa().sign(&claims("alice@example.com"));
    let answer = ask_of(&service, Some(&format!("Bearer {token}"))).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    ask_of(&service, Some(&format!("Bearer {token}x")))
        .await
        .problem(StatusCode::UNAUTHORIZED);
    let log = service.log();
    for secret in [&token, "alice@example.com", "X-Goog-Signature"] {
        assert!(!log.contains(secret), "{log}");
    }
}
