//! Which dead letters there are.

use jiff::tz::TimeZone;

use super::super::cluster::Cluster;
use super::super::error::CommandError;
use super::super::output;
use super::letter::Letter;
use super::survey::Survey;
use super::{Config, ListArguments};

/// Shows the dead letters.
pub(super) async fn run(config: &Config, arguments: &ListArguments) -> Result<(), CommandError> {
    let cluster = Cluster::connect(&config.connection, &config.marker)?;
    let survey = Survey::read(config, &cluster).await?;
    let letters = survey.into_letters(arguments.all);
    if arguments.json {
        return output::print_json(&letters);
    }
    if letters.is_empty() {
        let which = if arguments.all { "no" } else { "no pending" };
        return output::print(format!("{} holds {which} dead letters.", config.topic));
    }
    output::print(text(&letters))
}

/// The letters as a table.
pub(super) fn text(letters: &[Letter]) -> String {
    let titles = ["time", "original", " size", "reason", "detail", "pending"];
    let mut table = output::table(&titles);
    for letter in letters {
        let original = letter.original.as_ref();
        let original = original.map(|at| format!("{}/{}/{}", at.topic, at.partition, at.offset));
        let unknown = || "unknown".to_owned();
        let time = letter.time.map(|time| {
            let time = time.to_zoned(TimeZone::UTC);
            time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
        });
        table.add_row([
            time.unwrap_or_else(unknown),
            original.unwrap_or_else(unknown),
            output::size(letter.size),
            letter.reason.clone().unwrap_or_else(unknown),
            letter.detail.clone().unwrap_or_default(),
            if letter.pending { "yes" } else { "no" }.to_owned(),
        ]);
    }
    let number = letters.len();
    let noun = if number == 1 { "letter" } else { "letters" };
    format!("{table}\n{number} dead {noun}.")
}
