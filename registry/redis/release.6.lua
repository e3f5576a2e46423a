-- Lets go of leases. With the last one, nothing is kept.
-- ARGV  as for renew
sweep()
for index = 4, #ARGV, 2 do
  local member, fence = ARGV[index], ARGV[index + 1]
  local key = member:sub(2)
  local kind = member:sub(1, 1)
  if kind == 'a' then
    local name = remove_actor(key)
    if name then log('left', name, key, '{}') end
  elseif kind == 'l' then
    local value = redis.call('HGET', leaders, key)
    if value and value:match('^{"fence":(%d+)') == fence then remove_leader(key) end
  else
    redis.call('ZREM', leases, member)
  end
end
finish()
