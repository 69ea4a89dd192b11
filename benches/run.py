#!/usr/bin/env python3
"""Runs the contenders in turn, and writes the tables of docs/PERFORMANCE.md and the plot.

benches/README.md describes the method.
"""

import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OUT = ROOT / "build" / "bench"
QUICK = bool(os.environ.get("QUICK"))
ROUNDS = int(os.environ.get("ROUNDS", 2 if QUICK else 7))
SERVER_CORE, CLIENT_CORE = "0", "1"
# Seconds that a contender may take in one measurement.
LIMIT = 120

CONNECTION = {
    "id": 1,
    "connection_id": "bob",
    "provider_config_key": "github",
    "provider": "github",
    "errors": [],
    "end_user": None,
    "tags": {},
    "metadata": {"plan": "free"},
    "connection_config": {},
    "created_at": "2026-01-02T03:04:05.678+00:00",
    "updated_at": "2026-01-02T03:04:05.678+00:00",
    "last_fetched_at": "2026-01-02T03:04:05.678+00:00",
    "credentials": {
        "type": "OAUTH2",
        "access_token": "gho_abcdefghijklmnopqrstuvwxyz0123456789",
        "expires_at": "2026-08-21T11:00:00.000Z",
        "raw": {"access_token": "gho_abcdefghijklmnopqrstuvwxyz0123456789", "token_type": "bearer"},
    },
}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def say(*words):
    print(*words, flush=True)


# --- The server -----------------------------------------------------------------------------------


def free_port():
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return own.getsockname()[1]


