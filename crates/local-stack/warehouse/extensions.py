"""DuckDB's extensions, from the Python packages that hold them: nothing is fetched when it runs.

Run as a program, it installs them and shows that they load.
"""

import duckdb
from duckdb_extensions import import_extension

EXTENSIONS = ("ducklake", "httpfs", "icu", "spatial")


def install():
    """Copies what is not there yet to where DuckDB looks for it (in the home folder)."""
    with duckdb.connect() as connection:
        for extension in EXTENSIONS:
            import_extension(extension, con=connection)


if __name__ == "__main__":
    install()
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        for extension in EXTENSIONS:
            connection.load_extension(extension)
