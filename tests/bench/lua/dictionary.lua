-- Dictionary of strings: how often does each of the made words occur?
local function dictionary(times)
    local counts = {}
    local seed = 42
    for _ = 1, times do
        seed = (seed * 3877 + 29573) % 139968
        local word = "word" .. tostring(seed % 5000)
        counts[word] = (counts[word] or 0) + 1
    end
    local distinct, most = 0, 0
    for _, count in pairs(counts) do
        distinct = distinct + 1
        if count > most then most = count end
    end
    return distinct * 1000000 + most
end

print(dictionary(tonumber(arg[1])))
