"""A network of its own for the benchmark: Janus never offers the loopback address, and no packet of a load test may leave the machine.

The benchmark starts itself again in a fresh network namespace (unshare) that holds the loopback and one virtual cable with the address
198.18.0.1 (RFC 2544, for benchmarks). Packets between addresses of one machine stay in its kernel either way.
"""

import os
import shutil
import subprocess
import sys

ADDRESS = "198.18.0.1"
_INSIDE = "BONGHWA_BENCH_NETWORK"
_CABLE = (
    "ip link set lo up",
    "ip link add bench0 type veth peer name bench1",
    f"ip address add {ADDRESS}/24 dev bench0",
    "ip link set bench0 up",
    "ip link set bench1 up",
    "ip route add default dev bench0",
)


def inside() -> bool:
    """Whether this process is in the benchmark's network."""
    return _INSIDE in os.environ


def enter(module: str, arguments: list[str]) -> None:
    """Become the same benchmark in a network of its own. Comes back, with a word why, where the machine cannot."""
    if inside():
        return
    unshare, ip = shutil.which("unshare"), shutil.which("ip") or shutil.which("ip", path="/usr/sbin:/sbin")
    if not unshare or not ip:
        say("unshare or ip is not installed: no network of our own, so Janus is not measured (scripts/services --bench)")
        return
    own = [unshare, *(() if os.geteuid() == 0 else ("--map-root-user",)), "--net"]
    lay = " && ".join(_CABLE).replace("ip ", f"{ip} ")
    tried = subprocess.run([*own, "sh", "-c", lay], capture_output=True, text=True, check=False)
    if tried.returncode:
        say(f"no network of our own, so Janus is not measured: {tried.stderr.strip()}")
        return
    os.environ[_INSIDE] = "1"
    os.execv(unshare, [*own, "sh", "-c", f'{lay} && exec "$@"', "sh", sys.executable, "-m", module, *arguments])


def say(text: str) -> None:
    """To people, beside the rows."""
    print(text, file=sys.stderr, flush=True)
