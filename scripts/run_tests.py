"""Run pytest: what the arguments name, or without any every test, some rooms' beside all others.

Half of what the tests do is wait for a camera, a browser or a lease, so the two processes share two cores well. What the ones beside
say is shown when the others are done.
"""

import subprocess
import sys
import tempfile

PYTEST = [sys.executable, "-m", "pytest", "-rs"]
APART = ("tests/media", "tests/city", "tests/pursuit")


def main(arguments: list[str]) -> int:
    """0 when every test passed."""
    if arguments:
        return subprocess.run([*PYTEST, *arguments]).returncode
    with tempfile.TemporaryFile("w+") as said:
        print(f"{', '.join(APART)} run beside the others; what they say comes last", flush=True)
        apart = subprocess.Popen([*PYTEST, *APART], stdout=said, stderr=subprocess.STDOUT)
        try:
            others = subprocess.run([*PYTEST, "tests", *(f"--ignore={room}" for room in APART), "-p", "no:cacheprovider"]).returncode
            beside = apart.wait()
        finally:
            apart.terminate()
            apart.wait()
        said.seek(0)
        print(f"{', '.join(APART)}:", said.read(), sep="\n", flush=True)
    return others or beside


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
