-- Tells when a vehicle enters or leaves a circle on the map.
-- Gets vehicles/<id>/position with {"lat": …, "lon": …} in degrees; the position itself always passes.
-- Answers vehicles/<id>/fence as well, with "entered" or "left", when it crossed the border.
local CENTRE <const> = { lat = 52.5200, lon = 13.4050 }
local RADIUS_M <const> = 1000
local EARTH_M <const> = 6371000

local function distance(lat, lon)
  local phi1, phi2 = math.rad(lat), math.rad(CENTRE.lat)
  local a = math.sin((phi2 - phi1) / 2) ^ 2
    + math.cos(phi1) * math.cos(phi2) * math.sin(math.rad(CENTRE.lon - lon) / 2) ^ 2
  return 2 * EARTH_M * math.asin(math.min(1, math.sqrt(a)))
end

function on_publish(message)
  local id = message.topic:match("^vehicles/([^/]+)/position$")
  if not id or #id > 200 then return end
  local position = json.decode(message)
  if type(position) ~= "table" then return end
  local lat, lon = position.lat, position.lon
  if type(lat) ~= "number" or type(lon) ~= "number" then return end
  local inside = distance(lat, lon) <= RADIUS_M
  local before = state.get(id)
  state.set(id, inside, 86400)
  if before == inside or (before == nil and not inside) then return end
  return { message.topic, { topic = "vehicles/" .. id .. "/fence", payload = inside and "entered" or "left" } }
end
