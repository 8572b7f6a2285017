#!/usr/bin/env python3
"""Brings docker/compose.yaml up, produces while a broker and a ZooKeeper node are killed, and counts what is lost.

    docker/check_compose.py BUILD     the folder with the programs

Needs root. Installs Docker from Debian where it is missing, and starts a daemon of its own, with all its data in a
temporary folder, where none runs. Takes everything down in the end.
"""
import contextlib, os, pathlib, shutil, signal, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
DOCKER = "/usr/bin/docker"
PROJECT = "meerkat-check"
BASE = "debian:bookworm-slim"
PROGRAMS = ["meerkat-broker", "meerkat-topics", "meerkat-console-producer", "meerkat-console-consumer"]
BOOTSTRAP = "--bootstrap-server=broker-1:9092,broker-2:9092,broker-3:9092"


class Failure(Exception):
    """What is reported in one line."""


def run(*command, check=True, **options):
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, **options)
    if check and done.returncode:
        raise Failure(f"{' '.join(map(str, command[:6]))}: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def until(what, ready, seconds):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.5)


def answers():
    return subprocess.run([DOCKER, "info"], capture_output=True).returncode == 0


@contextlib.contextmanager
def daemon(folder):
    """A running Docker daemon: the machine's, or one of our own."""
    if answers():
        yield
        return
    os.environ["DOCKER_HOST"] = f"unix://{folder}/sock"
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(["/usr/sbin/dockerd", f"--data-root={folder}/data", f"--exec-root={folder}/exec",
                                    f"--pidfile={folder}/pid", f"--host=unix://{folder}/sock"], stdout=log, stderr=log)
    try:
        def up():
            if process.poll() is not None:
                raise Failure(f"Docker cannot run here: {(folder / 'log').read_text().strip()[-800:]}")
            return answers()
        until("the Docker daemon", up, 60)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        subprocess.run(["umount", "-q", folder / "exec/netns/default"])


def have_base(folder):
    if run(DOCKER, "images", "-q", BASE).strip():
        return
    if subprocess.run([DOCKER, "pull", "-q", BASE], capture_output=True, timeout=300).returncode == 0:
        return
    run("debootstrap", "--variant=minbase", "bookworm", folder / "rootfs")
    tar = subprocess.Popen(["tar", "-C", folder / "rootfs", "-c", "."], stdout=subprocess.PIPE)
    run(DOCKER, "import", "-", BASE, stdin=tar.stdout)
    if tar.wait():
        raise Failure("tar of the base image failed")


def build_images(build, folder):
    context = folder / "context"
    (context / "bin").mkdir(parents=True)
    for program in PROGRAMS:
        run("strip", "-o", context / "bin" / program, build / program)
    run(DOCKER, "build", "--network=host", "-t", "meerkat", "-f", HERE / "Dockerfile", context)
    run(DOCKER, "build", "--network=host", "-t", "meerkat-zookeeper", HERE / "zookeeper")


def compose(*arguments, **options):
    return run("docker-compose", "-p", PROJECT, "-f", HERE / "compose.yaml", *arguments, **options)


def container(service):
    return compose("ps", "-q", service).strip()


def inside(service, *command):
    return [DOCKER, "exec", "-i", container(service), *command]


def healthy(service):
    state = run(DOCKER, "inspect", "-f", "{{.State.Health.Status}}", container(service)).strip()
    return state == "healthy"


def produce(lines, pause=0.0):
    """A producer in broker-3's container, fed line by line; its status is 0 if all were acknowledged."""
    producer = subprocess.Popen(inside("broker-3", "meerkat-console-producer", BOOTSTRAP, "--topic=t", "--request-required-acks=all"),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in lines:
        producer.stdin.write(line + "\n")
        producer.stdin.flush()
        time.sleep(pause)
        yield line
    producer.stdin.close()
    said = producer.stdout.read()
    if producer.wait(120):
        raise Failure(f"the producer failed: {said.strip()[-400:]}")


def scenario():
    compose("up", "-d")
    brokers = ["broker-1", "broker-2", "broker-3"]
    until("three healthy brokers", lambda: all(healthy(b) for b in brokers), 180)
    run(*inside("broker-3", "meerkat-topics", BOOTSTRAP, "--create", "--topic=t", "--partitions=6", "--replication-factor=3"))
    sent = list(produce([f"before-{i}" for i in range(1000)]))
    print("killing broker-1 and zookeeper-1 while records are produced", flush=True)
    for i, line in enumerate(produce([f"during-{i}" for i in range(3000)], pause=0.005)):
        sent.append(line)
        if i == 500:
            compose("kill", "-s", "SIGKILL", "broker-1", "zookeeper-1")
    compose("start", "zookeeper-1", "broker-1")
    until("broker-1 healthy again", lambda: healthy("broker-1"), 120)
    sent += produce([f"after-{i}" for i in range(500)])
    read = run(*inside("broker-1", "meerkat-console-consumer", BOOTSTRAP, "--topic=t", "--from-beginning", "--until-end")).split()
    lost = set(sent) - set(read)
    if lost:
        raise Failure(f"{len(lost)} of {len(sent)} acknowledged records are lost: {sorted(lost)[:5]}")
    return f"{len(sent)} records acknowledged, {len(read)} read, none lost"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    if os.geteuid() != 0:
        raise Failure("Docker needs root here: run it as root")
    # A socket's path may have 107 bytes: the folder's name is short.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mk-", dir="/tmp"))
    try:
        with daemon(folder):
            have_base(folder)
            build_images(build, folder)
            try:
                print(f"ok compose: {scenario()}", flush=True)
            except BaseException:
                print(compose("logs", "--no-color", "--tail=40", check=False), file=sys.stderr)
                raise
            finally:
                compose("down", "-v", "-t", "5", check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"FAIL compose: {failure}", flush=True)
        sys.exit(1)
