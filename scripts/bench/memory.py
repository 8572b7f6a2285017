"""The machine's free memory, made real before something is measured."""
import mmap

SHARE = 0.7


def available_bytes():
    """What can be had without swapping, here and in the control group."""
    with open("/proc/meminfo", encoding="utf-8") as file:
        free = next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="utf-8") as limit, \
                open("/sys/fs/cgroup/memory.current", encoding="utf-8") as used:
            most = limit.read().strip()
            if most != "max":
                free = min(free, int(most) - int(used.read()))
    except OSError:
        pass
    return max(free, 0)


def touch():
    """Touches most of the free memory once. A virtual machine may have given it back to its host: then whoever is
    measured first would pay for each page (ten times what writing to it costs), and whoever comes later would not."""
    size = int(available_bytes() * SHARE) // mmap.PAGESIZE * mmap.PAGESIZE
    if size > 0:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()
