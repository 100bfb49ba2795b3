"""Works a storage server with Google's own Python client, and ends with 1 when something is amiss.

    storage_client.py ENDPOINT

The bucket it works in is made and deleted.
"""

import io
import os
import sys

from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

CHUNK = 256 * 1024


def main(endpoint):
    client = storage.Client(
        project="local",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": endpoint},
    )
    bucket = make_bucket(client, "python-client")
    for check in (small_object, chunked_object, empty_object, preconditions, listing, copies):
        check(bucket)
        print(f"ok: {check.__name__}")
    delete_everything(client, bucket)
    print("ok: delete_everything")


def make_bucket(client, name):
    bucket = client.create_bucket(name)
    assert name in [found.name for found in client.list_buckets()], "it is not listed"
    assert client.get_bucket(name).name == bucket.name
    refused(exceptions.Conflict, client.create_bucket, name)
    refused(exceptions.NotFound, client.get_bucket, f"{name}-that-is-not-there")
    return bucket


def small_object(bucket):
    """Multipart upload; metadata, custom time and checksums; ranges; a change of metadata."""
    blob = bucket.blob("small/größe 1+1.txt")
    blob.metadata = {"owner": "user-1"}
    blob.cache_control = "no-store"
    blob.upload_from_string("hello, storage", content_type="text/plain", checksum="crc32c")

    found = bucket.get_blob(blob.name)
    assert found.size == 14 and found.content_type == "text/plain", found._properties
    assert found.metadata == {"owner": "user-1"} and found.cache_control == "no-store"
    assert found.md5_hash == blob.md5_hash and found.crc32c == "oXfHCg==", found.crc32c
    assert found.generation and found.metageneration == 1 and found.time_created
    assert found.download_as_bytes(checksum="crc32c") == b"hello, storage"
    assert found.download_as_bytes(checksum="md5") == b"hello, storage"
    assert found.download_as_bytes(start=7, end=10) == b"stor"

    found.metadata = {"owner": "user-2", "note": None}
    found.patch()
    assert found.metageneration == 2
    assert bucket.get_blob(blob.name).metadata == {"owner": "user-2"}


def chunked_object(bucket):
    """Resumable upload in chunks, and a download in chunks."""
    content = os.urandom(2 * CHUNK + 12_345)
    blob = bucket.blob("large/random", chunk_size=CHUNK)
    blob.upload_from_file(io.BytesIO(content), size=len(content), checksum="crc32c")
    assert bucket.get_blob(blob.name).size == len(content)
    assert bucket.blob(blob.name).download_as_bytes() == content
    assert bucket.blob(blob.name, chunk_size=CHUNK).download_as_bytes() == content

    # Of unknown length: the last chunk tells it.
    streamed = bucket.blob("large/streamed", chunk_size=CHUNK)
    with streamed.open("wb", ignore_flush=True) as writer:
        writer.write(content)
    assert bucket.blob(streamed.name).download_as_bytes() == content


def empty_object(bucket):
    bucket.blob("empty").upload_from_string(b"")
    assert bucket.get_blob("empty").size == 0
    assert bucket.blob("empty").download_as_bytes() == b""


def preconditions(bucket):
    blob = bucket.blob("once")
    blob.upload_from_string("first", if_generation_match=0)
    first = blob.generation
    refused(exceptions.PreconditionFailed, blob.upload_from_string, "x", if_generation_match=0)
    blob.upload_from_string("second", if_generation_match=first)
    refused(exceptions.PreconditionFailed, blob.delete, if_generation_match=first)
    refused(exceptions.NotFound, bucket.blob("once", generation=first).download_as_bytes)
    assert bucket.blob("once").download_as_bytes() == b"second"
    bucket.blob("once").delete(if_generation_match=blob.generation)
    refused(exceptions.NotFound, bucket.blob("once").download_as_bytes)
    assert bucket.get_blob("once") is None


def listing(bucket):
    for name in ("list/a/1", "list/a/2", "list/b/1", "list/c"):
        bucket.blob(name).upload_from_string(name)
    names = lambda **options: [blob.name for blob in bucket.list_blobs(**options)]
    assert names(prefix="list/", page_size=1) == ["list/a/1", "list/a/2", "list/b/1", "list/c"]
    assert names(prefix="list/", max_results=2) == ["list/a/1", "list/a/2"]
    assert names(prefix="list/", start_offset="list/a/2", end_offset="list/c") == [
        "list/a/2",
        "list/b/1",
    ]
    folders = bucket.list_blobs(prefix="list/", delimiter="/")
    assert [blob.name for blob in folders] == ["list/c"]
    assert sorted(folders.prefixes) == ["list/a/", "list/b/"]


def copies(bucket):
    source = bucket.blob("copy/source")
    source.metadata = {"kept": "yes"}
    source.upload_from_string("copied", content_type="text/plain")
    copy = bucket.copy_blob(source, bucket, "copy/target")
    assert copy.download_as_bytes() == b"copied"
    copy.reload()
    assert copy.metadata == {"kept": "yes"} and copy.content_type == "text/plain"

    joined = bucket.blob("copy/joined")
    joined.compose([source, copy])
    assert joined.download_as_bytes() == b"copiedcopied"


def delete_everything(client, bucket):
    refused(exceptions.Conflict, bucket.delete)
    for blob in list(client.list_blobs(bucket)):
        blob.delete()
    refused(exceptions.NotFound, bucket.blob("empty").delete)
    bucket.delete()
    assert client.lookup_bucket(bucket.name) is None


def refused(expected, call, *args, **options):
    try:
        call(*args, **options)
    except expected:
        return
    raise AssertionError(f"{call.__qualname__} was not refused with {expected.__name__}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except exceptions.GoogleAPIError as error:
        sys.exit(f"the storage server answered: {error}")
