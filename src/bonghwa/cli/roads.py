"""`bonghwa roads`: make the road file that pursuits reckon on from public road data, and show what is in one."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bonghwa.pursuit.mapped import RoadsFileProblem, digest_of, load_roads
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, INFERRED, Roads
from bonghwa.registry.road_import import FORMATS, PACKAGED, RoadFileProblem, RoadImport, import_roads
from bonghwa.registry.road_joining import part_sizes


def run(argv: Sequence[str]) -> int:
    """Run `bonghwa roads ARGS`; the exit code: 0 done, 1 a file was refused, 2 wrong usage."""
    args = _parser().parse_args(argv)
    try:
        return int(args.act(args))
    except RoadFileProblem as problem:
        fault = problem.problem
        where = {"file": str(problem.file), "line": fault.line, "field": fault.field}
        return _refuse(args, {"code": fault.code, **where, "text": str(problem)})
    except RoadsFileProblem as problem:
        return _refuse(args, {"code": "roads_file", "file": str(problem.path), "text": str(problem)})
    except OSError as error:
        # A disk that is full names no file: it is the one being written.
        file = error.filename or (args.out if args.act is _import else args.path)
        return _refuse(args, {"code": "cannot_open", "text": f"{file}: {error.strerror}"})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bonghwa roads", description="The roads that pursuits reckon on.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    words = f"read road files ({', '.join(FORMATS)}; {PACKAGED}: those inside the package) and write one road file"
    command = commands.add_parser("import", help="read road files and write one road file for pursuits", description=words)
    command.add_argument("files", metavar="FILE", type=Path, nargs="+", help="roads; a file of nodes belongs to the links named with it")
    command.add_argument("--out", metavar="PATH", type=Path, required=True, help="the road file to write; rejected rows go beside it")
    command.add_argument("--no-join", action="store_true", help="leave parts that nearly touch apart")
    command.add_argument("--lang", choices=("en", "ko"), default="en", help="language of the report (default: en)")
    command.add_argument("--json", action="store_true", help="print the answer as JSON")
    command.set_defaults(act=_import)
    command = commands.add_parser("show", help="show what a road file holds", description="Show what a road file holds.")
    command.add_argument("path", metavar="PATH", type=Path)
    command.add_argument("--json", action="store_true", help="print the answer as JSON")
    command.set_defaults(act=_show)
    return parser


def _import(args: argparse.Namespace) -> int:
    def progress(words: str, count: int) -> None:
        if not args.json and sys.stderr.isatty():
            print(f"{words} {count:,}" if count else words, file=sys.stderr)

    found = import_roads(args.files, args.out, join=not args.no_join, progress=progress)
    if args.json:
        print(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _print_report(found, args.out, args.lang)
    return 0


def _print_report(found: RoadImport, out: Path, language: str) -> None:
    answer = found.as_json()
    print(f"{answer['rows']:,} roads read, {answer['nodes']:,} nodes, {answer['edges']:,} edges, {answer['km']:,} km of streets: {out}")
    for count, words in found.dirt.lines(language):
        print(f"  {count:>7,}  {words}")
    for file in found.rejects_files:
        print(f"rejected rows: {file}")


def describe(roads: Roads) -> dict[str, object]:
    """What a road graph holds, in numbers: parts by how many nodes they have, edges by who may use them."""
    sizes = part_sizes(roads)
    uses = {"foot": FOOT, "car": CAR, "against": AGAINST, "inferred": INFERRED}
    return {
        "nodes": roads.nodes,
        "edges": roads.edges,
        "km": round(float(roads.length[roads.twin > np.arange(roads.edges)].sum()) / 1000.0, 1),
        "parts": len(sizes),
        "largest_part_share": round(sizes[0] / roads.nodes, 4) if roads.nodes else 0.0,
        "edges_by_use": {word: int(np.count_nonzero(roads.use & flag)) for word, flag in uses.items()},
        "source": roads.source,
    }


def _show(args: argparse.Namespace) -> int:
    answer = describe(load_roads(args.path)) | {"sha256": digest_of(args.path)}
    if args.json:
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    print(f"{answer['nodes']:,} nodes, {answer['edges']:,} edges, {answer['km']:,} km of streets")
    print(f"{answer['parts']:,} parts that do not touch; the largest holds {answer['largest_part_share']:.1%} of the nodes")
    print("edges open to: " + ", ".join(f"{word} {count:,}" for word, count in dict(answer["edges_by_use"]).items()))  # type: ignore[call-overload]
    print(f"source: {answer['source']}")
    print(f"sha256: {answer['sha256']}")
    return 0


def _refuse(args: argparse.Namespace, error: dict[str, object]) -> int:
    if args.json:
        print(json.dumps({"error": error}, ensure_ascii=False))
    print(f"bonghwa roads: {error['text']}", file=sys.stderr)
    if args.act is _import:
        print("nothing was written", file=sys.stderr)
    return 1
