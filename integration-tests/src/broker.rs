//! A Kafka broker that knows TLS and logins, and nothing else: what a client does until it is in.
//!
//! The protocol: <https://kafka.apache.org/protocol>.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

const API_VERSIONS: i16 = 18;
const SASL_HANDSHAKE: i16 = 17;
const SASL_AUTHENTICATE: i16 = 36;
const UNSUPPORTED_VERSION: i16 = 35;

/// What a client did to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// It showed a certificate that the authority signed, and went on in the protocol.
    Certificate,
    /// It logged in with this mechanism and these bytes.
    Sasl(String, Vec<u8>),
}

/// A running broker.
pub struct Broker {
    /// Where it listens, `localhost:port`.
    pub address: String,
    /// The logins, in order.
    pub logins: mpsc::UnboundedReceiver<Login>,
}

impl Broker {
    /// Starts a broker, and writes its authority's certificate (`ca.pem`), and a client's certificate
    /// and key (`client.pem`, `client.key`) to `folder`. Clients without a certificate get in by a
    /// login only.
    pub async fn start(folder: &Path) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = authority();
        let (certificate, key) = signed(&authority, "localhost");
        let (client, client_key) = signed(&authority, "client");
        let write = |name: &str, text: String| std::fs::write(folder.join(name), text);
        write("ca.pem", authority.pem()).expect("ca.pem");
        write("client.pem", client.pem()).expect("client.pem");
        write("client.key", client_key.serialize_pem()).expect("client.key");
        let acceptor = acceptor(authority.der().clone(), certificate.der().clone(), &key);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, logins) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, sender.clone()));
            }
        });
        let address = format!("localhost:{port}");
        Self { address, logins }
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = parameters("authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// Each has a name of its own: a certificate with its issuer's name counts as self-signed.
fn parameters(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).expect("parameters");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn signed(
    authority: &CertifiedIssuer<'static, KeyPair>,
    name: &str,
) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters(name)
        .signed_by(&key, authority)
        .expect("a certificate");
    (certificate, key)
}

fn acceptor(
    authority: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: &KeyPair,
) -> TlsAcceptor {
    let mut roots = RootCertStore::empty();
    roots.add(authority).expect("a root");
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
        .allow_unauthenticated()
        .build()
        .expect("a verifier");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    TlsAcceptor::from(Arc::new(config))
}

/// Errors end the connection, as the client's own do.
async fn serve(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    logins: mpsc::UnboundedSender<Login>,
) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let has_certificate = stream.get_ref().1.peer_certificates().is_some();
    let mut mechanism = String::new();
    loop {
        let (api, version, id, body) = request(&mut stream).await?;
        let login = match api {
            API_VERSIONS => {
                respond(&mut stream, id, &api_versions(version)).await?;
                // Without a login this is all there is before the real requests.
                (has_certificate && version == 0).then_some(Login::Certificate)
            }
            SASL_HANDSHAKE => {
                mechanism = text(&body);
                let mut answer = 0_i16.to_be_bytes().to_vec();
                answer.extend(1_i32.to_be_bytes());
                answer.extend(string(&mechanism));
                respond(&mut stream, id, &answer).await?;
                None
            }
            SASL_AUTHENTICATE => {
                // No error, no message, no bytes.
                let answer = [&0_i16.to_be_bytes()[..], &(-1_i16).to_be_bytes(), &[0; 4]];
                respond(&mut stream, id, &answer.concat()).await?;
                let bytes = body.get(4..).unwrap_or_default().to_vec();
                Some(Login::Sasl(mechanism.clone(), bytes))
            }
            _ => return Ok(()),
        };
        if let Some(login) = login {
            let _ = logins.send(login);
        }
    }
}

/// The api, its version, the correlation id and what follows the header.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(i16, i16, i32, Vec<u8>)> {
    let length = stream.read_i32().await?;
    let mut bytes = vec![0; usize::try_from(length.clamp(0, 1_000_000)).unwrap_or(0)];
    stream.read_exact(&mut bytes).await?;
    let mut rest = &bytes[..];
    let api = rest.read_i16().await?;
    let version = rest.read_i16().await?;
    let id = rest.read_i32().await?;
    let client = usize::try_from(rest.read_i16().await?).unwrap_or(0);
    Ok((
        api,
        version,
        id,
        rest.get(client..).unwrap_or_default().to_vec(),
    ))
}

async fn respond(stream: &mut (impl AsyncWrite + Unpin), id: i32, body: &[u8]) -> io::Result<()> {
    let length = i32::try_from(body.len() + 4).unwrap_or(i32::MAX);
    let answer = [&length.to_be_bytes()[..], &id.to_be_bytes(), body].concat();
    stream.write_all(&answer).await?;
    stream.flush().await
}

/// Version 0 of the answer: a client that asks by a later one is told that, and asks by this.
fn api_versions(version: i16) -> Vec<u8> {
    let error = if version == 0 { 0 } else { UNSUPPORTED_VERSION };
    let apis = [
        (3, 0, 1),
        (API_VERSIONS, 0, 0),
        (SASL_HANDSHAKE, 0, 1),
        (SASL_AUTHENTICATE, 0, 0),
    ];
    let mut answer = error.to_be_bytes().to_vec();
    answer.extend(i32::try_from(apis.len()).unwrap_or(0).to_be_bytes());
    for (api, first, last) in apis {
        answer.extend([api, first, last].map(i16::to_be_bytes).concat());
    }
    answer
}

fn string(text: &str) -> Vec<u8> {
    let length = i16::try_from(text.len()).unwrap_or(0);
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(2..).unwrap_or_default()).into_owned()
}
