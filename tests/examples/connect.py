#!/usr/bin/env python3
"""Tests an example that connects users: `connect.py COMMAND…`, in the environment of nango-dev. It
opens the links that the example prints, as the user would."""

import subprocess
import sys
import urllib.request


def run(arguments, query=""):
    """Runs the example, visits its link, and returns what it printed last."""
    command = sys.argv[1:] + arguments
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        last = ""
        for line in program.stdout:
            last = line.strip()
            if last.startswith("open: "):
                urllib.request.urlopen(last.removeprefix("open: ") + query, timeout=30).close()
    if program.returncode != 0:
        sys.exit(f"{arguments}: it ended with status {program.returncode}")
    return last


def main():
    language = sys.argv[1].rsplit("/", 1)[-1]
    user = f"user-of-{language}-{abs(hash(tuple(sys.argv)))}"
    last = run(["new", "github", user], "&integration_id=github")
    assert last.startswith("connected: ") and "with a token of" in last, last
    last = run(["again", "github", "broken"])
    assert last.startswith("connected: broken, with a token of"), last
    last = run(["import", "stripe-key", user, "sk-imported"])
    assert last.endswith("with a token of 11 characters"), last
    print(f"{' '.join(sys.argv[1:])}: a new connection, one that was broken, and an import")


main()
