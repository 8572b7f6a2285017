#!/usr/bin/env python3
"""Consumer groups on a real log: what members, offsets and generations go through when the broker dies or restarts."""
import struct

import harness
from harness import PATIENCE, ClusterTest, wait_until
from wire import array, string

NO_GROUP, LOADING, NOT_AVAILABLE, NOT_COORDINATOR, UNKNOWN_MEMBER, REBALANCING = 69, 14, 15, 16, 25, 27


def octets(data):
    return struct.pack(">i", len(data)) + data


def subscription(*topics):
    return struct.pack(">h", 0) + array([string(t) for t in topics]) + struct.pack(">i", -1)


def assignment(topic, partitions):
    numbers = array([struct.pack(">i", p) for p in partitions])
    return struct.pack(">h", 0) + array([string(topic) + numbers]) + struct.pack(">i", -1)


def create_partitions(connection, topic, count):
    body = array([string(topic) + struct.pack(">ii", count, -1)]) + struct.pack(">ib", 30000, 0)
    reader = connection.request(37, 0, body)
    reader.number("i"), reader.number("i"), reader.string()
    return reader.number("h")


class Group:
    """One member's view of a group, by requests of old versions that need no second join."""

    def __init__(self, connection, name):
        self.connection, self.name, self.member, self.generation = connection, name, "", -1

    def join(self, session_ms=30000, metadata=b"meta"):
        body = string(self.name) + struct.pack(">ii", session_ms, 60000) + string(self.member) + string("consumer")
        reader = self.connection.request(11, 2, body + array([string("range") + octets(metadata)]))
        reader.number("i")
        error = reader.number("h")
        self.generation, _, leader = reader.number("i"), reader.string(), reader.string()
        self.member = reader.string()
        return error, leader == self.member

    def sync(self, assignments):
        body = string(self.name) + struct.pack(">i", self.generation) + string(self.member)
        parts = [string(member) + octets(data) for member, data in assignments.items()]
        reader = self.connection.request(14, 1, body + array(parts))
        reader.number("i")
        return reader.number("h"), reader.take(reader.number("i"))

    def heartbeat(self):
        body = string(self.name) + struct.pack(">i", self.generation) + string(self.member)
        reader = self.connection.request(12, 1, body)
        reader.number("i")
        return reader.number("h")

    def commit(self, topic, offset, metadata=""):
        partition = struct.pack(">iq", 0, offset) + string(metadata)
        body = string(self.name) + struct.pack(">i", self.generation) + string(self.member)
        reader = self.connection.request(8, 5, body + array([string(topic) + array([partition])]))
        reader.number("i"), reader.number("i"), reader.string(), reader.number("i"), reader.number("i")
        return reader.number("h")

    def fetch(self, topic):
        """(error, offset, metadata) of partition 0."""
        body = string(self.name) + array([string(topic) + array([struct.pack(">i", 0)])])
        reader = self.connection.request(9, 2, body)
        topics = reader.array(lambda: (reader.string(), reader.array(
            lambda: (reader.number("i"), reader.number("q"), reader.string(), reader.number("h")))))
        error = reader.number("h")
        if not topics:
            return error, None, None
        _, offset, metadata, partition_error = topics[0][1][0]
        return error or partition_error, offset, metadata

    def state(self):
        reader = self.connection.request(15, 0, array([string(self.name)]))
        reader.number("i")
        error, _, state = reader.number("h"), reader.string(), reader.string()
        return f"error {error}" if error else state

    def delete(self):
        reader = self.connection.request(42, 0, array([string(self.name)]))
        reader.number("i"), reader.number("i"), reader.string()
        return reader.number("h")


