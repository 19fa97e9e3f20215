-- Makes CloudEvents of JSON readings.
-- Gets raw/<source…> with a JSON object; answers an event in structured mode on events/<source…>.
-- The event's time is when the message came in. What is no JSON object is dropped.
local sequence = 0

function on_publish(message, client)
  local source = message.topic:match("^raw/(.+)$")
  if not source then return end
  local data = json.decode(message)
  if type(data) ~= "table" then return drop("no JSON object") end
  sequence = sequence + 1
  return {
    topic = "events/" .. source,
    content_type = "application/cloudevents+json",
    payload = json.encode {
      specversion = "1.0",
      id = ("%s-%.3f-%d"):format(client.id, message.published_at, sequence),
      source = "/" .. source,
      type = type(data.type) == "string" and data.type or "reading",
      datacontenttype = "application/json",
      data = data,
    },
  }
end
