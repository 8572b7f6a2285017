"""Starting and stopping a local ZooKeeper (Debian's) and brokers: shared by `make up` and the cluster tests.

Standard library only. A server is a process of its own session with its output in a log file.
"""
import os
import signal
import socket
import subprocess
import time

ZOOKEEPER_JAR = "/usr/share/java/zookeeper.jar"  # its manifest names the jars it needs
JAVA_OPTIONS = ["-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class StartFailed(Exception):
    """A server did not come up; the text says why."""


def port_is_free(port, host="127.0.0.1"):
    """Whether a server can listen there (a connection to anybody who does would succeed)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, ready, timeout=30, every=0.05):
    """Asks `ready` until it returns something true, which is returned; TimeoutError names `what`."""
    end = time.monotonic() + timeout
    while True:
        try:
            got = ready()
        except OSError:
            got = None
        if got:
            return got
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(every)


def start_time(pid):
    """When a process began, in the kernel's ticks: with the pid it names a process for good. None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def spawn(command, log, **options):
    """Starts a command in a session of its own, its output appended to the file `log`."""
    with open(log, "ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                start_new_session=True, **options)


def stop(pid, timeout=60):
    """SIGTERM, and SIGKILL after `timeout` seconds, to a process that need not be a child of ours."""
    began = start_time(pid)
    if began is None:
        return
    os.kill(pid, signal.SIGTERM)
    try:
        wait_until(f"end of process {pid}", lambda: start_time(pid) != began, timeout)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)


def tail(path, lines=15):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except OSError:
        return ""


# ---- ZooKeeper

def four_letter(port, word):
    """ZooKeeper's answer to one of its four-letter words."""
    with socket.create_connection(("127.0.0.1", port), 2) as connection:
        connection.sendall(word.encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def start_zookeeper(folder, port, tick_ms=500):
    """Starts ZooKeeper with its data below `folder` on 127.0.0.1:port; waits until it serves; returns the process."""
    if not os.path.exists(ZOOKEEPER_JAR):
        raise StartFailed("no ZooKeeper on this machine: apt-get install zookeeper")
    os.makedirs(f"{folder}/data", exist_ok=True)
    with open(f"{folder}/zoo.cfg", "w", encoding="utf-8") as config:
        config.write(f"dataDir={folder}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\ntickTime={tick_ms}\n"
                     "maxClientCnxns=0\nmaxSessionTimeout=60000\nadmin.enableServer=false\n4lw.commands.whitelist=*\n"
                     "autopurge.snapRetainCount=3\nautopurge.purgeInterval=24\n")
    log = f"{folder}/zookeeper.log"
    process = spawn(["java", *JAVA_OPTIONS, "-cp", ZOOKEEPER_JAR,
                     "org.apache.zookeeper.server.quorum.QuorumPeerMain", f"{folder}/zoo.cfg"], log)

    def serves():
        if process.poll() is not None:
            raise StartFailed(f"ZooKeeper ended with status {process.returncode}; {log} says:\n{tail(log)}")
        return "Mode:" in four_letter(port, "srvr")  # ruok is answered before sessions are

    wait_until("ZooKeeper", serves, 60)
    return process


# ---- Brokers

def accepts(port):
    """Whether something accepts connections there."""
    with socket.create_connection(("127.0.0.1", port), 2):
        return True


def wait_for_broker(process, port, log, timeout=60):
    """Waits until a broker just started accepts connections; StartFailed with the end of its log if it ends first."""

    def serves():
        if process.poll() is not None:
            raise StartFailed(f"the broker ended with status {process.returncode}; {log} says:\n{tail(log)}")
        return accepts(port)

    wait_until("the broker", serves, timeout)
