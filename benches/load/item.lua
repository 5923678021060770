-- Gets items at random.
function init(args) items = tonumber(args[1]) end
function request() return wrk.format("GET", "/item/" .. math.random(items)) end
