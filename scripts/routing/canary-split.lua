-- Sends a tenth of the orders to the new version of the service, always the same customers.
-- Gets orders/<customer>; answers canary/orders/<customer> for a tenth of the customers, chosen by name. Others pass.
local PERCENT <const> = 10

-- FNV-1a: the same on every shard and after every restart.
local function hash(text)
  local h = 2166136261
  for i = 1, #text do
    h = ((h ~ text:byte(i)) * 16777619) & 0xffffffff
  end
  return h
end

function on_publish(message)
  local customer = message.topic:match("^orders/([^/]+)$")
  if customer and hash(customer) % 100 < PERCENT then
    return { topic = "canary/" .. message.topic }
  end
end
