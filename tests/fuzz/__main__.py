"""Fuzz what reads hostile cameras with coverage to guide it: `scripts/fuzz [SECONDS] [TARGET...]`. Needs atheris (Linux, CPython)."""

import subprocess
import sys

PACKAGES = ["bonghwa.media"]


def one(name, seconds):
    """Fuzz one target in this process; atheris ends it."""
    import atheris

    with atheris.instrument_imports(include=PACKAGES):
        from tests.fuzz.targets import TARGETS

    limits = [f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits], TARGETS[name])
    atheris.Fuzz()


def main(words):
    if words[:1] == ["one"]:
        one(words[1], int(words[2]))
        return 0
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("scripts/fuzz: needs atheris: .venv/bin/python -m pip install atheris", file=sys.stderr)
        return 2
    from tests.fuzz.targets import TARGETS

    seconds = words[0] if words else "60"
    broken = []
    for name in words[1:] or TARGETS:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", "tests.fuzz", "one", name, seconds]).returncode:
            broken.append(name)
    print("broken: " + ", ".join(broken) if broken else "nothing broke")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
