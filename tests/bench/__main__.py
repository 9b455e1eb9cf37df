"""`python -m tests.bench [--only GROUP]`: measures; a figure is a JSON line on standard output."""

import argparse
import sys
from importlib import import_module

GROUPS = ("normalise", "init", "resolve", "journey")


def main() -> int:
    """Runs the groups in turn; each prints its figures as they come."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=GROUPS)
    only = parser.parse_args().only
    for group in (only,) if only else GROUPS:
        for figure in import_module(f"tests.bench.{group}").measure():
            sys.stdout.write(figure.line() + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
