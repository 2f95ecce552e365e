-- String building: pieces are collected and joined, then the result is read back byte by byte.
local function build(lines)
    local parts = {}
    for i = 1, lines do
        parts[#parts + 1] = "line "
        parts[#parts + 1] = tostring(i)
        parts[#parts + 1] = ": the quick brown fox"
        parts[#parts + 1] = "\n"
    end
    return table.concat(parts)
end

local function strings(times)
    local sum = 0
    for _ = 1, times do
        local text = build(1000)
        for i = 1, #text do
            sum = (sum * 31 + text:byte(i)) % 65521
        end
    end
    return sum
end

print(strings(tonumber(arg[1])))
