-- Copies readings above the alarm level to the operators.
-- Gets every message; the level is the user property "level", a number.
-- Answers the message's own topic and, above 80, alarms/<topic> as well.
local LIMIT <const> = 80

function on_publish(message)
  local level = tonumber(message.user_properties.level)
  if level and level > LIMIT then
    metrics.count("alarms")
    return { message.topic, { topic = "alarms/" .. message.topic, qos = 1 } }
  end
end
