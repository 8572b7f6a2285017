#!/usr/bin/env python3
"""Transactions from their producers' side: the two-phase commit, fencing, and coordinators that die in its midst."""
import json
import struct

import harness
import wire
from harness import PATIENCE, ClusterTest, wait_until
from wire import array, string

NOT_LEADER = 6
COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR = 14, 15, 16
INVALID_TXN_STATE, CONCURRENT_TRANSACTIONS, PRODUCER_FENCED = 48, 51, 90
RETRIABLE = (COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT_TRANSACTIONS)


class Producer:
    """A transactional producer that finds its coordinator anew for every request, and repeats what may be repeated."""

    def __init__(self, test, transactional_id="x", timeout_ms=60000):
        self.test, self.id, self.timeout_ms = test, transactional_id, timeout_ms
        self.producer, self.epoch, self.sequences = -1, -1, {}

    def coordinator(self):
        for broker in self.test.brokers:
            if not broker.running():
                continue
            try:
                with broker.connect() as connection:
                    reader = connection.request(10, 1, string(self.id) + b"\1")
                    reader.number("i")
                    error = reader.number("h")
                    reader.string()
                    if error == 0:
                        return self.test.by_id(reader.number("i"))
            except OSError:
                pass
        return None

    def ask(self, key, version, body):
        """The reader of an answer without a retriable error, behind the error code; and that."""

        def answered():
            broker = self.coordinator()
            if broker is None or not broker.running():
                return None
            try:
                with broker.connect() as connection:
                    reader = connection.request(key, version, body)
                    reader.number("i")
                    error = reader.number("h") if key != 24 else None
                    if key == 24:
                        errors = []
                        for _ in range(reader.number("i")):
                            reader.string()
                            errors += reader.array(lambda: (reader.number("i"), reader.number("h")))
                        error = errors[0][1]
                    return None if error in RETRIABLE else (error, reader)
            except (OSError, ConnectionError):
                return None

        return wait_until(f"an answer to API {key}", answered, PATIENCE)

    def init(self):
        error, reader = self.ask(22, 1, string(self.id) + struct.pack(">i", self.timeout_ms))
        wire.raise_if(error, "InitProducerId")
        self.producer, self.epoch, self.sequences = reader.number("q"), reader.number("h"), {}

    def me(self):
        return string(self.id) + struct.pack(">qh", self.producer, self.epoch)

    def add(self, topic, *partitions):
        body = self.me() + array([string(topic) + array([struct.pack(">i", p) for p in partitions])])
        wire.raise_if(self.ask(24, 2, body)[0], "AddPartitionsToTxn")

    def send(self, topic, partition, value):
        sequence = self.sequences.get((topic, partition), 0)
        data = wire.batch([(b"k", value)], self.producer, self.epoch, sequence, transactional=True)
        leader = self.test.by_id(self.test.wait_for_leader(self.test.alive(), topic, partition))
        with leader.connect() as connection:
            connection.produce(topic, partition, data, transactional_id=self.id)
        self.sequences[topic, partition] = sequence + 1

    def end(self, commit):
        wire.raise_if(self.ask(26, 2, self.me() + struct.pack(">?", commit))[0], "EndTxn")


