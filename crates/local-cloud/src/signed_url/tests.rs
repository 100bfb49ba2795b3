//! The official client signs; what it signed holds, and nothing else does.

use std::sync::LazyLock;

use google_cloud_auth::credentials::service_account::Builder;
use google_cloud_auth::signer::Signer;
use google_cloud_storage::builder::storage::SignedUrlBuilder;
use http::{Method, Request};

use super::*;

const EMAIL: &str = "signer@local.iam.gserviceaccount.com";
const HOST: &str = "127.0.0.1:9000";

struct Signed {
    identity: Identity,
    url: String,
    headers: Vec<(&'static str, &'static str)>,
}

/// One for all tests: making a key takes a while.
static IDENTITY: LazyLock<Identity> = LazyLock::new(|| Identity::open(None).unwrap());

fn signer(identity: &Identity) -> Signer {
    let key = identity
        .service_account_key(EMAIL, "http://127.0.0.1:9000/token")
        .unwrap();
    Builder::new(key).build_signer().unwrap()
}

fn builder(object: &str) -> SignedUrlBuilder {
    SignedUrlBuilder::for_object("projects/_/buckets/ingest", object)
        .with_endpoint(format!("http://{HOST}"))
        .with_expiration(std::time::Duration::from_secs(600))
}

/// An upload as the pipeline signs it: bound by type, size, create-only and metadata.
async fn upload() -> Signed {
    let identity = IDENTITY.clone();
    let headers = vec![
        ("content-type", "image/jpeg"),
        ("x-goog-content-length-range", "1,50000"),
        ("x-goog-if-generation-match", "0"),
        ("x-goog-meta-label", "two  words"),
    ];
    let mut builder = builder("c3/2026-11-22T10/a b+ü~/original").with_method(Method::PUT);
    for (name, value) in &headers {
        builder = builder.with_header(*name, *value);
    }
    let url = builder.sign_with(&signer(&identity)).await.unwrap();
    Signed {
        identity,
        url,
        headers,
    }
}

impl Signed {
    fn request(&self) -> http::request::Builder {
        let target = self.url.strip_prefix(&format!("http://{HOST}")).unwrap();
        let request = Request::builder()
            .method(Method::PUT)
            .uri(target)
            .header("host", HOST);
        self.headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
    }

    fn verify(&self, request: http::request::Builder) -> Result<Verified, SignedUrlError> {
        verify(
            &request.body(()).unwrap().into_parts().0,
            &self.identity,
            now(),
        )
    }

    fn with_url(mut self, from: &str, to: &str) -> Self {
        assert!(self.url.contains(from), "{}", self.url);
        self.url = self.url.replacen(from, to, 1);
        self
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.retain(|(kept, _)| *kept != name);
        self.headers.push((name, value));
        self
    }

    fn code(&self) -> &'static str {
        self.verify(self.request()).unwrap_err().code()
    }
}

fn now() -> Timestamp {
    crate::clock::Clock::machine_now()
}

#[tokio::test]
async fn what_the_official_client_signed_holds() {
    let signed = upload().await;
    let verified = signed.verify(signed.request()).unwrap();
    assert_eq!(verified.principal, EMAIL);
    assert!(is_signed(
        &signed.request().body(()).unwrap().into_parts().0
    ));
}

/// Google's Python client signs the host with its port, unlike the Rust client.
#[tokio::test]
async fn a_signature_over_the_host_with_its_port_holds() {
    let mut signed = upload().await;
    let parts = signed.request().body(()).unwrap().into_parts().0;
    let (as_sent, _) = canonical::readings(&parts);
    let query = SignatureQuery::of(&parts).unwrap();
    let text = canonical::string_to_sign(&query, &canonical::request(&as_sent, &parts, &query));
    assert!(canonical::request(&as_sent, &parts, &query).contains("host:127.0.0.1:9000\n"));
    let signature = hex::encode(signer(&signed.identity).sign(text).await.unwrap());
    let (unsigned, _) = signed.url.split_once("&X-Goog-Signature=").unwrap();
    signed.url = format!("{unsigned}&X-Goog-Signature={signature}");
    assert!(signed.verify(signed.request()).is_ok());
}

#[tokio::test]
async fn headers_that_are_no_matter_of_the_signature_may_be_added() {
    let signed = upload()
        .await
        .with_header("user-agent", "browser")
        .with_header("accept", "*/*");
    assert!(signed.verify(signed.request()).is_ok());
}

