-- Functions that routes and event subscriptions choose by.
-- event: .id, .source, .type, .subject, .data and whatever else it has. arguments: what the filter says.
-- Each answers whether it is taken.

-- Readings above a temperature that the filter names.
function hot(event, arguments)
  return type(event.data) == "table" and (tonumber(event.data.celsius) or 0) > arguments.above
end

-- One reading of each source in so many seconds.
function seldom(event, arguments)
  return rate(arguments.name .. "/" .. (event.source or event.message.topic), 1 / arguments.seconds, 1)
end
