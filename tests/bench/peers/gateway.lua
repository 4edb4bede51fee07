-- gateway.lua - what a gateway does around nginx's proxy_cache: key, limits, quota, usage rows.
--
-- Keys, buckets and quotas are in shared dictionaries, so both workers see one truth, as a gateway
-- must; what a key's record says is parsed once per worker. A usage row is kept in the worker and
-- written with all others ten times a second.
local ffi = require "ffi"

ffi.cdef [[
typedef struct { unsigned int parts[32]; } BENCH_SHA256;
int SHA256_Init(BENCH_SHA256 *context);
int SHA256_Update(BENCH_SHA256 *context, const char *data, size_t size);
int SHA256_Final(unsigned char *digest, BENCH_SHA256 *context);
]]

local FLUSH_SECONDS = 0.1
local ROWS_MAX = 100000
local LIMIT_NAMES = {"global", "properties"}

local crypto = ffi.load("crypto", true)
local context = ffi.new("BENCH_SHA256")
local digest = ffi.new("unsigned char[32]")
local keys, buckets, quotas = ngx.shared.keys, ngx.shared.buckets, ngx.shared.quotas
local parsed = {} -- record text -> table; as many as there are keys
local rows, row_count = {}, 0
local rows_path

local gateway = {}

-- A context that is used again: the one-shot call of OpenSSL 3 looks its method up every time.
local function sha256(text)
    crypto.SHA256_Init(context)
    crypto.SHA256_Update(context, text, #text)
    crypto.SHA256_Final(digest, context)
    return ffi.string(digest, 32)
end

-- record: "id daily_limit rate capacity rate capacity", a rate per name of LIMIT_NAMES, per second.
function gateway.add_key(token, record)
    assert(keys:set(sha256(token), record))
end

local function read_record(record)
    local field = {}
    for word in record:gmatch("%S+") do
        field[#field + 1] = tonumber(word)
    end
    local key = {id = field[1], daily_limit = field[2], quota_name = "day:" .. field[1], limits = {}}
    for i, name in ipairs(LIMIT_NAMES) do
        key.limits[i] = {
            name = name .. ":" .. field[1], interval = 1 / field[1 + 2 * i],
            depth = field[2 + 2 * i] / field[1 + 2 * i],
        }
    end
    parsed[record] = key
    return key
end

-- A token bucket kept as one number: the time at which it will be full again.
local function take(limit, now)
    local full_at = math.max(buckets:get(limit.name) or 0, now) + limit.interval
    if full_at - now > limit.depth then
        return false
    end
    buckets:set(limit.name, full_at)
    return true
end

local function refuse(status)
    ngx.status = status
    ngx.header.content_type = "application/problem+json"
    ngx.print('{"status":', status, "}")
    return ngx.exit(status)
end

-- access_by_lua: who asks, may they.
function gateway.admit()
    local header = ngx.var.http_authorization
    local token = header and header:sub(1, 7) == "Bearer " and header:sub(8)
    local record = token and keys:get(sha256(token))
    if not record then
        return refuse(401)
    end
    local key = parsed[record] or read_record(record)
    local now = ngx.now()
    for i = 1, #key.limits do
        if not take(key.limits[i], now) then
            return refuse(429)
        end
    end
    if quotas:incr(key.quota_name, 1, 0) > key.daily_limit then
        return refuse(429)
    end
    ngx.ctx.api_key_id = key.id
end

local function flush()
    if row_count == 0 then
        return
    end
    local file = assert(io.open(rows_path, "a"))
    file:write(table.concat(rows, "", 1, row_count))
    file:close()
    row_count = 0
end

-- log_by_lua: one row per request, as usage_stats has it.
function gateway.account()
    local var = ngx.var
    local hit = var.upstream_cache_status == "HIT"
    quotas:incr(hit and "hits" or "others", 1, 0)
    row_count = row_count + 1
    rows[row_count] = table.concat({
        ngx.ctx.api_key_id or 0, "properties", var.request_method, ngx.status, var.request_time,
        hit and 1 or 0, var.http_user_agent or "", var.remote_addr, ngx.now(),
    }, "\t") .. "\n"
    if row_count >= ROWS_MAX then
        flush()
    end
end

function gateway.start_worker(folder)
    rows_path = folder .. "/rows-" .. ngx.worker.id() .. ".tsv"
    assert(ngx.timer.every(FLUSH_SECONDS, flush))
end

return gateway
