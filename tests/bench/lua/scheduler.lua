-- A scheduler simulation: a kernel runs the task of highest priority that can go on; tasks send packets to one another
-- and are held until a device has done its work. Written for this comparison, in the manner of Richards.
local WORK, DEVICE = 1, 2
local IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = 1, 2, 3, 4, 5, 6
local PAYLOAD = 4

local Packet = {}
Packet.__index = Packet

function Packet.new(owner, kind, link)
    return setmetatable({ owner = owner, kind = kind, link = link, position = 0, payload = { 0, 0, 0, 0 } }, Packet)
end

function Packet:append_to(queue)
    self.link = nil
    if queue == nil then return self end
    local last = queue
    while last.link ~= nil do last = last.link end
    last.link = self
    return queue
end

-- Task
local Task = {}
Task.__index = Task

local function subclass()
    local class = setmetatable({}, { __index = Task })
    class.__index = class
    return class
end

function Task.init(class, kernel, id, priority, inbox)
    local task = setmetatable({}, class)
    task.kernel = kernel
    task.id = id
    task.priority = priority
    task.inbox = inbox
    task.waiting = inbox == nil
    task.held = false
    task.link = nil
    return task
end

function Task:is_stuck()
    return self.held or (self.waiting and self.inbox == nil)
end

function Task:take_turn()
    local packet = nil
    if self.waiting then
        packet = self.inbox
        self.inbox = packet.link
        self.waiting = false
    end
    return self:process(packet)
end

function Task:receive(packet, sender)
    if self.inbox == nil then
        packet.link = nil
        self.inbox = packet
        if self.priority > sender.priority then return self end
    else
        self.inbox = packet:append_to(self.inbox)
    end
    return sender
end

-- Kernel
local Kernel = {}
Kernel.__index = Kernel

function Kernel.new()
    return setmetatable({ tasks = {}, first = nil, current = nil, sends = 0, holds = 0 }, Kernel)
end

function Kernel:add(task)
    self.tasks[task.id] = task
    task.link = self.first
    self.first = task
end

function Kernel:run()
    self.current = self.first
    while self.current ~= nil do
        if self.current:is_stuck() then
            self.current = self.current.link
        else
            self.current = self.current:take_turn()
        end
    end
end

function Kernel:wait()
    self.current.waiting = true
    return self.current
end

function Kernel:hold()
    self.holds = self.holds + 1
    self.current.held = true
    return self.current.link
end

function Kernel:release(id)
    local task = self.tasks[id]
    task.held = false
    if task.priority > self.current.priority then return task end
    return self.current
end

function Kernel:send(packet)
    local receiver = self.tasks[packet.owner]
    self.sends = self.sends + 1
    packet.owner = self.current.id
    return receiver:receive(packet, self.current)
end

-- The idle task lets the devices go on, one or the other.
local IdleTask = subclass()

function IdleTask:process(_)
    self.turns = self.turns - 1
    if self.turns == 0 then return self.kernel:hold() end
    self.seed = (self.seed * 3877 + 29573) % 139968
    if self.seed < 69984 then return self.kernel:release(DEVICE_A) end
    return self.kernel:release(DEVICE_B)
end

-- The worker fills a packet and sends it to the handlers in turn.
local WorkerTask = subclass()

function WorkerTask:process(packet)
    if packet == nil then return self.kernel:wait() end
    if self.target == HANDLER_A then self.target = HANDLER_B else self.target = HANDLER_A end
    packet.owner = self.target
    packet.position = 0
    for i = 1, PAYLOAD do
        self.letter = self.letter + 1
        if self.letter > 26 then self.letter = 1 end
        packet.payload[i] = 64 + self.letter
    end
    return self.kernel:send(packet)
end

-- A handler sends each letter of a work packet to its device, then the packet back.
local HandlerTask = subclass()

function HandlerTask:process(packet)
    if packet ~= nil then
        if packet.kind == WORK then
            self.work = packet:append_to(self.work)
        else
            self.devices = packet:append_to(self.devices)
        end
    end
    local job = self.work
    if job ~= nil then
        local done = job.position
        if done == PAYLOAD then
            self.work = job.link
            return self.kernel:send(job)
        end
        local carrier = self.devices
        if carrier ~= nil then
            self.devices = carrier.link
            carrier.position = job.payload[done + 1]
            job.position = done + 1
            return self.kernel:send(carrier)
        end
    end
    return self.kernel:wait()
end

-- A device keeps a packet until it is released.
local DeviceTask = subclass()

function DeviceTask:process(packet)
    if packet ~= nil then
        self.pending = packet
        return self.kernel:hold()
    end
    local finished = self.pending
    if finished == nil then return self.kernel:wait() end
    self.pending = nil
    return self.kernel:send(finished)
end

local function device_packets(owner)
    return Packet.new(owner, DEVICE, Packet.new(owner, DEVICE, Packet.new(owner, DEVICE, nil)))
end

local function simulate(turns)
    local kernel = Kernel.new()
    local idle = Task.init(IdleTask, kernel, IDLE, 0, nil)
    idle.waiting = false
    idle.turns = turns
    idle.seed = 1
    kernel:add(idle)
    local work = Packet.new(WORKER, WORK, Packet.new(WORKER, WORK, nil))
    local worker = Task.init(WorkerTask, kernel, WORKER, 1000, work)
    worker.waiting = true
    worker.target = HANDLER_A
    worker.letter = 0
    kernel:add(worker)
    local handler = Task.init(HandlerTask, kernel, HANDLER_A, 2000, device_packets(DEVICE_A))
    handler.waiting = true
    kernel:add(handler)
    handler = Task.init(HandlerTask, kernel, HANDLER_B, 3000, device_packets(DEVICE_B))
    handler.waiting = true
    kernel:add(handler)
    kernel:add(Task.init(DeviceTask, kernel, DEVICE_A, 4000, nil))
    kernel:add(Task.init(DeviceTask, kernel, DEVICE_B, 5000, nil))
    kernel:run()
    return kernel.sends * 100000 + kernel.holds
end

local function scheduler(times)
    local sum = 0
    for _ = 1, times do
        sum = sum + simulate(10000)
    end
    return sum
end

print(scheduler(tonumber(arg[1])))
