#!/usr/bin/env python3
"""Records in and out: produce, fetch, offsets, what a crash and a restart leave."""
import os
import struct

import harness
import wire
from harness import PATIENCE, ClusterTest, wait_until

OUT_OF_ORDER_SEQUENCE, UNKNOWN_TOPIC, TOPIC_EXISTS, CORRUPT = 45, 3, 36, 2


def numbered(first, count):
    return [(b"key%d" % n, b"value%d" % n) for n in range(first, first + count)]


class Records(ClusterTest):
    def start_with_topic(self, partitions=1, **configs):
        broker = self.broker(**configs).start()
        with broker.connect() as connection:
            connection.create_topic("t", partitions)
        for partition in range(partitions):
            self.wait_for_leader(broker, "t", partition)
        return broker

    def assert_records(self, broker, expected, partition=0):
        with broker.connect() as connection:
            got = connection.fetch_all("t", partition)
        self.assertEqual(got, [(offset, key, value) for offset, (key, value) in enumerate(expected)])

    def test_what_goes_in_comes_out(self):
        broker = self.start_with_topic(3)
        with broker.connect() as connection:
            for partition in range(3):
                self.assertEqual(connection.produce("t", partition, wire.batch(numbered(0, 5))), 0)
                self.assertEqual(connection.produce("t", partition, wire.batch(numbered(5, 2)), acks=1), 5)
                self.assertEqual(connection.end_offset("t", partition), 7)
                self.assertEqual(connection.end_offset("t", partition, -2), 0)
        for partition in range(3):
            self.assert_records(broker, numbered(0, 7), partition)

    def test_a_clean_restart_keeps_all(self):
        broker = self.start_with_topic()
        with broker.connect() as connection:
            connection.produce("t", 0, wire.batch(numbered(0, 10)))
        self.assertEqual(broker.stop(), 0)
        broker.start()
        self.wait_for_leader(broker, "t")
        self.assert_records(broker, numbered(0, 10))

    def test_recovery_after_kill_9(self):
        broker = self.start_with_topic(log_segment_bytes=4096)
        with broker.connect() as connection:
            for n in range(100):
                connection.produce("t", 0, wire.batch(numbered(n * 3, 3)))
        broker.kill()
        broker.start()
        self.wait_for_leader(broker, "t")
        self.assert_records(broker, numbered(0, 300))
        with broker.connect() as connection:
            self.assertEqual(connection.produce("t", 0, wire.batch(numbered(300, 1))), 300)

    def test_a_torn_batch_at_the_end_is_cut_off(self):
        broker = self.start_with_topic()
        with broker.connect() as connection:
            connection.produce("t", 0, wire.batch(numbered(0, 4)))
        broker.kill()
        with open(os.path.join(broker.data, "t-0", "00000000000000000000.log"), "ab") as segment:
            segment.write(wire.batch(numbered(4, 4))[:70])
        broker.start()
        self.wait_for_leader(broker, "t")
        self.assert_records(broker, numbered(0, 4))

    def test_idempotent_producer_over_a_crash(self):
        broker = self.start_with_topic()
        with broker.connect() as connection:
            producer, epoch = connection.init_producer_id()
            first = wire.batch(numbered(0, 2), producer, epoch, 0)
            self.assertEqual(connection.produce("t", 0, first), 0)
            self.assertEqual(connection.produce("t", 0, first), 0, "a duplicate is recognized")
            with self.assertRaises(wire.Error) as refused:
                connection.produce("t", 0, wire.batch(numbered(9, 1), producer, epoch, 9))
            self.assertEqual(refused.exception.code, OUT_OF_ORDER_SEQUENCE)
        broker.kill()
        broker.start()
        self.wait_for_leader(broker, "t")
        with broker.connect() as connection:
            self.assertEqual(connection.produce("t", 0, first), 0, "recognized after recovery, too")
            self.assertEqual(connection.produce("t", 0, wire.batch(numbered(2, 1), producer, epoch, 2)), 2)
            other, _ = connection.init_producer_id()
            self.assertGreater(other, producer)
        self.assert_records(broker, numbered(0, 3))

    def test_a_corrupt_batch_is_refused(self):
        broker = self.start_with_topic()
        data = bytearray(wire.batch(numbered(0, 1)))
        data[-1] ^= 1
        with broker.connect() as connection:
            with self.assertRaises(wire.Error) as refused:
                connection.produce("t", 0, bytes(data))
            self.assertEqual(refused.exception.code, CORRUPT)
            self.assertEqual(connection.end_offset("t", 0), 0)

    def test_a_fetch_waits_for_records(self):
        broker = self.start_with_topic()
        with broker.connect() as waiting, broker.connect() as writing:
            wanted = struct.pack(">iqi", 0, 0, 1 << 20)
            topics = wire.array([wire.string("t") + wire.array([wanted])])
            body = struct.pack(">iiiib", -1, 30000, 1, 1 << 20, 0) + topics
            waiting.send_frame(struct.pack(">hhi", 1, 4, 9) + wire.string("test") + body)
            writing.produce("t", 0, wire.batch(numbered(0, 1)))
            self.assertIn(b"value0", waiting.receive_frame())

    def test_answers_come_in_the_order_of_requests(self):
        broker = self.start_with_topic()
        with broker.connect() as connection:
            for number in range(50):
                records = wire.batch(numbered(number, 1))
                body = wire.string(None) + struct.pack(">hi", -1, 30000) + wire.array(
                    [wire.string("t") + wire.array([struct.pack(">ii", 0, len(records)) + records])])
                connection.send_frame(struct.pack(">hhi", 0, 3, number) + wire.string("test") + body)
            answers = [struct.unpack(">i", connection.receive_frame()[:4])[0] for _ in range(50)]
        self.assertEqual(answers, list(range(50)))
        self.assert_records(broker, numbered(0, 50))

    def test_a_malformed_frame_harms_nobody_else(self):
        broker = self.start_with_topic()
        with broker.connect() as healthy:
            for frame in (b"", b"\0", b"\xff" * 40, struct.pack(">hhi", 0, 3, 1) + b"\xff" * 8):
                with broker.connect() as broken:
                    broken.send_frame(frame)
                    with self.assertRaises((ConnectionError, TimeoutError)):
                        broken.receive_frame()
            healthy.produce("t", 0, wire.batch(numbered(0, 1)))
        self.assert_records(broker, numbered(0, 1))


