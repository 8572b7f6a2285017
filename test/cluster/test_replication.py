#!/usr/bin/env python3
"""Three brokers: copies, crashes of leaders, and what counts as committed when replicas are missing."""
import glob
import json
import os

import harness
import wire
from harness import PATIENCE, ClusterTest, wait_until

NOT_ENOUGH_REPLICAS = 19


def numbered(first, count):
    return [(b"key%d" % n, b"value%d" % n) for n in range(first, first + count)]


def log_bytes(broker, partition="t-0"):
    """All of a partition's segments, one after the other."""
    data = b""
    for path in sorted(glob.glob(os.path.join(broker.data, partition, "*.log"))):
        with open(path, "rb") as file:
            data += file.read()
    return data


class Replication(ClusterTest):
    def start_three(self, **configs):
        for broker_id in (1, 2, 3):
            self.broker(broker_id, min_insync_replicas=2, auto_leader_rebalance_enable="false", **configs).start()
        for broker in self.brokers:
            wait_until("three brokers", lambda b=broker: len(self.metadata(b)["brokers"]) == 3, PATIENCE)
        controller = self.metadata(self.brokers[0])["controller"]
        with self.by_id(controller).connect() as connection:
            connection.create_topic("t", 1, 3)
        self.wait_for_isr(3)

    @staticmethod
    def metadata(broker, topics=()):
        with broker.connect() as connection:
            return connection.metadata(list(topics))

    def by_id(self, broker_id):
        return self.brokers[broker_id - 1]

    def state(self):
        """The partition's state znode, {} before there is one."""
        with self.znodes() as znodes:
            data = znodes.get(f"{self.chroot}/brokers/topics/t/partitions/0/state")
        return json.loads(data) if data else {}

    def wait_for_isr(self, size):
        wait_until(f"{size} replicas in sync", lambda: len(self.state().get("isr", [])) == size, PATIENCE)

    def leader(self):
        """The leader, once there is one that runs and knows that it leads."""

        def found():
            broker_id = self.state().get("leader", -1)
            if broker_id < 0 or not self.by_id(broker_id).running():
                return None
            broker = self.by_id(broker_id)
            return broker if self.metadata(broker, ["t"])["topics"]["t"][1].get(0) == (0, broker_id) else None

        return wait_until("a leader", found, PATIENCE)

    def produce(self, producer_id, first, count):
        """Records `first`… by an idempotent producer, asking again until they are acknowledged."""
        batch = wire.batch(numbered(first, count), producer_id, 0, first)

        def acknowledged():
            try:
                with self.leader().connect() as connection:
                    connection.produce("t", 0, batch)
                    return True
            except (wire.Error, OSError):
                return False

        wait_until(f"records from {first}", acknowledged, PATIENCE)

    def producer_id(self):
        with self.leader().connect() as connection:
            return connection.init_producer_id()[0]

    def assert_records(self, count):
        with self.leader().connect() as connection:
            wait_until("the high watermark", lambda: connection.end_offset("t", 0) == count, PATIENCE)
            got = connection.fetch_all("t", 0)
        self.assertEqual([(key, value) for _, key, value in got], numbered(0, count))

    def assert_same_logs(self):
        wait_until("equal logs", lambda: len({log_bytes(broker) for broker in self.brokers}) == 1, PATIENCE)
        self.assertGreater(len(log_bytes(self.brokers[0])), 0)

    def test_every_replica_holds_the_same_bytes(self):
        self.start_three(log_segment_bytes=4096)
        producer = self.producer_id()
        for n in range(40):
            self.produce(producer, n * 5, 5)
        self.assert_records(200)
        self.assert_same_logs()

    def test_crashes_of_leaders_lose_nothing(self):
        self.start_three()
        producer = self.producer_id()
        written = 0
        for _ in range(2):
            for _ in range(5):
                self.produce(producer, written, 3)
                written += 3
            victim = self.leader()
            victim.kill()
            for _ in range(5):
                self.produce(producer, written, 3)
                written += 3
            victim.start()
            self.wait_for_isr(3)
        self.assert_records(written)
        self.assert_same_logs()

    def registration(self, broker_id):
        with self.znodes() as znodes:
            return znodes.get(f"{self.chroot}/brokers/ids/{broker_id}")

    def test_a_process_that_dies_is_replaced_and_restarted_while_its_session_lives(self):
        # Without the guard that would end the session: as if it had died with the broker.
        self.start_three(zookeeper_session_timeout_ms=40000, meerkat_zookeeper_session_guard_enable=False)
        producer = self.producer_id()
        self.produce(producer, 0, 5)
        for controller in (False, True):
            role = self.metadata(self.brokers[0])["controller"]
            victim = self.by_id(role) if controller else self.leader()
            broker_id = self.brokers.index(victim) + 1
            victim.kill()
            self.wait_for_isr(2)
            self.produce(producer, 5 + 10 * controller, 5)
            self.assertIsNotNone(self.registration(broker_id), "the session of the dead has not ended")
            victim.start()
            self.assertIn("closing the ZooKeeper session of an earlier process", victim.log_text())
            self.wait_for_isr(3)
            self.produce(producer, 10 + 10 * controller, 5)
        self.assert_records(25)
        self.assert_same_logs()

    def test_the_session_of_a_process_that_dies_ends_with_it(self):
        self.start_three(zookeeper_session_timeout_ms=40000)
        victim = self.leader()
        broker_id = self.brokers.index(victim) + 1
        victim.kill()
        wait_until("the session's end", lambda: self.registration(broker_id) is None, min(PATIENCE, 30))

    def test_nothing_is_committed_under_min_insync_replicas(self):
        self.start_three()
        self.produce(self.producer_id(), 0, 5)
        self.assert_records(5)
        stays = self.leader()
        for broker in self.brokers:
            if broker is not stays:
                broker.kill()
        self.wait_for_isr(1)
        with stays.connect() as connection:

            def refused():
                try:
                    connection.produce("t", 0, wire.batch(numbered(5, 1)))
                    return False
                except wire.Error as error:
                    return error.code == NOT_ENOUGH_REPLICAS

            wait_until("a refusal of acks=all", refused, PATIENCE)
            end = connection.end_offset("t", 0)
            connection.produce("t", 0, wire.batch(numbered(5, 1)), acks=1)
            self.assertEqual(connection.end_offset("t", 0), end, "written, but not committed")
        for broker in self.brokers:
            if broker is not stays:
                broker.start()
        self.wait_for_isr(3)
        with stays.connect() as connection:
            wait_until("the rest to be committed", lambda: connection.end_offset("t", 0) > end, PATIENCE)
        self.assert_same_logs()

    def committed(self, broker):
        """What a reader of committed records is given there; None while its high watermark is behind."""
        with broker.connect() as connection:
            return connection.fetch_committed("t", 0)

    def test_transactions_are_on_every_replica(self):
        self.start_three(transaction_partition_verification_enable="false")
        leader = self.leader()
        with leader.connect() as connection:
            for producer, sequence in ((1, 0), (2, 0), (3, 0)):
                connection.produce("t", 0, wire.batch(numbered(0, 1), producer, 0, sequence, transactional=True),
                                   transactional_id=str(producer))
            self.assertEqual(connection.write_marker(1, 0, False, "t", [0]), {0: 0})
            self.assertEqual(connection.write_marker(3, 0, True, "t", [0]), {0: 0})
        half_done = (1, [(1, 0)], [0])
        self.assertEqual(self.committed(leader), half_done)
        for follower in self.brokers:
            if follower is not leader:
                producers = self.tool(leader, "transactions", "describe-producers", "--topic", "t", "--partition", 0,
                                      "--broker-id", self.brokers.index(follower) + 1)
                self.assertEqual(sorted((row.split()[0], row.split()[-1]) for row in producers[1:]),
                                 [("1", "None"), ("2", "1"), ("3", "None")])
        leader.kill()
        wait_until("another leader", lambda: self.state().get("leader") != self.brokers.index(leader) + 1, PATIENCE)
        heir = self.leader()
        wait_until("what the old leader gave", lambda: self.committed(heir) == half_done, PATIENCE)
        with heir.connect() as connection:
            self.assertEqual(connection.write_marker(2, 0, False, "t", [0]), {0: 0})
        self.assertEqual(self.committed(heir), (6, [(1, 0), (2, 1)], [0, 1, 2]))
        leader.start()
        self.wait_for_isr(3)
        self.assert_same_logs()


if __name__ == "__main__":
    harness.main()
