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
 * ARGV: now, ID, milliseconds until expiry, four amounts; then for each account: name, concurrency limit, four daily limits
 * (empty: unlimited). Returns `{}`, or `{index of the account, limit, milliseconds until a retry can succeed}`; the limit is `paused` if
 * the key `base:paused` exists.
 */
const RESERVE = `${BUDGET}
if redis.call('EXISTS', base .. ':paused') == 1 then return {0, 'paused', 0} end
local id, ttl = ARGV[2], tonumber(ARGV[3])
local day = math.floor(now / DAY)
local held, charged = base .. ':held:' .. id, base .. ':charged:' .. whole(day)
local places = function(name) return base .. ':places:' .. name end
for at = 8, #ARGV, 6 do redis.call('ZREMRANGEBYSCORE', places(ARGV[at]), '-inf', whole(now)) end
local ends = redis.call('HGET', held, 'ends')
if ends and tonumber(ends) > now then return {} end
for at = 8, #ARGV, 6 do
  local name, most = ARGV[at], tonumber(ARGV[at + 1])
  if most and redis.call('ZCARD', places(name)) >= most then
    local first = redis.call('ZRANGE', places(name), 0, 0, 'WITHSCORES')
    return {(at - 8) / 6, 'maxConcurrent', (first[2] and tonumber(first[2]) or (day + 1) * DAY) - now}
  end
  for each = 1, 4 do
    local bound = tonumber(ARGV[at + 1 + each])
    if bound and tonumber(redis.call('HGET', charged, NAMES[each] .. ' ' .. name) or 0) + tonumber(ARGV[3 + each]) > bound then
      return {(at - 8) / 6, NAMES[each], (day + 1) * DAY - now}
    end
  end
end
local names = {}
for at = 8, #ARGV, 6 do
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
return {}
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

/** ARGV: now. Returns the day, and fields and values of its charges. */
const CHARGED = `${BUDGET}
local day = whole(math.floor(now / DAY))
return {day, redis.call('HGETALL', base .. ':charged:' .. day)}
`;

/** ARGV: now, names of accounts. Returns for each account the IDs of the reservations that count as concurrent calls. */
const PLACES = `${BUDGET}
local found = {}
for at = 2, #ARGV do found[#found + 1] = redis.call('ZRANGEBYSCORE', base .. ':places:' .. ARGV[at], '(' .. whole(now), '+inf') end
return found
`;

/** ARGV: now, IDs of reservations. Returns for each unsettled one its accounts as JSON, day and amounts; for others nothing. */
const HELD = `${BUDGET}
local found = {}
for at = 2, #ARGV do
  local held = redis.call('HMGET', base .. ':held:' .. ARGV[at], 'accounts', 'day', 'calls', 'seconds', 'tokens', 'micros')
  if held[1] then found[#found + 1] = held end
end
return found
`;

/**
 * Call registry. `base:call:<id>` is a hash: the record, the usage, the parts of the memory (`memory:<part>`), the watcher while the call
 * is live, and afterwards the end reason and the time until which it is kept. `base:leases` is a sorted set of live calls by lease expiry.
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

/** ARGV: now, watcher, ID; then name and value of each part of the memory. */
const REMEMBER = `${CALLS}
if redis.call('HGET', call(ARGV[3]), 'watcher') ~= ARGV[2] then return 0 end
for at = 4, #ARGV, 2 do redis.call('HSET', call(ARGV[3]), 'memory:' .. ARGV[at], ARGV[at + 1]) end
return 1
`;

/** ARGV: now, watcher, lease in milliseconds, maximum number of calls. Returns all fields of each call, as names and values. */
const ADOPT = `${CALLS}
local adopted = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', whole(now), 'LIMIT', 0, ARGV[4])) do
  local known = redis.call('HGETALL', call(id))
  if #known > 0 then
    redis.call('HSET', call(id), 'watcher', ARGV[2])
    redis.call('ZADD', leases, whole(now + ARGV[3]), id)
    adopted[#adopted + 1] = known
  else
    redis.call('ZREM', leases, id)
  end
end
return adopted
`;

/** ARGV: now, IDs. Returns record and spent of each live call. */
const LIST = `${CALLS}
local found = {}
for at = 2, #ARGV do
  local known = redis.call('HMGET', call(ARGV[at]), 'record', 'spent', 'watcher')
  if known[1] and known[3] then
    found[#found + 1] = known[1]
    found[#found + 1] = known[2]
  end
end
return found
`;

/** ARGV: now, ID, reason, channel, notice, milliseconds to keep it. Returns 1 if this ended the call, otherwise 0. */
const END = `${CALLS}
local key = call(ARGV[2])
if redis.call('HDEL', key, 'watcher') == 0 then return 0 end
redis.call('ZREM', leases, ARGV[2])
redis.call('HDEL', key, 'memory:session', 'memory:tools')
redis.call('HSET', key, 'ended', ARGV[3], 'forget', whole(now + ARGV[6]))
redis.call('PEXPIRE', key, ARGV[6])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
`;

/** All scripts by the name under which they are defined on the client. */
export const REDIS_SCRIPTS = {
  voiceReserve: RESERVE,
  voiceSettle: SETTLE,
  voiceCharged: CHARGED,
  voicePlaces: PLACES,
  voiceHeld: HELD,
  voiceAdd: ADD,
  voiceFind: FIND,
  voiceRenew: RENEW,
  voiceRemember: REMEMBER,
  voiceAdopt: ADOPT,
  voiceList: LIST,
  voiceEnd: END,
} as const;

/** Name of a script. */
export type RedisScript = keyof typeof REDIS_SCRIPTS;
