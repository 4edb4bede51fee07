"""fastapi_app.py - a stand-in for the original RentCache: FastAPI, Redis, SQLite, for the benchmark.

Per request, as its document has it: bearer key -> SHA-256 -> look-up in the database, expiry and
status; a limit per key, global and per endpoint, counted in Redis; the cached body from Redis; a
usage row, batched. Written to be quick where that changes nothing: raw commands in one round trip,
prepared statements, no validation of what was stored, the body passed on as bytes.
"""
import asyncio
import hashlib
import os
import sqlite3
import time
import urllib.request
import uuid

import redis.asyncio as redis
from fastapi import Depends, FastAPI, HTTPException, Request, Response

DATABASE = os.environ["BENCH_DATABASE"]
ORIGIN = os.environ["BENCH_ORIGIN_URL"]
ORIGIN_KEY = os.environ["BENCH_ORIGIN_KEY"]
LIMIT_PER_MINUTE = 1_000_000_000  # runs, and refuses nobody
TTL_S = 3600
FLUSH_S = 0.1

FIND_KEY = "SELECT id, is_active, expires_at FROM api_keys WHERE key_hash = ?"
ADD_ROW = (
    "INSERT INTO usage_stats (api_key_id, endpoint, method, status_code, response_time_ms, "
    "cache_hit, estimated_cost, user_agent, ip_address, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)"
)

app = FastAPI(openapi_url=None)


def open_database():
    handle = sqlite3.connect(DATABASE, timeout=30, check_same_thread=False)
    handle.execute("PRAGMA journal_mode = WAL")
    handle.execute("PRAGMA synchronous = NORMAL")
    return handle


def store(handle, rows):
    with handle:
        handle.executemany(ADD_ROW, rows)


async def flush_rows(state):
    while True:
        await asyncio.sleep(FLUSH_S)
        rows, state.rows = state.rows, []
        if rows:
            await asyncio.to_thread(store, state.writer, rows)


@app.on_event("startup")
async def start():
    app.state.redis = redis.Redis(unix_socket_path=os.environ["BENCH_REDIS_SOCKET"])
    app.state.reader = open_database()
    app.state.writer = open_database()
    app.state.rows = []
    app.state.flusher = asyncio.create_task(flush_rows(app.state))


@app.on_event("shutdown")
async def stop():
    app.state.flusher.cancel()
    store(app.state.writer, app.state.rows)


async def authenticate(request: Request) -> int:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    digest = hashlib.sha256(token.encode()).hexdigest()
    row = app.state.reader.execute(FIND_KEY, (digest,)).fetchone()
    if scheme != "Bearer" or row is None or not row[1]:
        raise HTTPException(401, "Invalid API key")
    if row[2] is not None and row[2] <= time.time():
        raise HTTPException(401, "API key has expired")
    return row[0]


async def limit_rate(key_id: int = Depends(authenticate)) -> int:
    window = int(time.time()) // 60
    async with app.state.redis.pipeline(transaction=False) as pipe:
        for name in ("global", "properties"):
            pipe.incr(f"rate:{key_id}:{name}:{window}")
            pipe.expire(f"rate:{key_id}:{name}:{window}", 120)
        counts = await pipe.execute()
    if max(counts[0], counts[2]) > LIMIT_PER_MINUTE:
        raise HTTPException(429, "Rate limit exceeded", {"Retry-After": "60"})
    return key_id


def fetch(path):
    request = urllib.request.Request(ORIGIN + path, headers={"X-Api-Key": ORIGIN_KEY})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


@app.get("/api/v1/properties/{property_id}")
async def get_property(property_id: str, request: Request, key_id: int = Depends(limit_rate)):
    begun = time.perf_counter()
    cache_key = "cache:" + hashlib.md5(f"properties:{property_id}".encode()).hexdigest()
    body = await app.state.redis.get(cache_key)
    hit = body is not None
    if not hit:
        body = await asyncio.to_thread(fetch, "/v1/properties/" + property_id)
        await app.state.redis.set(cache_key, body, ex=TTL_S)
    taken_ms = (time.perf_counter() - begun) * 1000
    app.state.rows.append((
        key_id, "properties", "GET", 200, round(taken_ms, 2), hit, 0.0 if hit else 1.0,
        request.headers.get("user-agent"), request.client.host, time.time(),
    ))
    headers = {
        "X-Cache-Hit": "true" if hit else "false",
        "X-Response-Time-MS": f"{taken_ms:.2f}",
        "X-Request-ID": uuid.uuid4().hex,
    }
    if not hit:
        headers["X-Estimated-Cost"] = "1.0"
    return Response(body, media_type="application/json", headers=headers)
