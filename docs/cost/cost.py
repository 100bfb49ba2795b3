"""What a month costs by images a day: the arithmetic of docs/ARCHITECTURE.md."""

from dataclasses import dataclass
from math import ceil, exp

DAY = 24 * 60 * 60
MIB, GIB, TIB = 2**20, 2**30, 2**40


@dataclass(frozen=True)
class Month:
    """A month at a number of images a day, evenly spread."""

    prices: dict
    images_a_day: int
    by_reference: bool = False

    @property
    def images(self) -> float:
        return self.images_a_day * self.prices["month_days"]

    @property
    def images_second(self) -> float:
        return self.images_a_day / DAY

    @property
    def seconds(self) -> float:
        return self.prices["month_days"] * DAY

    @property
    def objects(self) -> int:
        """Of an image, in the archive and the records: original, derivatives, record."""
        return 2 + self.prices["image"]["derivatives"]

    @property
    def kafka_images_second(self) -> float:
        return self.images_second * self.prices["image"]["kafka_share"]

    def lines(self) -> dict[str, float]:
        """The month's bill."""
        requests = self.requests()
        return {
            **{f"Cloud Run: {name}": self.service(name, each) for name, each in requests.items()},
            "Cloud Run: kafka-ingest": self.worker_pool(),
            "Cloud Storage: bytes": self.stored(),
            "Cloud Storage: operations": self.operations(),
            "Pub/Sub, for Eventarc": self.events(),
            "BigQuery: streaming": self.streamed(),
            "BigQuery: bytes": self.warehouse(),
            "BigQuery: queries of the sweeps": self.sweep_queries(),
            "BigQuery: queries of analysts": self.analysts(),
            "Logging": self.logs(sum(requests.values())),
            "Kafka, managed": self.kafka(),
        }

    def requests(self) -> dict[str, float]:
        """How many requests each service gets for an image."""
        image = self.prices["image"]
        return {
            "upload-signer": (1 - image["kafka_share"]) * (1 + image["asked"]),
            "image-processor": 1,
            "metadata-loader": 1,
            "purge-auditor": self.objects,
        }

    def service(self, name: str, requests_an_image: float) -> float:
        """Instances are paid while they have a request. More of those share one the more there are,
        up to its concurrency and to what its processors do.
        """
        service, run = self.prices["service"][name], self.prices["run"]
        rate = self.images_second * requests_an_image
        under_way = rate * service["seconds"]
        processors = service["vcpus"] * self.prices["usage"]["busy_at_most"]
        instances = max(
            1 - exp(-under_way),
            under_way / service["concurrency"],
            rate * service["cpu_seconds"] / processors,
        )
        if name == "purge-auditor":
            instances += self.sweeping()
        second = service["vcpus"] * run["vcpu_second"] + service["gib"] * run["gib_second"]
        requests = rate * self.seconds / 1e6 * run["million_requests"]
        return instances * self.seconds * second + requests

    def sweeping(self) -> float:
        """How many sweeps are under way on average."""
        deletions = self.images_second * self.objects
        return deletions / self.prices["usage"]["deletions_second"] + 4 / 3600

    def instances(self) -> int:
        """Of kafka-ingest: two at least, so that one goes on while the other is replaced."""
        each = self.prices["usage"]["ingest_images_second"]
        return max(2, ceil(self.kafka_images_second / each))

    def worker_pool(self) -> float:
        price = self.prices["worker_pool"]
        return self.instances() * self.seconds * (price["vcpu_second"] + 0.5 * price["gib_second"])

    def stored(self) -> float:
        image = self.prices["image"]
        size = (image["original_mb"] + image["derivatives_mb"]) * 1e6 + image["record_kb"] * 1e3
        copies = 2 if self.by_reference else 1
        referred = (copies - 1) * image["kafka_share"] * image["original_mb"] * 1e6
        kept = self.images_a_day * 7 * (size + referred)
        return kept / GIB * self.prices["storage"]["gib_month"]

    def operations(self) -> float:
        storage, usage = self.prices["storage"], self.prices["usage"]
        image = self.prices["image"]
        # A reference is uploaded by its sender, and copied.
        class_a = usage["class_a"] + (image["kafka_share"] if self.by_reference else 0)
        class_b = usage["class_b"] + (1 - image["kafka_share"]) * image["asked"] * 2
        lists = (
            usage["sweep_lists"] * 25 + self.images_a_day * 7 * self.objects / usage["names_a_list"]
        )
        lists *= self.prices["month_days"]
        return (self.images * class_a + lists) / 1e3 * storage[
            "thousand_class_a"
        ] + self.images * class_b / 1e3 * storage["thousand_class_b"]

    def events(self) -> float:
        """Each is published and pushed: one of the ingest bucket, one of the records', one of each
        object that is deleted.
        """
        events = self.images * (2 + self.objects)
        carried = 2 * events * self.prices["usage"]["event_kb"] * 1e3
        return carried / TIB * self.prices["events"]["tib"]

    def streamed(self) -> float:
        usage = self.prices["usage"]
        # No row counts for less than 1 kB.
        ledger = self.objects * usage["ledger_rows_an_object"] * max(1.0, usage["ledger_row_kb"])
        size = self.images * (self.prices["image"]["record_kb"] + ledger) * 1e3
        return size / GIB * self.prices["bigquery"]["streamed_gib"]

    def warehouse(self) -> float:
        usage = self.prices["usage"]
        ledger_row = usage["ledger_row_kb"] * usage["ledger_rows_an_object"] * self.objects
        an_image = 7 * self.prices["image"]["record_kb"] + usage["ledger_days"] * ledger_row
        kept = self.images_a_day * an_image * 1e3
        return kept / GIB * self.prices["bigquery"]["gib_month"]

    def sweep_queries(self) -> float:
        usage = self.prices["usage"]
        rows = self.images_a_day * self.objects * usage["ledger_rows_an_object"]
        one = rows * usage["ledger_days_read"] * usage["ledger_bytes_read"]
        scanned = one * 2 * 25 * self.prices["month_days"]
        return scanned / TIB * self.prices["bigquery"]["tib_scanned"]

    def analysts(self) -> float:
        table = self.images_a_day * 7 * self.prices["image"]["record_kb"] * 1e3
        scanned = table * self.prices["usage"]["scans_a_day"] * self.prices["month_days"]
        return scanned / TIB * self.prices["bigquery"]["tib_scanned"]

    def logs(self, requests_an_image: float) -> float:
        """A line of Cloud Run's and one of the function's for each request."""
        size = self.images * requests_an_image * self.prices["usage"]["log_kb_a_request"] * 1e3
        return size / GIB * self.prices["logging"]["gib"]

    def kafka(self) -> float:
        kafka, image = self.prices["kafka"], self.prices["image"]
        units = 0.6 * kafka["vcpus"] + 0.1 * kafka["memory_gib"]
        least = units * kafka["dcu_hour"] * self.prices["month_days"] * 24
        if self.by_reference:
            return least
        mib_second = self.kafka_images_second * image["original_mb"] * 1e6 / MIB
        return max(least, mib_second * kafka["mib_second_month"])


def months(prices: dict) -> dict[str, Month]:
    """A month at each scale."""
    return {name: Month(prices, **scale) for name, scale in prices["scale"].items()}


def table(prices: dict) -> str:
    """The bills side by side, as a table in Markdown."""
    bills = {name: month.lines() for name, month in months(prices).items()}
    names = next(iter(bills.values()))
    rows = [
        ["dollars a month, at", *(f"{name} a day" for name in bills)],
        ["---", *("---:" for _ in bills)],
        *([line, *(_dollars(bill[line]) for bill in bills.values())] for line in names),
        ["**Sum**", *(f"**{_dollars(sum(bill.values()))}**" for bill in bills.values())],
        ["of a thousand images", *(_of_a_thousand(prices, name) for name in bills)],
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _dollars(amount: float) -> str:
    """Two digits that count: no more are known."""
    if amount < 1:
        return f"{amount:.2f}"
    digits = len(str(int(amount)))
    return f"{round(amount, 2 - digits):,.0f}" if digits > 2 else f"{amount:,.0f}"


def _of_a_thousand(prices: dict, name: str) -> str:
    month = months(prices)[name]
    return f"{sum(month.lines().values()) / month.images * 1000:.3f}"
