#!/usr/bin/env python3
"""Holds the sources to the house rules that a compiler does not know.

lint.py ROOM:FOLDER:DEPS ...   (the Makefile passes its list of rooms)

- A room includes only the rooms it depends on.
- No source is longer than 600 lines.
- Every room has a README.md.
- A config whose row says that it acts is read somewhere outside the tables, and one that is read says so.
"""
import glob
import os
import re
import subprocess
import sys

MAX_LINES = 600
INCLUDE = re.compile(r'^\s*#include "([^"]+)"')


def read_rooms(arguments):
    """Name -> (folder, rooms it may include)."""
    rooms = {}
    for argument in arguments:
        name, folder, deps = argument.split(":")
        rooms[name] = (folder, set(deps.split()) | {name})
    return rooms


def room_of(path, rooms):
    for name, (folder, _) in rooms.items():
        if path.startswith(folder + "/"):
            return name
    return None


def included_room(include, rooms):
    """The room that `#include "include"` reaches into: "zk/paths.h" is found from the top, others below src."""
    for candidate in (include, "src/" + include):
        room = room_of(candidate, rooms)
        if room:
            return room
    return None


def check_includes(path, lines, rooms):
    room = room_of(path, rooms)
    if room is None:
        return
    # A room's own programs (client/tools) may use what they are linked with besides.
    allowed = rooms[room][1] | ({"storage", "config"} if path.startswith("client/tools/") else set())
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        reached = included_room(match[1], rooms) if match else None
        if reached and reached not in allowed:
            yield f"{path}:{number}: {room} may not include {reached} (see DEPS_{room} in the Makefile)"


def config_rows():
    """(name, whether its row says that it acts) of each broker config."""
    row = re.compile(r'\{"([\w.]+)",\s*\w+,\s*(?:nullptr|"[^"]*"),.*?\b(acts|inert),\s*"', re.S)
    for path in sorted(glob.glob("src/config/broker_configs_*.cc")):
        with open(path, encoding="utf-8") as source:
            for name, effect in row.findall(source.read()):
                yield name, effect == "acts"


def read_text(paths):
    out = []
    for path in paths:
        with open(path, encoding="utf-8") as source:
            out.append(source.read())
    return "".join(out)


def check_configs(files):
    """Code reads a config as a field of BrokerConfig, by its name, or as the default of a topic config. The rooms below
    these are given plain structs, whose fields may be of the same names."""
    users = read_text(path for path in files if path.startswith(("src/broker/", "src/api/", "src/cluster/")))
    words = set(re.findall(r"\w+", users))
    behind_topics = set(re.findall(r'"([\w.]+)"\}', read_text(["src/config/topic_configs.cc"])))
    fields = dict(re.findall(r'get\("([\w.]+)",\s*&v->(\w+)\)', read_text(["src/config/broker_values.cc"])))
    for name, acts in config_rows():
        field = fields.get(name)
        if field is None or name in behind_topics:
            continue  # read in several steps or through a topic's config
        read = field in words or f'"{name}"' in users
        if read != acts:
            yield f"src/config: {name}: " + ("it is read, so its row should say acts" if read else
                                             "its row says that it acts, but nothing reads it")


def findings(rooms):
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    for path in files:
        if not path.endswith((".cc", ".h", ".py", ".sh", ".mk", ".proto")) or not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as source:
            lines = source.readlines()
        if len(lines) > MAX_LINES:
            yield f"{path}: {len(lines)} lines, more than {MAX_LINES}: split it"
        yield from check_includes(path, lines, rooms)
    yield from check_configs([path for path in files if path.endswith((".cc", ".h")) and os.path.exists(path)])
    for name, (folder, _) in rooms.items():
        if os.path.isdir(folder) and not os.path.exists(f"{folder}/README.md"):
            yield f"{folder}: no README.md"


def main():
    found = list(findings(read_rooms(sys.argv[1:])))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


main()
