-- Adds items to stores by their form, each under a token of its own, as a browser does. A form that comes back is an error.
local number, run = 0, os.time() % 1000000
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
function request()
  number = number + 1
  local token = string.format("%06dx%08dx%09d", run, number, math.random(999999999))
  local body = string.format("token=%s&store=%d&name=Lamp+%d&price=17.99&quantity=3", token, math.random(1000), number)
  return wrk.format("POST", "/items", nil, body)
end
