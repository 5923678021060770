-- Adds items to stores at random.
local number = 0
wrk.headers["Content-Type"] = "application/json"
function request()
  number = number + 1
  local body = string.format('{"name":"Lamp %d","price":17.99,"store_id":%d}', number, math.random(1000))
  return wrk.format("POST", "/item", nil, body)
end
