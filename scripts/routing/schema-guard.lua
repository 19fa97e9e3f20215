-- Lets only well-formed readings through.
-- Gets readings/#: JSON objects with a text "sensor", a finite number "value" and perhaps a whole number "sequence".
-- What is not so is dropped with what is wrong, and goes to rejected/<topic> for those who look after the devices.
local function fault(reading)
  if type(reading) ~= "table" then return "no object" end
  if type(reading.sensor) ~= "string" or reading.sensor == "" then return "sensor is no text" end
  if type(reading.value) ~= "number" then return "value is no number" end
  if reading.sequence ~= nil and math.type(reading.sequence) ~= "integer" then return "sequence is no whole number" end
end

function on_publish(message)
  if message.topic:sub(1, 9) ~= "readings/" then return end
  local reading, wrong = json.decode(message)
  local found = wrong or fault(reading)
  if not found then return end
  return { { topic = "rejected/" .. message.topic, user_properties = { fault = found } } }
end
