"""`python -m tests.bench [--only GROUP]`: measures; a figure is a JSON line on standard output."""

import argparse
import sys
from importlib import import_module

GROUPS = {
    "normalise": ("normalise",),
    "init": ("init",),
    "resolve": ("resolve",),
    "journey": ("journey", "init", "normalise"),
}
"""Group → the modules that measure it; a figure is told once, by the first that has it."""


def main() -> int:
    """Runs the groups in turn; each prints its figures as they come."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=GROUPS)
    only = parser.parse_args().only
    wanted = GROUPS[only] if only else [name for group in GROUPS.values() for name in group]
    told: set[str] = set()
    for module in dict.fromkeys(wanted):
        for figure in import_module(f"tests.bench.{module}").measure():
            if figure.name not in told:
                sys.stdout.write(figure.line() + "\n")
                sys.stdout.flush()
            told.add(figure.name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
