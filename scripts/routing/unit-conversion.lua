-- Turns temperatures that sensors send in degrees Fahrenheit into degrees Celsius.
-- Gets messages on sensors/<name>/temperature/f, a number each.
-- Answers the same message on sensors/<name>/temperature/c with one decimal; other messages pass.
-- What is no number is dropped.
function on_publish(message)
  local name = message.topic:match("^sensors/([^/]+)/temperature/f$")
  if not name then return end
  local fahrenheit = tonumber(message.payload)
  if not fahrenheit then return drop("no number") end
  return {
    topic = "sensors/" .. name .. "/temperature/c",
    payload = ("%.1f"):format((fahrenheit - 32) / 1.8),
    user_properties = { unit = "Cel" },
  }
end
