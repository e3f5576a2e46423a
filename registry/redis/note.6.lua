-- Adds an entry to the ledger.
-- ARGV  4 kind, 5 name, 6 id, 7 the rest as JSON
-- Two processes that were cut off together leave one gap, if neither of them lost an entry of its own.
local kind, data = ARGV[4], ARGV[7]
sweep()
local is_known = false
if kind == 'gap' then
  local gap = cjson.decode(data)
  is_known = gap.missedCount == 0 and tonumber(redis.call('HGET', meta, 'gap') or '0') >= gap.sinceMs
  redis.call('HSET', meta, 'gap', string.format('%.0f', now_ms))
end
if not is_known then log(kind, ARGV[5], ARGV[6], data) end
finish()
