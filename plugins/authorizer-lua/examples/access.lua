-- Clients keep to topics below their own name, unless they are operators.
-- Answers of may_publish and on_subscribe are remembered by the broker until this file changes.

-- client: .id, .name, .attributes, .authenticator, .namespace. Answers nothing, deny(reason), or limits.
function on_connect(client)
  local registered = resources.find("clients", client.name)
  if registered and registered.state == "Disabled" then
    return deny("the client is disabled")
  end
  if client.attributes.role ~= "operator" then
    return { sessions = 2, subscriptions = 50, publishes_per_second = 100 }
  end
end

local function own(topic, client)
  if client.attributes.role == "operator" then
    return true
  end
  return client.name ~= "" and topic:sub(1, #client.name + 1) == client.name .. "/"
end

-- Each answers true, false, or nothing: then the next authorizer of the namespace decides.
function may_publish(topic, client)
  return own(topic, client)
end

function on_subscribe(filter, client)
  return own(filter, client)
end