class Groups(ClusterTest):
    def start(self, **configs):
        broker = self.broker(group_initial_rebalance_delay_ms=0, offsets_topic_num_partitions=3, **configs).start()
        with broker.connect() as connection:
            connection.create_topic("t")
        self.wait_for_leader(broker, "t")
        return broker

    def wait_for_coordinator(self, connection, group):
        def ready():
            reader = connection.request(10, 0, string(group))
            return reader.number("h") == 0 and not Group(connection, group).state().startswith("error")

        wait_until("a coordinator", ready, PATIENCE)

    def stable_group(self, connection, name):
        self.wait_for_coordinator(connection, name)
        group = Group(connection, name)
        self.assertEqual(group.join(), (0, True))
        self.assertEqual(group.sync({group.member: b"mine"}), (0, b"mine"))
        return group

    def test_members_and_offsets_survive_a_crash(self):
        broker = self.start()
        with broker.connect() as connection:
            group = self.stable_group(connection, "g")
            for offset in range(20):
                self.assertEqual(group.commit("t", offset, f"at {offset}"), 0)
        broker.kill()
        broker.start()
        with broker.connect() as connection:
            self.wait_for_coordinator(connection, "g")
            group.connection = connection
            self.assertEqual(group.fetch("t"), (0, 19, "at 19"))
            self.assertEqual(group.state(), "Stable")
            self.assertEqual(group.heartbeat(), 0)
            self.assertEqual(group.sync({}), (0, b"mine"))
            self.assertEqual(group.commit("t", 20), 0)

    def test_deleted_groups_stay_deleted(self):
        broker = self.start()
        with broker.connect() as connection:
            self.wait_for_coordinator(connection, "g")
            group = Group(connection, "g")
            self.assertEqual(group.commit("t", 5), 0)
            self.assertEqual(group.delete(), 0)
            self.assertEqual(group.delete(), NO_GROUP)
        self.assertEqual(broker.stop(), 0)
        broker.start()
        with broker.connect() as connection:
            self.wait_for_coordinator(connection, "g")
            group.connection = connection
            self.assertEqual(group.state(), "Dead")
            self.assertEqual(group.fetch("t"), (0, -1, ""))

    def test_offsets_go_with_their_topic(self):
        broker = self.start()
        with broker.connect() as connection:
            self.wait_for_coordinator(connection, "g")
            group = Group(connection, "g")
            self.assertEqual(group.commit("t", 5), 0)
            connection.delete_topic("t")
            wait_until("the offset to go", lambda: group.fetch("t") == (0, -1, ""), PATIENCE)
            wait_until("the group to go", lambda: group.state() == "Dead", PATIENCE)

    def test_changed_topics_start_rebalances(self):
        broker = self.start()
        with broker.connect() as connection, broker.connect() as admin:
            self.wait_for_coordinator(connection, "g")
            group = Group(connection, "g")

            def settle(*partitions):
                self.assertEqual(group.join(metadata=subscription("t")), (0, True))
                mine = assignment("t", partitions)
                self.assertEqual(group.sync({group.member: mine}), (0, mine))
                self.assertEqual(group.heartbeat(), 0)

            def told():
                return group.heartbeat() == REBALANCING

            settle(0)
            self.assertEqual(create_partitions(admin, "t", 3), 0)
            wait_until("new partitions to start a rebalance", told, PATIENCE)
            self.assertEqual(group.join(metadata=subscription("t")), (0, True))
            with self.assertRaises((ConnectionError, EOFError)):  # the leader knows of one partition only
                group.sync({group.member: assignment("t", [0])})
            with broker.connect() as group.connection:
                settle(0, 1, 2)
                admin.delete_topic("t")
                wait_until("the deletion to start a rebalance", told, PATIENCE)
                settle()
                admin.create_topic("t")
                wait_until("the new topic to start a rebalance", told, PATIENCE)

    def test_a_silent_member_is_removed(self):
        broker = self.start(group_min_session_timeout_ms=100)
        with broker.connect() as connection:
            self.wait_for_coordinator(connection, "g")
            group = Group(connection, "g")
            self.assertEqual(group.join(session_ms=300), (0, True))
            self.assertEqual(group.sync({group.member: b"mine"})[0], 0)
            wait_until("the session to end", lambda: group.state() == "Empty", PATIENCE)
            self.assertEqual(group.heartbeat(), UNKNOWN_MEMBER)

    def test_offsets_of_the_first_protocol_are_in_zookeeper(self):
        broker = self.start()
        with broker.connect() as connection, self.znodes() as znodes:
            partition = struct.pack(">iq", 0, 42) + string("ignored")
            for offset in (42, 43):
                partition = struct.pack(">iq", 0, offset) + string("ignored")
                reader = connection.request(8, 0, string("old") + array([string("t") + array([partition])]))
                reader.number("i"), reader.string(), reader.number("i"), reader.number("i")
                self.assertEqual(reader.number("h"), 0)
                self.assertEqual(znodes.get(self.chroot + "/consumers/old/offsets/t/0"), str(offset))
            body = string("old") + array([string("t") + array([struct.pack(">i", 0)])])
            reader = connection.request(9, 0, body)
            reader.number("i"), reader.string(), reader.number("i"), reader.number("i")
            self.assertEqual((reader.number("q"), reader.string(), reader.number("h")), (43, "", 0))


if __name__ == "__main__":
    harness.main()
