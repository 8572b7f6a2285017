#!/usr/bin/env python3
"""What the benchmarks stand on: each kind of load does what it says and counts it right, and the script that runs them
shows what it has found."""
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest
import xml.etree.ElementTree

import harness
import servers
from harness import BROKER, PATIENCE, TOP, ClusterTest

LOAD = os.path.join(os.path.dirname(BROKER), "bench", "load")
FLOOR = os.path.join(os.path.dirname(BROKER), "bench", "floor")
SCRIPT = os.path.join(TOP, "scripts", "bench.py")
BATCH_HEADER_BYTES = 61


class Load(ClusterTest):
    def load(self, broker, mode, *arguments, status=0):
        """The JSON lines of a run, as dictionaries."""
        done = subprocess.run([LOAD, f"--mode={mode}", f"--bootstrap-server=127.0.0.1:{broker.port}", *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def topic(self, broker, name, partitions):
        self.tool(broker, "topics", "--create", f"--topic={name}", f"--partitions={partitions}",
                  "--replication-factor=1")
        return f"--topic={name}"

    def end_offsets(self, broker, name):
        """Partition -> the offset behind its last record."""
        lines = self.tool(broker, "get-offsets", f"--topic={name}")
        return {int(line.split(":")[1]): int(line.split(":")[2]) for line in lines}

    def test_produced_is_stored_and_fetched(self):
        broker = self.broker().start()
        topic = self.topic(broker, "batches", 3)
        produced = self.load(broker, "produce", topic, "--connections=2", "--records=10", "--size=50", "--rate=50",
                             "--seconds=1", f"--pids={broker.process.pid}")[-1]
        self.assertEqual((produced["requests"], produced["records"], produced["errors"]), (50, 500, 0))
        self.assertGreater(produced["bytes"], 50 * (BATCH_HEADER_BYTES + 10 * 50))
        self.assertLessEqual(produced["p50_ms"], produced["p99_ms"])
        # Before it measures, each of the three partitions has taken a batch.
        offsets = self.end_offsets(broker, "batches")
        self.assertEqual(set(offsets), {0, 1, 2})
        self.assertEqual(sum(offsets.values()), 500 + 3 * 10)
        fetched = self.load(broker, "fetch", topic, "--connections=2")[-1]
        self.assertEqual((fetched["records"], fetched["errors"]), (530, 0))
        self.assertEqual(fetched["bytes"] * 50, produced["bytes"] * 53)
        some = self.load(broker, "fetch", topic, "--bytes=1")[-1]
        self.assertGreater(some["records"], 0)

    def test_as_fast_as_it_goes(self):
        broker = self.broker().start()
        topic = self.topic(broker, "fast", 2)
        *windows, total = self.load(broker, "produce", topic, "--connections=4", "--records=1", "--seconds=1",
                                    "--report-every=0.2")
        self.assertGreater(total["requests"], 0)
        self.assertTrue(windows)
        self.assertLessEqual(sum(window["requests"] for window in windows), total["requests"])
        # Before it measures, each connection tries its partition.
        self.assertEqual(sum(self.end_offsets(broker, "fast").values()), total["records"] + 4)

    def test_end_to_end(self):
        broker = self.broker().start()
        topic = self.topic(broker, "there-and-back", 1)
        for _ in range(2):  # the second run begins behind the first one's records
            came = self.load(broker, "latency", topic, "--rate=20", "--seconds=1", "--records=1")[-1]
            self.assertEqual((came["records"], came["errors"]), (20, 0))
            self.assertGreater(came["max_ms"], 0)

    def test_ready_and_idle_connections(self):
        broker = self.broker().start()
        topic = self.topic(broker, "many", 20)
        self.assertEqual(self.load(broker, "ready", topic, "--records=1")[-1]["errors"], 0)
        self.assertEqual(self.end_offsets(broker, "many"), {partition: 1 for partition in range(20)})
        self.assertEqual(self.load(broker, "connections", "--connections=70")[-1]["connections"], 70)

    def test_floor_takes_the_same_load(self):
        folder = tempfile.TemporaryDirectory(prefix="meerkat-test-floor-")
        self.addCleanup(folder.cleanup)
        floor = types.SimpleNamespace(port=harness.free_port())
        process = subprocess.Popen([FLOOR, str(floor.port), folder.name])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        harness.wait_until("the floor", lambda: servers.accepts(floor.port), PATIENCE)
        topic = self.topic(floor, "batches", 2)
        produced = self.load(floor, "produce", topic, "--rate=50", "--seconds=1")[-1]
        self.assertEqual((produced["requests"], produced["errors"]), (50, 0))
        fetched = self.load(floor, "fetch", topic)[-1]
        self.assertEqual((fetched["records"], fetched["errors"]), (5200, 0))

    def test_says_what_is_wrong(self):
        broker = self.broker(auto_create_topics_enable="false").start()
        self.load(broker, "ready", "--topic=none", "--patience=0.1", status=1)
        self.load(broker, "produce", "--topic=none", "--acks=0", status=1)
        self.load(broker, "latency", "--topic=none", status=1)
        self.load(broker, "dance", status=1)


class Script(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="meerkat-test-bench-")
        self.addCleanup(folder.cleanup)
        self.out, self.chart = f"{folder.name}/out.json", f"{folder.name}/out.svg"

    def bench(self, *arguments):
        done = subprocess.run([sys.executable, SCRIPT, "--build", os.path.dirname(BROKER), *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=3 * PATIENCE,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_measures_a_broker(self):
        printed = self.bench("partitions", "--partitions=3", "--rounds=1", f"--out={self.out}")
        with open(self.out, encoding="utf-8") as file:
            got, = json.load(file)["found"]["partitions"]["meerkat"]
        for figure, value in got.items():
            self.assertGreater(value, 0)
            self.assertIn(figure, printed)

    def test_compares_and_draws(self):
        def rounds(times):
            latencies = {"latency_p50_ms": 4, "latency_p99_ms": 5}
            return [[{"of": "partitions", "count": count, "partitions_create_s": times * count,
                      "partitions_clean_restart_s": 1, "partitions_kill_restart_s": 2, "partitions_rss_mb": 3,
                      **latencies} for count in (1, 1000)] +
                    [{"of": "connections", "count": 10, "connections_rss_mb": 5, **latencies}]] * 2

        with open(self.out, "w", encoding="utf-8") as file:
            json.dump({"found": {
                "growth": {"meerkat": rounds(0.5), "kafka": rounds(2)},
                "single": {"meerkat": [{"fetch_mb_per_s": 8, "idle_rss_mb": 1}], "kafka": [{"fetch_mb_per_s": 4,
                           "idle_rss_mb": 5}], "floor": [{"fetch_mb_per_s": 10}]}}}, file)
        printed = self.bench(f"--from={self.out}", f"--chart={self.chart}")
        self.assertRegex(printed, r"partitions_create_s, 1000 partitions +500.000 +2000.000 +4.0 x")
        self.assertRegex(printed, r"fetch_mb_per_s +8.000 +4.000 +10.000 +2.0 x +0.80")
        self.assertRegex(printed, r"idle_rss_mb +1.000 +5.000 +5.0 x +MB")
        elements = xml.etree.ElementTree.parse(self.chart).iter()
        words = {element.text for element in elements if element.tag.endswith("text")}
        self.assertLess({"Meerkat", "Apache Kafka 3.9.1", "creation, s", "connections"}, words)


if __name__ == "__main__":
    harness.main()
