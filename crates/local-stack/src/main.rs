//! `make run`: starts the whole pipeline, sends images through it and shows what came out.

mod journey;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use local_stack::image::{Folder, ImageFile, generated, in_folder};
use local_stack::ports::Ports;
use local_stack::report::{Ending, table};
use local_stack::topology::{DATASET, PROJECT, Service, topology};
use local_stack::warehouse::{Warehouse, WarehouseConfig};
use local_stack::{Stack, StackConfig};
use tokio::signal::unix::{SignalKind, signal};

/// Starts Darkroom on this machine, sends images through it and shows what came out.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Send the images of this folder instead of the generated samples.
    #[arg(long)]
    images: Option<PathBuf>,
    /// Use these Kafka brokers, `host:port` with commas between, instead of a cluster of its own.
    #[arg(long, env = "KAFKA_BROKERS")]
    kafka_brokers: Option<String>,
    /// End after the table: with 0 if every image ended as it should, with 1 otherwise.
    #[arg(long)]
    once: bool,
    /// The folder for everything that is written.
    #[arg(long, default_value = ".local", global = true)]
    folder: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print what there is as JSON: buckets, triggers, schedules, services and topics.
    Topology,
    /// Run the warehouse alone, with every table and view, and print its address. Ctrl-C ends it.
    Warehouse {
        /// The port on 127.0.0.1; 0 takes a free one.
        #[arg(long, default_value_t = Ports::Fixed.warehouse())]
        port: u16,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        Some(Command::Topology) => {
            println!("{:#}", topology());
            Ok(true)
        }
        Some(Command::Warehouse { port }) => run_warehouse(&arguments.folder, port).await,
        None => run(arguments).await,
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool, Box<dyn Error>> {
    Ports::Fixed.check_free()?;
    let images = images(arguments.images.as_deref())?;
    eprintln!("Starting local-cloud, the warehouse and the functions.");
    let warehouse = Arc::new(start_warehouse(&arguments.folder, Ports::Fixed.warehouse()).await?);
    let config = StackConfig {
        folder: arguments.folder.clone(),
        ports: Ports::Fixed,
        dataset: DATASET.to_owned(),
        bigquery: warehouse.endpoint().to_owned(),
        kafka_brokers: arguments.kafka_brokers.clone(),
    };
    let stack = Stack::start(config, Arc::clone(&warehouse)).await?;
    let result = tokio::select! {
        result = show(&stack, images, &arguments) => result,
        // Before the table nothing is known of the images; without `--once` there is no verdict.
        () = stop_signal() => Ok(!arguments.once),
    };
    eprintln!("Stopping.");
    stack.stop().await?;
    if let Some(warehouse) = Arc::into_inner(warehouse) {
        warehouse.stop().await?;
    }
    result
}

fn images(folder: Option<&Path>) -> Result<Vec<ImageFile>, Box<dyn Error>> {
    let Some(folder) = folder else {
        return Ok(generated());
    };
    let Folder {
        images,
        others,
        unreadable,
    } = in_folder(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    if !others.is_empty() {
        eprintln!(
            "Left out, having no image's extension: {}",
            others.join(", ")
        );
    }
    for error in unreadable {
        eprintln!("Left out: {error}");
    }
    if images.is_empty() {
        return Err(format!("there are no images in {}", folder.display()).into());
    }
    Ok(images)
}

async fn run_warehouse(folder: &Path, port: u16) -> Result<bool, Box<dyn Error>> {
    let warehouse = start_warehouse(folder, port).await?;
    warehouse.create_dataset_and_tables(DATASET).await?;
    println!("{}", warehouse.endpoint());
    stop_signal().await;
    warehouse.stop().await?;
    Ok(true)
}

async fn start_warehouse(folder: &Path, port: u16) -> Result<Warehouse, Box<dyn Error>> {
    let config = WarehouseConfig {
        data_dir: folder.join("warehouse"),
        port,
        project: PROJECT.to_owned(),
    };
    Ok(Warehouse::start(config).await?)
}

/// Sends the images, prints what came out, and stays unless told otherwise.
async fn show(
    stack: &Stack,
    images: Vec<ImageFile>,
    arguments: &Arguments,
) -> Result<bool, Box<dyn Error>> {
    let endings = journey::send(stack, images).await?;
    println!("{}", table(&endings));
    let faults = endings
        .iter()
        .filter(|ending| ending.fault().is_some())
        .count();
    println!("{}", verdict(&endings, faults));
    println!("{}", addresses(stack, &arguments.folder));
    if !arguments.once {
        println!("Ctrl-C ends it all.");
        std::future::pending::<()>().await;
    }
    Ok(faults == 0)
}

fn verdict(endings: &[Ending], faults: usize) -> String {
    match faults {
        0 => format!("All {} images ended as they should.", endings.len()),
        _ => format!(
            "{faults} of {} images did not end as they should.",
            endings.len()
        ),
    }
}

fn addresses(stack: &Stack, folder: &Path) -> String {
    let cloud = stack.cloud.endpoint();
    let mut lines = vec![
        ("storage".to_owned(), format!("{cloud}/storage/v1/b")),
        (
            "event deliveries".to_owned(),
            format!("{cloud}/_local/deliveries"),
        ),
        (
            "warehouse".to_owned(),
            format!("{}/bigquery/v2", stack.warehouse().endpoint()),
        ),
    ];
    let services = Service::ALL.map(|s| (s.name().to_owned(), stack.endpoint(s)));
    lines.extend(services);
    lines.push((
        "upload API".to_owned(),
        format!("{}/openapi.json", stack.endpoint(Service::UploadSigner)),
    ));
    lines.push(("logs".to_owned(), folder.join("logs").display().to_string()));
    let lines = lines.iter().map(|(name, at)| format!("  {name:<17} {at}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
