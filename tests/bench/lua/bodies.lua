-- N-body: five bodies attract one another; symplectic steps of one hundredth.
local Body = {}
Body.__index = Body

function Body.new(x, y, z, vx, vy, vz, mass)
    return setmetatable({ x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, mass = mass }, Body)
end

function Body:attract(other, dt)
    local dx = self.x - other.x
    local dy = self.y - other.y
    local dz = self.z - other.z
    local squared = dx * dx + dy * dy + dz * dz
    local pull = dt / (squared * math.sqrt(squared))
    local mine = other.mass * pull
    local theirs = self.mass * pull
    self.vx = self.vx - dx * mine
    self.vy = self.vy - dy * mine
    self.vz = self.vz - dz * mine
    other.vx = other.vx + dx * theirs
    other.vy = other.vy + dy * theirs
    other.vz = other.vz + dz * theirs
end

function Body:move(dt)
    self.x = self.x + dt * self.vx
    self.y = self.y + dt * self.vy
    self.z = self.z + dt * self.vz
end

function Body:kinetic()
    return 0.5 * self.mass * (self.vx * self.vx + self.vy * self.vy + self.vz * self.vz)
end

function Body:potential(other)
    local dx = self.x - other.x
    local dy = self.y - other.y
    local dz = self.z - other.z
    return self.mass * other.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
end

local function start()
    return {
        Body.new(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0),
        Body.new(5.0, 0.5, -0.1, -0.25, 2.75, 0.0625, 0.04),
        Body.new(-8.5, 4.0, 0.25, -1.0, -1.75, 0.03125, 0.0125),
        Body.new(13.0, -15.0, -0.25, 1.0, 0.875, -0.0125, 0.0017),
        Body.new(15.5, -26.0, 0.1875, 1.0, 0.5625, -0.03125, 0.002),
    }
end

local function step(bodies, dt)
    for i = 1, #bodies do
        local body = bodies[i]
        for j = i + 1, #bodies do
            body:attract(bodies[j], dt)
        end
    end
    for i = 1, #bodies do
        bodies[i]:move(dt)
    end
end

local function energy(bodies)
    local sum = 0.0
    for i = 1, #bodies do
        local body = bodies[i]
        sum = sum + body:kinetic()
        for j = i + 1, #bodies do
            sum = sum - body:potential(bodies[j])
        end
    end
    return sum
end

local function simulate(steps)
    local bodies = start()
    for _ = 1, steps do
        step(bodies, 0.01)
    end
    return math.floor(energy(bodies) * 1000000000.0)
end

print(string.format("%d", simulate(tonumber(arg[1]))))
