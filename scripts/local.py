#!/usr/bin/env python3
"""A local ZooKeeper and one broker, kept in .run/: behind `make up`, `make down` and `make status`.

local.py up --build FOLDER | down | status | is-up
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import time

import servers

RUN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".run")
STATE = os.path.join(RUN, "state.json")
BROKER_PORT = 9092
ZOOKEEPER_PORT = 2181
TOPIC = "debian-packages"
PARTITIONS = 3
REAL_FILE = "/var/lib/dpkg/status"
BOOTSTRAP = f"localhost:{BROKER_PORT}"


# ---- What runs: .run/state.json names each process by pid and start time, so that no stranger is ever taken for ours.

def load_state():
    try:
        with open(STATE, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def save_state(state):
    os.makedirs(RUN, exist_ok=True)
    with open(STATE + ".tmp", "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)
    os.replace(STATE + ".tmp", STATE)


def remember(state, name, process, **more):
    state[name] = {"pid": process.pid, "start": servers.start_time(process.pid), **more}
    save_state(state)


def runs(state, name):
    entry = state.get(name)
    return bool(entry) and servers.start_time(entry["pid"]) == entry["start"]


def is_up(state):
    return runs(state, "zookeeper") and runs(state, "broker")


# ---- Starting

def start_zookeeper(state):
    if runs(state, "zookeeper"):
        return
    # Where we had it before, so that the broker's data and ZooKeeper's stay together; else the usual port if free.
    port = state.get("zookeeper", {}).get("port", ZOOKEEPER_PORT)
    while not servers.port_is_free(port):
        port += 1
    print(f"starting ZooKeeper on 127.0.0.1:{port}")
    process = servers.start_zookeeper(f"{RUN}/zookeeper", port)
    remember(state, "zookeeper", process, port=port)


def start_broker(state, build):
    if runs(state, "broker"):
        return
    if not servers.port_is_free(BROKER_PORT):
        raise servers.StartFailed(f"port {BROKER_PORT} is taken by another program; stop that first")
    os.makedirs(f"{RUN}/broker", exist_ok=True)
    log = f"{RUN}/broker/broker.log"
    print(f"starting a broker on {BOOTSTRAP}")
    process = servers.spawn(
        [os.path.abspath(f"{build}/meerkat-broker"), "--broker_id=0",
         f"--zookeeper_connect=127.0.0.1:{state['zookeeper']['port']}",
         f"--listeners=PLAINTEXT://localhost:{BROKER_PORT}",
         f"--log_dirs={RUN}/broker/data", "--offsets_topic_replication_factor=1",
         "--transaction_state_log_replication_factor=1", "--transaction_state_log_min_isr=1", "--logtostderr"], log)
    remember(state, "broker", process)
    servers.wait_for_broker(process, BROKER_PORT, log)


# ---- The real file, there and back

def packages():
    """(name, paragraph) of each package in the machine's own package database."""
    with open(REAL_FILE, encoding="utf-8") as file:
        for paragraph in file.read().split("\n\n"):
            if paragraph.strip():
                name = next(line[9:] for line in paragraph.splitlines() if line.startswith("Package: "))
                yield name, paragraph


def as_line(name, paragraph):
    """A record a line, as the console tools take it: the paragraph's lines become one JSON string."""
    return f"{name}\t{json.dumps(paragraph, ensure_ascii=False)}"


def tool(build, name, *arguments, **options):
    command = [os.path.abspath(f"{build}/meerkat-{name}"), f"--bootstrap-server={BOOTSTRAP}", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=120,
                          check=False, **options)
    if done.returncode != 0:
        raise servers.StartFailed(f"meerkat-{name} failed with status {done.returncode}:\n{done.stderr}")
    return done.stdout


def topics(build, *arguments):
    """Runs meerkat-topics; whether it did what it was told. Not so where a broker just started knows too little yet, or
    the topic is still there, or no longer."""
    try:
        tool(build, "topics", f"--topic={TOPIC}", *arguments)
        return True
    except servers.StartFailed as problem:
        if any(reason in str(problem) for reason in ("no controller", "already exists", "does not exist")):
            return False
        raise


