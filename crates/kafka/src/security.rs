//! Who we are to the brokers. Each way carries only its own settings.

use std::fmt;
use std::str::FromStr;

use darkroom_gcp::env::Env;
use rdkafka::ClientConfig;

/// How the connection is protected and by what we are known.
#[derive(Debug, Clone)]
pub enum Security {
    /// Neither: for a broker on this machine.
    Plaintext,
    /// TLS and the tokens of our Google service account, as Managed Service for Apache Kafka takes
    /// them (<https://cloud.google.com/managed-service-for-apache-kafka/docs/authentication-kafka>).
    Google {
        /// The service account's email.
        account: String,
    },
    /// TLS, and a user name and password by SCRAM
    /// ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802)).
    Scram {
        /// Which hash.
        mechanism: ScramMechanism,
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
        /// The brokers' authority as a PEM file; unset means the system's authorities.
        authority: Option<String>,
    },
    /// TLS with a certificate of our own.
    MutualTls {
        /// The certificate, a PEM file.
        certificate: String,
        /// Its key, a PEM file.
        key: String,
        /// The brokers' authority as a PEM file; unset means the system's authorities.
        authority: Option<String>,
    },
}

/// The hash of a SCRAM login.
#[derive(Debug, Clone, Copy)]
pub enum ScramMechanism {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

/// A text that is in no log.
#[derive(Clone)]
pub struct Secret(String);

#[derive(Clone, Copy)]
enum Kind {
    Plaintext,
    Google,
    Scram,
    MutualTls,
}

impl Security {
    /// Reads `KAFKA_SECURITY` (`plaintext`, `google`, `scram` or `mtls`), and then
    /// `KAFKA_SERVICE_ACCOUNT`, or `KAFKA_SCRAM_MECHANISM`, `KAFKA_USERNAME` and `KAFKA_PASSWORD`, or `KAFKA_CERTIFICATE_FILE`
    /// and `KAFKA_KEY_FILE`; both can have a `KAFKA_CA_FILE`.
    pub(super) fn from_env(env: &mut Env) -> Option<Self> {
        match env.required("KAFKA_SECURITY")? {
            Kind::Plaintext => Some(Self::Plaintext),
            Kind::Google => Some(Self::Google {
                account: env.required("KAFKA_SERVICE_ACCOUNT")?,
            }),
            Kind::Scram => {
                let mechanism = env.required("KAFKA_SCRAM_MECHANISM");
                let username = env.required("KAFKA_USERNAME");
                let password = env.required("KAFKA_PASSWORD");
                Some(Self::Scram {
                    mechanism: mechanism?,
                    username: username?,
                    password: password?,
                    authority: env.optional("KAFKA_CA_FILE"),
                })
            }
            Kind::MutualTls => {
                let certificate = env.required("KAFKA_CERTIFICATE_FILE");
                let key = env.required("KAFKA_KEY_FILE");
                Some(Self::MutualTls {
                    certificate: certificate?,
                    key: key?,
                    authority: env.optional("KAFKA_CA_FILE"),
                })
            }
        }
    }

    pub(super) fn apply(&self, config: &mut ClientConfig) {
        match self {
            Self::Plaintext => {
                config.set("security.protocol", "PLAINTEXT");
            }
            Self::Google { .. } => {
                config
                    .set("security.protocol", "SASL_SSL")
                    .set("sasl.mechanism", "OAUTHBEARER");
            }
            Self::Scram {
                mechanism,
                username,
                password,
                authority,
            } => {
                config
                    .set("security.protocol", "SASL_SSL")
                    .set("sasl.mechanism", mechanism.to_string())
                    .set("sasl.username", username)
                    .set("sasl.password", &password.0);
                trust(config, authority.as_deref());
            }
            Self::MutualTls {
                certificate,
                key,
                authority,
            } => {
                config
                    .set("security.protocol", "SSL")
                    .set("ssl.certificate.location", certificate)
                    .set("ssl.key.location", key);
                trust(config, authority.as_deref());
            }
        }
    }
}

fn trust(config: &mut ClientConfig, authority: Option<&str>) {
    if let Some(file) = authority {
        config.set("ssl.ca.location", file);
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "plaintext" => Ok(Self::Plaintext),
            "google" => Ok(Self::Google),
            "scram" => Ok(Self::Scram),
            "mtls" => Ok(Self::MutualTls),
            _ => Err("it must be plaintext, google, scram or mtls".to_owned()),
        }
    }
}

impl FromStr for ScramMechanism {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "SCRAM-SHA-256" => Ok(Self::Sha256),
            "SCRAM-SHA-512" => Ok(Self::Sha512),
            _ => Err("it must be SCRAM-SHA-256 or SCRAM-SHA-512".to_owned()),
        }
    }
}

impl fmt::Display for ScramMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        })
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn security(variables: &[(&str, &str)]) -> Result<Security, String> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Env::read_from(variables.collect(), Security::from_env).map_err(|error| error.to_string())
    }

    fn settings(variables: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        security(variables).unwrap().apply(&mut config);
        config
    }

    const SCRAM: [(&str, &str); 4] = [
        ("KAFKA_SECURITY", "scram"),
        ("KAFKA_SCRAM_MECHANISM", "SCRAM-SHA-512"),
        ("KAFKA_USERNAME", "darkroom"),
        ("KAFKA_PASSWORD", "hush"),
    ];

    #[test]
    fn everything_that_a_way_lacks_is_named_at_once() {
        let error = security(&[("KAFKA_SECURITY", "scram")]).unwrap_err();
        for name in ["KAFKA_SCRAM_MECHANISM", "KAFKA_USERNAME", "KAFKA_PASSWORD"] {
            assert!(error.contains(name), "{error}");
        }
        let error = security(&[("KAFKA_SECURITY", "mtls")]).unwrap_err();
        for name in ["KAFKA_CERTIFICATE_FILE", "KAFKA_KEY_FILE"] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn an_unknown_way_is_refused_with_those_there_are() {
        let error = security(&[("KAFKA_SECURITY", "none")]).unwrap_err();
        assert!(
            error.contains("plaintext, google, scram or mtls"),
            "{error}"
        );
    }

    #[test]
    fn each_way_sets_only_what_is_its_own() {
        let google = settings(&[
            ("KAFKA_SECURITY", "google"),
            ("KAFKA_SERVICE_ACCOUNT", "ingest@p.iam.gserviceaccount.com"),
            ("KAFKA_PASSWORD", "x"),
        ]);
        assert_eq!(google.get("security.protocol"), Some("SASL_SSL"));
        assert_eq!(google.get("sasl.mechanism"), Some("OAUTHBEARER"));
        assert_eq!(google.get("sasl.password"), None);

        let scram = settings(&SCRAM);
        assert_eq!(scram.get("security.protocol"), Some("SASL_SSL"));
        assert_eq!(scram.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
        assert_eq!(scram.get("sasl.password"), Some("hush"));

        let files = [
            ("KAFKA_SECURITY", "mtls"),
            ("KAFKA_CERTIFICATE_FILE", "client.pem"),
            ("KAFKA_KEY_FILE", "client.key"),
            ("KAFKA_CA_FILE", "ca.pem"),
        ];
        let mtls = settings(&files);
        assert_eq!(mtls.get("security.protocol"), Some("SSL"));
        assert_eq!(mtls.get("ssl.ca.location"), Some("ca.pem"));
        assert_eq!(mtls.get("sasl.mechanism"), None);
    }

    #[test]
    fn a_password_is_not_printed() {
        let security = security(&SCRAM).unwrap();
        assert!(!format!("{security:?}").contains("hush"));
    }
}
