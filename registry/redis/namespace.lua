-- What all scripts begin with: the keys of a namespace, its clock, its counter, its ledger.
--
-- KEYS  1 actors   hash    id -> registration, as JSON that begins with its number
--       2 leases   zset    'a' .. id, 'l' .. name or 'p' .. process -> until when, in milliseconds
--       3 names    zset    name, number and id in one member: all of a name are next to each other, by age
--       4 leaders  hash    name -> who leads, as JSON that begins with its fence
--       5 meta     hash    the counter
--       6 ledger   stream
-- ARGV  1 how long a lease lasts, in milliseconds
--       2 how many entries the ledger keeps
--       3 how long the ledger is kept when the last actor has left, in milliseconds
local actors, leases, names, leaders, meta, ledger = unpack(KEYS)
local lease_ms, kept_count, keep_ms = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])

local time = redis.call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)

-- Greater each time. It begins with the time: a server that has forgotten everything gives no number twice.
local function next_number()
  local number = math.max(tonumber(redis.call('HGET', meta, 'number') or '0') + 1, now_us)
  local text = string.format('%.0f', number)
  redis.call('HSET', meta, 'number', text)
  return text
end

local function log(kind, name, id, data)
  redis.call('XADD', ledger, 'MAXLEN', '~', kept_count, '*', 'kind', kind, 'name', name, 'id', id, 'data', data)
end

-- The part of a member before the number. A name may have any character in it.
local function place_of(name)
  return name:gsub('\\', '\\\\'):gsub('%z', '\\0') .. '\0'
end

local function member_of(name, value, id)
  return place_of(name) .. value:match('^{"number":(%d+)') .. '\0' .. id
end

-- Takes an actor out; returns its name.
local function remove_actor(id)
  redis.call('ZREM', leases, 'a' .. id)
  local value = redis.call('HGET', actors, id)
  if not value then return nil end
  local name = cjson.decode(value).actor.name
  redis.call('HDEL', actors, id)
  redis.call('ZREM', names, member_of(name, value, id))
  return name
end

local function remove_leader(name)
  redis.call('ZREM', leases, 'l' .. name)
  redis.call('HDEL', leaders, name)
  log('vacant', name, '', '')
end

-- Takes out those whose lease has run out.
local function sweep()
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now_ms, 'LIMIT', 0, 1000)) do
    local key = member:sub(2)
    if member:sub(1, 1) == 'a' then
      local name = remove_actor(key)
      if name then log('expired', name, key, '{"why":"its lease was not renewed"}') end
    elseif member:sub(1, 1) == 'l' then
      remove_leader(key)
    else
      redis.call('ZREM', leases, member)
    end
  end
end

-- The keys live as long as whoever uses them, actors and those who wait for news: when the last has left, nothing is kept;
-- when all have crashed, they go with the last lease.
local function finish()
  local nobody = redis.call('ZCARD', leases) == 0
  if nobody and keep_ms == 0 then
    redis.call('DEL', unpack(KEYS))
    return
  end
  for index, key in ipairs(KEYS) do
    local ms = lease_ms
    if index == 6 then ms = math.max(ms, keep_ms) end
    local left = redis.call('PTTL', key)
    if left ~= -2 and left < ms then redis.call('PEXPIRE', key, ms) end
  end
end
