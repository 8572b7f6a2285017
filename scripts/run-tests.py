#!/usr/bin/env python3
"""Runs test programs, two at a time, and sums them up in one last line: `N passed, N failed`.

run-tests.py --build FOLDER PROGRAM...   a GoogleTest binary, or a .py file of test/cluster

Exit status 1 if anything failed. What a failed program printed is shown.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

WORKERS = 2
LIMIT_SECONDS = {"unit": 600, "cluster": 1200}
SHOWN_LINES = 150


class Outcome:
    """What one program had to say."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped, self.output, self.seconds = name, 0, [], [], "", 0.0


def count_gtest(outcome, report):
    for suite in report.get("testsuites", []):
        for test in suite.get("testsuite", []):
            name = f"{suite['name']}.{test['name']}"
            if test.get("result") == "SKIPPED":
                outcome.skipped.append(name)
            elif test.get("failures"):
                outcome.failed.append(name)
            elif test.get("status") == "RUN":
                outcome.passed += 1


def count_cluster(outcome, report):
    outcome.passed += report["passed"]
    outcome.failed += report["failed"]
    outcome.skipped += report["skipped"]


def command_for(program, report):
    if program.endswith(".py"):
        return [sys.executable, program, f"--report={report}"]
    return [program, f"--gtest_output=json:{report}", "--gtest_brief=1"]


def run(program, build):
    outcome = Outcome(os.path.basename(program))
    kind = "cluster" if program.endswith(".py") else "unit"
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="meerkat-report-") as folder:
        report = os.path.join(folder, "report.json")
        environment = {**os.environ, "MEERKAT_BUILD": build}
        try:
            done = subprocess.run(command_for(program, report), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  stdin=subprocess.DEVNULL, env=environment, timeout=LIMIT_SECONDS[kind], check=False)
            status, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            status, output = f"no end within {LIMIT_SECONDS[kind]} s", late.stdout or b""
        outcome.output = output.decode(errors="replace")
        try:
            with open(report, encoding="utf-8") as file:
                (count_cluster if kind == "cluster" else count_gtest)(outcome, json.load(file))
        except (OSError, ValueError):
            outcome.failed.append(f"{outcome.name} (ended without a report: {status})")
    if status != 0 and not outcome.failed:
        outcome.failed.append(f"{outcome.name} (exit status {status})")
    outcome.seconds = time.monotonic() - started
    return outcome


def show(outcome):
    verdict = "FAILED" if outcome.failed else "ok"
    print(f"{verdict:6} {outcome.name}: {outcome.passed} passed, {len(outcome.failed)} failed ({outcome.seconds:.1f} s)")
    for name in outcome.skipped:
        print(f"       skipped: {name}")
    if outcome.failed:
        for line in outcome.output.splitlines()[-SHOWN_LINES:]:
            print(f"       | {line}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("programs", nargs="*")
    arguments = parser.parse_args()
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        # Cluster tests take longest, so they begin first.
        programs = sorted(arguments.programs, key=lambda p: not p.endswith(".py"))
        for future in concurrent.futures.as_completed([pool.submit(run, p, arguments.build) for p in programs]):
            outcomes.append(future.result())
            show(outcomes[-1])
    failed = [name for outcome in outcomes for name in outcome.failed]
    for name in failed:
        print(f"FAILED {name}")
    print(f"{sum(outcome.passed for outcome in outcomes)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
