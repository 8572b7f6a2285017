#!/usr/bin/env python3
"""A storm of consumer groups: members join, leave and die for a while; then every group has to settle.

    group_storm.py HOST:PORT [--members 1000] [--groups 100] [--seconds 300] [--pid BROKER]

For any single broker of Kafka's protocol. Prints heartbeat latencies, how long the groups took to settle afterwards, and
the broker's memory before, at its height and after. The status is 1 if a group does not settle within a minute."""
import argparse
import asyncio
import random
import struct
import sys
import time

REBALANCING, UNKNOWN_MEMBER, ILLEGAL_GENERATION, LOADING, NOT_AVAILABLE, NOT_COORDINATOR = 27, 25, 22, 14, 15, 16
SESSION_MS, HEARTBEAT_SECONDS = 10_000, 1.0


def string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def octets(data):
    return struct.pack(">i", len(data)) + data


class Connection:
    """One request at a time."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.serial = reader, writer, 0

    async def request(self, key, version, body):
        self.serial += 1
        self.writer.write(octets(struct.pack(">hhi", key, version, self.serial) + string("storm") + body))
        size = struct.unpack(">i", await self.reader.readexactly(4))[0]
        return (await self.reader.readexactly(size))[4:]


class Fields:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, kind):
        value = struct.unpack_from(">" + kind, self.data, self.at)[0]
        self.at += struct.calcsize(kind)
        return value

    def text(self):
        size = self.number("h")
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def octets(self):
        size = self.number("i")
        self.at += size
        return self.data[self.at - size:self.at]


class Storm:
    def __init__(self, options):
        self.options, self.latencies, self.joins, self.calm = options, [], 0, False
        self.host, port = options.server.rsplit(":", 1)
        self.port, self.settled = int(port), {}

    async def member(self, number):
        """Lives, dies and comes back until the storm is over; then stays."""
        dice = random.Random(number)
        group = f"storm-{number % self.options.groups}"
        while True:
            writer = None
            try:
                await asyncio.sleep(dice.random() * 3)
                reader, writer = await asyncio.open_connection(self.host, self.port)
                await self.life(number, group, Connection(reader, writer), dice)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                self.settled.pop(number, None)
                if writer is not None:
                    writer.close()

    async def life(self, number, group, connection, dice):
        member, generation, joined = "", -1, False
        while True:
            if not joined:
                self.settled.pop(number, None)
                member, generation, joined = await self.join(group, connection, member)
                continue
            self.settled[number] = generation
            await asyncio.sleep(HEARTBEAT_SECONDS * (0.8 + 0.4 * dice.random()))
            if not self.calm and dice.random() < 0.02:
                if dice.random() < 0.5:  # dies without a word, else leaves
                    await connection.request(13, 0, string(group) + string(member))
                return
            start = time.monotonic()
            error = Fields(await connection.request(
                12, 0, string(group) + struct.pack(">i", generation) + string(member))).number("h")
            self.latencies.append(time.monotonic() - start)
            joined = error == 0
            if error in (UNKNOWN_MEMBER, ILLEGAL_GENERATION):
                member = ""

    async def join(self, group, connection, member):
        self.joins += 1
        metadata = struct.pack(">hi", 0, 1) + string("storm-topic") + struct.pack(">i", -1)
        answer = Fields(await connection.request(11, 1, string(group) + struct.pack(">ii", SESSION_MS, 30_000) +
                                                 string(member) + string("consumer") + struct.pack(">i", 1) +
                                                 string("range") + octets(metadata)))
        error = answer.number("h")
        if error != 0:
            if error in (LOADING, NOT_AVAILABLE, NOT_COORDINATOR):
                await asyncio.sleep(0.2)
            return "" if error == UNKNOWN_MEMBER else member, -1, False
        generation, _, leader, member = answer.number("i"), answer.text(), answer.text(), answer.text()
        parts = []
        if leader == member:
            for _ in range(answer.number("i")):
                parts.append(string(answer.text()) + octets(b"part"))
                answer.octets()
        answer = Fields(await connection.request(14, 0, string(group) + struct.pack(">i", generation) + string(member) +
                                                 struct.pack(">i", len(parts)) + b"".join(parts)))
        error = answer.number("h")
        return "" if error == UNKNOWN_MEMBER else member, generation, error == 0

    def unsettled(self):
        """Groups whose members are not all in one generation."""
        generations = {}
        for number in range(self.options.members):
            generations.setdefault(number % self.options.groups, set()).add(self.settled.get(number))
        return sum(1 for seen in generations.values() if len(seen) > 1 or None in seen)

    def memory(self):
        if not self.options.pid:
            return 0
        with open(f"/proc/{self.options.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))

    async def make_coordinator(self):
        """The offsets topic is made when a coordinator is first asked for."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        connection = Connection(reader, writer)
        while Fields(await connection.request(10, 0, string("storm-0"))).number("h") != 0:
            await asyncio.sleep(0.1)
        writer.close()

    async def run(self):
        await self.make_coordinator()
        first = highest = self.memory()
        members = [asyncio.create_task(self.member(n)) for n in range(self.options.members)]
        end = time.monotonic() + self.options.seconds
        while time.monotonic() < end:
            await asyncio.sleep(1)
            highest = max(highest, self.memory())
        heartbeats, self.calm, start = sorted(self.latencies), True, time.monotonic()
        while (left := self.unsettled()) and time.monotonic() < start + 60:
            await asyncio.sleep(0.1)
        took = time.monotonic() - start
        at = lambda part: heartbeats[min(int(part * len(heartbeats)), len(heartbeats) - 1)] * 1000
        print(f"joins {self.joins}, heartbeats {len(heartbeats)}: p50 {at(.5):.2f} ms, p99 {at(.99):.2f} ms, "
              f"max {at(1):.2f} ms; settled after {took:.1f} s, {left} groups not; "
              f"memory {first} MB, at most {highest} MB, then {self.memory()} MB")
        for task in members:
            task.cancel()
        return 1 if left else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server")
    parser.add_argument("--members", type=int, default=1000)
    parser.add_argument("--groups", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--pid", type=int, help="the broker's, for its memory")
    sys.exit(asyncio.run(Storm(parser.parse_args()).run()))


if __name__ == "__main__":
    main()
