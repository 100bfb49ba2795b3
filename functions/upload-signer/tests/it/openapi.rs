//! The API's description holds what the API does.

use axum::http::StatusCode;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Service};

async fn document(service: &Service) -> Value {
    let answer = Answer::to(service.request(Method::GET, "/openapi.json")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.body
}

/// Every path with its operations by method.
fn operations(document: &Value) -> Vec<(String, Vec<(Method, &Value)>)> {
    let method = |name: &String| Method::from_bytes(name.to_uppercase().as_bytes()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            let operations = operations.map(|(name, operation)| (method(name), operation));
            (path.replace("{image_id}", "some-id"), operations.collect())
        })
        .collect()
}

#[tokio::test]
async fn it_is_openapi_3_1_with_every_operation() {
    let document = document(&Service::alone().await).await;
    assert_eq!(document["openapi"], "3.1.0");
    let lines: Vec<_> = operations(&document)
        .iter()
        .flat_map(|(path, operations)| {
            let line = |(method, operation): &(Method, &Value)| {
                let statuses = operation["responses"].as_object().unwrap().keys();
                let statuses = statuses.map(String::as_str).collect::<Vec<_>>().join(" ");
                format!("{method} {path} {}: {statuses}", operation["operationId"])
            };
            operations.iter().map(line).collect::<Vec<_>>()
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn what_is_described_is_routed_and_nothing_else() {
    let service = Service::alone().await;
    let document = document(&service).await;
    for (path, operations) in operations(&document) {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            let described = operations.iter().any(|(described, _)| *described == method);
            let expected = if described {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::METHOD_NOT_ALLOWED
            };
            let answer = Answer::to(service.request(method.clone(), &path)).await;
            assert_eq!(answer.status, expected, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_operation_needs_a_token() {
    let document = document(&Service::alone().await).await;
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    for (path, operations) in operations(&document) {
        for (method, operation) in operations {
            assert!(
                operation["security"][0]["bearer"].is_array(),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let document = document(&Service::alone().await).await;
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(
        references.contains(&"#/components/schemas/Record"),
        "{references:?}"
    );
    assert!(
        references.contains(&"#/components/schemas/Problem"),
        "{references:?}"
    );
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            references.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

/// The schema's property names and those of them that are required.
fn names(document: &Value, schema: &str) -> (Vec<String>, Vec<String>) {
    let schema = &document["components"]["schemas"][schema];
    let properties = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let required = serde_json::from_value(schema["required"].clone()).unwrap();
    (properties, required)
}

fn assert_matches(document: &Value, schema: &str, value: &Value) {
    let (properties, required) = names(document, schema);
    let fields: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
    assert!(
        required.iter().all(|name| fields.contains(name)),
        "{schema} {value}"
    );
    assert!(
        fields.iter().all(|name| properties.contains(name)),
        "{schema} {value}"
    );
}

#[tokio::test]
async fn the_example_can_be_asked_for_and_answers_match_their_schemas() {
    let service = Service::alone().await;
    let document = document(&service).await;
    let example = &document["components"]["schemas"]["UploadRequest"]["example"];
    let granted = service.post("alice", "/v1/uploads", example).await;
    assert_eq!(granted.status, StatusCode::CREATED, "{granted:?}");
    assert_matches(&document, "SignedUpload", &granted.body);
    let refused = service.post("alice", "/v1/uploads", &Value::Null).await;
    assert_matches(&document, "Problem", &refused.body);
    assert_matches(&document, "FieldError", &refused.body["errors"][0]);
    let missing = service.get("alice", "/v1/images/x").await;
    assert_matches(&document, "Problem", &missing.body);
}

#[tokio::test]
async fn required_fields_are_those_that_are_required() {
    let service = Service::alone().await;
    let (_, required) = names(&document(&service).await, "UploadRequest");
    let refused = service
        .post("alice", "/v1/uploads", &serde_json::json!({}))
        .await;
    let errors = refused.problem(StatusCode::UNPROCESSABLE_ENTITY)["errors"]
        .as_array()
        .unwrap();
    let fields: Vec<_> = errors
        .iter()
        .map(|e| e["field"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(required, fields);
}
