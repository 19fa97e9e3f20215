-- Drops a message that was there before: the same event id within a minute, from whichever client.
-- The id is the user property "id"; messages without one pass.
local WINDOW_S <const> = 60

function on_publish(message)
  local id = message.user_properties.id
  if not id then return end
  if #id > 200 then return drop("id too long") end
  -- incr() looks and remembers in one step, so that two shards cannot both be the first.
  if state.incr("seen/" .. id, 1, WINDOW_S) > 1 then return drop("seen before") end
end
