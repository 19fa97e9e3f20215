-- Devices show a signature of their name and the day; everybody else is asked about at a server.
local key = "change me"

-- credentials: .client_id, .username, .password and more. Answers allow(name, attributes), deny(reason), or nothing:
-- then the next authenticator is asked.
function on_authenticate(credentials)
  local name = credentials.username
  if not name or not credentials.password then
    return
  end
  if name:sub(1, 7) == "device-" then
    local day = math.floor(now() / 86400)
    local expected = hex.encode(crypto.hmac_sha256(key, name .. "/" .. day))
    if crypto.equal(expected, credentials.password) then
      return allow(name, { kind = "device" }, { expires = (day + 1) * 86400 })
    end
    return deny("the signature is wrong")
  end
  local answer, why = http.post("http://127.0.0.1:8081/login", {
    headers = { ["content-type"] = "application/json" },
    body = json.encode({ name = name, password = credentials.password }),
    timeout = 2,
  })
  if not answer then
    log.warn("the login server: " .. why)
    return deny("nobody could judge it")
  end
  if answer.status ~= 200 then
    return deny("the login server does not know it")
  end
  return allow(name, { roles = json.decode(answer.body).roles })
end
