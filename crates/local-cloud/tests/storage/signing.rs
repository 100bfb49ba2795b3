//! Signed URLs, made by the official Rust client.

use std::time::Duration;

use google_cloud_auth::credentials::service_account::Builder as ServiceAccount;
use google_cloud_auth::signer::Signer;
use google_cloud_storage::builder::storage::SignedUrlBuilder;
use local_cloud::LocalCloud;
use reqwest::{Client, Method, RequestBuilder};

use crate::cloud::BUCKET_RESOURCE;

/// The object of all URLs.
pub(crate) const NAME: &str = "c5/2026-11-22T10/o n/original";

pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

fn signer(cloud: &LocalCloud) -> Signer {
    let email = "signer@local.iam.gserviceaccount.com";
    let uri = format!("{}/token", cloud.endpoint());
    let key = cloud.identity().service_account_key(email, &uri).unwrap();
    ServiceAccount::new(key).build_signer().unwrap()
}

pub(crate) async fn sign(cloud: &LocalCloud, method: &Method, headers: Headers<'_>) -> String {
    let method = http::Method::from_bytes(method.as_str().as_bytes()).unwrap();
    let url = SignedUrlBuilder::for_object(BUCKET_RESOURCE, NAME)
        .with_endpoint(cloud.endpoint())
        .with_method(method)
        .with_expiration(Duration::from_secs(600));
    let url = headers
        .iter()
        .fold(url, |url, (name, value)| url.with_header(*name, *value));
    url.sign_with(&signer(cloud)).await.unwrap()
}

pub(crate) fn request(method: Method, url: &str, headers: Headers<'_>) -> RequestBuilder {
    let request = Client::new().request(method, url);
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}
