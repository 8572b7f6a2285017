#!/usr/bin/env python3
"""ACLs: written over the protocol, kept in ZooKeeper as Kafka keeps them, and held to by every broker."""
import json
import struct

import harness
import wire
from harness import PATIENCE, ClusterTest, wait_until

ACLS = {"authorizer.class.name": "kafka.security.authorizer.AclAuthorizer", "allow.everyone.if.no.acl.found": "true"}
TOPIC, GROUP, CLUSTER = 2, 3, 4
LITERAL, PREFIXED = 3, 4
ALL, READ, WRITE, DESCRIBE = 2, 3, 4, 8
DENY, ALLOW = 2, 3
TOPIC_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED = 29, 30, 31
SECURITY_DISABLED, INVALID_REQUEST = 54, 42
ME = "User:ANONYMOUS"


def acl(kind, name, pattern, principal, operation, permission):
    return (struct.pack(">b", kind) + wire.string(name) + struct.pack(">b", pattern) + wire.string(principal)
            + wire.string("*") + struct.pack(">bb", operation, permission))


def create(connection, *acls):
    """CreateAcls v1: the error of each."""
    reader = connection.request(30, 1, wire.array(list(acls)))
    reader.number("i")
    return reader.array(lambda: (reader.number("h"), reader.string())[0])


def delete(connection, kind, name):
    """DeleteAcls v1 of all ACLs of a name: how many were there."""
    body = (struct.pack(">b", kind) + wire.string(name) + struct.pack(">b", 1) + wire.string(None) + wire.string(None)
            + struct.pack(">bb", 1, 1))
    reader = connection.request(31, 1, wire.array([body]))
    reader.number("i")

    def matching():
        reader.number("h"), reader.string(), reader.number("b"), reader.string(), reader.number("b")
        return reader.string(), reader.string(), reader.number("b"), reader.number("b")
    return reader.array(lambda: (reader.number("h"), reader.string(), len(reader.array(matching)))[2])[0]


def describe(connection, kind=1):
    """DescribeAcls v1: the error, and {(type, name, pattern): [(principal, host, operation, permission)]}."""
    body = struct.pack(">b", kind) + wire.string(None) + struct.pack(">b", 1) + wire.string(None) + wire.string(None)
    reader = connection.request(29, 1, body + struct.pack(">bb", 1, 1))
    reader.number("i")
    error = reader.number("h")
    reader.string()

    def entry():
        return reader.string(), reader.string(), reader.number("b"), reader.number("b")
    return error, dict(reader.array(
        lambda: ((reader.number("b"), reader.string(), reader.number("b")), reader.array(entry))))


def error_of(call):
    """The error code that a call fails with; 0 if it does not."""
    try:
        call()
        return 0
    except wire.Error as error:
        return error.code


class Acls(ClusterTest):
    def start(self, broker_id=0):
        return self.broker(broker_id, **ACLS).start()

    def start_with_topic(self, topic):
        broker = self.start()
        with broker.connect() as connection:
            connection.create_topic(topic)
        self.wait_for_leader(broker, topic)
        return broker

    def test_without_an_authorizer_there_are_none(self):
        with self.broker().start().connect() as connection:
            self.assertEqual(create(connection, acl(TOPIC, "t", LITERAL, ME, READ, DENY)), [SECURITY_DISABLED])
            self.assertEqual(describe(connection)[0], SECURITY_DISABLED)

    def test_they_lie_in_zookeeper_and_hold_on_every_broker(self):
        one, two = self.start(0), self.start(1)
        with one.connect() as first, two.connect() as second:
            first.create_topic("t")
            self.wait_for_leader(one, "t")
            self.assertEqual(create(first, acl(TOPIC, "t", LITERAL, "User:alice", READ, ALLOW),
                                    acl(CLUSTER, "mine", LITERAL, ME, ALL, ALLOW)), [0, INVALID_REQUEST])
            with self.znodes() as znodes:
                node = json.loads(znodes.get(self.chroot + "/kafka-acl/Topic/t"))
            self.assertEqual(node, {"version": 1, "acls": [
                {"principal": "User:alice", "permissionType": "Allow", "host": "*", "operation": "Read"}]})
            wait_until("the other broker's word", lambda: describe(second)[1], PATIENCE)
            self.assertEqual(describe(second), (0, {(TOPIC, "t", LITERAL): [("User:alice", "*", READ, ALLOW)]}))
            # Now that an ACL is about the topic, who has none may not even know of it.
            for connection in (first, second):
                topics = connection.metadata(["t"])["topics"]
                self.assertEqual(topics["t"], (TOPIC_AUTHORIZATION_FAILED, {}))
                self.assertNotIn("t", connection.metadata()["topics"])
            self.assertEqual(delete(second, TOPIC, "t"), 1)
            with self.znodes() as znodes:
                self.assertEqual(znodes.children(self.chroot + "/kafka-acl/Topic"), [])
            wait_until("the topic again", lambda: "t" in first.metadata()["topics"], PATIENCE)

    def test_clients_are_held_to_them(self):
        batch = wire.batch([(b"k", b"v")])
        with self.start_with_topic("orders").connect() as connection:
            write = lambda: error_of(lambda: connection.produce("orders", 0, batch))  # noqa: E731
            read = lambda: error_of(lambda: connection.fetch("orders", 0, 0, wait_ms=0))  # noqa: E731
            self.assertEqual((write(), read()), (0, 0))
            self.assertEqual(create(connection, acl(TOPIC, "ord", PREFIXED, ME, READ, ALLOW)), [0])
            self.assertEqual((write(), read()), (TOPIC_AUTHORIZATION_FAILED, 0))
            self.assertEqual(create(connection, acl(TOPIC, "*", LITERAL, "User:*", ALL, ALLOW)), [0])
            self.assertEqual((write(), read()), (0, 0))
            self.assertEqual(create(connection, acl(TOPIC, "orders", LITERAL, ME, READ, DENY)), [0])
            self.assertEqual((write(), read()), (0, TOPIC_AUTHORIZATION_FAILED))
            self.assertEqual(create(connection, acl(CLUSTER, "kafka-cluster", LITERAL, ME, ALL, DENY)), [0])
            self.assertEqual(describe(connection)[0], CLUSTER_AUTHORIZATION_FAILED)

    def test_an_unknown_authorizer_is_refused(self):
        broker = self.broker(0, **{**ACLS, "authorizer.class.name": "org.example.Mine"})
        self.expect_refusal(broker, "authorizer.class.name", "org.example.Mine could not be found", "AclAuthorizer")


if __name__ == "__main__":
    harness.main()
