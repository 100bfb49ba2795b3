use std::os::unix::fs::PermissionsExt;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::*;
use crate::clock::Clock;

const EMAIL: &str = "signer@local.iam.gserviceaccount.com";
const TOKEN_URI: &str = "http://127.0.0.1:9000/token";

fn in_memory() -> Identity {
    Identity::open(None).unwrap()
}

fn assertion(identity: &Identity, change: impl FnOnce(&mut Value)) -> String {
    let now = Clock::machine_now().as_second();
    let mut claims = json!({
        "iss": EMAIL, "aud": TOKEN_URI, "scope": "storage", "iat": now, "exp": now + 3_600,
    });
    change(&mut claims);
    identity.key(EMAIL).unwrap().sign_token(&claims).unwrap()
}

#[test]
fn keys_in_a_folder_are_made_once_and_readable_by_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity");
    let before = Identity::open(Some(&path))
        .unwrap()
        .service_account_key(EMAIL, TOKEN_URI);
    let identity = Identity::open(Some(&path)).unwrap();
    assert_eq!(
        identity.service_account_key(EMAIL, TOKEN_URI).unwrap(),
        before.unwrap()
    );
    let file = path.join(format!("{EMAIL}.pem"));
    assert_eq!(
        fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_damaged_key_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a@b.pem"), "no key").unwrap();
    let error = Identity::open(Some(folder.path())).unwrap_err();
    assert!(error.to_string().contains("a@b.pem"), "{error}");
}

#[test]
fn an_email_that_names_a_file_elsewhere_is_refused() {
    for email in [
        "",
        "local-users",
        "../x@y",
        "a@b@c",
        "a@../b",
        "A@b",
        "@",
        "a@",
    ] {
        let refused = in_memory().service_account_key(email, TOKEN_URI);
        assert!(matches!(refused, Err(IdentityError::Email(_))), "{email}");
    }
}

#[test]
fn a_token_is_verified_by_the_key_set() {
    let identity = in_memory();
    let exp = Clock::machine_now().as_second() + 60;
    let token = identity
        .issue_token(&json!({ "sub": "ada", "aud": "web", "exp": exp }))
        .unwrap();
    let keys: JwkSet = serde_json::from_value(identity.jwks().unwrap()).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["web"]);
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["sub"], "ada");
}

#[test]
fn an_assertion_says_whose_it_is() {
    let identity = in_memory();
    let ours = assertion(&identity, |_| {});
    assert_eq!(identity.verify_assertion(&ours, TOKEN_URI).unwrap(), EMAIL);
    let googles = assertion(&identity, |c| {
        c["aud"] = "https://oauth2.googleapis.com/token".into()
    });
    assert_eq!(
        identity.verify_assertion(&googles, TOKEN_URI).unwrap(),
        EMAIL
    );
}

#[test]
fn an_assertion_that_does_not_hold_is_refused() {
    let identity = in_memory();
    let past = Clock::machine_now().as_second() - 7_200;
    let changes: [fn(&mut Value, i64); 4] = [
        |c, _| c["aud"] = "https://elsewhere.example".into(),
        |c, _| c["iss"] = "nobody@local.iam.gserviceaccount.com".into(),
        |c, past| c["exp"] = (past + 3_600).into(),
        |c, past| c["iat"] = past.into(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let token = assertion(&identity, |claims| change(claims, past));
        assert!(
            identity.verify_assertion(&token, TOKEN_URI).is_err(),
            "change {index}"
        );
    }
}

#[test]
fn an_assertion_signed_by_another_key_is_refused() {
    let identity = in_memory();
    assertion(&identity, |_| {});
    let forged = assertion(&in_memory(), |_| {});
    assert!(identity.verify_assertion(&forged, TOKEN_URI).is_err());
    assert!(
        identity
            .verify_assertion("no.token.atall", TOKEN_URI)
            .is_err()
    );
}
