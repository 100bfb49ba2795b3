//! What a request of one of the storage APIs is about, by its path and query alone.

use axum::extract::Request;
use http::Method;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::faults::RequestFault;

/// The storage APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// <https://cloud.google.com/storage/docs/json_api>, uploads and downloads included.
    Json,
    /// <https://cloud.google.com/storage/docs/xml-api>, which signed URLs are of.
    Xml,
    /// `google.storage.v2`.
    Grpc,
}

/// What a request is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) api: Api,
    bucket: Option<String>,
    operation: &'static str,
}

impl Target {
    /// `None` when it is no storage request.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        if let Some(method) = path.strip_prefix("/google.storage.v2.Storage/") {
            return Some(Self::of_grpc(request, method));
        }
        let own = ["/_local/", "/.well-known/", "/token"];
        if path == "/" || own.iter().any(|prefix| path.starts_with(prefix)) {
            return None;
        }
        path.find("storage/v1/")
            .filter(|start| is_json_prefix(&path[..*start]))
            .map_or_else(
                || Self::of_xml(request.method(), path),
                |start| Self::of_json(request.method(), &path[start + "storage/v1/".len()..]),
            )
    }

    pub(super) fn matches(&self, fault: &RequestFault) -> bool {
        fault.api.is_none_or(|api| api == self.api)
            && fault
                .bucket
                .as_ref()
                .is_none_or(|bucket| Some(bucket) == self.bucket.as_ref())
            && fault
                .operation
                .as_ref()
                .is_none_or(|operation| operation == self.operation)
    }

    fn of_grpc(request: &Request, method: &str) -> Self {
        let parameters = request.headers().get("x-goog-request-params");
        let parameters = parameters
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let bucket = parameters.split('&').find_map(|pair| {
            let value = decode(pair.split_once('=')?.1);
            Some(value.strip_prefix("projects/_/buckets/")?.to_owned())
        });
        Self {
            api: Api::Grpc,
            bucket,
            operation: grpc_operation(method),
        }
    }

    fn of_json(method: &Method, path: &str) -> Option<Self> {
        let parts: Vec<_> = path.split('/').collect();
        let (bucket, rest) = match parts[..] {
            ["b"] => (None, &parts[1..]),
            ["b", bucket, ..] => (Some(decode(bucket)), &parts[2..]),
            _ => return None,
        };
        let operation = json_operation(method, bucket.is_some(), rest)?;
        Some(Self {
            api: Api::Json,
            bucket,
            operation,
        })
    }

    fn of_xml(method: &Method, path: &str) -> Option<Self> {
        let path = path.trim_start_matches('/');
        let (bucket, object) = path.split_once('/').unwrap_or((path, ""));
        let operation = match (method.as_str(), object.is_empty()) {
            ("GET" | "HEAD", true) => "objects.list",
            ("GET" | "HEAD", false) => "objects.get",
            ("PUT" | "POST", false) => "objects.insert",
            ("DELETE", false) => "objects.delete",
            _ => return None,
        };
        Some(Self {
            api: Api::Xml,
            bucket: Some(decode(bucket)),
            operation,
        })
    }
}

fn is_json_prefix(prefix: &str) -> bool {
    ["/", "/upload/", "/resumable/upload/", "/download/"].contains(&prefix)
}

fn json_operation(method: &Method, in_bucket: bool, rest: &[&str]) -> Option<&'static str> {
    Some(match (method.as_str(), in_bucket, rest) {
        ("GET", false, []) => "buckets.list",
        ("POST", false, []) => "buckets.insert",
        ("GET", true, []) => "buckets.get",
        ("DELETE", true, []) => "buckets.delete",
        ("PATCH", true, []) => "buckets.patch",
        ("PUT", true, []) => "buckets.update",
        ("GET", true, ["o"]) => "objects.list",
        ("POST" | "PUT", true, ["o"]) => "objects.insert",
        ("GET", true, ["o", _]) => "objects.get",
        ("DELETE", true, ["o", _]) => "objects.delete",
        ("PATCH", true, ["o", _]) => "objects.patch",
        ("PUT", true, ["o", _]) => "objects.update",
        ("POST", true, ["o", _, "compose"]) => "objects.compose",
        ("POST", true, ["o", _, "rewriteTo", ..]) => "objects.rewrite",
        ("POST", true, ["o", _, "copyTo", ..]) => "objects.copy",
        _ => return None,
    })
}

fn grpc_operation(method: &str) -> &'static str {
    match method {
        "GetBucket" => "buckets.get",
        "CreateBucket" => "buckets.insert",
        "DeleteBucket" => "buckets.delete",
        "UpdateBucket" => "buckets.patch",
        "ListBuckets" => "buckets.list",
        "GetObject" | "ReadObject" | "BidiReadObject" => "objects.get",
        "ListObjects" => "objects.list",
        "DeleteObject" => "objects.delete",
        "UpdateObject" => "objects.patch",
        "RewriteObject" => "objects.rewrite",
        "ComposeObject" => "objects.compose",
        "WriteObject" | "BidiWriteObject" | "StartResumableWrite" => "objects.insert",
        _ => "other",
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
