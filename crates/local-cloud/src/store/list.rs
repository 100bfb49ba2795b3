//! Listing objects by name. The cost follows what is listed, not what is stored.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use redb::{ReadOnlyTable, ReadTransaction};

use super::tables::{BUCKETS, OBJECTS, Record};
use super::{Object, Store, StoreError};

/// The most objects and prefixes in a page.
pub(crate) const MAX_PAGE: usize = 1_000;

/// Which objects to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Only names that begin with this.
    pub prefix: String,
    /// Names that have this after the prefix are rolled up into one prefix; empty is none.
    pub delimiter: String,
    /// An object whose name ends with the first delimiter is listed besides its prefix.
    pub include_trailing_delimiter: bool,
    /// The first name; empty is the first of all.
    pub start_offset: String,
    /// The first name after the last; empty is the end.
    pub end_offset: String,
    /// The token of an earlier page; empty is the first page.
    pub page_token: String,
    /// At most so many; 0 is the maximum of 1,000.
    pub max_results: usize,
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// Objects, by name.
    pub objects: Vec<Object>,
    /// Prefixes, by name.
    pub prefixes: Vec<String>,
    /// The token of the next page, if there is one.
    pub next_page_token: Option<String>,
}

impl Store {
    /// One page of the objects of a bucket, by name in the order of their bytes.
    ///
    /// # Errors
    ///
    /// [`StoreError::BucketNotFound`], [`StoreError::Invalid`] for a bad page token.
    pub async fn list_objects(
        &self,
        bucket: &str,
        query: ListQuery,
    ) -> Result<Listing, StoreError> {
        let bucket = bucket.to_owned();
        self.read(move |database| list(database, &bucket, &query))
            .await
    }
}

fn list(
    database: &ReadTransaction,
    bucket: &str,
    query: &ListQuery,
) -> Result<Listing, StoreError> {
    if database.open_table(BUCKETS)?.get(bucket)?.is_none() {
        return Err(StoreError::BucketNotFound);
    }
    let names = NameRange::of(query)?;
    let mut walk = Walk {
        query,
        names,
        page: Listing::default(),
        prefixes: BTreeSet::new(),
    };
    walk.run(&database.open_table(OBJECTS)?, bucket)?;
    Ok(Listing {
        prefixes: walk.prefixes.into_iter().collect(),
        ..walk.page
    })
}

/// Names from `start` up to, but without, `end` (`None` is the end of the bucket).
#[derive(Debug, PartialEq, Eq)]
struct NameRange {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

impl NameRange {
    fn of(query: &ListQuery) -> Result<Self, StoreError> {
        let invalid = |_| StoreError::invalid("Invalid page token.");
        let token = BASE64_URL_SAFE_NO_PAD
            .decode(&query.page_token)
            .map_err(invalid)?;
        let starts = [
            token.as_slice(),
            query.prefix.as_bytes(),
            query.start_offset.as_bytes(),
        ];
        let after_prefix = after(query.prefix.as_bytes());
        let end = Some(query.end_offset.as_bytes().to_vec()).filter(|end| !end.is_empty());
        Ok(Self {
            start: starts.into_iter().max().unwrap_or_default().to_vec(),
            end: [after_prefix, end].into_iter().flatten().min(),
        })
    }
}

/// The first name after all that begin with `prefix`. UTF-8 has no byte 0xFF, so the last byte can
/// always be raised.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let (last, rest) = prefix.split_last()?;
    Some([rest, &[last.saturating_add(1)]].concat())
}

/// A listing under way.
struct Walk<'a> {
    query: &'a ListQuery,
    names: NameRange,
    page: Listing,
    prefixes: BTreeSet<String>,
}

impl Walk<'_> {
    fn run(&mut self, objects: &Objects, bucket: &str) -> Result<(), StoreError> {
        // A prefix ends the range that is being read: the next begins after all it stands for.
        while let Some(prefix) = self.read_to_prefix(objects, bucket)? {
            self.names.start = after(prefix.as_bytes()).unwrap_or_default();
            self.prefixes.insert(prefix);
        }
        Ok(())
    }

    /// Lists objects until the page is full, the range ends or a name is rolled up into the prefix
    /// that is returned.
    fn read_to_prefix(
        &mut self,
        objects: &Objects,
        bucket: &str,
    ) -> Result<Option<String>, StoreError> {
        let after_bucket = format!("{bucket}\0");
        let start = (bucket, self.names.start.as_slice());
        let end = match &self.names.end {
            Some(end) => (bucket, end.as_slice()),
            None => (after_bucket.as_str(), [].as_slice()),
        };
        if start >= end {
            return Ok(None);
        }
        for row in objects.range(start..end)? {
            let (key, record) = row?;
            let name = key.value().1;
            if self.is_full() {
                self.page.next_page_token = Some(BASE64_URL_SAFE_NO_PAD.encode(name));
                return Ok(None);
            }
            let prefix = self.rolled_up(name);
            let listed = prefix.as_ref().is_none_or(|prefix| {
                self.query.include_trailing_delimiter && prefix.as_bytes() == name
            });
            if listed {
                let record: Record = serde_json::from_slice(record.value())?;
                self.page.objects.push(record.object);
            }
            if prefix.is_some() {
                return Ok(prefix);
            }
        }
        Ok(None)
    }

    fn is_full(&self) -> bool {
        let limit = match self.query.max_results {
            0 => MAX_PAGE,
            wanted => wanted.min(MAX_PAGE),
        };
        self.page.objects.len() + self.prefixes.len() >= limit
    }

    fn rolled_up(&self, name: &[u8]) -> Option<String> {
        let delimiter = self.query.delimiter.as_str();
        if delimiter.is_empty() {
            return None;
        }
        let name = std::str::from_utf8(name).ok()?;
        let rest = name.get(self.query.prefix.len()..)?;
        let end = self.query.prefix.len() + rest.find(delimiter)? + delimiter.len();
        Some(name[..end].to_owned())
    }
}

type Objects = ReadOnlyTable<(&'static str, &'static [u8]), &'static [u8]>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_narrowest_of_what_was_asked() {
        let query = ListQuery {
            prefix: "b/".to_owned(),
            start_offset: "a".to_owned(),
            end_offset: "b/m".to_owned(),
            ..ListQuery::default()
        };
        let expected = NameRange {
            start: b"b/".to_vec(),
            end: Some(b"b/m".to_vec()),
        };
        assert_eq!(NameRange::of(&query).unwrap(), expected);
    }

    #[test]
    fn the_name_after_a_prefix_is_after_everything_with_it() {
        assert_eq!(after(b"a/").unwrap(), b"a0");
        assert!(after("ü".as_bytes()).unwrap().as_slice() > "ü\u{10ffff}".as_bytes());
        assert_eq!(after(b""), None);
    }

    #[test]
    fn a_page_token_that_was_not_given_out_is_invalid() {
        let query = ListQuery {
            page_token: "!".to_owned(),
            ..ListQuery::default()
        };
        assert!(matches!(NameRange::of(&query), Err(StoreError::Invalid(_))));
    }
}
