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
 * full. `base:charged:m<month>` is the same for a month, of the accounts that count months. `base:places:<account>` is a sorted set of
 * reservations by expiry time. `base:held:<id>` is an unsettled reservation, and `base:open` is a sorted set of all of them by expiry time.
 *
 * Months are numbered like in `contract/calendar.ts`. The conversion of days is that of
 * https://howardhinnant.github.io/date_algorithms.html#civil_from_days.
 */
const BUDGET = `${TIME}
local DAY = 86400000
local monthOf = function(day)
  local z = day + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  return (yoe + era * 400 + (month <= 2 and 1 or 0)) * 12 + month - 1
end
local chargedIn = function(month) return base .. ':charged:m' .. whole(month) end
local NAMES = {'calls', 'seconds', 'tokens', 'micros'}
-- Expiry is decided by the script's time; Redis deletes keys a minute after they are no longer needed.
local lives = function(key, ms)
  if redis.call('PTTL', key) < ms + 60000 then redis.call('PEXPIRE', key, whole(ms + 60000)) end
end
`;

/**
 * ARGV: now, ID, milliseconds until expiry, four amounts, the offset of local time in milliseconds, milliseconds until day and month end
 * (empty: UTC); then for each account: name, concurrency limit, 1 if it replaces, four daily limits, 1 if it counts months, four monthly
 * limits, 1 if it reports levels (an empty limit is unlimited). Returns JSON: `{replaced, reached}`, or `{account, limit, period, ms}` with
 * the index of the account and the milliseconds until a retry can succeed; the limit is `paused` if the key `base:paused` exists.
 */
const RESERVE = `${BUDGET}
if redis.call('EXISTS', base .. ':paused') == 1 then return cjson.encode({limit = 'paused'}) end
local id, ttl = ARGV[2], tonumber(ARGV[3])
local FIRST, STEP = 11, 13
local day = math.floor((now + (tonumber(ARGV[8]) or 0)) / DAY)
local dayEnds = tonumber(ARGV[9]) or (day + 1) * DAY - now
local monthEnds = tonumber(ARGV[10])
if not monthEnds then
  local next = day + 28
  while monthOf(next) == monthOf(day) do next = next + 1 end
  while monthOf(next - 1) ~= monthOf(day) do next = next - 1 end
  monthEnds = next * DAY - now
end
local held, charged, month = base .. ':held:' .. id, base .. ':charged:' .. whole(day), chargedIn(monthOf(day))
local places = function(name) return base .. ':places:' .. name end
local open = base .. ':open'
redis.call('ZREMRANGEBYSCORE', open, '-inf', whole(now))
for at = FIRST, #ARGV, STEP do redis.call('ZREMRANGEBYSCORE', places(ARGV[at]), '-inf', whole(now)) end
local ends = redis.call('HGET', held, 'ends')
if ends and tonumber(ends) > now then return '{}' end
local replaced, listed, reached = {}, {}, {}
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
  local index = (at - FIRST) / STEP
  if most then
    local taken = redis.call('ZCARD', places(name))
    for _, each in ipairs(replaced) do
      if redis.call('ZSCORE', places(name), each) then taken = taken - 1 end
    end
    if taken >= most then
      local first = redis.call('ZRANGE', places(name), 0, 0, 'WITHSCORES')
      return cjson.encode({account = index, limit = 'maxConcurrent', ms = first[2] and tonumber(first[2]) - now or dayEnds})
    end
  end
  for _, period in ipairs({{'day', charged, at + 2, dayEnds}, {'month', month, at + 7, monthEnds}}) do
    for each = 1, 4 do
      local bound = tonumber(ARGV[period[3] + each])
      if bound then
        local before = tonumber(redis.call('HGET', period[2], NAMES[each] .. ' ' .. name) or 0)
        local after = before + tonumber(ARGV[3 + each])
        if after > bound then return cjson.encode({account = index, limit = NAMES[each], period = period[1], ms = period[4]}) end
        if ARGV[at + 12] == '1' and bound > 0 then
          for _, percent in ipairs({100, 80, 50}) do
            if before / bound < percent / 100 and after / bound >= percent / 100 then
              reached[#reached + 1] = {account = index, limit = NAMES[each], period = period[1], percent = percent}
              break
            end
          end
        end
      end
    end
  end
end
for _, each in ipairs(replaced) do
  local others = redis.call('HGET', base .. ':held:' .. each, 'accounts')
  for _, name in ipairs(others and cjson.decode(others) or {}) do redis.call('ZREM', places(name), each) end
  if others then redis.call('HSET', base .. ':held:' .. each, 'placeless', '1') end
end
local names, monthly = {}, {}
for at = FIRST, #ARGV, STEP do
  local name = ARGV[at]
  names[#names + 1] = name
  if ARGV[at + 7] == '1' then monthly[#monthly + 1] = name end
  for each = 1, 4 do
    if ARGV[3 + each] ~= '0' then
      redis.call('HINCRBY', charged, NAMES[each] .. ' ' .. name, ARGV[3 + each])
      if ARGV[at + 7] == '1' then redis.call('HINCRBY', month, NAMES[each] .. ' ' .. name, ARGV[3 + each]) end
    end
  end
  redis.call('ZADD', places(name), whole(now + ttl), id)
  lives(places(name), ttl)
end
redis.call('ZADD', open, whole(now + ttl), id)
lives(open, ttl)
lives(charged, 2 * DAY)
if #monthly > 0 then lives(month, 33 * DAY) end
redis.call('HSET', held, 'ends', whole(now + ttl), 'day', whole(day), 'accounts', cjson.encode(names), 'monthly', #monthly == 0 and '[]' or cjson.encode(monthly),
  'calls', ARGV[4], 'seconds', ARGV[5], 'tokens', ARGV[6], 'micros', ARGV[7])
lives(held, ttl)
if #replaced == 0 then replaced = nil end
if #reached == 0 then reached = nil end
if not replaced and not reached then return '{}' end
return cjson.encode({replaced = replaced, reached = reached})
`;