class Server:
    """nginx with one worker, on one core, with files for answers."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="libnango-bench-"))
        # nginx serves as another user where it was started by root.
        self.folder.chmod(0o755)
        self.http, self.https = free_port(), free_port()
        self.authority = self.folder / "ca.pem"
        self.certificates()
        (self.folder / "connection.json").write_text(json.dumps(CONNECTION, separators=(",", ":")))
        summary = {
            key: value
            for key, value in CONNECTION.items()
            if key not in ("credentials", "connection_config", "metadata")
        }
        many = {
            "connections": [
                dict(summary, id=number, connection_id=f"connection-{number}")
                for number in range(10000)
            ]
        }
        (self.folder / "list.json").write_text(json.dumps(many, separators=(",", ":")))
        (self.folder / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/errors;
            events {{ worker_connections 4000; }}
            http {{
                access_log off; default_type application/json; sendfile on; tcp_nodelay on;
                open_file_cache max=10 inactive=1h;
                keepalive_timeout 600; keepalive_requests 1000000000;
                client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/p;
                fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u;
                scgi_temp_path {self.folder}/s;
                ssl_certificate {self.folder}/server.pem;
                ssl_certificate_key {self.folder}/server.key; ssl_protocols TLSv1.3;
                server {{
                    listen 127.0.0.1:{self.http} backlog=4096;
                    listen 127.0.0.1:{self.https} ssl backlog=4096; root {self.folder};
                    location ~ ^/connections?/ {{ try_files /connection.json =404; }}
                    location ~ ^/connections?$ {{ try_files /list.json =404; }}
                }}
            }}""")
        self.process = subprocess.Popen(
            [
                "taskset",
                "-c",
                SERVER_CORE,
                "nginx",
                "-c",
                self.folder / "nginx.conf",
                "-e",
                self.folder / "errors",
            ]
        )
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.https)).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise SystemExit(f"nginx does not answer: {(self.folder / 'errors').read_text()}")

    def certificates(self):
        def openssl(*arguments):
            run(
                "openssl",
                *arguments,
                cwd=self.folder,
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

        for name in ("ca", "server"):
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        openssl(
            "req",
            "-x509",
            "-new",
            "-key",
            "ca.key",
            "-subj",
            "/CN=bench",
            "-days",
            "2",
            "-out",
            "ca.pem",
        )
        openssl("req", "-new", "-key", "server.key", "-subj", "/CN=localhost", "-out", "server.csr")
        (self.folder / "san").write_text(
            "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
        )
        openssl(
            "x509",
            "-req",
            "-in",
            "server.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "san",
            "-out",
            "server.pem",
        )

    def url(self, scheme):
        return (
            f"http://127.0.0.1:{self.http}"
            if scheme == "http"
            else f"https://127.0.0.1:{self.https}"
        )

    def size(self, name):
        return (self.folder / name).stat().st_size

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


# --- The contenders -------------------------------------------------------------------------------


def build():
    OUT.mkdir(parents=True, exist_ok=True)
    flags = ["-O2", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread"]

    def packages(*names):
        return run(
            "pkg-config", "--cflags", "--libs", *names, capture_output=True, text=True
        ).stdout.split()

    run("cc", *flags, HERE / "c/libnango.c", "-o", OUT / "c-libnango", *packages("nango"))
    run(
        "cc", *flags, HERE / "c/libcurl.c", "-o", OUT / "c-libcurl", *packages("libcurl", "jansson")
    )
    run("cc", *flags, HERE / "c/socket.c", "-o", OUT / "c-socket")
    run("go", "build", "-o", OUT / "go-bench", ".", cwd=HERE / "go")
    run(
        "cargo",
        "build",
        "--release",
        "--locked",
        "--quiet",
        "--target-dir",
        ROOT / "target" / "bench",
        cwd=HERE / "rust",
    )
    run(
        "npm",
        "ci",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        HERE / "node",
    )


RUBY = ["ruby", "-I", ROOT / "bindings/ruby/lib", HERE / "ruby/bench.rb"]
RUST = [ROOT / "target/bench/release/bench"]
# Name -> the program and its kind.
CONTENDERS = {
    "bare socket": ([OUT / "c-socket"], "socket"),
    "libnango C": ([OUT / "c-libnango"], "blocking"),
    "libnango C, queue": ([OUT / "c-libnango"], "queue"),
    "libcurl easy": ([OUT / "c-libcurl"], "easy"),
    "libcurl easy, NOSIGNAL": ([OUT / "c-libcurl"], "nosignal"),
    "libcurl multi": ([OUT / "c-libcurl"], "multi"),
    "libnango Rust": (RUST, "libnango"),
    "libnango Rust, queue": (RUST, "queue"),
    "reqwest::blocking": (RUST, "reqwest"),
    "libnango Go": ([OUT / "go-bench"], "libnango"),
    "net/http": ([OUT / "go-bench"], "net/http"),
    "libnango Ruby": (RUBY, "libnango"),
    "Net::HTTP": (RUBY, "net_http"),
    "@nangohq/node": (["node", HERE / "node/bench.mjs"], "node"),
}
# What holds a thread for each call is not asked for a thousand.
IN_FLIGHT = {
    1: list(CONTENDERS),
    8: list(CONTENDERS)[1:],
    64: [
        name
        for name in CONTENDERS
        if name not in ("bare socket", "libcurl easy", "libnango Ruby", "Net::HTTP")
    ],
    1000: [
        "libnango C, queue",
        "libnango Rust, queue",
        "libcurl multi",
        "libnango Go",
        "net/http",
        "@nangohq/node",
    ],
}
SLOW = ("Ruby", "Net::HTTP", "node")


def calls_for(name, in_flight):
    calls = 2000 if QUICK else 8000
    if any(word in name for word in SLOW):
        calls //= 2
    return max(calls, 3 * in_flight)


def environment(server):
    return dict(os.environ, NODE_EXTRA_CA_CERTS=str(server.authority), NO_PROXY="*")


def command(server, name, scheme, in_flight, calls, kind=None):
    program, own = CONTENDERS[name]
    return [
        str(part)
        for part in [
            "taskset",
            "-c",
            CLIENT_CORE,
            *program,
            kind or own,
            server.url(scheme),
            server.authority,
            in_flight,
            calls,
        ]
    ]


def measure(server, *arguments, **options):
    done = subprocess.run(
        command(server, *arguments, **options),
        env=environment(server),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    if done.returncode != 0:
        raise SystemExit(f"{arguments}: {done.stderr}")
    return json.loads(done.stdout)


def median(values):
    return statistics.median(values)


def loads(server):
    """The medians of the rounds, by scheme, calls in flight and name."""
    seen = {}
    for number in range(ROUNDS):
        for scheme in ("http", "https"):
            for in_flight, names in IN_FLIGHT.items():
                for name in names:
                    if name == "bare socket" and scheme == "https":
                        continue
                    calls = calls_for(name, in_flight)
                    one = measure(server, name, scheme, in_flight, calls)
                    calls = calls // in_flight * in_flight
                    one["rate"], one["per cpu"] = calls / one["seconds"], calls / max(
                        one["cpu"], 1e-9
                    )
                    seen.setdefault((scheme, in_flight, name), []).append(one)
        say(f"round {number + 1} of {ROUNDS}")
    return {
        key: {what: median([one[what] for one in ones]) for what in ones[0]}
        for key, ones in seen.items()
    }


def slope(server, name, scheme, tool, pattern, few=100, many=500):
    """What a warm call costs by valgrind's count: the difference between a short and a long run."""
    counts = []
    for calls in (few, many):
        with tempfile.NamedTemporaryFile() as log:
            run(
                "valgrind",
                *tool,
                f"--log-file={log.name}",
                *command(server, name, scheme, 1, calls)[3:],
                stdout=subprocess.DEVNULL,
            )
            counts.append(pattern(Path(log.name).read_text()))
    return (counts[1] - counts[0]) / (many - few)


def instructions(server, name, scheme):
    def collected(log):
        return int(re.findall(r"Collected : (\d+)", log)[-1])

    return slope(
        server, name, scheme, ["--tool=callgrind", "--callgrind-out-file=/dev/null"], collected
    )


def system_calls(server, name, scheme):
    def counted(log):
        return sum(
            1
            for line in log.splitlines()
            if line.startswith("SYSCALL[") and " sys_" in line and "sys_clock_gettime" not in line
        )

    return slope(server, name, scheme, ["--tool=none", "--trace-syscalls=yes"], counted)


def cold(server, names):
    """Milliseconds from the start of a process that fetches one token over TLS to its end."""
    seen = {name: [] for name in names}
    for _ in range(5 if QUICK else 20):
        for name in names:
            before = time.perf_counter()
            measure(server, name, "https", 1, 1)
            seen[name].append((time.perf_counter() - before) * 1000)
    return {name: median(times) for name, times in seen.items()}


# --- Results ------------------------------------------------------------------------------


class Goals:
    def __init__(self):
        self.rows = []

    def at_most(self, measure, seen, other, factor=1.0, unit=""):
        self.add(
            measure, seen, other, seen / other, f"at most {factor:g}", seen <= factor * other, unit
        )

    def at_least(self, measure, seen, other, factor=1.0, unit=""):
        self.add(
            measure, seen, other, seen / other, f"at least {factor:g}", seen >= factor * other, unit
        )

    def shown(self, measure, seen, other, unit=""):
        """What no goal is set for."""
        self.add(measure, seen, other, seen / other, "–", None, unit)

    def add(self, measure, seen, other, ratio, goal, reached, unit):
        self.rows.append(
            (
                measure,
                f"{number(seen)}{unit}",
                f"{number(other)}{unit}",
                f"{ratio:.2f}",
                goal,
                {True: "reached", False: "**missed**", None: ""}[reached],
            )
        )

    def table(self):
        return table(
            ("measure", "libnango", "the other, or the limit", "ratio", "goal", ""), self.rows
        )


def number(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if value < 1 else f"{value:.1f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def goals(server, load, best_of):
    """The goals, each against what it is held to in this very run."""
    goal = Goals()
    for scheme, label in (("http", "HTTP"), ("https", "TLS")):
        for what, count in (("instructions", instructions), ("system calls", system_calls)):
            ours, others = count(server, "libnango C", scheme), count(
                server, "libcurl easy", scheme
            )
            goal.at_most(
                f"{what} of a warm call, C, libcurl easy, {label}",
                ours,
                others,
                0.75 if what == "instructions" else 1,
            )
            if what == "system calls":
                goal.at_most(
                    f"the same, libcurl with NOSIGNAL, {label}",
                    ours,
                    count(server, "libcurl easy, NOSIGNAL", scheme),
                )

        def at(in_flight, name, what):
            return load[scheme, in_flight, name][what]

        pairs = (
            ("C", "libnango C", "libcurl easy"),
            ("Rust", "libnango Rust", "reqwest::blocking"),
            ("Go", "libnango Go", "net/http"),
            ("Ruby", "libnango Ruby", "Net::HTTP"),
        )
        for language, ours, other in pairs:
            goal.at_most(
                f"{language}, one at a time, p50, {other}, {label}",
                at(1, ours, "p50"),
                at(1, other, "p50"),
                unit=" µs",
            )
        for in_flight in (64, 1000):
            goal.at_least(
                f"Go, {in_flight} in flight, calls per CPU-second, net/http, {label}",
                at(in_flight, "libnango Go", "per cpu"),
                at(in_flight, "net/http", "per cpu"),
                1.2,
            )
        goal.at_least(
            f"Ruby, 8 threads, calls per second, Net::HTTP, {label}",
            at(8, "libnango Ruby", "rate"),
            at(8, "Net::HTTP", "rate"),
            1.5,
        )
        goal.at_least(
            f"C, queue, 1 000 in flight, calls per CPU-second, libcurl multi, {label}",
            at(1000, "libnango C, queue", "per cpu"),
            at(1000, "libcurl multi", "per cpu"),
        )
        for in_flight, ours in (
            (1, "libnango C"),
            (1, "libnango Rust"),
            (1, "libnango Go"),
            (1, "libnango Ruby"),
            (1000, "libnango C, queue"),
            (1000, "libnango Go"),
        ):
            goal.at_least(
                f"{ours}, {in_flight} in flight, calls per CPU-second, @nangohq/node, {label}",
                at(in_flight, ours, "per cpu"),
                at(in_flight, "@nangohq/node", "per cpu"),
                2,
            )
    created = best_of(
        lambda: measure(server, "libnango C", "https", 1, 1000, kind="create")["p50"] / 1000
    )
    goal.at_most("client creation, HTTPS", created, 0.2, unit=" ms")
    times = cold(
        server,
        [
            "libnango C",
            "libcurl easy",
            "libnango Go",
            "net/http",
            "libnango Ruby",
            "Net::HTTP",
            "@nangohq/node",
        ],
    )
    goal.at_most(
        "cold: process start to end with one token, TLS, C, libcurl",
        times["libnango C"],
        times["libcurl easy"],
        unit=" ms",
    )
    for ours, other in (
        ("libnango Go", "net/http"),
        ("libnango Ruby", "Net::HTTP"),
        ("libnango C", "@nangohq/node"),
    ):
        goal.shown(f"the same, {ours}, {other}", times[ours], times[other], unit=" ms")
    kept = {
        what: [
            best_of(lambda: measure(server, name, "https", 1, 1, kind="memory")[what])
            for name in ("libnango C", "libcurl easy")
        ]
        for what in ("own", "kb")
    }
    goal.at_most(
        "memory of a client with one warm TLS connection, libcurl", *kept["own"], unit=" kB"
    )
    goal.shown(
        "the same, with the pages of the library's file that it touched, which all processes share",
        *kept["kb"],
        unit=" kB",
    )
    lists = {
        name: [measure(server, name, "http", 1, 20, kind="list") for _ in range(ROUNDS)]
        for name in ("libnango C", "libcurl easy")
    }
    goal.at_most(
        "a list of 10 000 connections, libcurl",
        median([one["p50"] / 1000 for one in lists["libnango C"]]),
        median([one["p50"] / 1000 for one in lists["libcurl easy"]]),
        1.1,
        unit=" ms",
    )
    before = measure(server, "libnango C", "http", 1, 100)["peak"]
    peaks = {
        kind: best_of(lambda: measure(server, "libnango C", "http", 1, 20, kind=kind)["peak"])
        - before
        for kind in ("fetch", "list")
    }
    goal.at_most(
        "peak memory of that list, the body's size",
        peaks["fetch"],
        server.size("list.json") / 1024,
        2,
        unit=" kB",
    )
    goal.shown(
        "the same, with a copy that is taken apart into its elements",
        peaks["list"],
        server.size("list.json") / 1024,
        unit=" kB",
    )
    stripped = OUT / "libnango.so"
    run("strip", "-o", stripped, os.environ["NANGO_LIB_PATH"])
    goal.at_most("libnango.so, stripped", stripped.stat().st_size / 1e6, 4.1, unit=" MB")
    return goal


def overview(load):
    rows = []
    for scheme, label in (("http", "HTTP"), ("https", "TLS 1.3")):
        for in_flight, names in IN_FLIGHT.items():
            for name in names:
                one = load.get((scheme, in_flight, name))
                if one:
                    rows.append(
                        (
                            label,
                            str(in_flight),
                            name,
                            number(one["p50"]),
                            number(one["p99"]),
                            number(one["rate"]),
                            number(one["per cpu"]),
                            number(one["peak"] / 1024),
                        )
                    )
    return table(
        (
            "",
            "in flight",
            "",
            "p50, µs",
            "p99, µs",
            "calls per second",
            "calls per CPU-second",
            "peak memory, MB",
        ),
        rows,
    )


def plot(load):
    """Bars: calls per CPU-second over TLS, one at a time and the most that each was asked for."""
    width, row, left = 860, 20, 190
    groups = [
        (
            in_flight,
            [
                (name, load["https", in_flight, name]["per cpu"])
                for name in names
                if ("https", in_flight, name) in load
            ],
        )
        for in_flight, names in IN_FLIGHT.items()
    ]
    most = max(value for _, bars in groups for _, value in bars)
    shapes, y = [], 44
    for in_flight, bars in groups:
        shapes.append(f'<text x="12" y="{y + 14}" class="head">{in_flight} in flight</text>')
        y += 24
        for name, value in sorted(bars, key=lambda bar: -bar[1]):
            length = (width - left - 90) * value / most
            kind = "ours" if name.startswith("libnango") else "other"
            shapes.append(
                f'<text x="{left - 8}" y="{y + 14}" class="name">{name}</text>'
                f'<rect x="{left}" y="{y + 3}" width="{length:.1f}" height="{row - 6}"'
                f' class="{kind}"/>'
                f'<text x="{left + length + 6:.1f}" y="{y + 14}">{number(value)}</text>'
            )
            y += row
        y += 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}"'
        f' viewBox="0 0 {width} {y}"><style>text{{font:12px sans-serif;fill:#222}}'
        ".name{text-anchor:end}.head{font-weight:bold}"
        ".ours{fill:#2563eb}.other{fill:#9ca3af}</style>"
        f'<rect width="{width}" height="{y}" fill="#fff"/>'
        '<text x="12" y="24" class="head">Calls per CPU-second over TLS 1.3 (more is better)</text>'
        f'{"".join(shapes)}</svg>\n'
    )


def first_line(*command):
    return (
        subprocess.run([str(part) for part in command], capture_output=True, text=True)
        .stdout.splitlines()[0]
        .strip()
    )


def versions():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    node = json.loads((HERE / "node/package-lock.json").read_text())["packages"][
        "node_modules/@nangohq/node"
    ]["version"]
    nginx = (
        subprocess.run(["nginx", "-v"], capture_output=True, text=True)
        .stderr.strip()
        .removeprefix("nginx version: ")
    )
    return ", ".join(
        [
            f"{os.cpu_count()} cores of {model.group(1) if model else platform.machine()}",
            f"Linux {platform.release().split('-')[0]}",
            first_line("curl-config", "--version"),
            first_line("go", "version").split()[2],
            " ".join(first_line("ruby", "--version").split()[:2]),
            f"node {first_line('node', '--version')}",
            f"@nangohq/node {node}",
            first_line("rustc", "--version").split(" (")[0],
            nginx,
        ]
    )


def main():
    if os.cpu_count() < 2:
        raise SystemExit("the server and the contenders need a core each")
    build()
    with Server() as server:
        load = loads(server)

        def best_of(one):
            return median([one() for _ in range(3)])

        goal = goals(server, load, best_of)
    text = "\n\n".join(
        [
            textwrap.fill(
                f"One run of `make bench`, {ROUNDS} rounds, medians: {versions()}.", width=100
            ),
            "### The goals",
            goal.table(),
            "### All of it",
            overview(load),
        ]
    )
    say(text)
    if not QUICK:
        page = ROOT / "docs/PERFORMANCE.md"
        begin, end = "<!-- made by make bench -->", "<!-- end -->"
        head, _, rest = page.read_text().partition(begin)
        page.write_text(f"{head}{begin}\n{text}\n{end}{rest.partition(end)[2]}")
        (ROOT / "docs/performance.svg").write_text(plot(load))
        say(f"written: {page.relative_to(ROOT)}, docs/performance.svg")


if __name__ == "__main__":
    sys.exit(main())
