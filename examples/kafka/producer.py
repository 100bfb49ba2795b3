#!/usr/bin/env python3
"""Sends images to Darkroom through Kafka, and prints each one's place in the topic and its id.

Requirements: pip install "confluent-kafka>=2.5,<3"

    python producer.py --brokers localhost:9092 --cluster local --topic darkroom.images \
        --label site=north photo.jpg

On a cluster that wants a login, the settings are librdkafka's own; secrets come by a variable:

    KAFKA_PASSWORD=… python producer.py --brokers broker:9094 --cluster prod \
        --topic darkroom.images --set security.protocol=SASL_SSL \
        --set sasl.mechanism=SCRAM-SHA-512 --set sasl.username=camera photo.jpg

The cluster that `make run` embeds tells a sender a made-up time: there the id that is printed is not
the image's.
"""

import argparse
import hashlib
import mimetypes
import os
import sys
import uuid
from pathlib import Path

from confluent_kafka import KafkaException, Producer


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("it must be name=value")
    return name, value


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Sends images to Darkroom through Kafka.")
    environ = os.environ
    parser.add_argument("--brokers", default=environ.get("KAFKA_BROKERS"), help="host:port,…")
    parser.add_argument(
        "--cluster",
        default=environ.get("KAFKA_CLUSTER"),
        help="the cluster's name in Darkroom: ids are made with it",
    )
    parser.add_argument("--topic", required=True)
    parser.add_argument("--label", type=pair, action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--set",
        type=pair,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of librdkafka",
    )
    parser.add_argument("files", type=Path, nargs="+")
    parsed = parser.parse_args()
    if not parsed.brokers or not parsed.cluster:
        parser.error("--brokers and --cluster are needed")
    return parsed


def producer(args: argparse.Namespace) -> Producer:
    config = {
        "bootstrap.servers": args.brokers,
        # Each message once and in order, however often sending it is tried.
        "enable.idempotence": True,
        # The topic's own limit decides.
        "message.max.bytes": 50_000_000,
        # Images are compressed already.
        "compression.type": "none",
    }
    if password := os.environ.get("KAFKA_PASSWORD"):
        config["sasl.password"] = password
    return Producer(config | dict(args.set))


def image_id(cluster: str, topic: str, partition: int, offset: int, millis: int) -> uuid.UUID:
    """The id that Darkroom gives the message: a UUIDv7 of its timestamp and coordinates."""
    text = f"{topic}\n{partition}\n{offset}\n{millis}\n{cluster}"
    digest = hashlib.sha256(text.encode()).digest()[:10]
    data = bytearray(millis.to_bytes(6, "big") + digest)
    data[6] = data[6] & 0x0F | 0x70
    data[8] = data[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(data))


def headers(file: Path, labels: list[tuple[str, str]]) -> list[tuple[str, bytes]]:
    found = [("filename", file.name.encode())]
    content_type, _ = mimetypes.guess_type(file.name)
    # Darkroom looks at the bytes where this does not know.
    if content_type:
        found.append(("content-type", content_type.encode()))
    return found + [(f"label-{key}", value.encode()) for key, value in labels]


def main() -> int:
    args = arguments()
    client = producer(args)
    failed = 0

    def delivered(file: Path, error, message) -> None:
        nonlocal failed
        if error is not None:
            failed += 1
            print(f"{file.name}: {error}", file=sys.stderr)
            return
        place = message.topic(), message.partition(), message.offset()
        # The brokers' time, where the topic has LogAppendTime.
        _, millis = message.timestamp()
        print(f"{file.name}: {'/'.join(map(str, place))} {image_id(args.cluster, *place, millis)}")

    for file in args.files:
        try:
            client.produce(
                args.topic,
                value=file.read_bytes(),
                headers=headers(file, args.label),
                on_delivery=lambda error, message, file=file: delivered(file, error, message),
            )
        except (BufferError, KafkaException, OSError) as error:
            failed += 1
            print(f"{file.name}: {error}", file=sys.stderr)
        # Keeps what waits small, and calls back for what was delivered.
        while len(client) >= 100:
            client.poll(0.1)
    client.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
