-- Tells of orders that are not shipped in time, by an event.
-- Gets orders/<id>/placed and orders/<id>/shipped, which pass. An order without the second within an hour is an event
-- "order.late" in the topic "orders" of service-events, where push and pull subscriptions take it. 256 orders are
-- waited for at a time.
local HOUR = 3600

function on_publish(message)
  local id, step = message.topic:match("^orders/([^/]+)/(%a+)$")
  if step == "placed" then
    timer(HOUR, id)
  elseif step == "shipped" then
    timer(nil, id)
  end
end

function on_timer(id)
  publish_event("orders", {
    type = "order.late",
    source = "/orders",
    subject = id,
    data = { hours = 1 },
  })
end
