-- Sends announcements to every room on their list.
-- Gets announce with the user property "rooms": names with commas between them, at most 20.
-- Answers rooms/<name>/speaker for each, and nothing on announce itself; without a list it is dropped.
function on_publish(message)
  if message.topic ~= "announce" then return end
  local targets = {}
  for room in (message.user_properties.rooms or ""):gmatch("[^,%s]+") do
    if #targets == 20 then
      log.warn("an announcement has more than 20 rooms")
      break
    end
    if not room:find("[/+#$]") then
      targets[#targets + 1] = { topic = "rooms/" .. room .. "/speaker", user_properties = { rooms = false } }
    end
  end
  if #targets == 0 then return drop("no rooms") end
  return targets
end
