"""What the figures mean, the table of medians and ratios, and what to draw of them."""
import itertools
import os
import platform
import statistics

# Name -> what it is. Costs and times, so lower is better, but for those that end in _per_s.
FIGURES = {
    "produce_mb_per_s": "MB/s produced: batches of 100 records of 100 bytes, acks=1",
    "produce_cpu_s_per_gb": "broker's CPU seconds for a GB produced so",
    "fetch_mb_per_s": "MB/s fetched from the page cache",
    "fetch_cpu_s_per_gb": "broker's CPU seconds for a GB fetched so",
    "singles_req_per_s": "requests/s of one record of 100 bytes, 16 connections, acks=1",
    "singles_cpu_s_per_mreq": "broker's CPU seconds for a million of these",
    "latency_p50_ms": "ms to the acknowledgement at a fixed rate, median",
    "latency_p99_ms": "ms to the acknowledgement at a fixed rate, p99",
    "latency_p999_ms": "ms to the acknowledgement at a fixed rate, p99.9",
    "end_to_end_p50_ms": "ms from due to consumed, 500 records/s, median",
    "end_to_end_p99_ms": "ms from due to consumed, 500 records/s, p99",
    "idle_rss_mb": "MB of memory, a broker just started",
    "loaded_rss_mb": "MB of memory, the broker after all these loads",
    "replicated_mb_per_s": "MB/s produced, three replicas, acks=all",
    "replicated_cpu_s_per_gb": "three brokers' CPU seconds for a GB produced so",
    "replicated_latency_p50_ms": "ms to the acknowledgement of all replicas, 300 requests/s, median",
    "replicated_latency_p99_ms": "ms to the acknowledgement of all replicas, 300 requests/s, p99",
    "replicated_rss_mb": "MB of memory, the three brokers after these loads",
    "partitions_create_s": "s to create the partitions, until each has taken a record",
    "partitions_rss_mb": "MB of memory with them",
    "partitions_clean_restart_s": "s from a start after SIGTERM until each takes records",
    "partitions_kill_restart_s": "s from a start after SIGKILL until each takes records",
    "connections_rss_mb": "MB of memory for the idle connections",
    "connections_idle_cpu_s": "CPU seconds in three seconds with them",
    "producers_req_per_s": "requests/s of 3 records, 100 connections, 50 partitions",
    "producers_cpu_s_per_mreq": "broker's CPU seconds for a million of these",
    "producers_p50_ms": "ms to the acknowledgement at 2,000 of these a second, median",
    "producers_p99_ms": "ms to the acknowledgement at 2,000 of these a second, p99",
    "java_acks_1_records_per_s": "records/s of kafka-producer-perf-test, 100 bytes, acks=1",
    "java_acks_all_records_per_s": "records/s of kafka-producer-perf-test, 100 bytes, acks=all, idempotent",
    "java_consume_records_per_s": "records/s of kafka-consumer-perf-test",
    "kcat_produce_records_per_s": "records/s of kcat -P (librdkafka), 100 bytes",
    "kcat_consume_records_per_s": "records/s of kcat -C (librdkafka)",
    "catch_up_mb_per_s": "MB/s read that are no longer in the page cache",
    "catch_up_alone_p50_ms": "ms to the acknowledgement for 500 requests/s of 10 records alone, median",
    "catch_up_alone_p99_ms": "ms to the acknowledgement for 500 requests/s of 10 records alone, p99",
    "catch_up_beside_p50_ms": "ms to the acknowledgement for these beside that reader, median",
    "catch_up_beside_p99_ms": "ms to the acknowledgement for these beside that reader, p99",
    "durable_unflushed_req_per_s": "requests/s of 10 records, 32 connections, left to the page cache",
    "durable_unflushed_p50_ms": "ms to the acknowledgement, 200 requests/s, left to the page cache, median",
    "durable_unflushed_p99_ms": "ms to the acknowledgement, 200 requests/s, left to the page cache, p99",
    "durable_flushed_req_per_s": "requests/s of 10 records, 32 connections, flush.messages=1",
    "durable_flushed_p50_ms": "ms to the acknowledgement, 200 requests/s, flush.messages=1, median",
    "durable_flushed_p99_ms": "ms to the acknowledgement, 200 requests/s, flush.messages=1, p99",
    "soak_rss_mb": "MB of memory",
    "soak_descriptors": "open descriptors",
}
SHOWN = {"meerkat": "Meerkat", "kafka": "Apache Kafka 3.9.1", "floor": "floor"}


def machine():
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) * 1024 / 1e9
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "kernel": platform.release()}


def ratio(figure, ours, theirs):
    """How many times better the first one is."""
    over, under = (ours, theirs) if figure.endswith("_per_s") else (theirs, ours)
    return over / under if under > 0 else None


