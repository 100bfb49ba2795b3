"""Does with Google's Python client what Darkroom's users do, against the server given."""

import os
import sys

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

LARGE = os.urandom(3 << 20)


def refused(error, operation):
    try:
        operation()
    except error:
        return
    raise AssertionError(f"expected {error.__name__}")


def main(endpoint):
    client = storage.Client(
        project="local",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": endpoint},
    )
    bucket = client.create_bucket("python")
    small = bucket.blob("a/small.txt")
    small.upload_from_string("hello", content_type="text/plain", if_generation_match=0)
    refused(PreconditionFailed, lambda: small.upload_from_string("x", if_generation_match=0))

    large = bucket.blob("large", chunk_size=1 << 20)
    with open("large", "wb") as file:
        file.write(LARGE)
    large.upload_from_filename("large", checksum="crc32c")
    assert large.download_as_bytes(checksum="crc32c") == LARGE
    assert large.download_as_bytes(start=5, end=9) == LARGE[5:10]

    copy = bucket.copy_blob(small, bucket, "a/copy.txt")
    assert copy.content_type == "text/plain"
    names = [blob.name for blob in client.list_blobs("python", page_size=1)]
    assert names == ["a/copy.txt", "a/small.txt", "large"], names
    rolled_up = client.list_blobs("python", delimiter="/")
    assert [blob.name for blob in rolled_up] == ["large"]
    assert rolled_up.prefixes == {"a/"}

    small.metadata = {"k": "v"}
    small.patch()
    assert bucket.get_blob("a/small.txt").metadata == {"k": "v"}
    small.delete()
    refused(NotFound, small.delete)
    bucket.delete(force=True)


main(sys.argv[1])
