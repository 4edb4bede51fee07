-- targets.lua - a wrk script that asks for numbered targets, each with one of many keys.
--
-- Arguments: each|any COUNT PREFIX SUFFIX KEY_FILE. The target is PREFIX number SUFFIX. each: every
-- number below COUNT in turn (COUNT 0: ever new ones); any: by lot. wrk.lua, named by
-- BENCH_RESULT_SCRIPT, prints the result.
dofile(os.getenv("BENCH_RESULT_SCRIPT"))

local thread_count = 0
function setup(thread)
    thread:set("thread_number", thread_count)
    thread_count = thread_count + 1
    thread:set("step", tonumber(os.getenv("BENCH_LOAD_STEP")))
end

local mode, count, prefix, suffix
local keys = {}
local asked = 0

function init(arguments)
    mode, count, prefix, suffix = arguments[1], tonumber(arguments[2]), arguments[3], arguments[4]
    prefix = "GET " .. prefix
    suffix = suffix .. " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "
    for line in io.lines(arguments[5]) do
        keys[#keys + 1] = line .. "\r\n\r\n"
    end
    math.randomseed(thread_number + 1)
end

local function next_number()
    if mode == "any" then
        return math.random(count) - 1
    end
    local number = thread_number + asked * step
    asked = asked + 1
    return count > 0 and number % count or number
end

function request()
    local key = #keys == 1 and keys[1] or keys[math.random(#keys)]
    return prefix .. string.format("%d", next_number()) .. suffix .. key
end
