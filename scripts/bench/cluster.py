"""Fresh clusters to measure, and the load generator pointed at them."""
import glob
import json
import os
import shutil
import subprocess
import tempfile
import time

import servers
from bench import reference

LOAD_LIMIT_SECONDS = 600
START_LIMIT_SECONDS = 600


class Broker:
    """One broker of any kind; may be started again after its end."""

    def __init__(self, lab, number, folder, zookeeper, configs):
        self.port = servers.free_port()
        self.log, self.data = os.path.join(folder, "broker.log"), os.path.join(folder, "data")
        os.makedirs(folder)
        settings = {
            "broker.id": number,
            "zookeeper.connect": zookeeper,
            "zookeeper.session.timeout.ms": 6000,
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "log.dirs": self.data,
            **configs,
        }
        properties = os.path.join(folder, "server.properties")
        with open(properties, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in settings.items())
        if lab.kind == "kafka":
            self.command = reference.command(properties, folder)
        elif lab.kind == "floor":
            os.makedirs(self.data)
            self.command = [lab.program("bench/floor"), str(self.port), self.data]
        else:
            self.command = [lab.program("meerkat-broker"), f"--properties={properties}", "--logtostderr"]
        self.process = None

    def spawn(self):
        self.process = servers.spawn(self.command, self.log)

    def wait(self, again=False):
        """Until it accepts connections. With `again` one that ends by itself is started once more, as a service manager
        would do: Kafka gives up as long as ZooKeeper still has the session of its killed predecessor."""
        end = time.monotonic() + START_LIMIT_SECONDS
        while True:
            try:
                return servers.wait_for_broker(self.process, self.port, self.log, START_LIMIT_SECONDS)
            except servers.StartFailed:
                if not again or time.monotonic() > end:
                    raise
                time.sleep(0.2)
                self.spawn()

    def stop(self):
        """SIGTERM, and its end."""
        self.process.terminate()
        self.process.wait(START_LIMIT_SECONDS)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def rss_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024 / 1e6

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def forget_cached(self, topic):
        """Puts the topic's files out of the page cache, so that the next reader finds them on the disk."""
        for path in glob.glob(f"{self.data}/{topic}-*/*.log"):
            with open(path, "rb") as file:
                os.fdatasync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cluster:
    """A ZooKeeper and brokers that know each other; for a with block, which removes everything at its end."""

    def __init__(self, lab, brokers, configs):
        self.lab = lab
        self.folder = tempfile.mkdtemp(prefix="meerkat-bench-", dir=lab.options.folder)
        self.zookeeper = None
        self.brokers = []
        self.count, self.configs = brokers, configs

    def __enter__(self):
        try:
            port = servers.free_port()
            if self.lab.kind != "floor":
                self.zookeeper = servers.start_zookeeper(os.path.join(self.folder, "zookeeper"), port)
            internal = {"offsets.topic.replication.factor": 1, "transaction.state.log.replication.factor": 1,
                        "transaction.state.log.min.isr": 1}
            for number in range(1, self.count + 1):
                broker = Broker(self.lab, number, os.path.join(self.folder, f"broker-{number}"), f"127.0.0.1:{port}",
                                {**internal, **self.configs})
                self.brokers.append(broker)
                broker.spawn()
            for broker in self.brokers:
                broker.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for broker in self.brokers:
            if broker.process is not None:
                broker.kill()
        if self.zookeeper is not None:
            self.zookeeper.kill()
            self.zookeeper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def bootstrap(self):
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self.brokers)

    def rss_mb(self):
        return sum(broker.rss_mb() for broker in self.brokers)

    def create(self, topic, partitions, replicas=1, **configs):
        """A topic; configs by their names with _ for the dots. A broker that has just started may not be able to."""
        command = [self.lab.program("meerkat-topics"), f"--bootstrap-server={self.bootstrap}", "--create",
                   f"--topic={topic}", f"--partitions={partitions}", f"--replication-factor={replicas}"]
        for name, value in configs.items():
            command += ["--config", f"{name.replace('_', '.')}={value}"]

        def created():
            done = subprocess.run(command, capture_output=True, text=True, timeout=LOAD_LIMIT_SECONDS, check=False)
            return done.returncode == 0 or "already exists" in done.stderr

        servers.wait_until(f"topic {topic}", created, 300, every=0.3)

    def load_command(self, mode, flags):
        return [self.lab.program("bench/load"), f"--mode={mode}", f"--bootstrap-server={self.bootstrap}",
                "--pids=" + ",".join(str(broker.process.pid) for broker in self.brokers),
                *(f"--{name}={value}" for name, value in flags.items())]

    def load(self, mode, **flags):
        """Runs the load generator; what it reports."""
        done = subprocess.run(self.load_command(mode, flags), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=LOAD_LIMIT_SECONDS, check=False)
        if done.returncode != 0:
            raise servers.StartFailed(f"load --mode={mode} {flags}: {done.stderr.strip()}")
        return json.loads(done.stdout.splitlines()[-1])

    def wait_ready(self, topic):
        """Until every partition of the topic has taken one more record."""
        self.load("ready", topic=topic, records=1, connections=4, patience=START_LIMIT_SECONDS)

    def start_load(self, mode, **flags):
        """The same in the background: its lines come out of the process's `stdout`; one that holds connections ends
        with its `stdin`."""
        return subprocess.Popen(self.load_command(mode, flags), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True)


class Lab:
    """Makes clusters of one kind: meerkat, kafka, or floor, the server that costs the least (test/bench/floor)."""

    def __init__(self, kind, options):
        self.kind, self.options = kind, options

    def program(self, name):
        return os.path.abspath(os.path.join(self.options.build, name))

    def cluster(self, brokers=1, **configs):
        """Not started yet; configs by their names with _ for the dots."""
        return Cluster(self, brokers, {name.replace("_", "."): value for name, value in configs.items()})
