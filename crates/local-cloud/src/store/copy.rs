//! Making objects of other objects.

use futures::StreamExt as _;

use super::objects::Slot;
use super::tables::Record;
use super::transaction::{Transaction, version};
use super::{Insert, Object, ObjectKey, Preconditions, Store, StoreError};

/// The most objects that one can be composed of.
const MAX_COMPONENTS: usize = 32;

/// An object to copy.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its key.
    pub key: ObjectKey,
    /// Its generation; `None` is whichever is live.
    pub generation: Option<i64>,
    /// What must hold of it.
    pub preconditions: Preconditions,
}

/// A copy of an object.
#[derive(Debug, Clone)]
pub struct Rewrite {
    /// What is copied.
    pub source: Source,
    /// What the copy is called.
    pub destination: ObjectKey,
    /// The copy's writable fields; `None` takes the source's.
    pub template: Option<Object>,
    /// What must hold of the object that the copy replaces.
    pub preconditions: Preconditions,
}

/// Several objects as one.
#[derive(Debug, Clone)]
pub struct Compose {
    /// Its parts, in order.
    pub sources: Vec<Source>,
    /// What it is called.
    pub destination: ObjectKey,
    /// Its writable fields.
    pub template: Object,
    /// What must hold of the object that it replaces.
    pub preconditions: Preconditions,
}

impl Store {
    /// Copies an object. The bytes are shared, so the size does not matter.
    ///
    /// # Errors
    ///
    /// Those of reading the source and of [`Store::insert_object`] for the destination.
    pub async fn rewrite_object(&self, rewrite: Rewrite) -> Result<Object, StoreError> {
        self.write(move |transaction| copy(transaction, rewrite))
            .await
    }

    /// Joins objects of one bucket.
    ///
    /// # Errors
    ///
    /// Those of reading the sources and of [`Store::insert_object`] for the destination, and
    /// [`StoreError::Invalid`] for none or more than 32 sources.
    pub async fn compose_objects(&self, compose: Compose) -> Result<Object, StoreError> {
        if !matches!(compose.sources.len(), 1..=MAX_COMPONENTS) {
            let reason = format!("The number of source components must be 1 to {MAX_COMPONENTS}.");
            return Err(StoreError::invalid(reason));
        }
        let mut blob = self.new_blob();
        let mut components = 0;
        for Source {
            key,
            generation,
            preconditions,
        } in &compose.sources
        {
            let source = self.get_object(key, *generation, *preconditions).await?;
            components += source.component_count.unwrap_or(1);
            let mut bytes = self.read_object(&source, 0..source.size).await?;
            while let Some(chunk) = bytes.next().await {
                blob.write(&chunk?).await?;
            }
        }
        let mut blob = blob.finish().await?;
        blob.checksums.md5 = None;
        self.insert_object(Insert {
            key: compose.destination,
            template: Object {
                component_count: Some(components),
                ..compose.template
            },
            blob,
            expected: Default::default(),
            preconditions: compose.preconditions,
        })
        .await
    }
}

fn copy(transaction: &mut Transaction<'_>, rewrite: Rewrite) -> Result<Object, StoreError> {
    let Rewrite {
        source,
        destination,
        template,
        preconditions,
    } = rewrite;
    let from = transaction.source(&source.key, source.generation)?;
    source.preconditions.check(version(Some(&from)))?;
    let slot = Slot::open(transaction, &destination, preconditions)?;
    let template = template.unwrap_or_else(|| Object {
        temporary_hold: false,
        event_based_hold: false,
        ..from.object.clone()
    });
    let object = Object {
        size: from.object.size,
        crc32c: from.object.crc32c,
        md5_hash: from.object.md5_hash,
        component_count: from.object.component_count,
        ..slot.new_object(transaction, &destination, template)?
    };
    let record = Record {
        object,
        blob: from.blob,
    };
    transaction.finalize(&record, slot.replaced)?;
    Ok(record.object)
}
