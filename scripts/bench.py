#!/usr/bin/env python3
"""Measures brokers of the build, and Apache Kafka 3.9.1 beside them.

    bench.py [WORKLOAD...] [--reference] [--rounds N] [--out FILE.json] [--chart FILE.svg]

Every workload runs on a fresh ZooKeeper and fresh brokers, here, and is stopped and removed at its end. With
--reference each round runs it on Meerkat, then on Kafka (which Maven fetches), so that a slow spell of the machine hits
both; compare only within one run. Load comes from build/bench/load, which costs little itself. The column `floor` is a
server that does the least that any broker must, so what the kernel alone costs. `make bench` calls this.

Workloads (without any: single replicated partitions connections):
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

import servers
from bench import chart, memory, reference, report, workloads
from bench.cluster import Lab

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
USUAL = ["single", "replicated", "partitions", "connections"]


def describe_workloads():
    return "".join(f"  {name:12} {run.__doc__.strip()}\n" for name, run in workloads.ALL.items())


def parse():
    parser = argparse.ArgumentParser(description=__doc__ + describe_workloads(),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", metavar="WORKLOAD", choices=[[], *workloads.ALL])
    parser.add_argument("--build", default="build", help="the folder of the build to measure (build)")
    parser.add_argument("--reference", action="store_true", help="measure Apache Kafka 3.9.1, too")
    parser.add_argument("--rounds", type=int, default=1, help="how often; the table shows medians (1)")
    parser.add_argument("--seconds", type=float, default=5, help="of each load (5)")
    parser.add_argument("--warm-up", type=float, default=10, help="seconds of load before throughput is measured (10)")
    parser.add_argument("--partitions", type=int, default=2000, help="of the workload partitions (2000)")
    parser.add_argument("--connections", type=int, default=2000, help="of the workload connections (2000)")
    parser.add_argument("--gigabytes", type=float, default=5, help="of old data in the workload catch_up (5)")
    parser.add_argument("--records", type=int, default=5_000_000, help="in the workload real_clients (5,000,000)")
    parser.add_argument("--reference-most", type=int, default=10000, metavar="PARTITIONS",
                        help="growth: more than that only on Meerkat; Kafka takes minutes to stop with 10,000 (10000)")
    parser.add_argument("--minutes", type=float, default=10, help="of the workload soak (10)")
    parser.add_argument("--folder", help="where brokers keep their data meanwhile (the system's folder for such)")
    parser.add_argument("--out", help="write the figures of every round as JSON")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--chart", help="draw what growth and soak have found as SVG")
    parser.add_argument("--from", dest="earlier", metavar="FILE.json", help="run nothing, show an earlier run's --out")
    return parser.parse_args()


def commit():
    done = subprocess.run(["git", "-C", TOP, "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip()


def measure(options):
    """The rounds: workload -> kind of broker -> what each round found."""
    kinds = ["meerkat"] + (["kafka"] if options.reference else [])
    found = {}
    for number in range(options.rounds):
        for name in options.workload or USUAL:
            for kind in kinds + (["floor"] if workloads.ALL[name] in workloads.WITH_FLOOR else []):
                memory.touch()
                began = time.monotonic()
                got = workloads.ALL[name](Lab(kind, options), options)
                found.setdefault(name, {}).setdefault(kind, []).append(got)
                print(f"round {number + 1}: {name} on {kind}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return {"date": time.strftime("%Y-%m-%d", time.gmtime()), "commit": commit(), "machine": report.machine(),
            "seconds": options.seconds, "warm_up": options.warm_up, "rounds": options.rounds,
            "partitions": options.partitions, "connections": options.connections, "found": found}


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    try:
        if options.earlier:
            with open(options.earlier, encoding="utf-8") as file:
                result = json.load(file)
        else:
            if options.reference:
                reference.ensure()
            result = measure(options)
    except (servers.StartFailed, TimeoutError, subprocess.SubprocessError) as problem:
        sys.exit(f"bench: {problem}")
    print(report.markdown(result) if options.markdown else report.table(result))
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    if options.chart:
        with open(options.chart, "w", encoding="utf-8") as file:
            file.write(chart.draw(report.panels(result)))


main()
