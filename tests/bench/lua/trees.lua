-- Binary trees: a long-lived tree stays while many short-lived ones come and go.
local Node = {}
Node.__index = Node

function Node.new(left, right)
    return setmetatable({ left = left, right = right }, Node)
end

function Node.grow(depth)
    if depth == 0 then return Node.new(nil, nil) end
    return Node.new(Node.grow(depth - 1), Node.grow(depth - 1))
end

function Node:count()
    if self.left == nil then return 1 end
    return 1 + self.left:count() + self.right:count()
end

local function trees(depth)
    local kept = Node.grow(depth)
    local total = 0
    local size = 4
    while size <= depth do
        local rounds = 2 ^ (depth - size + 4)
        for _ = 1, rounds do
            total = total + Node.grow(size):count()
        end
        size = size + 4
    end
    return total + kept:count()
end

print(trees(tonumber(arg[1])))
