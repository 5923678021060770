-- Gets items at random, by an id behind the path.
function init(args) items = tonumber(args[1]) end
function request() return wrk.format("GET", wrk.path .. math.random(items)) end