def median_ratio(rounds, over):
    """Of the rounds' ratios as `over` makes one of Meerkat's value and another's; None if there is none."""
    known = [r for r in (over(*pair) for pair in rounds) if r is not None]
    return statistics.median(known) if known else None


def keys_of(found):
    """(label, figure, how to find it in a round's result) of each line of a workload."""
    first = next(iter(found.values()))[0]
    if isinstance(first, dict):
        return [(figure, figure, lambda got, f=figure: got.get(f)) for figure in first]
    if any(entry["of"] == "time" for entry in first):  # of the whole time
        names = [figure for figure in first[0] if figure in FIGURES]
        return [(f"{figure} ({which})", figure, lambda got, f=figure, pick=pick: pick([e[f] for e in got]))
                for figure in names for which, pick in (("median", statistics.median), ("highest", max))]
    return [(f"{figure}, {entry['count']} {entry['of']}", figure,
             lambda got, i=index, f=figure: got[i][f])
            for index, entry in enumerate(first) for figure in entry if figure in FIGURES]


def title(result, workload):
    """With how many there were, of those workloads that have a number."""
    return f"{workload} ({result[workload]:,})" if workload in result else workload


def lines_of(found):
    """Of each line: label, figure, kind -> median, how much better than Kafka, how much above the floor."""
    for label, figure, get in keys_of(found):
        values = {kind: [get(got) for got in rounds] for kind, rounds in found.items()}
        values = {kind: those for kind, those in values.items() if None not in those}
        better = median_ratio(zip(values["meerkat"], values.get("kafka", ())), lambda a, b, f=figure: ratio(f, a, b))
        above = median_ratio(zip(values["meerkat"], values.get("floor", ())), lambda a, b: a / b if b else None)
        yield label, figure, {kind: statistics.median(those) for kind, those in values.items()}, better, above


def cells_of(found, medians, better, above, show):
    """What stands behind a label: the medians, and the ratios where there can be any."""
    cells = [show(medians[kind]) if kind in medians else "" for kind in found]
    if "kafka" in found:
        cells.append(f"{better:.1f} x" if better is not None else "")
    if "floor" in found:
        cells.append(f"{above:.2f}" if above is not None else "")
    return cells


def heads_of(found, names):
    return ([names[kind] for kind in found] + (["better"] if "kafka" in found else []) +
            (["of floor"] if "floor" in found else []))


def table(result):
    """Medians over the rounds and of their ratios: above 1 Meerkat is better than Kafka."""
    out = []
    for workload, found in result["found"].items():
        heads = heads_of(found, {kind: kind for kind in found})
        out.append(f"{title(result, workload):46}" + "".join(f"{head:>12}" for head in heads))
        for label, figure, *rest in lines_of(found):
            cells = cells_of(found, *rest, show=lambda value: f"{value:.3f}")
            out.append(f"  {label:44}" + "".join(f"{cell:>12}" for cell in cells) + "  " + FIGURES[figure])
        out.append("")
    return "\n".join(out)


def short(value):
    """Three digits, as a reader wants them."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def growth_markdown(found):
    """A table for partitions and one for connections: a column a number of them, both kinds in one cell."""
    out = []
    for of in ("partitions", "connections"):
        first = [entry for entry in found["meerkat"][0] if entry["of"] == of]
        heads = [f"{of}: {' / '.join(SHOWN[kind] for kind in found)}", *(f"{entry['count']:,}" for entry in first)]
        out += ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
        for figure in (name for name in first[0] if name in FIGURES):
            curves = curve(found, of, figure).values()
            cells = [" / ".join(short(point[1]) if point else "–" for point in points)
                     for points in itertools.zip_longest(*curves)]
            out.append("| " + " | ".join([FIGURES[figure], *cells]) + " |")
        out.append("")
    return out


def markdown(result):
    """The same as tables of a document."""
    out = []
    for workload, found in result["found"].items():
        if workload == "growth":
            out += growth_markdown(found)
            continue
        heads = [title(result, workload), *heads_of(found, SHOWN)]
        out += ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
        for label, figure, *rest in lines_of(found):
            cells = [FIGURES[figure] + label.removeprefix(figure), *cells_of(found, *rest, show=short)]
            out.append("| " + " | ".join(cells) + " |")
        out.append("")
    return "\n".join(out)


# ---- What to draw

def curve(found, of, figure):
    """kind -> [(count, median over the rounds)]."""
    curves = {}
    for kind, rounds in found.items():
        counts = [entry["count"] for entry in rounds[0] if entry["of"] == of and figure in entry]
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
    return [panel for panel in out if any(panel["curves"].values())]
