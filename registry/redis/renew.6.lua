-- Renews leases, and takes out those of others that have run out.
-- ARGV  from 4 on, by twos: 'a' .. id and '', 'l' .. name and the fence of the leadership, or 'p' .. process and '': that is a
--       process that waits for news, which is taken in if it is not known
-- Returns those that there are no more: each as it was given, without the second.
sweep()
local lost = {}
for index = 4, #ARGV, 2 do
  local member, fence = ARGV[index], ARGV[index + 1]
  local is_held = member:sub(1, 1) == 'p' or redis.call('ZSCORE', leases, member)
  if is_held and fence ~= '' then
    local value = redis.call('HGET', leaders, member:sub(2))
    is_held = value and value:match('^{"fence":(%d+)') == fence
  end
  if is_held then
    redis.call('ZADD', leases, now_ms + lease_ms, member)
  else
    lost[#lost + 1] = member
  end
end
if redis.call('EXISTS', unpack(KEYS)) > 0 then finish() end
return lost
