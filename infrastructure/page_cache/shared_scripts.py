"""What runs inside Redis, in one step each: looking up, keeping, purging, starting anew.

All that decides whether a page is true lies in one hash, so that losing it (a restart, an eviction)
loses every page with it: `generation`, a random name; `clock`, the number of purges counted;
`purge:<id>`, the number that a purge was given; `tag:<tag>`, the number of the last purge of a tag;
`database`, `seen` and `seen_at`, see `shared_redis`. A page is a hash of `generation`, `stamp`,
`tags` and `payload`; it is true while no tag of it has a number above its stamp.
"""

from typing import Final

# Beyond this many fields everything begins anew; the hash is then some 20 MB.
_MOST_FIELDS = 200_000

_IS_TRUE = """
local function is_true(versions, stamp, tags)
  for tag in string.gmatch(tags, '%S+') do
    local touched = redis.call('HGET', versions, 'tag:' .. tag)
    if touched and tonumber(touched) > tonumber(stamp) then return false end
  end
  return true
end
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then
  return redis.error_reply('GENERATION is another')
end
"""

# versions, page; generation -> payload or nothing
LOOK_UP: Final = (
    _IS_TRUE
    + """
local page = redis.call('HMGET', KEYS[2], 'generation', 'stamp', 'tags', 'payload')
if not page[4] then return false end
if page[1] == ARGV[1] and is_true(KEYS[1], page[2], page[3]) then return page[4] end
redis.call('UNLINK', KEYS[2])
return false
"""
)

# versions, page; generation, stamp, tags, payload, milliseconds -> 1 where it was kept
KEEP: Final = (
    _IS_TRUE
    + """
if not is_true(KEYS[1], ARGV[2], ARGV[3]) then return 0 end
redis.call('HSET', KEYS[2], 'generation', ARGV[1], 'stamp', ARGV[2], 'tags', ARGV[3],
  'payload', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
"""
)

# versions; generation, then for each purge its id and its tags -> the number of the last of them
PURGE: Final = (
    _IS_TRUE
    + f"""
local number = 0
for i = 2, #ARGV, 2 do
  number = redis.call('HGET', KEYS[1], 'purge:' .. ARGV[i])
  if not number then
    number = redis.call('HINCRBY', KEYS[1], 'clock', 1)
    redis.call('HSET', KEYS[1], 'purge:' .. ARGV[i], number)
    for tag in string.gmatch(ARGV[i + 1], '%S+') do
      redis.call('HSET', KEYS[1], 'tag:' .. tag, number)
    end
  end
end
if redis.call('HLEN', KEYS[1]) > {_MOST_FIELDS} then redis.call('DEL', KEYS[1]) end
return tonumber(number)
"""
)

# versions; the generation that must be there ('' for none), the new one, database, seen, seen_at,
# then the ids of purges that need no counting, because no page can be older
# -> 1 where it was begun anew, 0 where somebody else did so meanwhile
BEGIN_ANEW: Final = """
local there = redis.call('HGET', KEYS[1], 'generation') or ''
if there ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'clock', 0, 'database', ARGV[3],
  'seen', ARGV[4], 'seen_at', ARGV[5])
for i = 6, #ARGV do
  redis.call('HSET', KEYS[1], 'purge:' .. ARGV[i], 0)
end
return 1
"""

# versions; generation, seen, seen_at -> the clock
SEEN: Final = (
    _IS_TRUE
    + """
local seen = redis.call('HGET', KEYS[1], 'seen')
if tonumber(ARGV[2]) >= tonumber(seen) then
  redis.call('HSET', KEYS[1], 'seen', ARGV[2], 'seen_at', ARGV[3])
end
return tonumber(redis.call('HGET', KEYS[1], 'clock'))
"""
)

# lock; token -> 1 where the lock was ours
UNLOCK: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
