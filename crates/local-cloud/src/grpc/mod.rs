//! `google.storage.v2.Storage` over gRPC, as far as the official Rust client's `StorageControl`
//! uses it.

mod bucket;
mod buckets;
mod copies;
mod error;
mod fields;
mod object;
mod objects;

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use prost::Message;
use tonic::Status;
use tonic::server::{Grpc, UnaryService};
use tonic_prost::ProstCodec;

use crate::api::Api;
use crate::store::StoreError;

/// The API's messages.
use googleapis_tonic_google_storage_v2::google::storage::v2 as proto;

/// The route of the API.
pub(crate) fn router() -> Router<Api> {
    Router::new().route("/google.storage.v2.Storage/{method}", post(call))
}

async fn call(State(api): State<Api>, Path(method): Path<String>, request: Request) -> Response {
    match method.as_str() {
        "CreateBucket" => unary(api, request, buckets::create).await,
        "GetBucket" => unary(api, request, buckets::get).await,
        "ListBuckets" => unary(api, request, buckets::list).await,
        "UpdateBucket" => unary(api, request, buckets::update).await,
        "DeleteBucket" => unary(api, request, buckets::delete).await,
        "LockBucketRetentionPolicy" => unary(api, request, buckets::lock_retention_policy).await,
        "GetObject" => unary(api, request, objects::get).await,
        "ListObjects" => unary(api, request, objects::list).await,
        "UpdateObject" => unary(api, request, objects::update).await,
        "DeleteObject" => unary(api, request, objects::delete).await,
        "RewriteObject" => unary(api, request, copies::rewrite).await,
        "ComposeObject" => unary(api, request, copies::compose).await,
        _ => Status::unimplemented(format!("local-cloud has no {method}")).into_http(),
    }
}

/// Answers one request with one message.
async fn unary<In, Out, Handler, Answer>(api: Api, request: Request, handler: Handler) -> Response
where
    In: Message + Default + Send + 'static,
    Out: Message + Default + Send + 'static,
    Handler: Fn(Api, In) -> Answer + Send,
    Answer: Future<Output = Result<Out, StoreError>> + Send + 'static,
{
    let service = Unary { api, handler };
    let answer = Grpc::new(ProstCodec::<Out, In>::default())
        .unary(service, request)
        .await;
    answer.map(axum::body::Body::new).into_response()
}

struct Unary<Handler> {
    api: Api,
    handler: Handler,
}

impl<In, Out, Handler, Answer> UnaryService<In> for Unary<Handler>
where
    Handler: Fn(Api, In) -> Answer,
    Answer: Future<Output = Result<Out, StoreError>> + Send + 'static,
{
    type Response = Out;
    type Future =
        Pin<Box<dyn Future<Output = Result<tonic::Response<Out>, Status>> + Send + 'static>>;

    fn call(&mut self, request: tonic::Request<In>) -> Self::Future {
        let answer = (self.handler)(self.api.clone(), request.into_inner());
        Box::pin(async move {
            answer
                .await
                .map(tonic::Response::new)
                .map_err(|error| error::status(&error))
        })
    }
}
