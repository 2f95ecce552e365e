-- Mandelbrot: how many points of a square grid stay bounded for fifty rounds?
local function stays(cr, ci)
    local zr, zi = 0.0, 0.0
    local round = 0
    while round < 50 do
        local squareR, squareI = zr * zr, zi * zi
        if squareR + squareI > 4.0 then return false end
        zi = 2.0 * zr * zi + ci
        zr = squareR - squareI + cr
        round = round + 1
    end
    return true
end

local function mandelbrot(side)
    local inside = 0
    for row = 0, side - 1 do
        local ci = 2.0 * row / side - 1.0
        for column = 0, side - 1 do
            local cr = 2.0 * column / side - 1.5
            if stays(cr, ci) then inside = inside + 1 end
        end
    end
    return inside
end

print(mandelbrot(tonumber(arg[1])))
