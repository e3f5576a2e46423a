-- Takes out an actor that was found dead.
-- ARGV  4 id, 5 why, as JSON, 6 whether that is certain ('1'): else a name of its own stays its own until the lease ends
-- Returns 1 if it was taken out.
local id, why, certain = ARGV[4], ARGV[5], ARGV[6] == '1'
sweep()
local value = redis.call('HGET', actors, id)
local taken = 0
if value and (certain or cjson.decode(value).unique ~= true) then
  log('expired', remove_actor(id), id, why)
  taken = 1
end
finish()
return taken
