-- Lets one of ten telemetry messages of each topic through.
-- Gets telemetry/#; the first, the eleventh and so on pass, the others are dropped. Counts are of all shards together.
local ONE_OF <const> = 10

function on_publish(message)
  if message.topic:sub(1, 10) ~= "telemetry/" then return end
  if state.incr(message.topic, 1, 3600) % ONE_OF ~= 1 then return drop("sampled") end
end
