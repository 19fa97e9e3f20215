-- Lets a client publish at most 5 messages per second, 10 at once; what is beyond is dropped.
-- Messages of QoS 1 and 2 are not throttled: their senders would take a dropped one for delivered.
function on_publish(message, client)
  if message.qos > 0 then return end
  if not rate(client.id, 5, 10) then
    metrics.count("throttled")
    return drop("too fast")
  end
end
