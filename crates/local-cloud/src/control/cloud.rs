//! Clock, faults, triggers and schedules.

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::read;
use super::{CLOCK_SETTING, Control, ControlError};
use crate::events::{Deliveries, Trigger};
use crate::faults::Fault;
use crate::scheduler::{Run, Schedule};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u32,
}

pub(super) async fn clock(State(control): State<Control>) -> Json<Value> {
    Json(clock_json(&control))
}

pub(super) async fn advance_clock(
    State(control): State<Control>,
    body: Bytes,
) -> Result<Json<Value>, ControlError> {
    let Advance { advance_seconds } = read(&body)?;
    control.clock.advance(advance_seconds);
    let offset = control.clock.offset().as_secs().to_string();
    control.store.set_setting(CLOCK_SETTING, &offset).await?;
    Ok(Json(clock_json(&control)))
}

fn clock_json(control: &Control) -> Value {
    let offset = control.clock.offset().as_secs();
    json!({ "now": control.clock.now(), "offset_seconds": offset })
}

pub(super) async fn faults(State(control): State<Control>) -> Json<Vec<Fault>> {
    Json(control.faults.waiting())
}

pub(super) async fn add_fault(
    State(control): State<Control>,
    body: Bytes,
) -> Result<Json<Vec<Fault>>, ControlError> {
    control.faults.add(read(&body)?)?;
    Ok(Json(control.faults.waiting()))
}

pub(super) async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.faults.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn deliveries(
    State(control): State<Control>,
) -> Result<Json<Deliveries>, ControlError> {
    Ok(Json(control.events.deliveries()?))
}

pub(super) async fn triggers(State(control): State<Control>) -> Json<Vec<Trigger>> {
    Json(control.events.triggers())
}

pub(super) async fn put_trigger(
    State(control): State<Control>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Trigger>, ControlError> {
    Ok(Json(control.events.put_trigger(&name, read(&body)?).await?))
}

pub(super) async fn delete_trigger(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<StatusCode, ControlError> {
    let existed = control.events.delete_trigger(&name).await?;
    existed
        .then_some(StatusCode::NO_CONTENT)
        .ok_or(ControlError::NotFound("trigger"))
}

pub(super) async fn schedules(State(control): State<Control>) -> Json<Vec<Value>> {
    let now = control.clock.now();
    let schedules = control.scheduler.all().await;
    Json(
        schedules
            .into_iter()
            .map(|(schedule, run)| schedule_json(&schedule, run, now))
            .collect(),
    )
}

fn schedule_json(schedule: &Schedule, last_run: Option<Run>, now: Timestamp) -> Value {
    let mut json = json!(schedule.spec);
    json["name"] = json!(schedule.name);
    json["next_run_at"] = json!(schedule.next_after(now));
    json["last_run"] = json!(last_run);
    json
}

pub(super) async fn put_schedule(
    State(control): State<Control>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<StatusCode, ControlError> {
    control.scheduler.put(&name, read(&body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete_schedule(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<StatusCode, ControlError> {
    let existed = control.scheduler.delete(&name).await?;
    existed
        .then_some(StatusCode::NO_CONTENT)
        .ok_or(ControlError::NotFound("schedule"))
}

pub(super) async fn run_schedule(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<Json<Run>, ControlError> {
    let run = control.scheduler.run(&name).await;
    run.map(Json).ok_or(ControlError::NotFound("schedule"))
}
