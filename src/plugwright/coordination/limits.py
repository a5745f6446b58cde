"""Counting calls by key in moving windows that all processes share, in Valkey.

A script, because looking whether there is room and counting have to be one step; our own, because one trip has to do
for all limits of a call and for several calls. It counts like the window of one process: slots of an end and a count,
the oldest first, and their sum. The time is the server's, so that clocks may differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from valkey.exceptions import NoScriptError

from plugwright.coordination.valkey import ValkeyClient

_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local granted = tonumber(ARGV[1])
local found, reply = {}, {}
for i = 1, #KEYS / 2 do
  local slots, sum = KEYS[2 * i - 1], KEYS[2 * i]
  local quota, window, grain = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local used = tonumber(redis.call('GET', sum) or 0)
  local ends
  while true do
    local first = redis.call('LINDEX', slots, 0)
    if not first then used, ends = 0, nil; break end
    local count
    ends, count = string.match(first, '(%d+) (%d+)')
    ends = tonumber(ends)
    if ends > now then break end
    redis.call('LPOP', slots)
    used = used - count
  end
  found[i] = {slots, sum, window, grain, used}
  granted = math.min(granted, quota - used)
  reply[2 * i] = quota - used
  reply[2 * i + 1] = ends and ends - now or window
end
granted = math.max(granted, 0)
for i, each in ipairs(found) do
  local slots, sum, window, grain, used = unpack(each)
  local life = math.ceil((window + grain) / 1000) + 1000
  if granted > 0 then
    local last, count = string.match(redis.call('LINDEX', slots, -1) or '', '(%d+) (%d+)')
    if last and now + window < tonumber(last) then
      redis.call('LSET', slots, -1, last .. ' ' .. (count + granted))
    else
      redis.call('RPUSH', slots, string.format('%.0f', now + window + grain) .. ' ' .. granted)
    end
    redis.call('PEXPIRE', slots, life)
  end
  redis.call('SET', sum, math.max(used, 0) + granted, 'PX', life)
  reply[2 * i] = reply[2 * i] - granted
end
reply[1] = granted
return reply
"""
_SHA = sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
_MICROSECONDS = 1_000_000
_MOST_SLOTS = 1000


@dataclass(frozen=True, slots=True)
class SharedWindow:
    """At most ``most`` calls within ``seconds``, counted under two keys of Valkey."""

    keys: tuple[str, str]
    most: int
    seconds: int

    @property
    def grain(self) -> int:
        """The microseconds that calls may share a slot, where there are too many to remember each."""
        return 0 if self.most <= _MOST_SLOTS else self.seconds * _MICROSECONDS // _MOST_SLOTS


@dataclass(frozen=True, slots=True)
class Booking:
    """How many calls were booked, and of each window how many are left and after how many seconds there are more."""

    granted: int
    left: list[tuple[int, float]]


async def book(client: ValkeyClient, windows: Sequence[SharedWindow], wanted: int) -> Booking:
    """Book so many calls, or fewer where there is less room; none where one of the windows has none.

    Raises:
        Away: Valkey did not do it.
    """
    keys = [key for window in windows for key in window.keys]
    args: list[int] = [wanted]
    for window in windows:
        args += [window.most, window.seconds * _MICROSECONDS, window.grain]

    async def command(commands: Any) -> list[int]:
        try:
            return await commands.evalsha(_SHA, len(keys), *keys, *args)
        except NoScriptError:
            return await commands.eval(_SCRIPT, len(keys), *keys, *args)

    granted, *rest = await client.run(command)
    left = [(max(0, rest[at]), max(0, rest[at + 1]) / _MICROSECONDS) for at in range(0, len(rest), 2)]
    return Booking(granted, left)
