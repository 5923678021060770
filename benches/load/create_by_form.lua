-- Adds items to stores by their form, each under a token of its own, as a browser does. A form that comes back is an error.
local number = 0
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
function request()
  number = number + 1
  local token = string.format("%010x%09d%09d", os.time(), number, math.random(999999999))
  local body = string.format("token=%s&store=%d&name=Lamp+%d&price=17.99&quantity=3", token, math.random(1000), number)
  return wrk.format("POST", "/items", nil, body)
end
