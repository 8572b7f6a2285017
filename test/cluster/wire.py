"""Just enough of Kafka's protocol to ask a broker things in tests, written against its specification: old, inflexible
versions of a few requests, record batches of format 2 without compression."""
import socket
import struct
import time

COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE = 14, 15


class Error(Exception):
    """An error code in an answer."""

    def __init__(self, code, where):
        super().__init__(f"error code {code} in {where}")
        self.code = code


# ---- Bytes

def string(text):
    if text is None:
        return struct.pack(">h", -1)
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


class Reader:
    """Reads an answer from its beginning to its end."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count < 0 or self.at + count > len(self.data):
            raise ValueError("answer ends too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, kind):
        return struct.unpack(">" + kind, self.take(struct.calcsize(">" + kind)))[0]

    def string(self):
        length = self.number("h")
        return None if length < 0 else self.take(length).decode()

    def array(self, item):
        return [item() for _ in range(self.number("i"))]


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def read_varint(reader):
    shift = value = 0
    while True:
        byte = reader.number("B")
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return (value >> 1) ^ -(value & 1)
        shift += 7


CRC_TABLE = []
for index in range(256):
    for _ in range(8):
        index = index >> 1 ^ (0x82F63B78 if index & 1 else 0)
    CRC_TABLE.append(index)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


# ---- Record batches

def batch(records, producer_id=-1, producer_epoch=-1, base_sequence=-1, transactional=False):
    """A batch of (key, value) pairs of bytes, stamped with the present time: producers are forgotten by age."""
    timestamp = int(time.time() * 1000)
    body = b""
    for offset, (key, value) in enumerate(records):
        record = b"\0" + varint(0) + varint(offset)
        for part in (key, value):
            record += varint(-1) if part is None else varint(len(part)) + part
        record += varint(0)
        body += varint(len(record)) + record
    checked = struct.pack(">hiqqqhii", 0x10 if transactional else 0, len(records) - 1, timestamp, timestamp, producer_id, producer_epoch,
                          base_sequence, len(records)) + body
    tail = struct.pack(">ibI", -1, 2, crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(tail)) + tail


def read_batches(data):
    """(offset, key, value) of each record of whole batches; a batch that is cut off at the end is left out."""
    out, at = [], 0
    while at + 61 <= len(data):
        base, length = struct.unpack_from(">qi", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        crc, = struct.unpack_from(">I", data, at + 17)
        if crc != crc32c(data[at + 21:end]):
            raise ValueError(f"wrong checksum in the batch at offset {base}")
        count, = struct.unpack_from(">i", data, at + 57)
        if data[at + 22] & 0x20:  # a control batch
            count = 0
        reader = Reader(data[at + 61:end])
        for _ in range(count):
            read_varint(reader), reader.number("b"), read_varint(reader)
            offset = base + read_varint(reader)
            key, value = read_key_and_value(reader)
            for _ in range(read_varint(reader)):
                reader.take(read_varint(reader)), reader.take(max(0, read_varint(reader)))
            out.append((offset, key, value))
        at = end
    return out


def batch_bounds(data):
    """(start, end) of each whole batch."""
    at = 0
    while at + 61 <= len(data):
        end = at + 12 + struct.unpack_from(">i", data, at + 8)[0]
        if end > len(data):
            return
        yield at, end
        at = end


def read_committed(data, aborted):
    """(offset, key, value) of each record that a consumer of committed records hands out; `aborted`: (producer, first
    offset) of the transactions to leave out."""
    out, left, open_aborted = [], sorted(aborted, key=lambda t: t[1]), set()
    for at, end in batch_bounds(data):
        base, last_delta = struct.unpack_from(">q", data, at)[0], struct.unpack_from(">i", data, at + 23)[0]
        producer, = struct.unpack_from(">q", data, at + 43)
        while left and left[0][1] <= base + last_delta:
            open_aborted.add(left.pop(0)[0])
        if data[at + 22] & 0x20:
            open_aborted.discard(producer)
        elif not (data[at + 22] & 0x10 and producer in open_aborted):
            out += read_batches(data[at:end])
    return out


def read_key_and_value(reader):
    parts = []
    for _ in range(2):
        length = read_varint(reader)
        parts.append(reader.take(length) if length >= 0 else None)
    return parts


# ---- A connection

class Connection:
    """One connection to a broker; requests one at a time."""

    def __init__(self, port, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_frame(self, frame):
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)

    def receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("the broker closed the connection")
            data += piece
        return data

    def receive_frame(self):
        return self.receive(struct.unpack(">i", self.receive(4))[0])

    def request(self, key, version, body):
        self.correlation += 1
        self.send_frame(struct.pack(">hhi", key, version, self.correlation) + string("test") + body)
        reader = Reader(self.receive_frame())
        if reader.number("i") != self.correlation:
            raise ValueError("the answer belongs to another request")
        return reader

    def api_versions(self):
        """Key → (lowest, highest version)."""
        reader = self.request(18, 0, b"")
        raise_if(reader.number("h"), "ApiVersions")
        rows = reader.array(lambda: (reader.number("h"), reader.number("h"), reader.number("h")))
        return {key: (low, high) for key, low, high in rows}

    def metadata(self, topics=None):
        """Three things under the keys "brokers" (id → (host, port)), "controller" (id), and "topics" (name → (error,
        partition → (error, leader)))."""
        reader = self.request(3, 1, struct.pack(">i", -1) if topics is None else array([string(t) for t in topics]))
        brokers = {}

        def broker():
            node, host, port, _ = reader.number("i"), reader.string(), reader.number("i"), reader.string()
            brokers[node] = (host, port)

        reader.array(broker)
        controller, found = reader.number("i"), {}

        def partition():
            error, index, leader = reader.number("h"), reader.number("i"), reader.number("i")
            reader.array(lambda: reader.number("i")), reader.array(lambda: reader.number("i"))
            return index, (error, leader)

        def topic():
            error, name, _ = reader.number("h"), reader.string(), reader.number("b")
            found[name] = (error, dict(reader.array(partition)))

        reader.array(topic)
        return {"brokers": brokers, "controller": controller, "topics": found}

    def create_topic(self, name, partitions=1, replication=1, configs=None):
        pairs = [string(k) + string(v) for k, v in (configs or {}).items()]
        topic = string(name) + struct.pack(">ih", partitions, replication) + array([]) + array(pairs)
        reader = self.request(19, 1, array([topic]) + struct.pack(">i?", 30000, False))
        reader.number("i"), reader.string()
        raise_if(reader.number("h"), f"CreateTopics of {name}")

    def delete_topic(self, name):
        reader = self.request(20, 0, array([string(name)]) + struct.pack(">i", 30000))
        reader.number("i"), reader.string()
        raise_if(reader.number("h"), f"DeleteTopics of {name}")

    def produce(self, topic, partition, data, acks=-1, transactional_id=None):
        """Sends one batch; returns its base offset."""
        records = struct.pack(">ii", partition, len(data)) + data
        body = string(transactional_id) + struct.pack(">hi", acks, 30000) + array([string(topic) + array([records])])
        reader = self.request(0, 3, body)
        reader.number("i"), reader.string(), reader.number("i"), reader.number("i")
        error, offset = reader.number("h"), reader.number("q")
        raise_if(error, f"Produce to {topic}-{partition}")
        return offset

    def fetch(self, topic, partition, offset, max_bytes=1 << 20, wait_ms=500):
        """(high watermark, records) from `offset` on."""
        wanted = struct.pack(">iqi", partition, offset, max_bytes)
        body = struct.pack(">iiiib", -1, wait_ms, 1, max_bytes, 0) + array([string(topic) + array([wanted])])
        reader = self.request(1, 4, body)
        reader.number("i"), reader.number("i"), reader.string(), reader.number("i"), reader.number("i")
        error, high_watermark = reader.number("h"), reader.number("q")
        raise_if(error, f"Fetch of {topic}-{partition}")
        reader.number("q"), reader.array(lambda: (reader.number("q"), reader.number("q")))
        data = reader.take(max(0, reader.number("i")))
        return high_watermark, [r for r in read_batches(data) if r[0] >= offset]

    def fetch_committed(self, topic, partition, offset=0):
        """What a read_committed consumer is given: (last stable offset, aborted (producer, first offset) or None, offsets
        of the records of data)."""
        stable, aborted, data = self.fetch_stable(topic, partition, offset)
        return stable, aborted, [r[0] for r in read_batches(data) if r[0] >= offset]

    def fetch_stable(self, topic, partition, offset=0):
        """The same with the bytes of the batches."""
        wanted = struct.pack(">iqi", partition, offset, 1 << 20)
        body = struct.pack(">iiiib", -1, 100, 1, 1 << 20, 1) + array([string(topic) + array([wanted])])
        reader = self.request(1, 4, body)
        reader.number("i"), reader.number("i"), reader.string(), reader.number("i"), reader.number("i")
        raise_if(reader.number("h"), f"Fetch of {topic}-{partition}")
        reader.number("q")
        stable = reader.number("q")
        aborted = [(reader.number("q"), reader.number("q")) for _ in range(reader.number("i"))]
        data = reader.take(max(0, reader.number("i")))
        return stable, aborted, data

    def write_marker(self, producer_id, producer_epoch, commit, topic, partitions, coordinator_epoch=0):
        """WriteTxnMarkers of one marker: partition → error."""
        topics = array([string(topic) + array([struct.pack(">i", p) for p in partitions])])
        reader = self.request(27, 0, array([struct.pack(">qh?", producer_id, producer_epoch, commit) + topics +
                                            struct.pack(">i", coordinator_epoch)]))
        errors = {}
        for _ in range(reader.number("i")):
            reader.number("q")
            for _ in range(reader.number("i")):
                reader.string()
                errors.update(reader.array(lambda: (reader.number("i"), reader.number("h"))))
        return errors

    def fetch_all(self, topic, partition, start=0):
        """All records up to the present high watermark."""
        out, offset = [], start
        while True:
            high_watermark, records = self.fetch(topic, partition, offset)
            out += records
            if records:
                offset = records[-1][0] + 1
            if offset >= high_watermark:
                return out

    def end_offset(self, topic, partition, timestamp=-1, committed=False):
        """ListOffsets: -1 the end (the last stable offset, if `committed`), -2 the start."""
        wanted = struct.pack(">iq", partition, timestamp)
        body = struct.pack(">ib", -1, committed) + array([string(topic) + array([wanted])])
        reader = self.request(2, 2, body)
        reader.number("i"), reader.number("i"), reader.string(), reader.number("i"), reader.number("i")
        raise_if(reader.number("h"), f"ListOffsets of {topic}-{partition}")
        reader.number("q")
        return reader.number("q")

    def init_producer_id(self):
        """(producer id, epoch) of an idempotent producer; asks again while the broker has none at hand."""
        while True:
            reader = self.request(22, 0, string(None) + struct.pack(">i", 60000))
            reader.number("i")
            error = reader.number("h")
            if error not in (COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE):
                raise_if(error, "InitProducerId")
                return reader.number("q"), reader.number("h")
            time.sleep(0.05)


def raise_if(code, where):
    if code != 0:
        raise Error(code, where)