/** ARGV: now, ID, four spent amounts. */
const SETTLE = `${BUDGET}
local id = ARGV[2]
local held = base .. ':held:' .. id
local known = redis.call('HMGET', held, 'accounts', 'ends', 'day', 'calls', 'seconds', 'tokens', 'micros', 'monthly')
if not known[1] then return 0 end
redis.call('DEL', held)
redis.call('ZREM', base .. ':open', id)
local accounts = cjson.decode(known[1])
for _, name in ipairs(accounts) do redis.call('ZREM', base .. ':places:' .. name, id) end
if tonumber(known[2]) <= now then return 1 end
local refund = function(key, names)
  if redis.call('EXISTS', key) == 0 then return end
  for _, name in ipairs(names) do
    for each = 1, 4 do
      local more = tonumber(ARGV[2 + each]) - tonumber(known[3 + each])
      if more ~= 0 then redis.call('HINCRBY', key, NAMES[each] .. ' ' .. name, whole(more)) end
    end
  end
end
refund(base .. ':charged:' .. known[3], accounts)
refund(chargedIn(monthOf(tonumber(known[3]))), cjson.decode(known[8] or '[]'))
return 1
`;

/**
 * ARGV: now, the offset of local time in milliseconds. Returns the day, fields and values of its charges, those of the month, and the IDs of
 * unsettled reservations.
 */
const CHARGED = `${BUDGET}
local day = math.floor((now + tonumber(ARGV[2])) / DAY)
return {whole(day), redis.call('HGETALL', base .. ':charged:' .. whole(day)), redis.call('HGETALL', chargedIn(monthOf(day))),
  redis.call('ZRANGEBYSCORE', base .. ':open', '(' .. whole(now), '+inf')}
`;

/**
 * ARGV: now, IDs of reservations. Returns for each unsettled one its accounts and those that count months as JSON, 1 if it lost its places,
 * its day and amounts; for others nothing.
 */
const HELD = `${BUDGET}
local found = {}
for at = 2, #ARGV do
  local held = redis.call('HMGET', base .. ':held:' .. ARGV[at], 'accounts', 'monthly', 'placeless', 'day', 'calls', 'seconds', 'tokens', 'micros')
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
