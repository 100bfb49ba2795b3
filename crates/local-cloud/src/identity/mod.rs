//! Keys of service accounts and of local users, made when first asked for and kept.

mod assertion;
mod key;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use key::SigningKey;

/// The name under which the key of local users is kept. No account's email is without `@`.
const USERS: &str = "local-users";

/// The keys that requests and tokens are signed with.
#[derive(Debug, Clone)]
pub struct Identity {
    keys: Arc<Mutex<BTreeMap<String, Arc<SigningKey>>>>,
    folder: Option<Arc<Path>>,
}

/// Why a key could not be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A key file could not be read or written.
    #[error("a key cannot be read or written: {0}")]
    File(#[from] std::io::Error),
    /// A key file holds something else.
    #[error("{} holds no RSA private key (PKCS#8 PEM)", .0.display())]
    Malformed(PathBuf),
    /// The key could not be made.
    #[error("an RSA key could not be made")]
    Generate,
    /// A token could not be signed.
    #[error("a token could not be signed: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// The text is no email of an account.
    #[error("{0:?} is no email of a service account: letters, digits, '.', '-', '_' and one '@'")]
    Email(String),
}

impl Identity {
    /// The keys in `folder`, or in memory when there is none.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, or it or a key in it cannot be read.
    pub fn open(folder: Option<&Path>) -> Result<Self, IdentityError> {
        let keys = folder.map(read_keys).transpose()?.unwrap_or_default();
        Ok(Self {
            keys: Arc::new(Mutex::new(keys)),
            folder: folder.map(Arc::from),
        })
    }

    /// The key file of a service account, as Google's are; the account comes to be by this.
    ///
    /// The first call for an account makes its key, which takes a good part of a second.
    ///
    /// # Errors
    ///
    /// When `email` is malformed, or the key cannot be made or kept.
    pub fn service_account_key(
        &self,
        email: &str,
        token_uri: &str,
    ) -> Result<Value, IdentityError> {
        check_email(email)?;
        let key = self.key(email)?;
        Ok(json!({
            "type": "service_account",
            "project_id": project_of(email),
            "private_key_id": key.id(),
            "private_key": key.pem(),
            "client_email": email,
            "client_id": client_id(key.id()),
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }))
    }

    /// The key of a service account, when there is such an account.
    pub(crate) fn verifying_key(&self, email: &str) -> Option<Arc<SigningKey>> {
        let is_account = email != USERS;
        is_account
            .then(|| self.lock().get(email).cloned())
            .flatten()
    }

    /// The JSON Web Key Set by which tokens of local users are verified.
    ///
    /// # Errors
    ///
    /// When the key cannot be made or kept.
    pub fn jwks(&self) -> Result<Value, IdentityError> {
        Ok(json!({ "keys": [self.key(USERS)?.jwk()] }))
    }

    /// A token of a local user with just these claims, signed RS256.
    ///
    /// # Errors
    ///
    /// When the key cannot be made or kept, or the claims are no JSON object.
    pub fn issue_token(&self, claims: &impl Serialize) -> Result<String, IdentityError> {
        self.key(USERS)?.sign_token(claims)
    }

    /// The key of this name, made now if there is none. The lock is held while it is made, so that
    /// nobody makes a second.
    fn key(&self, name: &str) -> Result<Arc<SigningKey>, IdentityError> {
        let mut keys = self.lock();
        if let Some(key) = keys.get(name) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(SigningKey::generate()?);
        if let Some(folder) = &self.folder {
            key.write(&folder.join(format!("{name}.pem")))?;
        }
        keys.insert(name.to_owned(), Arc::clone(&key));
        Ok(key)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<SigningKey>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_keys(folder: &Path) -> Result<BTreeMap<String, Arc<SigningKey>>, IdentityError> {
    fs::create_dir_all(folder)?;
    let mut keys = BTreeMap::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".pem"));
        if let Some(name) = name {
            keys.insert(name.to_owned(), Arc::new(SigningKey::read(&path)?));
        }
    }
    Ok(keys)
}

/// Also keeps an email from naming a file elsewhere.
fn check_email(email: &str) -> Result<(), IdentityError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    let part = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed)
    };
    let well_formed = email.len() <= 200
        && email
            .split_once('@')
            .is_some_and(|(name, domain)| part(name) && part(domain));
    well_formed
        .then_some(())
        .ok_or_else(|| IdentityError::Email(email.to_owned()))
}

/// The project in `name@project.iam.gserviceaccount.com`.
fn project_of(email: &str) -> &str {
    let domain = email.split_once('@').map_or(email, |(_, domain)| domain);
    domain
        .split_once('.')
        .map_or(domain, |(project, _)| project)
}

/// Google's client ids are 21 digits.
fn client_id(key_id: &str) -> String {
    let digits = key_id
        .bytes()
        .cycle()
        .take(20)
        .map(|byte| char::from(b'0' + byte % 10));
    std::iter::once('1').chain(digits).collect()
}

#[cfg(test)]
mod tests;
