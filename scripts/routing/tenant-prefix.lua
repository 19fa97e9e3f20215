-- Keeps tenants apart who share a broker: what a client publishes goes below its tenant's topic.
-- The tenant is what stands before the dot in the client's authenticated name: acme.sensor-7 belongs to acme.
-- Topics that begin with shared/ pass. Who has no tenant is dropped.
function on_publish(message, client)
  local topic = message.topic
  if topic:sub(1, 7) == "shared/" then return end
  local tenant = client.name:match("^([%w-]+)%.")
  if not tenant then return drop("no tenant") end
  local prefix = "tenants/" .. tenant .. "/"
  if topic:sub(1, #prefix) == prefix then return end
  return { topic = prefix .. topic }
end