class Transactions(ClusterTest):
    def start(self, count=1, **configs):
        for broker_id in range(1, count + 1):
            self.broker(broker_id, transaction_state_log_replication_factor=count, transaction_state_log_min_isr=1,
                        transaction_state_log_num_partitions=1, min_insync_replicas=1, **configs).start()
        for broker in self.brokers:
            wait_until("all brokers", lambda b=broker: len(self.metadata(b)["brokers"]) == count, PATIENCE)
        with self.by_id(self.metadata(self.brokers[0])["controller"]).connect() as connection:
            connection.create_topic("t", 2, count)
        for partition in range(2):
            self.wait_for_leader(self.brokers[0], "t", partition)

    @staticmethod
    def metadata(broker):
        with broker.connect() as connection:
            return connection.metadata([])

    def isr(self, partition):
        with self.znodes() as znodes:
            return json.loads(znodes.get(f"{self.chroot}/brokers/topics/{partition}/state"))["isr"]

    def by_id(self, broker_id):
        return self.brokers[broker_id - 1]

    def alive(self):
        return next(broker for broker in self.brokers if broker.running())

    def committed(self, partition):
        """(last stable offset, values) as a consumer of committed records sees them."""
        leader = self.by_id(self.wait_for_leader(self.alive(), "t", partition))
        with leader.connect() as connection:
            stable, aborted, data = connection.fetch_stable("t", partition)
            return stable, [value for _, _, value in wire.read_committed(data, aborted)]

    def wait_for_committed(self, partition, values, stable=0):
        """Just these, and all markers there: nothing is open below the offset `stable` any more. A marker may be there
        twice, if its coordinator died before it heard of the first."""

        def seen():
            try:
                found = self.committed(partition)
            except wire.Error as error:
                if error.code != NOT_LEADER:
                    raise
                return False
            return found[1] == values and found[0] >= stable

        wait_until(f"{values} in t-{partition}", seen, PATIENCE)

    def test_commits_and_aborts(self):
        self.start()
        producer = Producer(self)
        producer.init()
        self.assertEqual(producer.epoch, 0)
        for number, commit in enumerate([True, False, True]):
            producer.add("t", 0, 1)
            for partition in range(2):
                producer.send("t", partition, b"%d" % number)
            self.assertNotIn(b"%d" % number, self.committed(0)[1])
            producer.end(commit)
        for partition in range(2):
            self.wait_for_committed(partition, [b"0", b"2"], stable=6)
        with self.assertRaises(wire.Error) as wrong:
            producer.end(False)
        self.assertEqual(wrong.exception.code, INVALID_TXN_STATE)
        producer.end(True)  # repeated

    def test_a_second_producer_fences_the_first(self):
        self.start()
        first, second = Producer(self), Producer(self)
        first.init()
        first.add("t", 0)
        first.send("t", 0, b"lost")
        second.init()
        self.assertEqual((second.producer, second.epoch), (first.producer, 2))
        with self.assertRaises(wire.Error) as fenced:
            first.end(True)
        self.assertEqual(fenced.exception.code, PRODUCER_FENCED)
        second.add("t", 0)
        second.send("t", 0, b"kept")
        second.end(True)
        self.wait_for_committed(0, [b"kept"])

    def test_what_is_open_for_too_long_is_aborted(self):
        self.start(transaction_abort_timed_out_transaction_cleanup_interval_ms=100)
        producer = Producer(self, timeout_ms=500)
        producer.init()
        producer.add("t", 0)
        producer.send("t", 0, b"lost")
        self.wait_for_committed(0, [], stable=2)
        with self.assertRaises(wire.Error) as fenced:
            producer.end(True)
        self.assertEqual(fenced.exception.code, PRODUCER_FENCED)

    def test_a_restart_leaves_transactions_as_they_were(self):
        self.start()
        producer = Producer(self)
        producer.init()
        values = []
        for number, (stop, commit) in enumerate([("stop", True), ("kill", True), ("kill", False)]):
            producer.add("t", 0, 1)
            producer.send("t", 0, b"%d" % number)
            broker = self.brokers[0]
            getattr(broker, stop)()
            broker.start()
            for partition in range(2):
                self.wait_for_leader(broker, "t", partition)
            producer.send("t", 1, b"%d" % number)
            producer.end(commit)
            if commit:
                values.append(b"%d" % number)
        for partition in range(2):
            self.wait_for_committed(partition, values, stable=6)

    def test_a_coordinator_dies_after_it_decided(self):
        self.start(3)
        producer = Producer(self)
        producer.init()
        values = []
        for number in range(4):
            commit = number != 2
            producer.add("t", 0, 1)
            for partition in range(2):
                producer.send("t", partition, b"%d" % number)
            coordinator = producer.coordinator()
            producer.end(commit)
            coordinator.kill()
            if commit:
                values.append(b"%d" % number)
            for partition in range(2):
                self.wait_for_committed(partition, values, stable=2 * (number + 1))
            coordinator.start()
            for partition in ("t/partitions/0", "t/partitions/1", "__transaction_state/partitions/0"):
                wait_until("three replicas in sync", lambda p=partition: len(self.isr(p)) == 3, PATIENCE)


if __name__ == "__main__":
    harness.main()
