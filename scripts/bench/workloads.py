"""What is measured. Each workload is a function of a Lab (the kind of broker) and the options; it returns figures by
name, or for growth and soak a list of rows, each with its own figures. What the figures mean stands in report.py."""
import json
import time

from bench import clients, reference


def produce(cluster, prefix, seconds, **flags):
    """Throughput and CPU of producing, after some to warm up (a JVM compiles while it runs)."""
    cluster.load("produce", seconds=cluster.lab.options.warm_up, **flags)
    got = cluster.load("produce", seconds=seconds, **flags)
    return {f"{prefix}_mb_per_s": got["mb_per_s"], f"{prefix}_req_per_s": got["requests_per_s"],
            f"{prefix}_cpu_s_per_gb": got["broker_cpu_s"] / got["bytes"] * 1e9,
            f"{prefix}_cpu_s_per_mreq": got["broker_cpu_s"] / got["requests"] * 1e6, "bytes": got["bytes"]}


def percentiles(got, prefix, *names):
    return {f"{prefix}_{name}_ms": got[f"{name}_ms"] for name in names}


def single(lab, options):
    """one broker: batches, fetches from the page cache, single records, latencies at a fixed rate"""
    seconds, figures = options.seconds, {}
    with lab.cluster() as cluster:
        idle_rss_mb = cluster.rss_mb()
        cluster.create("batches", 4)
        got = produce(cluster, "produce", seconds, topic="batches", connections=4)
        figures.update({name: got[name] for name in ("produce_mb_per_s", "produce_cpu_s_per_gb")})
        for _ in range(2):  # the first one warms up
            fetched = cluster.load("fetch", topic="batches", connections=4, bytes=got["bytes"])
        figures["fetch_mb_per_s"] = fetched["mb_per_s"]
        figures["fetch_cpu_s_per_gb"] = fetched["broker_cpu_s"] / fetched["bytes"] * 1e9
        cluster.create("singles", 16)
        got = produce(cluster, "singles", seconds, topic="singles", connections=16, records=1)
        figures.update({name: got[name] for name in ("singles_req_per_s", "singles_cpu_s_per_mreq")})
        got = cluster.load("produce", topic="singles", connections=16, records=1, rate=2000, seconds=seconds)
        figures.update(percentiles(got, "latency", "p50", "p99", "p999"))
        cluster.create("there-and-back", 1)
        if lab.kind != "floor":  # which does not let fetches wait, and has nothing to remember
            got = cluster.load("latency", topic="there-and-back", records=1, rate=500, seconds=seconds)
            figures.update(percentiles(got, "end_to_end", "p50", "p99"))
            figures.update(idle_rss_mb=idle_rss_mb, loaded_rss_mb=cluster.rss_mb())
    return figures


def replicated(lab, options):
    """three brokers, three replicas, acks=all, min.insync.replicas=2"""
    seconds, figures = options.seconds, {}
    with lab.cluster(3, min_insync_replicas=2) as cluster:
        cluster.create("batches", 24, 3)
        got = produce(cluster, "replicated", seconds, topic="batches", connections=24, acks=-1)
        figures.update({name: got[name] for name in ("replicated_mb_per_s", "replicated_cpu_s_per_gb")})
        cluster.create("singles", 6, 3)
        for _ in range(2):
            got = cluster.load("produce", topic="singles", connections=6, records=1, acks=-1, rate=300, seconds=seconds)
        figures.update(percentiles(got, "replicated_latency", "p50", "p99"))
        figures["replicated_rss_mb"] = cluster.rss_mb()
    return figures


def life_with_partitions(cluster, count):
    """Creation, memory, and both kinds of restart with `count` partitions that hold a record each."""
    broker, figures = cluster.brokers[0], {}
    began = time.monotonic()
    cluster.create("many", count)
    cluster.wait_ready("many")
    figures["partitions_create_s"] = time.monotonic() - began
    figures["partitions_rss_mb"] = cluster.rss_mb()
    for name, end in ("partitions_clean_restart_s", broker.stop), ("partitions_kill_restart_s", broker.kill):
        end()
        began = time.monotonic()
        broker.spawn()
        broker.wait(again=True)
        cluster.wait_ready("many")
        figures[name] = time.monotonic() - began
    return figures


def partitions(lab, options):
    """one broker with many partitions: creation, memory, clean restart, restart after kill -9"""
    with lab.cluster() as cluster:
        return life_with_partitions(cluster, options.partitions)


def idle_connections(cluster, count):
    """What `count` idle connections cost."""
    before = cluster.rss_mb()
    holder = cluster.start_load("connections", connections=count)
    try:
        opened = json.loads(holder.stdout.readline() or "{}")
        if opened.get("connections") != count:
            raise TimeoutError(f"{count} connections could not be opened")
        cpu = cluster.brokers[0].cpu_s()
        time.sleep(3)
        return {"connections_rss_mb": max(cluster.rss_mb() - before, 0.1),
                "connections_idle_cpu_s": cluster.brokers[0].cpu_s() - cpu}
    finally:
        holder.stdin.close()
        holder.wait()


def connections(lab, options):
    """the memory and CPU that idle connections cost"""
    with lab.cluster() as cluster:
        return idle_connections(cluster, options.connections)


