//! Sends images and follows each to its row.

use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, Instant};

use darkroom_core::image::{Limits, sniffed_type};
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use local_stack::Stack;
use local_stack::image::ImageFile;
use local_stack::kafka::Sender;
use local_stack::report::{Ending, Loaded, Way};
use local_stack::rows::{Row, RowsError};
use local_stack::uploader::Uploader;
use tokio::sync::mpsc;

/// Uploads under way at a time.
const UPLOADS: usize = 4;

/// How long to wait for the next row before the rest is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// The pause between two looks into the warehouse.
const PAUSE: Duration = Duration::from_millis(250);

/// Images that are looked for in one query.
const LOOKED_FOR: usize = 500;

/// An image that was sent.
struct Sent {
    image: ImageFile,
    way: Way,
    at: Instant,
}

/// The clients that images are sent with.
struct Clients {
    web: Uploader,
    kafka: Sender,
}

/// Sends `images`, a third of them through Kafka, and waits until each has its row in the warehouse.
pub(crate) async fn send(
    stack: &Stack,
    images: Vec<ImageFile>,
) -> Result<Vec<Ending>, Box<dyn Error>> {
    let bar = progress_bar(images.len() as u64);
    let clients = Clients {
        web: stack.uploader("local-user").await?,
        kafka: Sender::new(&stack.brokers)?,
    };
    let (sender, receiver) = mpsc::channel(UPLOADS);
    let follower = Follower {
        stack,
        bar: &bar,
        waiting: HashMap::new(),
        endings: Vec::new(),
    };
    let uploads = async move {
        let uploads = stream::iter(images).enumerate();
        let uploads = uploads.map(|(index, image)| clients.send(index, image));
        uploads
            .buffered(UPLOADS)
            .for_each(async |sent| drop(sender.send(sent).await))
            .await;
        Ok(())
    };
    // A warehouse that fails breaks off the uploads.
    let ended = tokio::try_join!(uploads, follower.follow(receiver));
    bar.finish_and_clear();
    let ((), endings) = ended?;
    Ok(endings)
}

fn progress_bar(images: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} images in the warehouse  {elapsed}");
    ProgressBar::new(images).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Clients {
    /// Sends an image, and returns its id.
    async fn send(&self, index: usize, image: ImageFile) -> Result<(String, Sent), Ending> {
        let way = way(index, &image).await;
        let sent = match way {
            Way::Web => self
                .web
                .upload(&image)
                .await
                .map_err(|error| error.to_string()),
            Way::Kafka => self
                .kafka
                .send(&image)
                .await
                .map_err(|error| error.to_string()),
        };
        match sent {
            Ok(image_id) => {
                let at = Instant::now();
                Ok((image_id, Sent { image, way, at }))
            }
            Err(error) => {
                let result = Err(format!("not sent: {error}"));
                Err(Ending { image, way, result })
            }
        }
    }
}

/// Every third image takes the way through Kafka, unless it would end there as a dead letter.
async fn way(index: usize, image: &ImageFile) -> Way {
    let bytes = image.content.read().await.unwrap_or_default();
    let is_image = sniffed_type(&bytes).is_some_and(|sniffed| sniffed.starts_with("image/"));
    let fits = bytes.len() as u64 <= Limits::default().bytes;
    match index % 3 == 2 && is_image && fits {
        true => Way::Kafka,
        false => Way::Web,
    }
}

/// Looks for rows until every image that was sent has one.
struct Follower<'a> {
    stack: &'a Stack,
    bar: &'a ProgressBar,
    waiting: HashMap<String, Sent>,
    endings: Vec<Ending>,
}

impl Follower<'_> {
    async fn follow(
        mut self,
        mut sent: mpsc::Receiver<Result<(String, Sent), Ending>>,
    ) -> Result<Vec<Ending>, RowsError> {
        let mut last_row = Instant::now();
        while !(sent.is_closed() && sent.is_empty() && self.waiting.is_empty()) {
            while let Ok(sent) = sent.try_recv() {
                match sent {
                    Ok((image_id, sent)) => drop(self.waiting.insert(image_id, sent)),
                    Err(ending) => self.end(ending),
                }
            }
            if self.look().await? || self.waiting.is_empty() {
                last_row = Instant::now();
            } else if last_row.elapsed() > PATIENCE {
                self.give_up();
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.endings.sort_by(|a, b| a.image.name.cmp(&b.image.name));
        Ok(self.endings)
    }

    /// Looks into the warehouse once, and says whether there were new rows.
    async fn look(&mut self) -> Result<bool, RowsError> {
        let ids: Vec<String> = self.waiting.keys().take(LOOKED_FOR).cloned().collect();
        if ids.is_empty() {
            return Ok(false);
        }
        let rows = self.stack.rows(&ids).await?;
        let found = !rows.is_empty();
        for (image_id, rows) in rows {
            if let Some(Sent { image, way, at }) = self.waiting.remove(&image_id) {
                let after = at.elapsed();
                let result = match <[Row; 1]>::try_from(rows) {
                    Ok([row]) => Ok(Loaded { row, after }),
                    Err(rows) => Err(format!("{} rows instead of one", rows.len())),
                };
                self.end(Ending { image, way, result });
            }
        }
        Ok(found)
    }

    fn give_up(&mut self) {
        for (_, Sent { image, way, .. }) in std::mem::take(&mut self.waiting) {
            let result = Err(format!("no row within {} s", PATIENCE.as_secs()));
            self.end(Ending { image, way, result });
        }
    }

    fn end(&mut self, ending: Ending) {
        self.endings.push(ending);
        self.bar.inc(1);
    }
}
