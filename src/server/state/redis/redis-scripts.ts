/**
 * Lua scripts for operations that must be atomic in Redis. Each takes one round trip.
 *
 * All keys of a script start with `KEYS[1]`, which contains a hash tag, so they share a slot in a Redis Cluster. The scripts use
 * Redis's clock, which all processes share (`ARGV[1]` replaces it in tests); arguments contain durations, never points in time, so a
 * process with a wrong clock has no effect. Numbers are written with `%.0f`, because Lua would round large ones.
 */

const TIME = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local whole = function(number) return string.format('%.0f', number) end
local base = KEYS[1]
`;

/**
 * Budget. `base:charged:<day>` is a hash of the amounts that each account spent and reserved that day; a reservation is charged in
 * full. `base:places:<account>` is a sorted set of reservations by expiry time. `base:held:<id>` is an unsettled reservation.
 */
const BUDGET = `${TIME}
local DAY = 86400000
local NAMES = {'calls', 'seconds', 'tokens', 'micros'}
-- Expiry is decided by the script's time; Redis deletes keys a minute after they are no longer needed.
local lives = function(key, ms)
  if redis.call('PTTL', key) < ms + 60000 then redis.call('PEXPIRE', key, whole(ms + 60000)) end
end
`;

/**
 * ARGV: now, ID, milliseconds until expiry, four amounts; then for each account: name, concurrency limit, 1 if it replaces, four daily
 * limits (empty: unlimited). Returns JSON: `{replaced}`, or `{account, limit, ms}` with the index of the account and the milliseconds
 * until a retry can succeed.
 */
const RESERVE = `${BUDGET}
local id, ttl = ARGV[2], tonumber(ARGV[3])
local FIRST, STEP = 8, 7
local day = math.floor(now / DAY)
local held, charged = base .. ':held:' .. id, base .. ':charged:' .. whole(day)
local places = function(name) return base .. ':places:' .. name end
for at = FIRST, #ARGV, STEP do redis.call('ZREMRANGEBYSCORE', places(ARGV[at]), '-inf', whole(now)) end
local ends = redis.call('HGET', held, 'ends')
if ends and tonumber(ends) > now then return '{}' end
local replaced, listed = {}, {}
for at = FIRST, #ARGV, STEP do
  local name, most = ARGV[at], tonumber(ARGV[at + 1])
  if most and most > 0 and ARGV[at + 2] == '1' then
    local over = redis.call('ZCARD', places(name)) - most
    for _, each in ipairs(over >= 0 and redis.call('ZRANGE', places(name), 0, over) or {}) do
      if not listed[each] then replaced[#replaced + 1] = each end
      listed[each] = true
    end
  end
end
for at = FIRST, #ARGV, STEP do
  local name, most = ARGV[at], tonumber(ARGV[at + 1])
  if most then
    local taken = redis.call('ZCARD', places(name))
    for _, each in ipairs(replaced) do
      if redis.call('ZSCORE', places(name), each) then taken = taken - 1 end
    end
    if taken >= most then
      local first = redis.call('ZRANGE', places(name), 0, 0, 'WITHSCORES')
      return cjson.encode({account = (at - FIRST) / STEP, limit = 'maxConcurrent', ms = (first[2] and tonumber(first[2]) or (day + 1) * DAY) - now})
    end
  end
  for each = 1, 4 do
    local bound = tonumber(ARGV[at + 2 + each])
    if bound and tonumber(redis.call('HGET', charged, NAMES[each] .. ' ' .. name) or 0) + tonumber(ARGV[3 + each]) > bound then
      return cjson.encode({account = (at - FIRST) / STEP, limit = NAMES[each], ms = (day + 1) * DAY - now})
    end
  end
end
for _, each in ipairs(replaced) do
  local others = redis.call('HGET', base .. ':held:' .. each, 'accounts')
  for _, name in ipairs(others and cjson.decode(others) or {}) do redis.call('ZREM', places(name), each) end
end
local names = {}
for at = FIRST, #ARGV, STEP do
  local name = ARGV[at]
  names[#names + 1] = name
  for each = 1, 4 do
    if ARGV[3 + each] ~= '0' then redis.call('HINCRBY', charged, NAMES[each] .. ' ' .. name, ARGV[3 + each]) end
  end
  redis.call('ZADD', places(name), whole(now + ttl), id)
  lives(places(name), ttl)
end
lives(charged, 2 * DAY)
redis.call('HSET', held, 'ends', whole(now + ttl), 'day', whole(day), 'accounts', cjson.encode(names),
  'calls', ARGV[4], 'seconds', ARGV[5], 'tokens', ARGV[6], 'micros', ARGV[7])
lives(held, ttl)
return #replaced == 0 and '{}' or cjson.encode({replaced = replaced})
`;

/** ARGV: now, ID, four spent amounts. */
const SETTLE = `${BUDGET}
local id = ARGV[2]
local held = base .. ':held:' .. id
local known = redis.call('HMGET', held, 'accounts', 'ends', 'day', 'calls', 'seconds', 'tokens', 'micros')
if not known[1] then return 0 end
redis.call('DEL', held)
local charged = base .. ':charged:' .. known[3]
local counts = tonumber(known[2]) > now and redis.call('EXISTS', charged) == 1
for _, name in ipairs(cjson.decode(known[1])) do
  redis.call('ZREM', base .. ':places:' .. name, id)
  for each = 1, 4 do
    local more = tonumber(ARGV[2 + each]) - tonumber(known[3 + each])
    if counts and more ~= 0 then redis.call('HINCRBY', charged, NAMES[each] .. ' ' .. name, whole(more)) end
  end
end
return 1
`;

/**
 * Call registry. `base:call:<id>` is a hash: the record, the usage, the watcher while the call is live, and afterwards the end reason and
 * the time until which it is kept. `base:leases` is a sorted set of live calls by lease expiry.
 */
const CALLS = `${TIME}
local call = function(id) return base .. ':call:' .. id end
local leases = base .. ':leases'
`;

/** ARGV: now, ID, record, spent, watcher, lease in milliseconds. */
const ADD = `${CALLS}
redis.call('HSET', call(ARGV[2]), 'record', ARGV[3], 'spent', ARGV[4], 'watcher', ARGV[5])
redis.call('ZADD', leases, whole(now + ARGV[6]), ARGV[2])
return 1
`;

/** ARGV: now, ID. Returns `{}`, or record, spent and the end reason (empty if the call is live). */
const FIND = `${CALLS}
local known = redis.call('HMGET', call(ARGV[2]), 'record', 'spent', 'ended', 'forget')
if not known[1] or (known[4] and tonumber(known[4]) <= now) then return {} end
return {known[1], known[2], known[3] or ''}
`;

/** ARGV: now, watcher, lease in milliseconds; then ID and spent of each call. Returns the IDs that the watcher does not hold. */
const RENEW = `${CALLS}
local lost = {}
for at = 4, #ARGV, 2 do
  local id = ARGV[at]
  if redis.call('HGET', call(id), 'watcher') == ARGV[2] then
    redis.call('HSET', call(id), 'spent', ARGV[at + 1])
    redis.call('ZADD', leases, whole(now + ARGV[3]), id)
  else
    lost[#lost + 1] = id
  end
end
return lost
`;

/** ARGV: now, watcher, lease in milliseconds, maximum number of calls. Returns record and spent of each call. */
const ADOPT = `${CALLS}
local adopted = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', whole(now), 'LIMIT', 0, ARGV[4])) do
  local known = redis.call('HMGET', call(id), 'record', 'spent')
  if known[1] then
    redis.call('HSET', call(id), 'watcher', ARGV[2])
    redis.call('ZADD', leases, whole(now + ARGV[3]), id)
    adopted[#adopted + 1] = known[1]
    adopted[#adopted + 1] = known[2]
  else
    redis.call('ZREM', leases, id)
  end
end
return adopted
`;

/** ARGV: now, ID, reason, channel, notice, milliseconds to keep it. Returns 1 if this ended the call, otherwise 0. */
const END = `${CALLS}
local key = call(ARGV[2])
if redis.call('HDEL', key, 'watcher') == 0 then return 0 end
redis.call('ZREM', leases, ARGV[2])
redis.call('HSET', key, 'ended', ARGV[3], 'forget', whole(now + ARGV[6]))
redis.call('PEXPIRE', key, ARGV[6])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
`;

/** All scripts by the name under which they are defined on the client. */
export const REDIS_SCRIPTS = {
  voiceReserve: RESERVE,
  voiceSettle: SETTLE,
  voiceAdd: ADD,
  voiceFind: FIND,
  voiceRenew: RENEW,
  voiceAdopt: ADOPT,
  voiceEnd: END,
} as const;

/** Name of a script. */
export type RedisScript = keyof typeof REDIS_SCRIPTS;
