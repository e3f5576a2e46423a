-- Has somebody lead under a name, if nobody does.
-- ARGV  4 name, 5 a token of who asks: whoever asks again with it has what was given
-- Returns {1, fence}, or {0, how many milliseconds the leader has at least}.
local name, token = ARGV[4], ARGV[5]
sweep()
local value = redis.call('HGET', leaders, name)
if value and cjson.decode(value).token ~= token then
  finish()
  return { 0, tostring(math.max(1, tonumber(redis.call('ZSCORE', leases, 'l' .. name) or '0') - now_ms)) }
end
local fence = value and value:match('^{"fence":(%d+)') or next_number()
redis.call('HSET', leaders, name, '{"fence":' .. fence .. ',"token":' .. cjson.encode(token) .. '}')
redis.call('ZADD', leases, now_ms + lease_ms, 'l' .. name)
finish()
return { 1, fence }
