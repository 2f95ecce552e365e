-- Allocation: one short-lived point a step.
local function point(x, y)
    return { x = x, y = y }
end

local function points(count)
    local sum = 0
    for i = 1, count do
        local p = point(i, 1)
        sum = sum + p.y
    end
    return sum
end

print(points(tonumber(arg[1])))