class Topics(ClusterTest):
    def test_create_and_delete(self):
        broker = self.broker().start()
        with broker.connect() as connection:
            connection.create_topic("one", 2)
            self.wait_for_leader(broker, "one", 1)
            with self.assertRaises(wire.Error) as refused:
                connection.create_topic("one")
            self.assertEqual(refused.exception.code, TOPIC_EXISTS)
            connection.delete_topic("one")
            wait_until("end of the topic", lambda: "one" not in connection.metadata()["topics"], PATIENCE)
        with self.znodes() as znodes:
            wait_until("end of its znode", lambda: not znodes.children(self.chroot + "/brokers/topics"), PATIENCE)

    def test_a_topic_written_to_zookeeper_appears(self):
        broker = self.broker().start()
        with self.znodes() as znodes:
            znodes.create(self.chroot + "/config/topics/old", '{"version":1,"config":{}}')
            znodes.create(self.chroot + "/brokers/topics/old", '{"version":1,"partitions":{"0":[0],"1":[0]}}')
            self.wait_for_leader(broker, "old", 0)
            self.wait_for_leader(broker, "old", 1)
            self.assertIsNotNone(znodes.get(self.chroot + "/brokers/topics/old/partitions/1/state"))
        with broker.connect() as connection:
            self.assertEqual(connection.produce("old", 1, wire.batch(numbered(0, 1))), 0)

    def test_asking_for_a_topic_creates_it(self):
        broker = self.broker(num_partitions=4).start()
        self.wait_for_leader(broker, "asked", 3)

    def test_asking_creates_nothing_where_that_is_off(self):
        broker = self.broker(auto_create_topics_enable="false").start()
        with broker.connect() as connection:
            self.assertEqual(connection.metadata(["asked"])["topics"]["asked"][0], UNKNOWN_TOPIC)
        with self.znodes() as znodes:
            self.assertEqual(znodes.children(self.chroot + "/brokers/topics"), [])

    def test_topics_are_there_after_a_restart(self):
        broker = self.broker().start()
        with broker.connect() as connection:
            connection.create_topic("kept", 3, configs={"retention.ms": "1000000"})
        self.wait_for_leader(broker, "kept", 2)
        broker.kill()
        broker.start()
        self.wait_for_leader(broker, "kept", 2)
        with self.znodes() as znodes:
            self.assertIn('"retention.ms":"1000000"', znodes.get(self.chroot + "/config/topics/kept"))


if __name__ == "__main__":
    harness.main()
