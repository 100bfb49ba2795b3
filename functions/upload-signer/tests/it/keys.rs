//! The issuer's keys are fetched when needed, and no more often.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use serde_json::json;
use upload_signer::auth::{AuthError, Authenticator, InvalidToken, KeySet, Pace, Trust};

use crate::support::{AUDIENCE, ISSUER, Issuer, Key, claims, eventually};

const LONG: Duration = Duration::from_secs(3600);

/// Keys stay good and are fetched again at once when one is unknown.
const EAGER: Pace = Pace {
    max_age: LONG,
    max_use: LONG,
    min_interval: Duration::ZERO,
};

fn authenticator(issuer: &Issuer, pace: Pace) -> Authenticator {
    let trust = Trust {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
    };
    let keys = KeySet::new(issuer.keys_url.parse().unwrap(), pace).unwrap();
    Authenticator { keys, trust }
}

async fn try_key(authenticator: &Authenticator, key: &Key) -> Result<(), AuthError> {
    let value = format!("Bearer {}", key.sign(&claims("alice")));
    let headers = HeaderMap::from_iter([(
        axum::http::header::AUTHORIZATION,
        HeaderValue::from_str(&value).unwrap(),
    )]);
    authenticator.authenticate(&headers).await.map(|_| ())
}

fn is_unknown(result: Result<(), AuthError>) -> bool {
    matches!(result, Err(AuthError::Invalid(InvalidToken::UnknownKey)))
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_tokens() {
    let issuer = Issuer::start(&[Key::rsa()]).await;
    let authenticator = authenticator(&issuer, Pace::default());
    assert_eq!(issuer.requests(), 0);
    for _ in 0..3 {
        try_key(&authenticator, &Key::rsa()).await.unwrap();
    }
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_fetch() {
    let issuer = Issuer::start(&[Key::rsa()]).await;
    let authenticator = authenticator(&issuer, Pace::default());
    let (key, tries) = (Key::rsa(), 20);
    let all = (0..tries).map(|_| try_key(&authenticator, &key));
    for result in futures::future::join_all(all).await {
        result.unwrap();
    }
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn a_new_key_is_picked_up() {
    let issuer = Issuer::start(&[Key::rsa()]).await;
    let authenticator = authenticator(&issuer, EAGER);
    assert!(is_unknown(try_key(&authenticator, &Key::other_rsa()).await));
    issuer.publish(&[Key::rsa(), Key::other_rsa()]);
    try_key(&authenticator, &Key::other_rsa()).await.unwrap();
    try_key(&authenticator, &Key::rsa()).await.unwrap();
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_dropped_with_age() {
    let issuer = Issuer::start(&[Key::rsa(), Key::ec()]).await;
    let pace = Pace {
        max_age: Duration::from_millis(50),
        max_use: LONG,
        min_interval: Duration::ZERO,
    };
    let authenticator = authenticator(&issuer, pace);
    try_key(&authenticator, &Key::rsa()).await.unwrap();
    issuer.publish(&[Key::ec()]);
    eventually("the key is dropped", async || {
        is_unknown(try_key(&authenticator, &Key::rsa()).await)
    })
    .await;
}

#[tokio::test]
async fn made_up_key_ids_do_not_hammer_the_issuer() {
    let issuer = Issuer::start(&[Key::rsa()]).await;
    let authenticator = authenticator(
        &issuer,
        Pace {
            max_age: LONG,
            max_use: LONG,
            min_interval: LONG,
        },
    );
    try_key(&authenticator, &Key::rsa()).await.unwrap();
    for _ in 0..20 {
        assert!(is_unknown(
            try_key(&authenticator, &Key::rsa().named("made-up")).await
        ));
    }
    assert_eq!(issuer.requests(), 1);
    try_key(&authenticator, &Key::rsa()).await.unwrap();
}

#[tokio::test]
async fn known_keys_outlive_an_outage_of_the_issuer() {
    let issuer = Issuer::start(&[Key::rsa()]).await;
    let pace = Pace {
        max_age: Duration::ZERO,
        max_use: LONG,
        min_interval: Duration::ZERO,
    };
    let authenticator = authenticator(&issuer, pace);
    try_key(&authenticator, &Key::rsa()).await.unwrap();
    issuer.fail();
    try_key(&authenticator, &Key::rsa()).await.unwrap();
    assert_eq!(issuer.requests(), 2, "the issuer was asked again");
    for body in [
        "",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"x"}]}"#,
    ] {
        issuer.answer(body);
        try_key(&authenticator, &Key::rsa()).await.unwrap();
    }
}

#[tokio::test]
async fn known_keys_do_not_outlive_a_long_outage() {
    let issuer = Issuer::start(&[Key::rsa()]).await;
    let pace = Pace {
        max_age: Duration::ZERO,
        max_use: Duration::from_secs(1),
        min_interval: Duration::ZERO,
    };
    let authenticator = authenticator(&issuer, pace);
    try_key(&authenticator, &Key::rsa()).await.unwrap();
    issuer.fail();
    eventually("the keys are not used any more", async || {
        let result = try_key(&authenticator, &Key::rsa()).await;
        matches!(result, Err(AuthError::Keys(_)))
    })
    .await;
}

#[tokio::test]
async fn an_endless_key_set_is_not_read() {
    let issuer = Issuer::start(&[]).await;
    let mut set = json!({ "keys": [Key::rsa().jwk()] });
    set["padding"] = json!("x".repeat(300_000));
    issuer.answer(&set.to_string());
    let authenticator = authenticator(&issuer, EAGER);
    let result = try_key(&authenticator, &Key::rsa()).await;
    assert!(matches!(result, Err(AuthError::Keys(_))), "{result:?}");
}

#[tokio::test]
async fn keys_that_are_not_for_this_are_ignored() {
    let issuer = Issuer::start(&[]).await;
    let other = |name: &str, value: &str| {
        let mut jwk = Key::rsa().jwk();
        jwk[name] = json!(value);
        jwk
    };
    let unknown = json!({ "kty": "LATTICE", "kid": Key::rsa().id });
    for jwk in [other("use", "enc"), other("alg", "RS512"), unknown] {
        issuer.answer(&json!({ "keys": [jwk, Key::ec().jwk()] }).to_string());
        let authenticator = authenticator(&issuer, EAGER);
        try_key(&authenticator, &Key::ec()).await.unwrap();
        assert!(is_unknown(try_key(&authenticator, &Key::rsa()).await));
    }
}
