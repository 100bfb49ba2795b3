"""A small world of images, purges and checks whose answers are known by counting.

Times are relative to now, because views look at the last seven days. `YESTERDAY` is noon of it,
in UTC, so that nothing near it falls on another day.
"""

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


def now() -> datetime:
    """Now. Shortly before the end of a day it is waited for, because "yesterday" would change on the way."""
    while (at := datetime.now(UTC)).hour == 23 and at.minute >= 48:
        time.sleep(1)
    return at.replace(microsecond=0)


NOW = now()
YESTERDAY = NOW.replace(hour=12, minute=0, second=0) - timedelta(days=1)
DAY_BEFORE = YESTERDAY - timedelta(days=1)

# A hash, and hashes that differ from it in 2, 3 and 20 bits.
HASH = 0x0F0F_1234_5678_9ABC
HASH_2 = HASH ^ 0b11
HASH_3 = HASH ^ (1 | 1 << 20 | 1 << 40)
HASH_20 = HASH ^ 0xFFFFF

MEGABYTE = 1_000_000
SIZES = {"preview.webp": 200_000, "thumbnail.jpg": 20_000}


@dataclass
class Image:
    """An image, as few words as its row needs."""

    name: str
    received_at: datetime
    sender: str | None = "user-1"
    content_type: str | None = "image/jpeg"
    size_bytes: int = 4 * MEGABYTE
    width: int = 4000
    height: int = 3000
    camera: tuple[str, str] | None = None
    iso: int = 100
    hash: int | None = None
    rejected: str | None = None
    decode_milliseconds: float = 100.0
    processed_after: float = 2.0
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return image_id(self.name)

    def key(self, part: str) -> str:
        """The object of a part: its original, or a derivative."""
        return f"{self.id[-2:]}/{self.received_at:%Y-%m-%dT%H}/{self.id}/{part}"

    def row(self) -> dict[str, Any]:
        """A row of image_records. Without a sender it is of the stream."""
        time = self.received_at.isoformat()
        processed_at = self.received_at + timedelta(seconds=self.processed_after)
        return {
            "schema_version": 1,
            "image_id": self.id,
            "requested_at": time,
            "received_at": time,
            "processed_at": processed_at.isoformat(),
            "source": self._source(),
            "filename": f"{self.name}.jpg",
            "labels": [{"key": key, "value": value} for key, value in self.labels.items()],
            "status": "rejected" if self.rejected else "processed",
            "rejection": {"code": self.rejected, "detail": "in words"} if self.rejected else None,
            "original": self._original(),
            "exif": self._exif(),
            "perceptual_hash": None if self.hash is None else str(signed(self.hash)),
            "mean_color": None if self.rejected else "#808080",
            "derivatives": [] if self.rejected else list(map(self._derivative, SIZES)),
            "stages": [{"stage": "decode", "milliseconds": self.decode_milliseconds}],
            "recipe": "default",
            "processor_version": "0.1.0",
            "attributes": "{}",
        }

    def _source(self) -> dict[str, Any]:
        if self.sender:
            return {"kind": "web", "principal": self.sender}
        place = {"cluster": "local", "topic": "darkroom.images", "partition": 0, "offset": 0}
        return {"kind": "kafka", "kafka": place}

    def _original(self) -> dict[str, Any]:
        pixels = {} if self.rejected else {"width": self.width, "height": self.height}
        return {
            "object": self.key("original"),
            "ingest_generation": 1,
            "content_type": self.content_type,
            "size_bytes": self.size_bytes,
            "crc32c": "AAAAAA==",
            **pixels,
        }

    def _exif(self) -> dict[str, Any] | None:
        if self.camera is None:
            return None
        make, model = self.camera
        return {"make": make, "model": model, "iso": self.iso}

    def _derivative(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "object": self.key(name),
            "content_type": "image/webp" if name.endswith("webp") else "image/jpeg",
            "width": 1600,
            "height": 1200,
            "size_bytes": SIZES[name],
            "sha256": "00",
        }


