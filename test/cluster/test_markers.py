#!/usr/bin/env python3
"""Transactions as a partition's leader sees them: batches, markers, what readers of committed records are given."""
import harness
import wire
from harness import ClusterTest

UNKNOWN_TOPIC, NOT_ENOUGH_REPLICAS, INVALID_PRODUCER_EPOCH, COORDINATOR_FENCED = 3, 19, 47, 52
TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53


class Markers(ClusterTest):
    def start(self, **configs):
        broker = self.broker(transaction_partition_verification_enable="false", **configs).start()
        with broker.connect() as connection:
            connection.create_topic("t", 2)
        for partition in range(2):
            self.wait_for_leader(broker, "t", partition)
        return broker

    @staticmethod
    def send(connection, producer, sequence, partition=0, epoch=0):
        data = wire.batch([(b"k", b"v")], producer, epoch, sequence, transactional=True)
        return connection.produce("t", partition, data, transactional_id="x")

    def test_readers_of_committed_records_see_whole_transactions(self):
        broker = self.start()
        with broker.connect() as connection:
            self.assertEqual(self.send(connection, 1, 0), 0)
            connection.produce("t", 0, wire.batch([(b"k", b"plain")]))
            self.assertEqual(self.send(connection, 2, 0), 2)
            self.assertEqual(connection.fetch_committed("t", 0), (0, [], []))
            self.assertEqual(connection.end_offset("t", 0), 3)
            self.assertEqual(connection.end_offset("t", 0, committed=True), 0)
            self.assertEqual(connection.write_marker(1, 0, False, "t", [0]), {0: 0})
            self.assertEqual(connection.fetch_committed("t", 0), (2, [(1, 0)], [0, 1]))
            self.assertEqual(connection.write_marker(2, 0, True, "t", [0]), {0: 0})
            self.assertEqual(connection.fetch_committed("t", 0), (5, [(1, 0)], [0, 1, 2]))
            self.assertEqual(connection.fetch_committed("t", 0, 4), (5, [], []))
            self.assertEqual(connection.end_offset("t", 0, committed=True), 5)

    def test_what_is_open_and_what_is_aborted_outlives_the_broker(self):
        broker = self.start()
        with broker.connect() as connection:
            self.send(connection, 1, 0)
            connection.write_marker(1, 0, False, "t", [0])
            self.send(connection, 2, 0)
        for stop in (broker.stop, broker.kill):
            stop()
            broker.start()
            self.wait_for_leader(broker, "t")
            with broker.connect() as connection:
                self.assertEqual(connection.fetch_committed("t", 0), (2, [(1, 0)], [0]))
        with broker.connect() as connection:
            self.assertEqual(connection.write_marker(2, 0, True, "t", [0]), {0: 0})
            self.assertEqual(connection.fetch_committed("t", 0), (4, [(1, 0)], [0, 2]))

    def test_markers_have_an_answer_each(self):
        broker = self.start()
        with broker.connect() as connection:
            self.send(connection, 1, 0, epoch=1)
            self.send(connection, 1, 0, partition=1, epoch=1)
            self.assertEqual(connection.write_marker(1, 1, True, "t", [0, 1, 9], 5), {0: 0, 1: 0, 9: UNKNOWN_TOPIC})
            self.assertEqual(connection.write_marker(1, 1, True, "t", [0], 4), {0: COORDINATOR_FENCED})
            self.assertEqual(connection.write_marker(1, 0, True, "t", [1], 5), {1: INVALID_PRODUCER_EPOCH})
            self.assertEqual(connection.write_marker(1, 2, False, "t", [1], 6), {1: 0})
            with self.assertRaises(wire.Error) as fenced:
                self.send(connection, 1, 1, partition=1, epoch=1)
            self.assertEqual(fenced.exception.code, INVALID_PRODUCER_EPOCH)

    def test_a_transactional_batch_needs_a_transaction(self):
        broker = self.start()
        with broker.connect() as connection:
            with self.assertRaises(wire.Error) as refused:
                connection.produce("t", 0, wire.batch([(b"k", b"v")], 1, 0, 0, transactional=True))
            self.assertEqual(refused.exception.code, TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            self.assertEqual(connection.end_offset("t", 0), 0)

    def test_without_a_coordinator_a_batch_is_to_be_repeated(self):
        broker = self.broker().start()
        with broker.connect() as connection:
            connection.create_topic("t")
            self.wait_for_leader(broker, "t")
            with self.assertRaises(wire.Error) as unverified:
                self.send(connection, 1, 0)
            self.assertEqual(unverified.exception.code, NOT_ENOUGH_REPLICAS)
            self.assertEqual(connection.end_offset("t", 0), 0)

    def test_the_tool_finds_and_aborts_what_hangs(self):
        broker = self.start()

        def tool(*arguments, status=0):
            return [line.split() for line in self.tool(broker, "transactions", *arguments, status=status)]

        with broker.connect() as connection:
            connection.produce("t", 0, wire.batch([(b"k", b"v")]))
            self.send(connection, 7, 0, epoch=3)
            self.assertEqual(tool("describe-producers", "--topic", "t", "--partition", 0)[1:][0][:4],
                             ["7", "3", "-1", "0"])
            hanging = tool("find-hanging", "--topic", "t", "--max-transaction-timeout", 0)
            self.assertEqual(hanging[0][:4], ["Topic", "Partition", "ProducerId", "ProducerEpoch"])
            self.assertEqual([row[:6] for row in hanging[1:]], [["t", "0", "7", "3", "-1", "1"]])
            self.assertEqual(tool("find-hanging", "--broker-id", 0), hanging[:1], "not for a quarter of an hour yet")
            self.assertIn("describe-producers",
                          tool("abort", "--topic", "t", "--partition", 0, "--start-offset", 0, status=1)[0])
            tool("abort", "--topic", "t", "--partition", 0, "--start-offset", 1)
            self.assertEqual(connection.fetch_committed("t", 0), (3, [(7, 1)], [0, 1]))
            self.assertEqual(tool("describe-producers", "--topic", "t", "--partition", 0)[1][-1], "None")
            self.send(connection, 8, 0)
            tool("abort", "--topic", "t", "--partition", 0, "--producer-id", 8, "--producer-epoch", 0,
                 "--coordinator-epoch", -1)
            self.assertEqual(connection.end_offset("t", 0, committed=True), 5)
        self.assertEqual(tool("list"), [["TransactionalId", "Coordinator", "ProducerId", "TransactionState"]])
        tool("describe", status=1)
        tool("no-such-command", status=1)

    def test_the_clients_producer_commits_with_verification_on(self):
        broker = self.broker(transaction_state_log_replication_factor=1, transaction_state_log_min_isr=1).start()
        with broker.connect() as connection:
            connection.create_topic("t", 3)
        self.wait_for_leader(broker, "t", 2)
        self.tool(broker, "producer-perf", "--topic", "t", "--num-records", 5000, "--record-size", 100, "--throughput",
                  10000, "--transactional-id", "x", "--transaction-duration-ms", 100)
        got = self.tool(broker, "console-consumer", "--topic", "t", "--from-beginning", "--until-end",
                        "--isolation-level", "read_committed")
        self.assertEqual(len(got), 5000)
        self.assertEqual(self.tool(broker, "transactions", "list")[1].split(), ["x", "0", "0", "CompleteCommit"])


if __name__ == "__main__":
    harness.main()
