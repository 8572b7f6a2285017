"""A small ZooKeeper client for tests, by which they look at znodes and write them as other programs would."""
import socket
import struct

CREATE, DELETE, EXISTS, GET, SET, CHILDREN, CLOSE = 1, 2, 3, 4, 5, 8, -11
EPHEMERAL, SEQUENTIAL = 1, 2
NO_NODE, NODE_EXISTS = -101, -110
OPEN_ACL = struct.pack(">ii", 1, 31) + struct.pack(">i", 5) + b"world" + struct.pack(">i", 6) + b"anyone"


class ZooKeeperError(Exception):
    def __init__(self, code, path):
        super().__init__(f"ZooKeeper error {code} at {path}")
        self.code = code


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">i", len(data)) + data


class ZooKeeperClient:
    """One session; requests one at a time, no watches. Closing it removes its ephemerals."""

    def __init__(self, port, session_ms=30000):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.xid = 0
        self.send(struct.pack(">iqiq", 0, 0, session_ms, 0) + text(b"\0" * 16))
        self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.request(CLOSE, b"", "")
        self.socket.close()

    def send(self, payload):
        self.socket.sendall(struct.pack(">i", len(payload)) + payload)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("ZooKeeper closed the connection")
            data += piece
        return data

    def receive(self):
        return self.exactly(struct.unpack(">i", self.exactly(4))[0])

    def request(self, kind, body, path):
        self.xid += 1
        self.send(struct.pack(">ii", self.xid, kind) + body)
        answer = self.receive()
        _, _, error = struct.unpack_from(">iqi", answer)
        if error:
            raise ZooKeeperError(error, path)
        return answer[16:]

    def get(self, path):
        """The data of a znode, as text; None if there is no such znode."""
        try:
            answer = self.request(GET, text(path) + b"\0", path)
        except ZooKeeperError as error:
            if error.code == NO_NODE:
                return None
            raise
        length, = struct.unpack_from(">i", answer)
        return answer[4:4 + max(0, length)].decode()

    def children(self, path):
        try:
            answer = self.request(CHILDREN, text(path) + b"\0", path)
        except ZooKeeperError as error:
            if error.code == NO_NODE:
                return []
            raise
        count, = struct.unpack_from(">i", answer)
        names, at = [], 4
        for _ in range(count):
            length, = struct.unpack_from(">i", answer, at)
            names.append(answer[at + 4:at + 4 + length].decode())
            at += 4 + length
        return sorted(names)

    def create(self, path, data, flags=0):
        """Makes a znode, and its parents where they are missing."""
        parent = path.rsplit("/", 1)[0]
        if parent and self.get(parent) is None:
            self.create(parent, "")
        self.request(CREATE, text(path) + text(data) + OPEN_ACL + struct.pack(">i", flags), path)

    def set(self, path, data):
        self.request(SET, text(path) + text(data) + struct.pack(">i", -1), path)

    def delete(self, path):
        self.request(DELETE, text(path) + struct.pack(">i", -1), path)
