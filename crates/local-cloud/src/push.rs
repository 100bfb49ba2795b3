//! Requests that the cloud sends to the services in it.

use std::error::Error;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use url::Url;

/// How much of an answer's body is read; beyond it the connection is given up.
const MOST_BYTES: usize = 64 * 1024;

/// The status of the answer, or why there was none.
pub(crate) type Answer = Result<u16, String>;

/// A client for destinations on this machine: no proxy, no TLS, no redirects.
pub(crate) fn client(timeout: Duration) -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .tls_built_in_root_certs(false)
        .redirect(Policy::none())
        .timeout(timeout)
        .build()
}

/// Whether requests can be sent to `url`.
pub(crate) fn is_destination(url: &Url) -> bool {
    url.scheme() == "http" && url.has_host()
}

/// Sends a request and reads its answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let mut response = request.send().await.map_err(|error| reasons(&error))?;
    // A connection whose answer was read can be used again.
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > MOST_BYTES {
            break;
        }
    }
    Ok(response.status().as_u16())
}

fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
