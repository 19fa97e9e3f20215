-- Moves what old devices publish to where it belongs today.
-- Gets v1/<site>/<device>/<measure>; answers the message on sites/<site>/devices/<device>/<measure>. Others pass.
function on_publish(message)
  local topic = message.topic
  if topic:sub(1, 3) ~= "v1/" then return end
  local site, device, measure = topic:match("^v1/([^/]+)/([^/]+)/(.+)$")
  if not site then return drop("no topic of version 1") end
  return { topic = "sites/" .. site .. "/devices/" .. device .. "/" .. measure }
end
