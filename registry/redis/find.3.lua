-- The registrations of a name, the newest first.
-- KEYS  1 actors, 2 leases, 3 names
-- ARGV  1 name, 2 how many at most
local actors, leases, names = unpack(KEYS)
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local place = ARGV[1]:gsub('\\', '\\\\'):gsub('%z', '\\0') .. '\0'
local most = tonumber(ARGV[2])
local found = {}
for _, member in ipairs(redis.call('ZREVRANGEBYLEX', names, '(' .. place .. '\255', '[' .. place)) do
  if #found == most then break end
  local id = member:match('[^%z]*$')
  local until_ms = redis.call('ZSCORE', leases, 'a' .. id)
  if until_ms and tonumber(until_ms) > now_ms then found[#found + 1] = redis.call('HGET', actors, id) end
end
return found
