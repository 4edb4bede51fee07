-- wrk.lua - prints the result of a load as one line; it changes no request, so it costs nothing.
-- requests, microseconds, bytes, then failures (connect, read, write, status, timeout), p50, p99 (us)
function done(summary, latency, requests)
    local failed = summary.errors
    io.write(string.format("result %d %d %d %d %d %d %d %d %.0f %.0f\n",
        summary.requests, summary.duration, summary.bytes,
        failed.connect, failed.read, failed.write, failed.status, failed.timeout,
        latency:percentile(50), latency:percentile(99)))
end
