-- Takes the user property "trace", which is for operators, away from what subscribers get.
-- Gets every message on its way to a subscriber; answers it without the property.
function on_deliver(message)
  if message.user_properties.trace then
    return { user_properties = { trace = false } }
  end
end
