//! Requests of the JSON API.

use local_cloud::LocalCloud;
use reqwest::{Client, Method, Response, redirect};
use serde_json::Value;

/// A client that shows 308 as it is.
pub(crate) fn client() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

pub(crate) async fn send(cloud: &LocalCloud, method: Method, path: &str, body: Value) -> Response {
    let request = client().request(method, format!("{}{path}", cloud.endpoint()));
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    request.send().await.unwrap()
}

pub(crate) async fn get(cloud: &LocalCloud, path: &str) -> Response {
    send(cloud, Method::GET, path, Value::Null).await
}

pub(crate) async fn json(response: Response) -> Value {
    response.json().await.unwrap()
}
