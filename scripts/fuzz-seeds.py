#!/usr/bin/env python3
"""Writes first inputs for the fuzzers of messages, made of the golden samples.

fuzz-seeds.py FOLDER   fills FOLDER/fuzz_requests and FOLDER/fuzz_responses
"""
import json
import os
import re
import struct
import sys

GOLDEN = "test/golden/messages.jsonl"
API_TABLE = "src/wire/api.h"
RECORDS = ["ConsumerProtocolSubscription", "ConsumerProtocolAssignment", "DefaultPrincipalData", "OffsetCommitKey",
           "OffsetCommitValue", "GroupMetadataKey", "GroupMetadataValue", "TransactionLogKey", "TransactionLogValue"]
FIRST_RECORD = 200  # as in fuzz_responses.cc


def api_keys():
    with open(API_TABLE, encoding="utf-8") as file:
        return {name: int(key) for key, name in re.findall(r"X\((\d+), \w+, (\w+)\)", file.read())}


def inputs(sample, keys):
    """(fuzzer, input) for each form of a golden sample; header tags are added to all, decoders cope with the rest."""
    name, version, body = sample["name"], sample["version"], bytes.fromhex(sample["hex"])
    if name.endswith("Request") and name[:-7] in keys:
        for tags in (b"", b"\0"):
            yield "fuzz_requests", struct.pack(">hhih", keys[name[:-7]], version, 1, 1) + b"c" + tags + body
    elif name.endswith("Response") and name[:-8] in keys:
        for tags in (b"", b"\0"):
            yield "fuzz_responses", bytes([keys[name[:-8]], version]) + struct.pack(">i", 1) + tags + body
    elif name in RECORDS:
        yield "fuzz_responses", bytes([FIRST_RECORD + RECORDS.index(name), 0]) + struct.pack(">h", version) + body


def main():
    folder, keys = sys.argv[1], api_keys()
    with open(GOLDEN, encoding="utf-8") as file:
        for number, line in enumerate(file):
            for form, (fuzzer, data) in enumerate(inputs(json.loads(line), keys)):
                os.makedirs(os.path.join(folder, fuzzer), exist_ok=True)
                with open(os.path.join(folder, fuzzer, f"golden-{number}-{form}"), "wb") as out:
                    out.write(data)


main()