def durable(lab, options):
    """one broker: what it costs to have every batch on the disk before it is acknowledged (flush.messages=1)"""
    seconds, figures = options.seconds, {}
    with lab.cluster() as cluster:
        for name, configs in ("unflushed", {}), ("flushed", {"flush_messages": 1}):
            cluster.create(name, 4, **configs)
            # More connections than partitions: one fsync may stand for the batches of several.
            got = produce(cluster, name, seconds, topic=name, connections=32, in_flight=1, records=10)
            figures[f"durable_{name}_req_per_s"] = got[f"{name}_req_per_s"]
            got = cluster.load("produce", topic=name, connections=32, records=10, rate=200, seconds=seconds)
            figures.update(percentiles(got, f"durable_{name}", "p50", "p99"))
    return figures


def producers(lab, options):
    """one broker, 100 producers with small batches"""
    with lab.cluster() as cluster:
        cluster.create("keyed", 50)
        flags = {"topic": "keyed", "connections": 100, "records": 3}
        got = produce(cluster, "producers", options.seconds, **flags)
        figures = {name: got[name] for name in ("producers_req_per_s", "producers_cpu_s_per_mreq")}
        got = cluster.load("produce", rate=2000, seconds=options.seconds, **flags)
        return {**figures, **percentiles(got, "producers", "p50", "p99")}


def real_clients(lab, options):
    """Kafka's performance tools and kcat as clients (needs Maven, which fetches the tools)"""
    reference.ensure()
    records, figures = options.records, {}
    with lab.cluster() as cluster:
        bootstrap = cluster.bootstrap
        for topic, configs in ("acks-1", {"acks": 1}), ("acks-all", {"acks": "all"}):
            cluster.create(topic, 6)
            clients.java_produce(bootstrap, topic, records // 2, **configs)  # warms up
            figures[f"java_{topic.replace('-', '_')}_records_per_s"] = clients.java_produce(bootstrap, topic, records,
                                                                                           **configs)
        for _ in range(2):  # the first one warms up
            figures["java_consume_records_per_s"] = clients.java_consume(bootstrap, "acks-1", records)
        cluster.create("kcat", 6)
        figures["kcat_produce_records_per_s"] = clients.kcat_produce(bootstrap, "kcat", records)
        for _ in range(2):
            figures["kcat_consume_records_per_s"] = clients.kcat_consume(bootstrap, "kcat", records)
    return figures


def catch_up(lab, options):
    """what a consumer that reads old data from the disk does to those who produce (--gigabytes)"""
    with lab.cluster() as cluster:
        cluster.create("old", 4)
        cluster.create("live", 4)
        written = 0
        while written < options.gigabytes * 1e9:
            written += cluster.load("produce", topic="old", connections=4, seconds=2)["bytes"]
        live = {"topic": "live", "connections": 4, "records": 10, "rate": 500, "seconds": options.seconds}
        cluster.load("produce", **live)
        alone = cluster.load("produce", **live)
        cluster.brokers[0].forget_cached("old")
        reader = cluster.start_load("fetch", topic="old", connections=4, bytes=written)
        beside = cluster.load("produce", **live)
        read = json.loads(reader.communicate()[0])
    return {"catch_up_mb_per_s": read["mb_per_s"], **percentiles(alone, "catch_up_alone", "p50", "p99"),
            **percentiles(beside, "catch_up_beside", "p50", "p99")}


def growth(lab, options):
    """1 to 10,000 partitions, 10 to 5,000 connections: the curves (--chart)"""
    seconds, rows = options.seconds, []
    for count in 1, 1000, 10000:
        if lab.kind == "kafka" and count > options.reference_most:
            continue
        with lab.cluster() as cluster:
            figures = life_with_partitions(cluster, count)
            for _ in range(2):  # the first one warms up
                got = cluster.load("produce", topic="many", connections=16, records=1, rate=1000, seconds=seconds)
            rows.append({"of": "partitions", "count": count, **figures, **percentiles(got, "latency", "p50", "p99")})
    with lab.cluster() as cluster:
        cluster.create("singles", 16)
        cluster.load("produce", topic="singles", connections=16, records=1, seconds=seconds)
        for count in 10, 1000, 5000:
            figures = idle_connections(cluster, count)
            got = cluster.load("produce", topic="singles", connections=count, records=1, rate=1000, seconds=seconds)
            rows.append({"of": "connections", "count": count, **figures, **percentiles(got, "latency", "p50", "p99")})
    return rows


def soak(lab, options):
    """a steady load past the retention limit: latency, memory, descriptors over time (--minutes, --chart)"""
    seconds, rows = options.minutes * 60, []
    every = max(2, round(seconds / 60))
    with lab.cluster(log_retention_check_interval_ms=5000, log_segment_delete_delay_ms=5000) as cluster:
        broker = cluster.brokers[0]
        cluster.create("steady", 4, retention_bytes=64 << 20, segment_bytes=16 << 20)
        # About 10 MB a second, so that retention deletes from the first half minute on.
        load = cluster.start_load("produce", topic="steady", connections=4, rate=1000, seconds=seconds,
                                  report_every=every)
        for line in load.stdout:
            got = json.loads(line)
            if got["mode"] == "window":
                rows.append({"of": "time", "count": round(got["at"]), "latency_p50_ms": got["p50_ms"],
                             "latency_p99_ms": got["p99_ms"], "soak_rss_mb": broker.rss_mb(),
                             "soak_descriptors": broker.descriptors()})
        load.stdin.close()
        if load.wait() != 0:
            raise TimeoutError("the load of the soak failed")
    return rows


# What the floor takes part in.
WITH_FLOOR = [single]
ALL = {run.__name__: run for run in (single, replicated, partitions, connections, producers, real_clients,
                                   durable, catch_up, growth, soak)}