#[tokio::test]
async fn query_parameters_are_bound_in_any_order() {
    let identity = IDENTITY.clone();
    let builder = builder("o").with_query_param("response-content-disposition", "a b~+/&=ü");
    let url = builder.sign_with(&signer(&identity)).await.unwrap();
    let (path, query) = url.split_once('?').unwrap();
    let reversed: Vec<_> = query.split('&').rev().collect();
    let url = format!("{path}?{}", reversed.join("&"));
    let signed = Signed {
        identity,
        url,
        headers: Vec::new(),
    };
    assert!(signed.verify(signed.request().method(Method::GET)).is_ok());
    let signed = signed.with_url("a%20b", "a%20c");
    let error = signed
        .verify(signed.request().method(Method::GET))
        .unwrap_err();
    assert_eq!(error.code(), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_url_for_get_answers_head_and_nothing_else() {
    let identity = IDENTITY.clone();
    let url = builder("o").sign_with(&signer(&identity)).await.unwrap();
    let signed = Signed {
        identity,
        url,
        headers: Vec::new(),
    };
    for (method, holds) in [
        (Method::GET, true),
        (Method::HEAD, true),
        (Method::PUT, false),
    ] {
        assert_eq!(
            signed.verify(signed.request().method(method)).is_ok(),
            holds
        );
    }
}

#[tokio::test]
async fn another_method_is_refused() {
    let signed = upload().await;
    let error = signed
        .verify(signed.request().method(Method::DELETE))
        .unwrap_err();
    assert_eq!(
        (error.code(), error.status()),
        ("SignatureDoesNotMatch", StatusCode::FORBIDDEN)
    );
}

#[tokio::test]
async fn another_host_is_refused() {
    let signed = upload().await;
    let mut parts = signed.request().body(()).unwrap().into_parts().0;
    parts
        .headers
        .insert("host", "127.0.0.2:9000".parse().unwrap());
    let error = verify(&parts, &signed.identity, now()).unwrap_err();
    assert_eq!(error.code(), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn another_path_header_lifetime_or_signature_is_refused() {
    let mismatched = [
        upload().await.with_url("/ingest/", "/archive/"),
        upload().await.with_url("original", "record.json"),
        upload()
            .await
            .with_url("X-Goog-Expires=600", "X-Goog-Expires=6000"),
        upload()
            .await
            .with_url("X-Goog-Signature=", "X-Goog-Signature=00"),
        upload()
            .await
            .with_url("X-Goog-Algorithm", "uploads=&X-Goog-Algorithm"),
        upload().await.with_header("content-type", "text/html"),
        upload()
            .await
            .with_header("x-goog-content-length-range", "1,50000000"),
        upload()
            .await
            .with_header("x-goog-if-generation-match", "1"),
        upload().await.with_header("x-goog-meta-label", "other"),
    ];
    for signed in mismatched {
        assert_eq!(signed.code(), "SignatureDoesNotMatch", "{}", signed.url);
    }
}

#[tokio::test]
async fn an_unsigned_goog_header_is_refused() {
    let signed = upload().await.with_header("x-goog-meta-admin", "true");
    assert_eq!(signed.code(), "MalformedSecurityHeader");
}

#[tokio::test]
async fn a_missing_signed_header_is_refused() {
    let mut signed = upload().await;
    signed
        .headers
        .retain(|(name, _)| *name != "x-goog-if-generation-match");
    assert_eq!(signed.code(), "MalformedSecurityHeader");
}

#[tokio::test]
async fn a_url_expires_by_the_clock_at_its_second() {
    let signed = upload().await;
    let parts = signed.request().body(()).unwrap().into_parts().0;
    let start = SignatureQuery::of(&parts).unwrap().date;
    let at = |seconds| {
        verify(
            &parts,
            &signed.identity,
            start + SignedDuration::from_secs(seconds),
        )
    };
    assert!(at(0).is_ok());
    assert!(at(599).is_ok());
    let expired = at(600).unwrap_err();
    assert_eq!(
        (expired.code(), expired.status()),
        ("ExpiredToken", StatusCode::BAD_REQUEST)
    );
    assert!(at(-900).is_ok());
    assert_eq!(at(-901).unwrap_err(), SignedUrlError::NotYetValid);
}

#[tokio::test]
async fn a_clock_that_is_ahead_lengthens_the_longest_life_by_as_much() {
    let ahead = SignedDuration::from_hours(30 * 24);
    let signed_for = async |life: SignedDuration| {
        let life = life.unsigned_abs();
        let builder = builder("a").with_expiration(life);
        let url = builder.sign_with(&signer(&IDENTITY)).await.unwrap();
        let target = url.strip_prefix(&format!("http://{HOST}")).unwrap();
        let request = Request::get(target).header("host", HOST);
        let parts = request.body(()).unwrap().into_parts().0;
        move |now| verify(&parts, &IDENTITY, now)
    };
    let longest = signed_for(LONGEST_LIFE).await;
    assert!(longest(now()).is_ok());
    // A minute for the test itself: the machine's time goes on.
    let longer = signed_for(ahead + LONGEST_LIFE - SignedDuration::from_mins(1)).await;
    assert_eq!(longer(now()).unwrap_err(), SignedUrlError::Expires);
    assert!(longer(now() + ahead).is_ok());
}

#[tokio::test]
async fn an_account_without_a_key_is_refused() {
    let mut signed = upload().await;
    signed.identity = Identity::open(None).unwrap();
    assert_eq!(signed.code(), "InvalidSecurity");
}

#[tokio::test]
async fn the_account_of_another_key_is_refused() {
    let mut signed = upload().await;
    let other = Identity::open(None).unwrap();
    signer(&other);
    signed.identity = other;
    assert_eq!(signed.code(), "SignatureDoesNotMatch");
}

#[tokio::test]
async fn malformed_parameters_are_refused() {
    let malformed = [
        upload()
            .await
            .with_url("GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256"),
        upload()
            .await
            .with_url("X-Goog-Expires=600", "X-Goog-Expires=604801"),
        upload()
            .await
            .with_url("X-Goog-Expires=600", "X-Goog-Expires=0"),
        upload()
            .await
            .with_url("X-Goog-Expires=600", "X-Goog-Expires=soon"),
        upload().await.with_url(
            "X-Goog-Expires=600",
            "X-Goog-Expires=600&X-Goog-Expires=601",
        ),
        upload().await.with_url("X-Goog-Expires=600&", ""),
        upload()
            .await
            .with_url("%2Fgoog4_request", "%2Faws4_request"),
        upload().await.with_url("X-Goog-Date=2", "X-Goog-Date=3"),
        upload().await.with_url("%3Bhost", ""),
        upload()
            .await
            .with_url("X-Goog-Signature=", "X-Goog-Signature=xyz"),
    ];
    for signed in malformed {
        assert_eq!(
            signed.code(),
            "AuthenticationQueryParametersError",
            "{}",
            signed.url
        );
    }
}
