//! The topics as they are declared, beside what they are.

mod admin;
mod declaration;
mod plan;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use darkroom_gcp::env::Env;

use super::error::CommandError;
use super::output;
use admin::Admin;
use darkroom_kafka::Connection;
pub(super) use declaration::InvalidDeclaration;
use declaration::Topic;
use plan::{Plan, plan};

/// The exit code when topics differ from their declaration.
const DIFFERENT: u8 = 2;

/// What is done with topics.
#[derive(Debug, Subcommand)]
pub(super) enum TopicsCommand {
    /// Show what differs: exits with 0 when nothing does, with 2 when something does
    Plan(TopicsArguments),
    /// Make the topics as declared; never deletes or shrinks one
    Apply(TopicsArguments),
}

/// Which declaration is meant.
#[derive(Debug, Args)]
pub(super) struct TopicsArguments {
    /// The declaration
    #[arg(long, default_value = "infra/kafka/topics.toml")]
    file: PathBuf,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl TopicsCommand {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let (Self::Plan(arguments) | Self::Apply(arguments)) = &self;
        let topics = read(arguments)?;
        let connection = Env::read(Connection::from_env)?;
        let admin = Admin::connect(&connection).await?;
        let plan = plan(&topics, &admin.state(&topics).await?);
        let differs = match &self {
            Self::Plan(arguments) => {
                report::planned(&plan, arguments.json)?;
                !plan.is_empty()
            }
            Self::Apply(arguments) => {
                apply(&admin, &topics, &plan, arguments.json).await?;
                !plan.drift().is_empty()
            }
        };
        Ok(if differs {
            ExitCode::from(DIFFERENT)
        } else {
            ExitCode::SUCCESS
        })
    }
}

fn read(arguments: &TopicsArguments) -> Result<Vec<Topic>, CommandError> {
    let file = &arguments.file;
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| CommandError::File(file.clone(), error))?;
    declaration::parse(&text).map_err(|error| CommandError::Declaration(file.clone(), error))
}

/// Does what the plan says, topic by topic, and tells each change when it is made.
async fn apply(
    admin: &Admin,
    topics: &[Topic],
    plan: &Plan,
    json: bool,
) -> Result<(), CommandError> {
    for topic in topics {
        let changes = plan.of(&topic.name);
        admin.apply(topic, &changes).await?;
        if !json {
            report::applied(&changes)?;
        }
    }
    if json {
        return output::print_json(plan);
    }
    report::left(plan)
}
