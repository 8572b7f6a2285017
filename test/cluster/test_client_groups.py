#!/usr/bin/env python3
"""Groups as the command-line tools see them: shared reading, committed offsets, resets, and ZooKeeper-coordinated ones."""
import os
import subprocess
import threading

import harness
from harness import BROKER, PATIENCE, ClusterTest, wait_until

BIN = os.path.dirname(BROKER)


class ClientGroups(ClusterTest):
    def setUp(self):
        super().setUp()
        self.server = self.broker(group_initial_rebalance_delay_ms=0, offsets_topic_num_partitions=3).start()
        self.address = f"127.0.0.1:{self.server.port}"
        self.running = []

    def tearDown(self):
        for process in self.running:
            process.kill()
            process.communicate()
        super().tearDown()

    def tool(self, name, *arguments, text="", status=0, server=True):
        where = ["--bootstrap-server", self.address] if server else []
        done = subprocess.run([f"{BIN}/meerkat-{name}", *where, *map(str, arguments)], input=text, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def begin(self, *arguments):
        """A console consumer in the background."""
        process = subprocess.Popen([f"{BIN}/meerkat-console-consumer", *arguments], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        self.running.append(process)
        return process

    def end(self, process):
        """Its lines, after a polite end."""
        self.running.remove(process)
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)
        return out.splitlines()

    def topic(self, name, partitions, lines=()):
        self.tool("topics", "--create", "--topic", name, "--partitions", partitions)
        self.produce(name, lines)

    def produce(self, name, lines):
        if lines:
            self.tool("console-producer", "--topic", name, "--batch-size", 200, text="\n".join(lines) + "\n")

    def describe(self, group, *arguments):
        """Rows of fields below the head."""
        lines = self.tool("consumer-groups", "--describe", "--group", group, *arguments).strip().splitlines()
        return [line.split() for line in lines[1:]]

    def test_members_share_a_topic_in_every_way(self):
        for assignor in ("range", "roundrobin", "sticky", "cooperative-sticky"):
            with self.subTest(assignor):
                self.topic(assignor, 4)
                flags = ["--bootstrap-server", self.address, "--topic", assignor, "--group", assignor, "--from-beginning",
                         "--consumer-property", f"partition.assignment.strategy={assignor}",
                         "--consumer-property", "heartbeat.interval.ms=100"]
                members = [self.begin(*flags), self.begin(*flags)]
                wait_until("the group to be there", lambda: assignor in self.tool("consumer-groups", "--list"), PATIENCE)
                wait_until("two partitions each", lambda: [row[5] for row in self.describe(assignor, "--members")] ==
                           ["2", "2"], PATIENCE)
                lines = [f"{assignor} {n}" for n in range(400)]
                self.produce(assignor, lines)
                self.produce(assignor, lines)
                offsets = lambda: sum(int(row[4]) for row in self.describe(assignor))
                wait_until("all to be produced", lambda: offsets() == 800, PATIENCE)
                wait_until("all to be committed", lambda: all(row[5] == "0" for row in self.describe(assignor)), PATIENCE)
                got = [self.end(process) for process in members]
                self.assertEqual(sorted(got[0] + got[1]), sorted(lines + lines))

    def test_offsets_are_set_anew(self):
        self.topic("t", 1, [str(n) for n in range(100)])
        consume = ["--topic", "t", "--group", "g", "--from-beginning"]
        self.assertEqual(self.tool("console-consumer", *consume, "--max-messages", 30).split(), [str(n) for n in range(30)])
        group, topic, partition, current, end, lag, seconds = self.describe("g")[0][:7]
        self.assertEqual((group, topic, partition, current, end, lag), ("g", "t", "0", "30", "100", "70"))
        self.assertGreater(float(seconds), 0)
        for scenario, offset in [(["--to-earliest"], 0), (["--to-latest"], 100), (["--to-offset", 7], 7),
                                 (["--shift-by", 5], 12), (["--shift-by", -100], 0), (["--by-duration", "PT1H"], 0),
                                 (["--to-datetime", "2090-01-01T00:00:00.000Z"], 100), (["--to-offset", 3000], 100),
                                 (["--to-current"], 100)]:
            with self.subTest(scenario):
                reset = ["--reset-offsets", "--group", "g", "--topic", "t", *scenario]
                before = self.describe("g")
                self.tool("consumer-groups", *reset)
                self.assertEqual(self.describe("g")[0][3], before[0][3], "a dry run changes nothing")
                self.tool("consumer-groups", *reset, "--execute")
                self.assertEqual(self.describe("g")[0][3], str(offset))
        plan = os.path.join(self.folder, "plan.csv")
        with open(plan, "w", encoding="utf-8") as out:
            out.write("t,0,42\n")
        self.tool("consumer-groups", "--reset-offsets", "--group", "g", "--from-file", plan, "--execute")
        self.assertEqual(self.tool("console-consumer", *consume, "--max-messages", 1).split(), ["42"])
        self.tool("consumer-groups", "--delete-offsets", "--group", "g", "--topic", "t")
        self.tool("consumer-groups", "--describe", "--group", "g", status=1)  # nothing is left of it
        self.assertEqual(self.tool("consumer-groups", "--list"), "")

    def test_offsets_by_time(self):
        self.topic("t", 1, [str(n) for n in range(10)])
        for time, offset in [("earliest", 0), ("latest", 10), (0, 0)]:
            self.assertEqual(self.tool("get-offsets", "--topic", "t", "--time", time), f"t:0:{offset}\n")
        self.tool("get-offsets", "--topic", "nowhere", status=1)

    def test_groups_that_zookeeper_coordinates(self):
        where = f"{self.connect_string}"
        self.topic("z", 3)
        flags = [f"--zookeeper={where}", "--topic", "z", "--group", "old", "--from-beginning"]
        consumers = [self.begin(*flags), self.begin(*flags)]
        with self.znodes() as znodes:
            def owners():
                found = {}
                for partition in range(3):
                    path = f"{self.chroot}/consumers/old/owners/z/{partition}"
                    try:
                        found[partition] = znodes.get(path)
                    except Exception:  # not claimed yet
                        return {}
                return found

            wait_until("both to own a part", lambda: len(set(owners().values())) == 2, PATIENCE)
            lines = [str(n) for n in range(300)]
            self.produce("z", lines)
            self.assertEqual(self.tool("consumer-groups", f"--zookeeper={where}", "--list", server=False), "old\n")
            consumers.pop().kill()  # its owners go with its session
            self.running.pop().communicate()
            wait_until("the other one to own all", lambda: len(owners()) == 3 and len(set(owners().values())) == 1, 2 * PATIENCE)
            # The one that died had committed nothing: all of its part is read again.
            got = []
            reader = threading.Thread(target=lambda: got.extend(iter(consumers[0].stdout.readline, "")))
            reader.start()
            wait_until("all to be read", lambda: {line.strip() for line in got} == set(lines), PATIENCE)
            consumers[0].terminate()
            reader.join(PATIENCE)
            self.assertEqual(consumers[0].wait(PATIENCE), 0)
        self.assertEqual(sum(int(row.split()[3]) for row in self.tool(
            "consumer-groups", f"--zookeeper={where}", "--describe", "--group", "old", server=False).strip().splitlines()[1:]),
            300)


if __name__ == "__main__":
    harness.main()
