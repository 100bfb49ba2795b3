//! One RSA key in the forms its users want it in.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKey};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::identity::IdentityError;

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// A 2048-bit RSA key.
pub(crate) struct SigningKey {
    pair: KeyPair,
    pem: String,
    id: String,
}

impl SigningKey {
    /// A new key. This takes a good part of a second: call it where that is allowed.
    pub(crate) fn generate() -> Result<Self, IdentityError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| IdentityError::Generate)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| IdentityError::Generate)?;
        let pem = to_pem(der.as_ref());
        Ok(Self {
            id: key_id(pair.public_key()),
            pem,
            pair,
        })
    }

    /// The key in a PEM file.
    pub(crate) fn read(path: &Path) -> Result<Self, IdentityError> {
        let pem = fs::read_to_string(path)?;
        let malformed = || IdentityError::Malformed(path.to_owned());
        let der = from_pem(&pem).ok_or_else(malformed)?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|_| malformed())?;
        Ok(Self {
            id: key_id(pair.public_key()),
            pem,
            pair,
        })
    }

    /// Writes the key to a PEM file that only its owner can read, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), IdentityError> {
        // Temporary files are made with mode 0600.
        let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(self.pem.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// The key's id: 40 hex digits, as Google's key ids are.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// PKCS#8 in PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The public half as a JSON Web Key ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).
    pub(crate) fn jwk(&self) -> Value {
        let (modulus, exponent) = components(self.pair.public_key());
        let encode = |bytes: Vec<u8>| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "n": encode(modulus),
            "e": encode(exponent),
        })
    }

    /// A JSON Web Token of `claims`, signed RS256.
    pub(crate) fn sign_token(&self, claims: &impl Serialize) -> Result<String, IdentityError> {
        let key = EncodingKey::from_rsa_pem(self.pem.as_bytes())?;
        let header = Header {
            kid: Some(self.id.clone()),
            ..Header::new(Algorithm::RS256)
        };
        Ok(jsonwebtoken::encode(&header, claims, &key)?)
    }

    /// The public half, for tokens.
    pub(crate) fn decoding_key(&self) -> DecodingKey {
        let (modulus, exponent) = components(self.pair.public_key());
        DecodingKey::from_rsa_raw_components(&modulus, &exponent)
    }

    /// Whether `signature` (PKCS#1 v1.5, SHA-256) is this key's over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = self.pair.public_key().as_ref();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        key.verify(message, signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn key_id(public: &PublicKey) -> String {
    hex::encode(&Sha256::digest(public.as_ref())[..20])
}

fn components(public: &PublicKey) -> (Vec<u8>, Vec<u8>) {
    let (modulus, exponent) = (public.modulus(), public.exponent());
    let bytes =
        |number: aws_lc_rs::io::Positive<'_>| number.big_endian_without_leading_zero().to_vec();
    (bytes(modulus), bytes(exponent))
}

/// [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468): base64 in lines of 64.
fn to_pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("{PEM_BEGIN}\n");
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem + "\n" + PEM_END + "\n"
}

fn from_pem(pem: &str) -> Option<Vec<u8>> {
    let text = pem.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let text: String = text.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(text).ok()
}
