"""Real clients as load: Kafka's own performance tools (Java) and kcat (librdkafka). They cost most of the CPU themselves."""
import os
import re
import subprocess
import tempfile
import time

from bench import reference
from servers import StartFailed

RECORD_BYTES = 100
LIMIT_SECONDS = 300


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True, timeout=LIMIT_SECONDS, check=False,
                          stderr=subprocess.PIPE, **options)
    if done.returncode != 0:
        raise StartFailed(f"{command[0]} … {command[-1]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def java(tool, *arguments):
    return run(["java", "-Xmx512m", "-cp", f"{reference.LIBS}/*", f"org.apache.kafka.tools.{tool}", *arguments],
               stdout=subprocess.PIPE)


def java_produce(bootstrap, topic, records, **configs):
    """Records a second of kafka-producer-perf-test."""
    props = [f"{name.replace('_', '.')}={value}" for name, value in configs.items()]
    told = java("ProducerPerformance", "--topic", topic, "--num-records", str(records), "--record-size",
                str(RECORD_BYTES), "--throughput", "-1", "--producer-props", f"bootstrap.servers={bootstrap}", *props)
    return float(re.findall(r"records sent, ([\d.]+) records/sec", told)[-1])


def java_consume(bootstrap, topic, records):
    """Records a second of kafka-consumer-perf-test, once it has its partitions."""
    told = java("ConsumerPerformance", "--bootstrap-server", bootstrap, "--topic", topic, "--messages", str(records),
                "--timeout", "30000", "--hide-header")
    return float(told.strip().splitlines()[-1].split(",")[-1])


def kcat_produce(bootstrap, topic, records):
    """Records a second of kcat, from a file of lines, with librdkafka's defaults (acks=all)."""
    with tempfile.NamedTemporaryFile("w") as lines:
        for first in range(0, records, 1000):
            lines.writelines(f"{number:0{RECORD_BYTES}}\n" for number in range(first, min(first + 1000, records)))
        lines.flush()
        began = time.monotonic()
        run(["kcat", "-P", "-b", bootstrap, "-t", topic, "-l", lines.name])
        return records / (time.monotonic() - began)


def kcat_consume(bootstrap, topic, records):
    """Records a second of kcat, from the beginning to the end."""
    began = time.monotonic()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        run(["kcat", "-C", "-b", bootstrap, "-t", topic, "-o", "beginning", "-e", "-q"], stdout=nowhere)
    return records / (time.monotonic() - began)
