"""The local warehouse, as a process, and Google's client for it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

REPOSITORY = Path(__file__).parents[1]
TARGET = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its address. It has production's tables and views, and what is in `folder`."""
    command = [str(TARGET / "debug/local-stack"), "warehouse", "--port", "0", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().strip() if process.stdout else ""
        if not address:
            raise RuntimeError("the warehouse did not start; it said why")
        try:
            yield address
        finally:
            process.terminate()


def client(endpoint: str) -> bigquery.Client:
    """Google's own client, as analysts use it."""
    return bigquery.Client(
        project="local",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": endpoint},
        default_query_job_config=bigquery.QueryJobConfig(default_dataset="local.darkroom"),
    )