def image_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def signed(hash_: int) -> int:
    """As BigQuery's INTEGER holds 64 bits."""
    return hash_ - 2**64 if hash_ >= 2**63 else hash_


ONE = ("Acme", "One")
TWO = ("Acme", "Two")

IMAGES = [
    # Yesterday: five of user-1 (one twice loaded), two of the stream, three of user-2.
    Image("a", YESTERDAY, camera=ONE, iso=100, hash=HASH, labels={"site": "north"}),
    Image("b", YESTERDAY, camera=ONE, iso=200, decode_milliseconds=200, labels={"site": "north"}),
    Image("c", YESTERDAY, camera=ONE, iso=400, decode_milliseconds=300, labels={"site": "south"}),
    Image("d", YESTERDAY, camera=TWO, size_bytes=10 * MEGABYTE, width=6000, height=5000),
    Image("e", YESTERDAY + timedelta(hours=1), rejected="unsupported_format", content_type=None),
    # Loaded again: it was rejected at first.
    Image("e", YESTERDAY + timedelta(hours=1), processed_after=60, hash=HASH_20),
    Image("k1", YESTERDAY + timedelta(hours=1), None, "image/png", MEGABYTE, 2000, 1000, hash=HASH_2),
    Image("k2", YESTERDAY + timedelta(hours=1), None, "image/png", MEGABYTE, 2000, 1000, hash=HASH),
    Image("u1", YESTERDAY + timedelta(hours=2), "user-2", hash=HASH, processed_after=10),
    Image("u2", YESTERDAY, "user-2", None, 100, rejected="unsupported_format"),
    Image("u3", YESTERDAY, "user-2", "image/jpeg", 100, rejected="truncated"),
    # The day before: one of the stream, two of user-2.
    Image("k0", DAY_BEFORE, None, camera=ONE, hash=HASH_3),
    Image("u0", DAY_BEFORE, "user-2", None, 100, rejected="unsupported_format"),
    Image("u4", DAY_BEFORE, "user-2"),
    # Due within the hour, and past its seven days.
    Image("due", NOW - timedelta(days=7) + timedelta(minutes=40), "user-3"),
    Image("gone", NOW - timedelta(days=7, minutes=5), "user-3", hash=HASH),
]


def purge(name: str, cause: str, within_policy: bool = True) -> dict[str, Any]:
    """A row of purge_ledger."""
    return {
        "bucket": "archive",
        "name": name,
        "generation": 1,
        "bytes": 10,
        "received_at": DAY_BEFORE.isoformat(),
        "deleted_at": YESTERDAY.isoformat(),
        "age_seconds": 86400,
        "within_policy": within_policy,
        "cause": cause,
    }


# One is told of twice, the other is not explained.
PURGES = [
    purge("x", "lifecycle", within_policy=False),
    purge("x", "auditor"),
    purge("y", "unexplained", within_policy=False),
]


def check(hours_ago: int, check_id: str, status: str) -> dict[str, Any]:
    """A row of audit_checks."""
    return {
        "as_of": (NOW - timedelta(hours=hours_ago)).isoformat(),
        "report": 100 - hours_ago,
        "check_id": check_id,
        "status": status,
        "seen": "this",
        "expected": "that",
        "mend": "",
    }


CHECKS = [
    check(3, "archive/lifecycle", "ok"),
    check(2, "archive/lifecycle", "violation"),
    check(1, "archive/lifecycle", "violation"),
    *(check(hours_ago, "books/balance", "ok") for hours_ago in (3, 2, 1)),
    # Not made since: what it was about is gone.
    check(3, "warehouse/copy", "violation"),
]

TABLES = {
    "image_records": [image.row() for image in IMAGES],
    "purge_ledger": PURGES,
    "audit_checks": CHECKS,
}
