//! Differences in words.

use super::super::error::CommandError;
use super::super::output;
use super::plan::{Change, Kind, Plan};

/// Shows what differs.
pub(super) fn planned(plan: &Plan, json: bool) -> Result<(), CommandError> {
    if json {
        return output::print_json(plan);
    }
    if plan.is_empty() {
        return output::print("The topics are as declared.");
    }
    let mut table = output::table(&["topic", "change", "what", "is", "declared"]);
    for change in &plan.changes {
        for [what, from, to] in rows(&change.kind) {
            table.add_row([change.topic.as_str(), verb(&change.kind), &what, &from, &to]);
        }
    }
    output::print(table)
}

/// Tells what was changed.
pub(super) fn applied(changes: &[&Change]) -> Result<(), CommandError> {
    for change in changes {
        for [what, from, to] in rows(&change.kind) {
            let (topic, verb) = (&change.topic, past(&change.kind));
            output::print(format!("{topic}: {verb} {what} ({from} → {to})"))?;
        }
    }
    Ok(())
}

/// Tells what is not as declared after all.
pub(super) fn left(plan: &Plan) -> Result<(), CommandError> {
    if plan.is_empty() {
        return output::print("The topics are as declared.");
    }
    for change in plan.drift() {
        for [what, from, to] in rows(&change.kind) {
            let topic = &change.topic;
            output::print(format!("{topic}: {what} stays {from}, declared is {to}"))?;
        }
    }
    Ok(())
}

fn verb(kind: &Kind) -> &'static str {
    match kind {
        Kind::Create { .. } => "create",
        Kind::GrowPartitions { .. } => "grow",
        Kind::SetConfig { .. } => "set",
        Kind::ResetConfig { .. } => "reset",
        Kind::TooManyPartitions { .. } | Kind::OtherReplication { .. } => "cannot be applied",
    }
}

fn past(kind: &Kind) -> &'static str {
    match kind {
        Kind::Create { .. } => "created with",
        Kind::GrowPartitions { .. } => "grew",
        Kind::SetConfig { .. } => "set",
        Kind::ResetConfig { .. } => "reset",
        Kind::TooManyPartitions { .. } | Kind::OtherReplication { .. } => "left",
    }
}

/// What differs, how it is and how it is declared.
fn rows(kind: &Kind) -> Vec<[String; 3]> {
    let row = |what: &str, is: &dyn ToString, declared: &dyn ToString| {
        [what.to_owned(), is.to_string(), declared.to_string()]
    };
    match kind {
        Kind::Create {
            partitions,
            replication,
            config,
        } => {
            let shape = [
                row("partitions", &"none", partitions),
                row("replication", &"none", replication),
            ];
            let config = config.iter().map(|(name, value)| row(name, &"none", value));
            shape.into_iter().chain(config).collect()
        }
        Kind::GrowPartitions { from, to } => vec![row("partitions", from, to)],
        Kind::SetConfig { name, from, to } => vec![row(name, &value(from.as_ref()), to)],
        Kind::ResetConfig { name, from } => {
            vec![row(name, &value(from.as_ref()), &"the cluster's")]
        }
        Kind::TooManyPartitions { declared, actual } => vec![row("partitions", actual, declared)],
        Kind::OtherReplication { declared, actual } => {
            let actual: Vec<_> = actual.iter().map(ToString::to_string).collect();
            vec![row("replication", &actual.join(" and "), declared)]
        }
    }
}

fn value(value: Option<&String>) -> String {
    value.map_or_else(|| "unset".to_owned(), Clone::clone)
}
