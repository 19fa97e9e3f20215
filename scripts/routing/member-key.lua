-- Says which worker of a shared subscription gets a message: all messages of one machine go to one worker, in order.
-- The machine is the second level of the topic: plant/press-7/temperature belongs to press-7.
-- The namespace names the property: "shared_subscriptions": {"key_property": "machine"}. What a publisher says is
-- overruled; where the topic names no machine, whoever has least to do gets the message.
function on_publish(message)
  local machine = message.topic:match("^plant/([^/]+)/") or false
  if message.user_properties.machine == (machine or nil) then return end
  return { user_properties = { machine = machine } }
end
