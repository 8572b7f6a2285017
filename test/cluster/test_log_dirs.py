#!/usr/bin/env python3
"""Several log directories: which partitions they hold, and moves between them (KIP-113)."""
import os
import struct

import harness
import wire
from harness import PATIENCE, ClusterTest, wait_until

LOG_DIR_NOT_FOUND = 57


def alter(connection, folder, topic, partition):
    """AlterReplicaLogDirs of one replica; the error."""
    topics = wire.array([wire.string(topic) + wire.array([struct.pack(">i", partition)])])
    reader = connection.request(34, 1, wire.array([wire.string(folder) + topics]))
    reader.number("i"), reader.number("i"), reader.string(), reader.number("i")
    answered, error = reader.number("i"), reader.number("h")
    assert answered == partition
    return error


def describe(connection):
    """DescribeLogDirs: folder → (error, {(topic, partition): (size, is_future)})."""
    reader = connection.request(35, 1, struct.pack(">i", -1))
    reader.number("i")
    folders = {}
    for _ in range(reader.number("i")):
        error, folder, replicas = reader.number("h"), reader.string(), {}
        for _ in range(reader.number("i")):
            topic = reader.string()
            for _ in range(reader.number("i")):
                partition, size, _, future = (reader.number(kind) for kind in "iqq?")
                replicas[(topic, partition)] = (size, future)
        folders[folder] = (error, replicas)
    return folders


class LogDirs(ClusterTest):
    def start(self):
        self.folders = [os.path.join(self.folder, name) for name in ("disk1", "disk2")]
        broker = self.broker(log_dirs=",".join(self.folders)).start()
        with broker.connect() as connection:
            connection.create_topic("t", partitions=2)
        self.wait_for_leader(broker, "t", partition=0)
        self.wait_for_leader(broker, "t", partition=1)
        return broker

    def where(self, connection, topic, partition):
        """The folder of a replica once it is in one alone."""
        found = [(folder, replicas[(topic, partition)]) for folder, (_, replicas) in describe(connection).items()
                 if (topic, partition) in replicas]
        return found[0][0] if len(found) == 1 and not found[0][1][1] else None

    def test_partitions_are_spread(self):
        broker = self.start()
        with broker.connect() as connection:
            self.assertEqual({self.where(connection, "t", p) for p in (0, 1)}, set(self.folders))

    def test_a_replica_moves_with_its_records_while_it_serves(self):
        broker = self.start()
        with broker.connect() as connection:
            for i in range(50):
                connection.produce("t", 0, wire.batch([(b"k", b"%d" % i)]))
            before = self.where(connection, "t", 0)
            after = next(folder for folder in self.folders if folder != before)
            self.assertEqual(alter(connection, after, "t", 0), 0)
            for i in range(50, 100):
                connection.produce("t", 0, wire.batch([(b"k", b"%d" % i)]))
            wait_until("the move", lambda: self.where(connection, "t", 0) == after, PATIENCE)
            expected = [b"%d" % i for i in range(100)]
            self.assertEqual([r[2] for r in connection.fetch_all("t", 0)], expected)
        broker.kill()
        broker.start()
        self.wait_for_leader(broker, "t", partition=0)
        with broker.connect() as connection:
            self.assertEqual(self.where(connection, "t", 0), after)
            self.assertEqual([r[2] for r in connection.fetch_all("t", 0)], expected)

    def test_a_folder_that_is_none_of_ours_is_refused(self):
        broker = self.start()
        with broker.connect() as connection:
            before = self.where(connection, "t", 0)
            self.assertEqual(alter(connection, os.path.join(self.folder, "elsewhere"), "t", 0), LOG_DIR_NOT_FOUND)
            self.assertEqual(self.where(connection, "t", 0), before)


if __name__ == "__main__":
    harness.main()
