-- Adds items to a store by their form, each under a token of its own, as a browser does.
local number, run = 0, os.time() % 1000000
function request()
  number = number + 1
  local token = string.format("%06dx%08dx%09d", run, number, math.random(999999999))
  local body = string.format("token=%s&store=%d&name=Lamp+%d&price=17.99&quantity=3", token, math.random(1000), number)
  return wrk.format("POST", "/items", { ["Content-Type"] = "application/x-www-form-urlencoded" }, body)
end
