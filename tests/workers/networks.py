"""A machine's network, as the kernel keeps several: a process in one reaches the others by a link that can be cut."""

from __future__ import annotations

import subprocess
import uuid

#: A hardware address nobody has.
_NOBODY = "02:00:00:00:00:01"


class Network:
    """A network of its own with one link to ours. here, there: the addresses of its ends, 24 bits of them alike.

    Raises OSError or CalledProcessError where nobody but a superuser may have one, or there is no `ip`.
    """

    def __init__(self, here: str, there: str) -> None:
        self.name = f"t{uuid.uuid4().hex[:6]}"
        self._here, self._there = here, there
        self._near, self._far = f"{self.name}a", f"{self.name}b"
        self.within = ("ip", "netns", "exec", self.name)
        for command in (
            f"netns add {self.name}",
            f"link add {self._near} type veth peer name {self._far} netns {self.name}",
            f"addr add {here}/24 dev {self._near}",
            f"link set {self._near} up",
            f"-n {self.name} addr add {there}/24 dev {self._far}",
            f"-n {self.name} link set lo up",
            f"-n {self.name} link set {self._far} up",
            f"-n {self.name} route add default via {here}",
        ):
            _ip(command)

    def cut(self) -> None:
        """From now on nothing comes through, and nobody is told: each end sends to whom there is not."""
        _ip(f"neigh replace {self._there} lladdr {_NOBODY} dev {self._near} nud permanent")
        _ip(f"-n {self.name} neigh replace {self._here} lladdr {_NOBODY} dev {self._far} nud permanent")

    def mend(self) -> None:
        """The link leads there again."""
        _ip(f"neigh del {self._there} dev {self._near}")
        _ip(f"-n {self.name} neigh del {self._here} dev {self._far}")

    def close(self) -> None:
        for command in (f"link del {self._near}", f"netns del {self.name}"):
            subprocess.run(["ip", *command.split()], check=False, capture_output=True)


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)
