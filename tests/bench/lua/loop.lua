-- Integer loop: addition, multiplication and remainder in two nested loops, and a counting loop around them.
local function loop(times)
    local sum = 0
    local round = 0
    while round < times do
        for i = 1, 1000 do
            for j = 1, 100 do
                sum = sum + i * j % 7
            end
        end
        round = round + 1
    end
    return sum
end

print(loop(tonumber(arg[1])))
