-- The workload for wrk, and its result as one line of JSON.
-- Arguments after "--": connections, pipeline depth, method, body, paths with blanks between them; the last two may be
-- absent, and an empty body is none.

local worker

-- wrk runs `setup` and `done` in one Lua state, and `init` in another, that of its thread.
function setup(thread)
  worker = thread
end

function init(args)
  connections = tonumber(args[1])
  depth = tonumber(args[2])
  wrk.method = args[3]
  if args[4] ~= "" then wrk.body = args[4] end
  -- Without a `request` function wrk sends one fixed string itself, which costs it least.
  if args[5] then
    local requests = {}
    for path in args[5]:gmatch("%S+") do requests[#requests + 1] = wrk.format(nil, path) end
    local at = 0
    request = function()
      at = at % #requests + 1
      return requests[at]
    end
  elseif depth > 1 then
    local batch = string.rep(wrk.format(), depth)
    request = function()
      return batch
    end
  end
end

-- wrk takes one latency per batch, and then corrects them for coordinated omission: beside each latency of several mean
-- intervals it adds the shorter ones which a client with a constant rate would have seen. Its interval is that of a
-- response, not of a batch, so that a pipelined run gets `depth` times too many of them, all too short, and percentiles
-- that are too low or 0. This undoes that in place, and corrects with the interval of a batch.
-- `stats` is the structure in wrk's stats.h (4.0 to 4.2), which Lua gets as a pointer.
local function correct_batches(latency, summary, connections, depth)
  local ffi = require("ffi")
  ffi.cdef("typedef struct { int64_t count, limit, min, max, data[]; } wrk_stats;")
  local stats = ffi.cast("wrk_stats **", latency)[0]
  local interval = math.floor(summary.duration / math.floor(summary.requests / connections))
  local min, max = tonumber(stats.min), tonumber(stats.max)

  local function change(n, interval, sign)
    local count = sign * tonumber(stats.data[n])
    if count == 0 then return end
    for m = n - interval, interval + 1, -interval do
      stats.data[m] = stats.data[m] + count
      stats.count = stats.count + count
    end
  end
  -- What was added for a latency depends on those above it only in sums: the highest first takes it back exactly.
  for n = max, 2 * interval, -1 do change(n, interval, -1) end
  local sum = 0
  for n = min, max do sum = sum + tonumber(stats.data[n]) end
  if sum ~= tonumber(stats.count) then error("Cannot correct the latencies: this wrk keeps them in another way") end
  for n = 2 * depth * interval, max do change(n, depth * interval, 1) end
  stats.min = math.min(min, depth * interval)
end

function done(summary, latency)
  local errors = summary.errors
  local connections, depth = worker:get("connections"), worker:get("depth")
  if depth > 1 and summary.requests >= connections then correct_batches(latency, summary, connections, depth) end
  io.write(string.format(
    '{"requests":%d,"bytes":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,'
      .. '"connectErrors":%d,"readErrors":%d,"writeErrors":%d,"statusErrors":%d,"timeouts":%d}\n',
    summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout
  ))
end
