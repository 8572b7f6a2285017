#!/usr/bin/env python3
"""A broker's life from start to end: what it leaves in ZooKeeper and on disk, and how it refuses to start."""
import json
import os
import socket
import subprocess

import harness
from harness import PATIENCE, ClusterTest, wait_until


class StartAndStop(ClusterTest):
    def test_registers_serves_and_stops_cleanly(self):
        broker = self.broker(7).start()
        with self.znodes() as znodes:
            registration = json.loads(znodes.get(self.chroot + "/brokers/ids/7"))
            self.assertEqual(registration["port"], broker.port)
            self.assertEqual(registration["endpoints"], [f"PLAINTEXT://127.0.0.1:{broker.port}"])
            self.assertEqual(json.loads(znodes.get(self.chroot + "/controller"))["brokerid"], 7)
            self.assertEqual(znodes.get(self.chroot + "/controller_epoch"), "1")
            cluster_id = json.loads(znodes.get(self.chroot + "/cluster/id"))["id"]
            self.assertEqual(len(cluster_id), 22)
            with broker.connect() as connection:
                self.assertEqual(connection.metadata()["brokers"], {7: ("127.0.0.1", broker.port)})
                self.assertIn(18, connection.api_versions())
            self.assertEqual(broker.stop(), 0, broker.log_text())
            self.assertEqual(znodes.children(self.chroot + "/brokers/ids"), [])
            self.assertIsNone(znodes.get(self.chroot + "/controller"))
        self.assertTrue(os.path.exists(os.path.join(broker.data, ".kafka_cleanshutdown")))
        with open(os.path.join(broker.data, "meta.properties"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertIn("broker.id=7", lines)
        self.assertIn("cluster.id=" + cluster_id, lines)
        self.assertIn("version=0", lines)

    def test_second_start_keeps_cluster_and_raises_the_controller_epoch(self):
        broker = self.broker().start()
        self.assertEqual(broker.stop(), 0)
        broker.start()
        with self.znodes() as znodes:
            self.assertEqual(znodes.get(self.chroot + "/controller_epoch"), "2")
        self.assertEqual(broker.stop(), 0)

    def test_generated_id_is_kept(self):
        broker = self.broker(-1).start()
        with broker.connect() as connection:
            first = connection.metadata()["controller"]
        self.assertEqual(first, 1001)
        broker.stop()
        broker.start()
        with broker.connect() as connection:
            self.assertEqual(connection.metadata()["controller"], first)

    def test_waits_out_its_own_old_session(self):
        broker = self.broker().start()
        broker.kill()
        broker.start()
        self.assertEqual(broker.stop(), 0)

    def test_version_and_help(self):
        for flag, part in (("--version", "meerkat-broker"), ("--help", "--zookeeper_connect=")):
            done = subprocess.run([harness.BROKER, flag], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0)
            self.assertIn(part, done.stdout)


class Refusals(ClusterTest):
    def test_bad_config_value(self):
        self.expect_refusal(self.broker(num_partitions="many"), "Invalid value many for configuration num.partitions")

    def test_rule_across_configs(self):
        self.expect_refusal(self.broker(advertised_listeners="SSL://h:1"), "advertised.listeners")

    def test_no_zookeeper_connect(self):
        self.expect_refusal(self.broker(zookeeper_connect=None), "zookeeper.connect")

    def test_zookeeper_unreachable(self):
        broker = self.broker(zookeeper_connect=f"127.0.0.1:{harness.free_port()}", zookeeper_connection_timeout_ms=1000)
        self.expect_refusal(broker, "ZooKeeper")

    def test_port_taken(self):
        broker = self.broker()
        with socket.socket() as other:
            other.bind(("127.0.0.1", broker.port))
            other.listen()
            self.expect_refusal(broker, str(broker.port))

    def test_log_directory_in_use(self):
        first = self.broker(0).start()
        self.expect_refusal(self.broker(1, log_dirs=first.data), first.data)
        self.assertTrue(first.running())

    def test_log_directory_not_writable(self):
        path = os.path.join(self.folder, "a-file")
        with open(path, "w", encoding="utf-8"):
            pass
        self.expect_refusal(self.broker(log_dirs=path), path)

    def test_broker_id_taken(self):
        first = self.broker(3).start()
        self.expect_refusal(self.broker(3), "3")
        self.assertTrue(first.running())

    def test_other_cluster(self):
        broker = self.broker().start()
        broker.stop()
        broker.configs["zookeeper.connect"] = f"127.0.0.1:{self.zookeeper_port}{self.chroot}/other"
        self.expect_refusal(broker, "cluster")

    def test_broker_id_differs_from_meta_properties(self):
        broker = self.broker(1).start()
        broker.stop()
        broker.configs["broker.id"] = 2
        self.expect_refusal(broker, "meta.properties")

    def test_unknown_key_is_only_a_warning(self):
        broker = self.broker(num_partition=3).start()
        self.assertIn("did you mean num.partitions?", broker.log_text())

    def test_unknown_flag(self):
        done = subprocess.run([harness.BROKER, "--broker_idd=1"], capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("broker_idd", done.stderr)


class Leases(ClusterTest):
    def test_is_controller_again_when_the_lease_is_taken_away(self):
        broker = self.broker().start()
        with self.znodes() as znodes:
            znodes.delete(self.chroot + "/controller")
            wait_until("a new controller", lambda: znodes.get(self.chroot + "/controller_epoch") == "2", PATIENCE)
        with broker.connect() as connection:
            connection.create_topic("after")
        self.wait_for_leader(broker, "after")
        self.assertEqual(broker.stop(), 0)


if __name__ == "__main__":
    harness.main()
