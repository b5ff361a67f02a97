-- For wrk: hands out what it measured. With a file of paths it asks for them in turn; with `--many`
-- each request comes from another reader, as a proxy in front would say it.
local requests = nil
local turn = 0

function init(args)
  if args[1] == "--many" then
    request = function()
      turn = turn + 1
      wrk.headers["X-Forwarded-For"] = string.format(
        "10.%d.%d.%d", turn / 65536 % 256, turn / 256 % 256, turn % 256)
      return wrk.format()
    end
  elseif args[1] then
    requests = {}
    for path in io.lines(args[1]) do
      requests[#requests + 1] = wrk.format("GET", path)
    end
    request = function()
      turn = turn % #requests + 1
      return requests[turn]
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'REPORT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failures": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
