-- All registrations, in no order.
-- KEYS  1 actors, 2 leases
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local found = {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now_ms, '+inf')) do
  if member:sub(1, 1) == 'a' then found[#found + 1] = redis.call('HGET', KEYS[1], member:sub(2)) end
end
return found