def make_fresh_topic(build):
    """Creates the topic; one of an earlier run goes first, which takes ZooKeeper and the controller a moment."""

    def create():
        if topics(build, "--create", f"--partitions={PARTITIONS}", "--replication-factor=1"):
            return True
        topics(build, "--delete")
        return False

    servers.wait_until(f"a fresh topic {TOPIC}", create, timeout=60, every=0.3)


def move_real_file(build):
    lines = [as_line(name, paragraph) for name, paragraph in packages()]
    make_fresh_topic(build)
    began = time.monotonic()
    tool(build, "console-producer", f"--topic={TOPIC}", "--property=parse.key=true", "--property=key.separator=\t",
         input="\n".join(lines) + "\n")
    produced = time.monotonic()
    output = tool(build, "console-consumer", f"--topic={TOPIC}", "--from-beginning", f"--max-messages={len(lines)}",
                  "--timeout-ms=30000", "--property=print.key=true", "--property=key.separator=\t")
    consumed = time.monotonic()
    size = sum(len(line.encode()) for line in lines)
    print(f"produced {REAL_FILE} to topic {TOPIC}: {len(lines)} records, {size} bytes, {produced - began:.2f} s")
    # Partitions come back in any order of each other, so it is the records that are compared, each with its count.
    sent, received = collections.Counter(lines), collections.Counter(output.split("\n")[:-1])
    if sent != received:
        missing, extra = sent - received, received - sent
        raise servers.StartFailed(f"what came back differs: {missing.total()} records missing, {extra.total()} too many")
    print(f"consumed it again in {consumed - produced:.2f} s: identical, record by record")


NEXT = f"""
Up. Try next:
  build/meerkat-topics --bootstrap-server {BOOTSTRAP} --describe
  build/meerkat-console-consumer --bootstrap-server {BOOTSTRAP} --topic {TOPIC} --from-beginning --max-messages 3
  kcat -b {BOOTSTRAP} -L                                (apt-get install kcat)
  date | kcat -b {BOOTSTRAP} -t hello -P && kcat -b {BOOTSTRAP} -t hello -C -e
  kafka-console-producer.sh --bootstrap-server {BOOTSTRAP} --topic hello
  make status    what runs, where the logs and the data are
  make down      stop it (the data stay in .run; remove that folder to start afresh)"""


# ---- Commands

def up(build):
    state = load_state()
    if is_up(state):
        print("already up; `make status` says more, `make down` stops it")
        return
    start_zookeeper(state)
    start_broker(state, build)
    move_real_file(build)
    print(NEXT)


def down():
    state = load_state()
    stopped = False
    # The broker first: it hands over and signs off in ZooKeeper.
    for name in ("broker", "zookeeper"):
        if runs(state, name):
            print(f"stopping {name}")
            servers.stop(state[name]["pid"])
            stopped = True
    if not stopped:
        print("nothing to stop")
    # The port stays known: a broker's data belong to that ZooKeeper.
    if "zookeeper" in state:
        save_state({"zookeeper": {"pid": 0, "start": -1, "port": state["zookeeper"]["port"]}})


def status():
    state = load_state()
    for name, port in (("zookeeper", state.get("zookeeper", {}).get("port")), ("broker", BROKER_PORT)):
        if runs(state, name):
            print(f"{name:10} runs, pid {state[name]['pid']}, on localhost:{port}")
        else:
            print(f"{name:10} does not run")
    print(f"logs       {RUN}/broker/broker.log, {RUN}/zookeeper/zookeeper.log")
    print(f"data       {RUN}/broker/data, {RUN}/zookeeper/data")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["up", "down", "status", "is-up"])
    parser.add_argument("--build", default="build")
    arguments = parser.parse_args()
    try:
        if arguments.command == "up":
            up(arguments.build)
        elif arguments.command == "down":
            down()
        elif arguments.command == "status":
            status()
        elif is_up(load_state()):
            print("already up; `make status` says more, `make down` stops it")
        else:
            sys.exit(1)
    except (servers.StartFailed, TimeoutError) as problem:
        print(f"{arguments.command}: {problem}", file=sys.stderr)
        sys.exit(1)


main()
