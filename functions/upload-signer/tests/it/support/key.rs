//! Keys that tokens are signed with.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

/// A key pair with its id.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
    /// PKCS#8 in PEM.
    pub(crate) pem: Arc<str>,
    /// DER, as an attacker would have it.
    pub(crate) public: Arc<[u8]>,
}

static RSA: LazyLock<Key> = LazyLock::new(|| Key::generate_rsa("rsa-1"));
static OTHER_RSA: LazyLock<Key> = LazyLock::new(|| Key::generate_rsa("rsa-2"));
static EC: LazyLock<Key> = LazyLock::new(|| Key::generate_ec("ec-1"));

impl Key {
    pub(crate) fn rsa() -> Self {
        RSA.clone()
    }

    pub(crate) fn other_rsa() -> Self {
        OTHER_RSA.clone()
    }

    pub(crate) fn ec() -> Self {
        EC.clone()
    }

    /// The same key under another id.
    pub(crate) fn named(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    fn generate_rsa(id: &'static str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem = pem(der.as_ref());
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let public = pair.public_key().as_ref().into();
        Self {
            id,
            algorithm: Algorithm::RS256,
            private,
            pem: pem.into(),
            public,
        }
    }

    fn generate_ec(id: &'static str) -> Self {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let der = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref()).unwrap();
        let private = EncodingKey::from_ec_der(der.as_ref());
        let (pem, public) = (pem(der.as_ref()).into(), pair.public_key().as_ref().into());
        Self {
            id,
            algorithm: Algorithm::ES256,
            private,
            pem,
            public,
        }
    }

    /// A token signed with this key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.to_owned());
        self.sign_with_header(&header, claims)
    }

    pub(crate) fn sign_with_header(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.private).unwrap()
    }

    /// The public key as a JSON Web Key.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(jwk).unwrap()
    }
}

/// A token that says whatever it likes and carries no signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap());
    let body = lines.collect::<Vec<_>>().join("\n");
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}
