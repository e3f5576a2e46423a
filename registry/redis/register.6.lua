-- Gives an actor a lease on its name.
-- ARGV  4 id, 5 name, 6 registration as JSON, 7 whether the name is to be its own alone ('1')
-- Returns {1, fence or ''}, or {0, the registration of who has the name}.
local id, name, json, unique = ARGV[4], ARGV[5], ARGV[6], ARGV[7] == '1'
sweep()

local held = redis.call('HGET', actors, id)
if held then
  redis.call('ZADD', leases, now_ms + lease_ms, 'a' .. id)
  finish()
  return { 1, held:match('^{"number":%d+,"fence":(%d+)') or '' }
end

-- If one of them has the name alone, there is but one.
local place = place_of(name)
local last = redis.call('ZREVRANGEBYLEX', names, '(' .. place .. '\255', '[' .. place, 'LIMIT', 0, 1)[1]
if last then
  local other = redis.call('HGET', actors, last:match('[^%z]*$'))
  if other and (unique or cjson.decode(other).unique == true) then
    finish()
    return { 0, other }
  end
end

local number = next_number()
local fence = ''
if unique then fence = number end
local value = '{"number":' .. number .. (unique and ',"fence":' .. number or '') .. ',' .. json:sub(2)
redis.call('HSET', actors, id, value)
redis.call('ZADD', names, 0, member_of(name, value, id))
redis.call('ZADD', leases, now_ms + lease_ms, 'a' .. id)
log('registered', name, id, value)
finish()
return { 1, fence }
