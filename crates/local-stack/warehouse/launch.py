"""Runs local-bigquery on the loopback interface until standard input closes.

Standard input is a pipe from the process that started it, so the warehouse ends with that process
however that ends. Once requests are answered, one line on standard output says the port.
"""

import argparse
import errno
import os
import pathlib
import socket
import sys
import threading

import extensions
import insert_all
import old_results
import uvicorn

from local_bigquery.engine import database
from local_bigquery.settings import settings

HOST = "127.0.0.1"
PORT_TAKEN = 98  # The exit status that the starter reads as "the port is taken".


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--project", required=True)
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    return parser.parse_args()


def bind(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(PORT_TAKEN)
    return listener


class Server(uvicorn.Server):
    """Says its port when it answers, and stops when standard input closes."""

    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(sockets[0].getsockname()[1], flush=True)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # Nobody reads standard output after it.

    def stop_with_standard_input(self):
        sys.stdin.buffer.read()
        if not self.started:
            os._exit(0)
        self.should_exit = True


def open_database():
    """Opens the database. Few rows at a time are kept in its catalogue: each insert would be a file
    else, and every query opens all files. The catalogue keeps that setting, and DuckLake 1.5.5 crashes
    when it is made again where there are views.
    """
    project = settings.default_project_id
    is_new = not (settings.data_dir / f"{project}.ducklake").exists()
    database.connection()
    if is_new:
        database.execute("CALL ducklake_set_option($1, 'data_inlining_row_limit', 100)", [project])


def main():
    options = arguments()
    listener = bind(options.port)
    settings.default_project_id = options.project
    settings.data_dir = options.data_dir
    config = uvicorn.Config(
        "local_bigquery:app", log_config=None, access_log=False, timeout_graceful_shutdown=5
    )
    server = Server(config)
    threading.Thread(target=server.stop_with_standard_input, daemon=True).start()
    extensions.install()
    insert_all.apply()
    open_database()
    old_results.drop_for_good()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
