"""A container of an image, as Cloud Run would not make it stricter: another user than root, a root
that cannot be written to, no capabilities and no way to new ones. Its network is the machine's."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_SECONDS = 10  # Cloud Run's time between SIGTERM and SIGKILL.


class Container:
    """A running container."""

    def __init__(
        self, archive: Path, folder: Path, environment: dict[str, str], files: dict[str, Path]
    ) -> None:
        """Starts it; `files` are shown to it at these paths."""
        self._bundle = folder / "bundle"
        self._state = folder / "state"
        self.log = folder / "log"
        self._name = f"darkroom-{folder.name}"
        layout = folder / "layout"
        _run("skopeo", "copy", "--quiet", f"oci-archive:{archive}", f"oci:{layout}:image")
        _run("umoci", "unpack", "--image", f"{layout}:image", str(self._bundle))
        self._write_config(environment, files)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*self._runc(), "run", "--bundle", str(self._bundle), self._name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        subprocess.run([*self._runc(), "delete", "--force", self._name], capture_output=True)
        self.process.wait()

    @property
    def root(self) -> Path:
        """The image's files."""
        return self._bundle / "rootfs"

    def status(self) -> dict[str, str]:
        """What the kernel says of its process."""
        state = json.loads(_run(*self._runc(), "state", self._name))
        lines = Path(f"/proc/{state['pid']}/status").read_text().splitlines()
        return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}

    def stop(self) -> int:
        """Stops it as Cloud Run does, and tells how it ended."""
        _run(*self._runc(), "kill", self._name, "TERM")
        return self.process.wait(STOP_SECONDS)

    def _runc(self) -> list[str]:
        return ["runc", "--root", str(self._state)]

    def _write_config(self, environment: dict[str, str], files: dict[str, Path]) -> None:
        """Changes what umoci made of the image's own configuration."""
        config_file = self._bundle / "config.json"
        config = json.loads(config_file.read_text())
        config["root"]["readonly"] = True
        process = config["process"]
        process["terminal"] = False
        process["noNewPrivileges"] = True
        process["capabilities"] = {}
        process["env"] += [f"{name}={value}" for name, value in environment.items()]
        config["mounts"] += [
            {"destination": path, "source": str(file), "type": "bind", "options": ["bind", "ro"]}
            for path, file in files.items()
        ]
        namespaces = config["linux"]["namespaces"]
        config["linux"]["namespaces"] = [it for it in namespaces if it["type"] != "network"]
        config_file.write_text(json.dumps(config))


def _run(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr}"
    return result.stdout
