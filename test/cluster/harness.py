"""What the tests of this folder stand on: a real ZooKeeper for the run, and brokers of the build under test.

Each file is a program: `python3 test/cluster/test_x.py [-k NAME] [--report=FILE]`. MEERKAT_BUILD names the build folder
(default: build). Every test gets a chroot of its own, so brokers of different tests never meet.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))

import servers  # noqa: E402
from servers import free_port, wait_until  # noqa: E402
from wire import Connection  # noqa: E402
from znodes import ZooKeeperClient  # noqa: E402

BROKER = os.path.join(TOP, os.environ.get("MEERKAT_BUILD", "build"), "meerkat-broker")
# A sanitizer makes everything slower, and no test here measures speed.
PATIENCE = 60


class Broker:
    """A broker process with a port, a data folder and a log of its own; may be started again after its end."""

    def __init__(self, folder, connect_string, broker_id=0, **configs):
        self.folder, self.port = folder, free_port()
        os.makedirs(folder, exist_ok=True)
        self.log = os.path.join(folder, "broker.log")
        self.data = os.path.join(folder, "data")
        self.configs = {
            "broker.id": broker_id,
            "zookeeper.connect": connect_string,
            "zookeeper.session.timeout.ms": 4000,
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "log.dirs": self.data,
            "offsets.topic.replication.factor": 1,
            **{name.replace("_", "."): value for name, value in configs.items()},
        }
        self.process = None

    def spawn(self):
        properties = os.path.join(self.folder, "server.properties")
        with open(properties, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in self.configs.items() if value is not None)
        self.process = servers.spawn([BROKER, f"--properties={properties}", "--logtostderr"], self.log)
        return self

    def start(self):
        """Starts it and waits until it knows of a controller: from then on topics can be made."""
        self.spawn()
        servers.wait_for_broker(self.process, self.port, self.log, PATIENCE)
        wait_until("a controller", self.sees_controller, PATIENCE)
        return self

    def sees_controller(self):
        with self.connect() as connection:
            metadata = connection.metadata([])
            return metadata["controller"] >= 0 and metadata["brokers"]

    def connect(self):
        return Connection(self.port)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit status, once it has ended."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, timeout=PATIENCE):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the broker does not end; {self.log}:\n{servers.tail(self.log)}") from None

    def log_text(self):
        return servers.tail(self.log, 10**6)

    def last_line(self):
        """The last line it wrote: where a broker that cannot start says why."""
        lines = [line for line in self.log_text().splitlines() if line.strip()]
        return lines[-1] if lines else ""


class ClusterTest(unittest.TestCase):
    """A test with a ZooKeeper (one for the process), a chroot and a folder; what it starts is stopped at its end."""

    zookeeper = None
    zookeeper_port = 0
    zookeeper_folder = None
    serial = 0

    @classmethod
    def ensure_zookeeper(cls):
        if ClusterTest.zookeeper is None:
            ClusterTest.zookeeper_folder = tempfile.mkdtemp(prefix="meerkat-test-zookeeper-")
            ClusterTest.zookeeper_port = free_port()
            ClusterTest.zookeeper = servers.start_zookeeper(cls.zookeeper_folder, cls.zookeeper_port, tick_ms=200)

    @staticmethod
    def stop_zookeeper():
        if ClusterTest.zookeeper is not None:
            ClusterTest.zookeeper.kill()
            ClusterTest.zookeeper.wait()
            shutil.rmtree(ClusterTest.zookeeper_folder, ignore_errors=True)

    def setUp(self):
        self.ensure_zookeeper()
        ClusterTest.serial += 1
        self.chroot = f"/test{ClusterTest.serial}"
        self.connect_string = f"127.0.0.1:{self.zookeeper_port}{self.chroot}"
        self.folder = tempfile.mkdtemp(prefix="meerkat-test-")
        self.brokers = []

    def tearDown(self):
        for broker in self.brokers:
            if broker.running():
                broker.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def broker(self, broker_id=0, **configs):
        """A broker of this test, not started yet. Configs by their names with _ for the dots; None leaves one out."""
        folder = os.path.join(self.folder, f"broker{len(self.brokers)}")
        broker = Broker(folder, self.connect_string, broker_id, **configs)
        self.brokers.append(broker)
        return broker

    def tool(self, broker, name, *arguments, status=0):
        """The lines that meerkat-NAME prints, on standard error if it is to fail."""
        program = os.path.join(os.path.dirname(BROKER), f"meerkat-{name}")
        done = subprocess.run([program, "--bootstrap-server", f"127.0.0.1:{broker.port}", *map(str, arguments)],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return (done.stderr if status else done.stdout).splitlines()

    def znodes(self):
        return ZooKeeperClient(self.zookeeper_port)

    def wait_for_leader(self, broker, topic, partition=0):
        """Until `broker` says who leads; the leader's id."""

        def leader():
            with broker.connect() as connection:
                error, partitions = connection.metadata([topic])["topics"][topic]
                ready = error == 0 and partition in partitions and partitions[partition][0] == 0
                return ready and (partitions[partition][1],)

        return wait_until(f"a leader of {topic}-{partition}", leader, PATIENCE)[0]

    def expect_refusal(self, broker, *parts):
        """Starts a broker that must end by itself with a status other than 0, and a last line that holds `parts`."""
        broker.spawn()
        status = broker.wait()
        self.assertNotEqual(status, 0, broker.log_text())
        self.assertGreater(status, 0, f"killed by a signal:\n{broker.log_text()}")
        line = broker.last_line()
        for part in parts:
            self.assertIn(part, line)


class Result(unittest.TextTestResult):
    """Collects what run-tests.py wants to know."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.show_logs(test)

    def addError(self, test, err):
        super().addError(test, err)
        self.show_logs(test)

    @staticmethod
    def show_logs(test):
        for broker in getattr(test, "brokers", []):
            print(f"--- {test.id()}: the end of {broker.log}\n{servers.tail(broker.log, 40)}")

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if self.showAll:
            self.stream.writeln(f"    {time.monotonic() - self.began:.1f} s")


def main():
    """Runs the tests of the calling file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-k", action="append", help="only tests whose name contains this")
    parser.add_argument("--report", help="a JSON file to write the counts to")
    arguments = parser.parse_args()
    loader = unittest.TestLoader()
    if arguments.k:
        loader.testNamePatterns = [f"*{part}*" for part in arguments.k]
    try:
        suite = loader.loadTestsFromModule(sys.modules["__main__"])
        result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
    finally:
        ClusterTest.stop_zookeeper()
    if arguments.report:
        name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
        with open(arguments.report, "w", encoding="utf-8") as file:
            json.dump({"passed": result.passed,
                       "failed": [f"{name}: {test}" for test, _ in result.failures + result.errors],
                       "skipped": [f"{name}: {test}: {reason}" for test, reason in result.skipped]}, file)
    sys.exit(0 if result.wasSuccessful() else 1)
