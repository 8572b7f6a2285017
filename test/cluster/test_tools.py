#!/usr/bin/env python3
"""The command-line tools against a real broker: what a user types, and what comes back."""
import os
import subprocess

import harness
import servers
from harness import BROKER, PATIENCE, ClusterTest


class Tools(ClusterTest):
    def setUp(self):
        super().setUp()
        self.server = self.broker().start()

    def tool(self, name, *arguments, text="", status=0):
        """Runs meerkat-NAME; its standard output. `status`: the exit status it must have."""
        program = os.path.join(os.path.dirname(BROKER), f"meerkat-{name}")
        done = subprocess.run([program, "--bootstrap-server", f"127.0.0.1:{self.server.port}", *map(str, arguments)],
                              input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def consume(self, topic, *arguments):
        return self.tool("console-consumer", "--topic", topic, "--from-beginning", "--until-end", *arguments).splitlines()

    def test_a_topics_life(self):
        self.tool("topics", "--create", "--topic", "life", "--partitions", 3, "--config", "retention.ms=60000",
                  "--config", "cleanup.policy=compact,delete")
        self.assertEqual(self.tool("topics", "--list").split(), ["life"])
        described = self.tool("topics", "--describe", "--topic", "life")
        self.assertRegex(described, r"Topic: life\tTopicId: \S{22}\tPartitionCount: 3\tReplicationFactor: 1\t"
                                    r"Configs: cleanup.policy=compact,delete,retention.ms=60000\n")
        self.assertEqual(described.count("Leader: 0\tReplicas: 0\tIsr: 0"), 3)
        self.tool("topics", "--alter", "--topic", "life", "--partitions", 5)
        self.assertIn("PartitionCount: 5", self.tool("topics", "--describe", "--topic", "l.fe"))
        self.tool("topics", "--delete", "--topic", "life")
        self.assertEqual(self.tool("topics", "--list"), "")

    def test_a_broker_that_has_just_started_is_waited_for(self):
        self.server.kill()
        self.server.spawn()  # its predecessor's /controller may be there still, or nobody's
        servers.wait_for_broker(self.server.process, self.server.port, self.server.log, PATIENCE)
        self.tool("topics", "--create", "--topic", "early")

    def test_mistakes_get_one_line_that_says_why(self):
        self.tool("topics", "--create", "--topic", "there")
        for words, reason in [
            (["--create", "--topic", "there"], "already exists"),
            (["--create", "--topic", "bad!name"], "bad!name"),
            (["--create", "--topic", "x", "--replication-factor", "3"], "replication factor"),
            (["--create", "--topic", "x", "--config", "no.such=1"], "no.such"),
            (["--alter", "--topic", "there", "--partitions", "1"], "partitions"),
            (["--describe", "--topic", "nowhere"], "does not exist"),
            (["--create", "--list"], "exactly one"),
            (["--create"], "--topic is missing"),
        ]:
            said = self.tool("topics", *words, status=1)
            self.assertEqual(said.count("\n"), 1, said)
            self.assertIn(reason.lower(), said.lower())
        self.tool("topics", "--create", "--topic", "there", "--if-not-exists")

    def test_lines_go_through_in_every_compression(self):
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            lines = [f"{codec} line {n}" for n in range(5000)]
            self.tool("topics", "--create", "--topic", codec, "--partitions", 4)
            self.tool("console-producer", "--topic", codec, "--compression-codec", codec, text="\n".join(lines) + "\n")
            self.assertEqual(sorted(self.consume(codec)), sorted(lines))

    def test_acknowledgements(self):
        for acks in ("0", "1", "all"):
            self.tool("topics", "--create", "--topic", f"acks-{acks}")
            self.tool("console-producer", "--topic", f"acks-{acks}", "--request-required-acks", acks, text="a\nb\n")
            got = self.tool("console-consumer", "--topic", f"acks-{acks}", "--from-beginning", "--max-messages", 2)
            self.assertEqual(got, "a\nb\n")

    def test_keys_headers_and_what_is_printed(self):
        self.tool("topics", "--create", "--topic", "parts", "--partitions", 2)
        self.tool("console-producer", "--topic", "parts", "--partition", 1, "--property", "parse.key=true", "--property",
                  "parse.headers=true", "--property", "null.marker=NULL", text="h1:v1,h2:NULL\tkey\tvalue\n\tdead\tNULL\n")
        shown = ["print.key", "print.headers", "print.partition", "print.offset", "print.timestamp"]
        properties = [word for name in shown for word in ("--property", f"{name}=true")]
        lines = self.consume("parts", *properties)
        self.assertRegex(lines[0], r"^CreateTime:\d{13}\tPartition:1\tOffset:0\th1:v1,h2:null\tkey\tvalue$")
        self.assertRegex(lines[1], r"^CreateTime:\d{13}\tPartition:1\tOffset:1\tNO_HEADERS\tdead\tnull$")
        one = self.tool("console-consumer", "--topic", "parts", "--partition", 1, "--offset", 1, "--max-messages", 1)
        self.assertEqual(one, "null\n")

    def test_producing_creates_the_topic(self):
        self.tool("console-producer", "--topic", "made", text="hello\n")
        self.assertEqual(self.consume("made"), ["hello"])

    def test_a_broker_that_is_not_there(self):
        self.server.stop()
        self.assertIn("127.0.0.1", self.tool("topics", "--list", status=1))


if __name__ == "__main__":
    harness.main()
