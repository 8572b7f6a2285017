#!/usr/bin/env python3
"""Quotas of clients: altered over the protocol, kept in ZooKeeper, and held to."""
import struct

import harness
import wire
from harness import PATIENCE, ClusterTest, wait_until

INVALID_REQUEST = 42
CLIENT_ID = "test"  # of wire.Connection


def alter(connection, entity, key, value, remove=False):
    """AlterClientQuotas of one quota; the error. A name of None is the default."""
    parts = wire.array([wire.string(kind) + wire.string(name) for kind, name in entity])
    operation = wire.string(key) + struct.pack(">d?", value, remove)
    reader = connection.request(49, 0, wire.array([parts + wire.array([operation])]) + b"\0")
    reader.number("i"), reader.number("i")
    return reader.number("h")


def described(connection):
    """DescribeClientQuotas of everything: [(entity, {quota: value})]."""
    reader = connection.request(48, 0, wire.array([]) + b"\0")
    reader.number("i"), reader.number("h"), reader.string()
    entries = []
    for _ in range(reader.number("i")):
        entity = [(reader.string(), reader.string()) for _ in range(reader.number("i"))]
        entries.append((entity, {reader.string(): reader.number("d") for _ in range(reader.number("i"))}))
    return entries


def produce_throttle(connection, data):
    """For how long the client is asked to pause after this batch, in milliseconds."""
    records = struct.pack(">ii", 0, len(data)) + data
    body = wire.string(None) + struct.pack(">hi", 1, 30000) + wire.array([wire.string("t") + wire.array([records])])
    return struct.unpack(">i", connection.request(0, 3, body).data[-4:])[0]


def fetch_throttle(connection):
    """The pause, and how many topics the answer has."""
    wanted = struct.pack(">iqi", 0, 0, 1 << 20)
    body = struct.pack(">iiiib", -1, 100, 1, 1 << 20, 0) + wire.array([wire.string("t") + wire.array([wanted])])
    reader = connection.request(1, 4, body)
    return reader.number("i"), reader.number("i")


class Quotas(ClusterTest):
    def start(self):
        broker = self.broker().start()
        with broker.connect() as connection:
            connection.create_topic("t")
        self.wait_for_leader(broker, "t")
        return broker

    def waits(self, broker, what, ready):
        """Asks on fresh connections, since a broker does not read from one that has to pause."""
        def asked():
            with broker.connect() as connection:
                return ready(connection)
        wait_until(what, asked, PATIENCE)

    def test_clients_are_held_to_their_rates(self):
        broker = self.start()
        batch = wire.batch([(b"k", b"v" * 20000)])
        with broker.connect() as connection:
            self.assertEqual(produce_throttle(connection, batch), 0)
            self.assertEqual(alter(connection, [("client-id", CLIENT_ID)], "producer_byte_rate", 1000), 0)
        self.waits(broker, "a pause", lambda connection: produce_throttle(connection, batch) > 0)
        with broker.connect() as connection:
            self.assertEqual(fetch_throttle(connection), (0, 1), "fetching has a quota of its own")
            self.assertEqual(alter(connection, [("client-id", None)], "consumer_byte_rate", 1000), 0)
        self.waits(broker, "a pause", lambda connection: fetch_throttle(connection)[0] > 0)
        with broker.connect() as connection:
            throttle, topics = fetch_throttle(connection)
            self.assertGreater(throttle, 0)
            self.assertEqual(topics, 0, "the records come later")
        with self.znodes() as znodes:
            self.assertIn('"producer_byte_rate":"1000"', znodes.get(f"{self.chroot}/config/clients/{CLIENT_ID}"))
            self.assertIn('"consumer_byte_rate":"1000"', znodes.get(f"{self.chroot}/config/clients/<default>"))

    def test_quotas_outlive_the_broker_and_go_when_removed(self):
        broker = self.start()
        batch = wire.batch([(b"k", b"v" * 20000)])
        with broker.connect() as connection:
            self.assertEqual(alter(connection, [("user", "ANONYMOUS")], "producer_byte_rate", 1000), 0)
        broker.stop()
        broker.start()
        self.wait_for_leader(broker, "t")
        self.waits(broker, "a pause", lambda connection: produce_throttle(connection, batch) > 0)
        with broker.connect() as connection:
            self.assertEqual(alter(connection, [("user", "ANONYMOUS")], "producer_byte_rate", 0, remove=True), 0)
        self.waits(broker, "no pause", lambda connection: produce_throttle(connection, batch) == 0)

    def test_what_was_altered_is_described_at_once(self):
        broker = self.start()
        with broker.connect() as connection:
            for rate in range(1, 20):
                self.assertEqual(alter(connection, [("user", "u"), ("client-id", "c")], "producer_byte_rate", rate), 0)
                entity = [("client-id", "c"), ("user", "u")]
                self.assertEqual(described(connection), [(entity, {"producer_byte_rate": rate})])

    def test_what_makes_no_sense_is_refused(self):
        broker = self.start()
        with broker.connect() as connection:
            for entity, key, value in [([], "producer_byte_rate", 1), ([("group", "g")], "producer_byte_rate", 1),
                                       ([("user", "u")], "no_such_quota", 1), ([("user", "u")], "producer_byte_rate", 0.5),
                                       ([("ip", "10.0.0.1"), ("user", "u")], "connection_creation_rate", 1)]:
                self.assertEqual(alter(connection, entity, key, value), INVALID_REQUEST, (entity, key))


if __name__ == "__main__":
    harness.main()
