"""What the figures mean, the table of medians and ratios, and what to draw of them."""
import os
import platform
import statistics

# Name -> what it is. Costs and times, so lower is better, but for those that end in _per_s.
FIGURES = {
    "produce_mb_per_s": "MB/s produced: batches of 100 records of 100 bytes, acks=1",
    "produce_cpu_s_per_gb": "CPU seconds of the broker for a GB of these",
    "fetch_mb_per_s": "MB/s fetched from the page cache",
    "fetch_cpu_s_per_gb": "CPU seconds of the broker for a GB of these",
    "singles_req_per_s": "requests/s with one record of 100 bytes each, 16 connections",
    "singles_cpu_s_per_mreq": "CPU seconds of the broker for a million of these",
    "latency_p50_ms": "ms to an acknowledgement at a fixed rate, median",
    "latency_p99_ms": "the same, 99th percentile",
    "latency_p999_ms": "the same, 99.9th percentile",
    "end_to_end_p50_ms": "ms from due to consumed at 500 records/s, median",
    "end_to_end_p99_ms": "the same, 99th percentile",
    "idle_rss_mb": "MB resident, a broker just started",
    "loaded_rss_mb": "MB resident after all of this",
    "replicated_mb_per_s": "MB/s produced, three replicas, acks=all",
    "replicated_cpu_s_per_gb": "CPU seconds of the three brokers for a GB of these",
    "replicated_latency_p50_ms": "ms to an acknowledgement by all at 300 requests/s, median",
    "replicated_latency_p99_ms": "the same, 99th percentile",
    "replicated_rss_mb": "MB resident, three brokers after this",
    "partitions_create_s": "s to create a topic until every partition has taken a record",
    "partitions_rss_mb": "MB resident then",
    "partitions_clean_restart_s": "s from a start after SIGTERM until every partition takes records",
    "partitions_kill_restart_s": "the same after SIGKILL",
    "connections_rss_mb": "MB more with the connections open",
    "connections_idle_cpu_s": "CPU seconds in three idle seconds with them",
    "durable_unflushed_req_per_s": "requests/s of 10 records, 32 connections, left to the page cache",
    "durable_unflushed_p50_ms": "ms to an acknowledgement at 200 requests/s, median",
    "durable_unflushed_p99_ms": "the same, 99th percentile",
    "durable_flushed_req_per_s": "requests/s of 10 records, 32 connections, flush.messages=1",
    "durable_flushed_p50_ms": "ms to an acknowledgement at 200 requests/s, median",
    "durable_flushed_p99_ms": "the same, 99th percentile",
    "soak_rss_mb": "MB resident",
    "soak_descriptors": "open descriptors",
}
SHOWN = {"meerkat": "Meerkat", "kafka": "Apache Kafka 3.9.1"}


def machine():
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) * 1024 / 1e9
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "kernel": platform.release()}


def ratio(figure, ours, theirs):
    """How many times better the first one is."""
    over, under = (ours, theirs) if figure.endswith("_per_s") else (theirs, ours)
    return over / under if under > 0 else None


def row(label, figure, rounds):
    """`rounds`: kind -> a value a round."""
    line = f"{label:46}" + "".join(f"{statistics.median(values):14.3f}" for values in rounds.values())
    if len(rounds) == 2:
        ratios = [ratio(figure, *pair) for pair in zip(rounds["meerkat"], rounds["kafka"])]
        known = [r for r in ratios if r is not None]
        line += f"{statistics.median(known):10.1f} x" if known else " " * 12
    return line + f"  {FIGURES[figure]}"


def keys_of(found):
    """(label, figure, how to find it in a round's result) of each line of a workload."""
    first = next(iter(found.values()))[0]
    if isinstance(first, dict):
        return [(figure, figure, lambda got, f=figure: got[f]) for figure in first]
    if any(entry["of"] == "time" for entry in first):  # of the whole time
        names = [figure for figure in first[0] if figure in FIGURES]
        return [(f"{figure} ({which})", figure, lambda got, f=figure, pick=pick: pick([e[f] for e in got]))
                for figure in names for which, pick in (("median", statistics.median), ("highest", max))]
    return [(f"{figure}, {entry['count']} {entry['of']}", figure,
             lambda got, i=index, f=figure: got[i][f])
            for index, entry in enumerate(first) for figure in entry if figure in FIGURES]


def table(result):
    """Medians over the rounds; with both kinds, the median of the ratios round by round: above 1 Meerkat is better."""
    lines = []
    for workload, found in result["found"].items():
        kinds = list(found)
        lines.append(f"{workload:46}" + "".join(f"{kind:>14}" for kind in kinds) +
                     ("      better" if len(kinds) == 2 else ""))
        for label, figure, get in keys_of(found):
            lines.append(row("  " + label, figure, {kind: [get(got) for got in found[kind]] for kind in kinds}))
        lines.append("")
    return "\n".join(lines)


# ---- What to draw

def curve(found, of, figure):
    """kind -> [(count, median over the rounds)]."""
    curves = {}
    for kind, rounds in found.items():
        counts = [entry["count"] for entry in rounds[0] if entry["of"] == of]
        curves[SHOWN[kind]] = [
            (count, statistics.median(entry[figure] for got in rounds for entry in got
                                      if entry["of"] == of and entry["count"] == count)) for count in counts]
    return curves


def panels(result):
    """The curves of growth and soak: a title, what the axes are, points by kind."""
    found, out = result["found"], []
    if "growth" in found:
        for figure, title in (("partitions_create_s", "creation, s"),
                              ("partitions_clean_restart_s", "clean restart, s"),
                              ("partitions_kill_restart_s", "restart after kill -9, s"),
                              ("partitions_rss_mb", "memory, MB"), ("latency_p50_ms", "produce p50, ms"),
                              ("latency_p99_ms", "produce p99, ms")):
            out.append({"title": title, "x": "partitions", "log": True,
                        "curves": curve(found["growth"], "partitions", figure)})
        for figure, title in (("connections_rss_mb", "memory for connections, MB"),
                              ("latency_p50_ms", "produce p50, ms"), ("latency_p99_ms", "produce p99, ms")):
            out.append({"title": title, "x": "connections", "log": True,
                        "curves": curve(found["growth"], "connections", figure)})
    if "soak" in found:
        soak = {kind: rounds[:1] for kind, rounds in found["soak"].items()}  # times differ from round to round
        for figure, title in (("latency_p99_ms", "produce p99, ms"), ("soak_rss_mb", "memory, MB"),
                              ("soak_descriptors", "descriptors")):
            out.append({"title": title, "x": "seconds", "log": False, "curves": curve(soak, "time", figure)})
    return out
