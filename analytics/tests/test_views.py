"""Every view answers what can be counted in world.py."""

from datetime import UTC, datetime, timedelta

import pytest

import world
from conftest import Ask
from world import DAY_BEFORE, NOW, YESTERDAY, image_id


def test_images_are_each_there_once_by_their_latest_load(ask: Ask) -> None:
    rows = ask("SELECT image_id, status, due_at FROM images")
    named = {image.id for image in world.IMAGES} - {image_id("gone")}
    assert sorted(row["image_id"] for row in rows) == sorted(named)
    by_id = {row["image_id"]: row for row in rows}
    assert by_id[image_id("e")]["status"] == "processed"
    assert by_id[image_id("a")]["due_at"] == YESTERDAY + timedelta(days=7)


def test_images_are_flat_and_typed(ask: Ask) -> None:
    (row,) = ask(f"SELECT * FROM images WHERE image_id = '{image_id('k1')}'")
    expected = {
        "source": "kafka", "sender": "darkroom.images", "filename": "k1.jpg",
        "content_type": "image/png", "width": 2000, "height": 1000, "megapixels": 2.0,
        "size_bytes": 1_000_000, "rejection_code": None, "camera_make": None,
        "perceptual_hash": world.signed(world.HASH_2), "attributes": {},
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["kafka"]["topic"] == "darkroom.images"


def test_derivatives_are_listed_with_their_share(ask: Ask) -> None:
    rows = ask(f"SELECT * FROM image_derivatives WHERE image_id = '{image_id('a')}' ORDER BY name")
    shares = [(row["name"], row["size_bytes"], row["share_of_original"]) for row in rows]
    assert shares == [("preview.webp", 200_000, 0.05), ("thumbnail.jpg", 20_000, 0.005)]
    assert ask("SELECT COUNT(*) AS n FROM image_derivatives")[0]["n"] == 2 * 11


def test_volume_is_by_day_source_format_and_status(ask: Ask) -> None:
    rows = ask(f"SELECT * FROM daily_volume WHERE day = '{YESTERDAY.date()}'")
    found = {(r["source"], r["content_type"], r["status"]): (r["images"], r["size_bytes"]) for r in rows}
    assert found == {
        ("web", "image/jpeg", "processed"): (6, 30_000_000),
        ("kafka", "image/png", "processed"): (2, 2_000_000),
        ("web", None, "rejected"): (1, 100),
        ("web", "image/jpeg", "rejected"): (1, 100),
    }


def test_latency_is_by_hour_and_stage(ask: Ask) -> None:
    rows = ask(f"SELECT * FROM processing_latency WHERE hour = TIMESTAMP '{YESTERDAY}' ORDER BY stage")
    # Six images of noon: 100, 100, 100, 100, 200 and 300 ms to decode, each done after 2 s.
    decode, whole = rows
    assert (decode["stage"], decode["images"]) == ("decode", 6)
    assert (decode["p50_milliseconds"], decode["longest_milliseconds"]) == (100, 300)
    assert 200 <= decode["p95_milliseconds"] <= decode["p99_milliseconds"] <= 300
    assert (whole["stage"], whole["p50_milliseconds"]) == ("received to processed", 2000)


def test_rejections_have_their_sender_share_and_trend(ask: Ask) -> None:
    rows = ask("SELECT * FROM rejections ORDER BY day, code, sender")
    found = [
        (
            r["day"],
            r["code"],
            r["sender"],
            r["images"],
            r["share_of_sent"],
            r["more_than_the_day_before"],
        )
        for r in rows
    ]
    yesterday, before = YESTERDAY.date(), DAY_BEFORE.date()
    assert found == [
        (before, "unsupported_format", "user-2", 1, 1 / 2, 1),
        (yesterday, "truncated", "user-2", 1, 1 / 3, 1),
        (yesterday, "unsupported_format", "user-2", 1, 1 / 3, 0),
    ]


def test_cameras_are_counted(ask: Ask) -> None:
    one, two = ask("SELECT * FROM cameras ORDER BY images DESC")
    assert (one["camera_model"], one["images"], one["share"], one["senders"]) == ("One", 4, 0.8, 2)
    assert one["median_iso"] in (100, 200)
    assert (one["first_received_at"], one["last_received_at"]) == (DAY_BEFORE, YESTERDAY)
    assert (two["camera_model"], two["mean_megapixels"]) == ("Two", 30.0)


def test_near_duplicates_are_pairs_by_their_distance(ask: Ask) -> None:
    rows = ask("SELECT image_id, duplicate_id, distance, sender FROM near_duplicates")
    found = {(r["image_id"], r["duplicate_id"]): r["distance"] for r in rows}
    k1, k2 = sorted([image_id("k1"), image_id("k2")])
    assert len(rows) == len(found)
    assert found == {
        # The first of the day before, then that of noon, then the stream's of the hour after.
        (image_id("k0"), image_id("a")): 3,
        (image_id("k0"), image_id("k1")): 3,
        (image_id("k0"), image_id("k2")): 3,
        (image_id("a"), image_id("k1")): 2,
        (k1, k2): 2,
        # Copies: one of the stream, which is compared with others too, and one of the web, which is not.
        (image_id("a"), image_id("k2")): 0,
        (image_id("a"), image_id("u1")): 0,
    }


def test_retention_counts_what_is_due_by_hour(ask: Ask) -> None:
    rows = ask("SELECT * FROM retention_status ORDER BY due_hour")
    first = rows[0]
    assert first["due_hour"] == (NOW + timedelta(minutes=40)).replace(minute=0, second=0)
    left = (first["due_hour"] - datetime.now(UTC)).total_seconds() / 3600
    assert first["hours_left"] == pytest.approx(left, abs=0.05)
    assert (first["images"], first["original_bytes"], first["derivative_bytes"]) == (
        1,
        4_000_000,
        220_000,
    )
    assert sum(row["images"] for row in rows) == 14


def test_costs_are_by_size(ask: Ask) -> None:
    rows = ask(f"SELECT * FROM cost_drivers WHERE day = '{YESTERDAY.date()}' AND source = 'web'")
    found = {
        r["size_class"]: (r["images"], r["stored_bytes"], r["processing_seconds"])
        for r in rows
        if r["content_type"]
    }
    assert found == {
        "8 to 24 MP": (5, 5 * 4_220_000, pytest.approx(0.8)),
        "24 MP and more": (1, 10_220_000, pytest.approx(0.1)),
        "unknown": (1, 100, pytest.approx(0.1)),
    }


def test_purges_name_each_object_once_by_whoever_knows_best(ask: Ask) -> None:
    rows = ask("SELECT name, cause, within_policy FROM purges ORDER BY name")
    assert [tuple(row.values()) for row in rows] == [
        ("x", "auditor", True),
        ("y", "unexplained", False),
    ]


def test_findings_are_each_checks_last_and_since_when(ask: Ask) -> None:
    rows = ask("SELECT check_id, status, since, as_of, report FROM audit_findings ORDER BY 1")
    last = NOW - timedelta(hours=1)
    assert [tuple(row.values()) for row in rows] == [
        ("archive/lifecycle", "violation", NOW - timedelta(hours=2), last, 99),
        ("books/balance", "ok", NOW - timedelta(hours=3), last, 99),
    ]
