"""fill.py - writes what a curve needs much of: rows of L2, API keys, routes.

fill.py rows CACHE_DB COUNT            copies of the one entry that the program stored, other ids
fill.py keys ACCOUNTS_DB COUNT LIMITS  keys, printed one a line
fill.py routes COUNT                   a configuration, printed
The databases are the program's own: it made their schema, and is not running.
"""
import hashlib
import random
import sqlite3
import sys
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ORIGINAL = '"bench-1"'  # the id in the stored entry's signature


def open_database(path):
    handle = sqlite3.connect(path)
    handle.execute("PRAGMA synchronous = OFF")
    return handle


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def make_rows(columns, template, count):
    place = {name: columns.index(name) for name in ("cache_key", "params_hash", "signature")}
    original = template[place["signature"]]
    for number in range(count):
        row = list(template)
        signature = original.replace(ORIGINAL, f'"e-{number}"')
        row[place["signature"]] = signature
        row[place["cache_key"]] = md5(signature)
        row[place["params_hash"]] = md5(signature[signature.index('"path_params"'):])
        yield row


# Indexes are made anew afterwards, which takes a fraction of the time; the schema stays what it was.
def fill_rows(path, count):
    handle = open_database(path)
    columns = [row[1] for row in handle.execute("PRAGMA table_info(cache_entries)")][1:]
    names = ", ".join(columns)
    template = handle.execute(f"SELECT {names} FROM cache_entries").fetchone()
    indexes = handle.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'cache_entries' AND type = 'index' "
        "AND sql IS NOT NULL").fetchall()
    with handle:
        for name, _ in indexes:
            handle.execute(f"DROP INDEX {name}")
        marks = ", ".join("?" * len(columns))
        handle.executemany(f"INSERT INTO cache_entries ({names}) VALUES ({marks})",
                           make_rows(columns, template, count))
        for _, sql in indexes:
            handle.execute(sql)
    handle.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def digits(number, count):
    text = ""
    for _ in range(count):
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    return text


def make_key(draw):
    checked = f"rc_{''.join(draw.choices(ALPHABET, k=8))}_{''.join(draw.choices(ALPHABET, k=32))}"
    return checked + "_" + digits(zlib.crc32(checked.encode()), 6)


def fill_keys(path, count, limits):
    draw = random.Random(1)
    keys = [make_key(draw) for _ in range(count)]
    handle = open_database(path)
    with handle:
        handle.executemany(
            "INSERT INTO api_keys (key_name, key_hash, daily_limit, monthly_limit, limits) "
            "VALUES (?, ?, NULL, NULL, ?)",
            ((f"bench-{number}", hashlib.sha256(key.encode()).hexdigest(), limits)
             for number, key in enumerate(keys)))
    print("\n".join(keys))


def print_routes(count):
    print("routes:")
    for number in range(count):
        print(f"  - name: r{number}\n    method: GET\n    path: /api/v1/r{number}/{{id}}\n"
              f"    upstream_path: /v1/properties/{{id}}\n    ttl_s: 86400\n    cost_usd: \"1.0\"\n"
              f"    rate: 60/minute\n    share: all\n    parameters:\n"
              f"      - {{name: id, type: text, in_path: true, required: true}}")


def main(command, *arguments):
    if command == "rows":
        fill_rows(arguments[0], int(arguments[1]))
    elif command == "keys":
        fill_keys(arguments[0], int(arguments[1]), arguments[2])
    else:
        print_routes(int(arguments[0]))


main(*sys.argv[1:])
