-- Functions that subscriptions choose events by.
-- event: .id, .source, .type, .subject, .data and whatever else it has. arguments: what the subscription's filter says.
-- Each answers whether the subscription gets the event.

-- Readings above a temperature that the subscription names.
function hot(event, arguments)
  return type(event.data) == "table" and (tonumber(event.data.celsius) or 0) > arguments.above
end

-- One reading of each source in so many seconds.
function seldom(event, arguments)
  return rate(arguments.name .. "/" .. (event.source or event.message.topic), 1 / arguments.seconds, 1)
end
