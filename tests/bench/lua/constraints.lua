-- An incremental constraint solver: constraints of several strengths between variables; the planner keeps a hierarchy of them
-- satisfied by walkabout strengths. Written for this comparison from the description of DeltaBlue.
local REQUIRED, STRONG, PREFERRED, NORMAL, WEAKEST = 0, 2, 3, 4, 6
local NONE, FORWARD, BACKWARD = 0, 1, 2

local function push(list, element)
    list[#list + 1] = element
end

local function pop(list)
    local last = list[#list]
    list[#list] = nil
    return last
end

local function remove(list, element)
    local kept = 0
    local size = #list
    for i = 1, size do
        if list[i] ~= element then
            kept = kept + 1
            list[kept] = list[i]
        end
    end
    for i = kept + 1, size do list[i] = nil end
end

-- Variable
local Variable = {}
Variable.__index = Variable

function Variable.new(value)
    return setmetatable({ value = value, constraints = {}, determined_by = nil, walk_strength = WEAKEST, stays = true,
        mark = 0 }, Variable)
end

function Variable:add(constraint)
    push(self.constraints, constraint)
end

function Variable:drop(constraint)
    remove(self.constraints, constraint)
    if self.determined_by == constraint then self.determined_by = nil end
end

-- Constraint
local Constraint = {}
Constraint.__index = Constraint

local function subclass(parent)
    local class = setmetatable({}, { __index = parent })
    class.__index = class
    return class
end

function Constraint:post(planner)
    self:join()
    planner:add(self)
end

function Constraint:retract(planner)
    if self:is_satisfied() then
        planner:remove(self)
    else
        self:leave()
    end
end

function Constraint:is_input()
    return false
end

function Constraint:satisfy(planner, mark)
    self:choose(mark)
    if not self:is_satisfied() then
        if self.strength == REQUIRED then error("a required constraint cannot be satisfied") end
        return nil
    end
    self:mark_inputs(mark)
    local target = self:output()
    local overridden = target.determined_by
    if overridden ~= nil then overridden:unsatisfy() end
    target.determined_by = self
    if not planner:propagate(self, mark) then error("a cycle of constraints") end
    target.mark = mark
    return overridden
end

-- Constraints on one variable
local Unary = subclass(Constraint)

function Unary.init(class, variable, strength)
    return setmetatable({ variable = variable, strength = strength, satisfied = false }, class)
end

function Unary:join()
    self.variable:add(self)
    self.satisfied = false
end

function Unary:leave()
    self.variable:drop(self)
    self.satisfied = false
end

function Unary:choose(mark)
    self.satisfied = self.variable.mark ~= mark and self.strength < self.variable.walk_strength
end

function Unary:is_satisfied()
    return self.satisfied
end

function Unary:unsatisfy()
    self.satisfied = false
end

function Unary:mark_inputs(_) end

function Unary:inputs_known(_)
    return true
end

function Unary:output()
    return self.variable
end

function Unary:recalculate()
    self.variable.walk_strength = self.strength
    self.variable.stays = not self:is_input()
    if self.variable.stays then self:execute() end
end

function Unary:execute() end

local Stay = subclass(Unary)
local Edit = subclass(Unary)

function Edit:is_input()
    return true
end

-- Constraints between two variables
local Binary = subclass(Constraint)

function Binary.init(class, first, second, strength)
    return setmetatable({ first = first, second = second, strength = strength, direction = NONE }, class)
end

function Binary:join()
    self.first:add(self)
    self.second:add(self)
    self.direction = NONE
end

function Binary:leave()
    self.first:drop(self)
    self.second:drop(self)
    self.direction = NONE
end

function Binary:choose(mark)
    self.direction = NONE
    if self.first.mark == mark then
        if self.second.mark ~= mark and self.strength < self.second.walk_strength then self.direction = FORWARD end
    elseif self.second.mark == mark then
        if self.strength < self.first.walk_strength then self.direction = BACKWARD end
    elseif self.first.walk_strength > self.second.walk_strength then
        if self.strength < self.first.walk_strength then self.direction = BACKWARD end
    elseif self.strength < self.second.walk_strength then
        self.direction = FORWARD
    end
end

function Binary:is_satisfied()
    return self.direction ~= NONE
end

function Binary:unsatisfy()
    self.direction = NONE
end

function Binary:input()
    if self.direction == FORWARD then return self.first end
    return self.second
end

function Binary:output()
    if self.direction == FORWARD then return self.second end
    return self.first
end

function Binary:mark_inputs(mark)
    self:input().mark = mark
end

function Binary:inputs_known(mark)
    local source = self:input()
    return source.mark == mark or source.stays or source.determined_by == nil
end

function Binary:recalculate()
    local source, target = self:input(), self:output()
    target.walk_strength = math.max(self.strength, source.walk_strength)
    target.stays = source.stays
    if target.stays then self:execute() end
end

local Equal = subclass(Binary)

function Equal:execute()
    self:output().value = self:input().value
end

-- second = first * scale + offset
local Scale = subclass(Binary)

function Scale.init(class, first, second, scale, offset, strength)
    local self = Binary.init(class, first, second, strength)
    self.scale = scale
    self.offset = offset
    return self
end

function Scale:join()
    Binary.join(self)
    self.scale:add(self)
    self.offset:add(self)
end

function Scale:leave()
    Binary.leave(self)
    self.scale:drop(self)
    self.offset:drop(self)
end

function Scale:mark_inputs(mark)
    Binary.mark_inputs(self, mark)
    self.scale.mark = mark
    self.offset.mark = mark
end

function Scale:recalculate()
    local source, target = self:input(), self:output()
    target.walk_strength = math.max(self.strength, source.walk_strength)
    target.stays = source.stays and self.scale.stays and self.offset.stays
    if target.stays then self:execute() end
end

function Scale:execute()
    if self.direction == FORWARD then
        self.second.value = self.first.value * self.scale.value + self.offset.value
    else
        self.first.value = math.floor((self.second.value - self.offset.value) / self.scale.value)
    end
end

-- Planner
local Planner = {}
Planner.__index = Planner

function Planner.new()
    return setmetatable({ mark = 0 }, Planner)
end

function Planner:next_mark()
    self.mark = self.mark + 1
    return self.mark
end

function Planner:add(constraint)
    local mark = self:next_mark()
    local overridden = constraint:satisfy(self, mark)
    while overridden ~= nil do
        overridden = overridden:satisfy(self, mark)
    end
end

function Planner:remove(constraint)
    local target = constraint:output()
    constraint:unsatisfy()
    constraint:leave()
    local waiting = self:free(target)
    for strength = REQUIRED, WEAKEST do
        for i = 1, #waiting do
            if waiting[i].strength == strength then self:add(waiting[i]) end
        end
    end
end

-- Takes back what followed from a variable that nothing determines now; answers the constraints that may be satisfied instead.
function Planner:free(target)
    target.determined_by = nil
    target.walk_strength = WEAKEST
    target.stays = true
    local waiting, todo = {}, { target }
    while #todo > 0 do
        local variable = pop(todo)
        local constraints = variable.constraints
        for i = 1, #constraints do
            local constraint = constraints[i]
            if not constraint:is_satisfied() then
                push(waiting, constraint)
            elseif constraint ~= variable.determined_by then
                constraint:recalculate()
                push(todo, constraint:output())
            end
        end
    end
    return waiting
end

function Planner:push_consumers(variable, list)
    local constraints = variable.constraints
    for i = 1, #constraints do
        local constraint = constraints[i]
        if constraint ~= variable.determined_by and constraint:is_satisfied() then push(list, constraint) end
    end
end

function Planner:propagate(constraint, mark)
    local todo = { constraint }
    while #todo > 0 do
        local next = pop(todo)
        if next:output().mark == mark then
            self:remove(constraint)
            return false
        end
        next:recalculate()
        self:push_consumers(next:output(), todo)
    end
    return true
end

function Planner:plan_from(inputs)
    local mark = self:next_mark()
    local plan, todo = {}, {}
    for i = 1, #inputs do
        if inputs[i]:is_input() and inputs[i]:is_satisfied() then push(todo, inputs[i]) end
    end
    while #todo > 0 do
        local constraint = pop(todo)
        local target = constraint:output()
        if target.mark ~= mark and constraint:inputs_known(mark) then
            push(plan, constraint)
            target.mark = mark
            self:push_consumers(target, todo)
        end
    end
    return plan
end

local function execute(plan)
    for i = 1, #plan do plan[i]:execute() end
end

local function change(planner, variable, value)
    local edit = Unary.init(Edit, variable, PREFERRED)
    edit:post(planner)
    local plan = planner:plan_from({ edit })
    for _ = 1, 10 do
        variable.value = value
        execute(plan)
    end
    edit:retract(planner)
end

-- A chain of equalities: what is put in at one end comes out at the other.
local function chain(size)
    local planner = Planner.new()
    local variables = {}
    for i = 1, size + 1 do variables[i] = Variable.new(0) end
    for i = 1, size do
        Binary.init(Equal, variables[i], variables[i + 1], REQUIRED):post(planner)
    end
    Unary.init(Stay, variables[size + 1], STRONG):post(planner)
    local edit = Unary.init(Edit, variables[1], REQUIRED + 1)
    edit:post(planner)
    local plan = planner:plan_from({ edit })
    local sum = 0
    for i = 1, 100 do
        variables[1].value = i
        execute(plan)
        sum = sum + variables[size + 1].value
    end
    edit:retract(planner)
    return sum
end

-- Pairs of variables, each pair tied by the same scale and offset, which are then edited.
local function projection(size)
    local planner = Planner.new()
    local scale, offset = Variable.new(10), Variable.new(1000)
    local source, target
    local targets = {}
    for i = 1, size do
        source, target = Variable.new(i), Variable.new(i)
        push(targets, target)
        Unary.init(Stay, source, NORMAL):post(planner)
        Scale.init(Scale, source, target, scale, offset, REQUIRED):post(planner)
    end
    change(planner, source, 17)
    local sum = target.value
    change(planner, target, 1050)
    sum = sum + source.value
    change(planner, scale, 5)
    for i = 1, size do sum = sum + targets[i].value end
    change(planner, offset, 2000)
    for i = 1, size do sum = sum + targets[i].value end
    return sum
end

local function constraints(times)
    local sum = 0
    for _ = 1, times do
        sum = sum + chain(1000) + projection(1000)
    end
    return sum
end

print(constraints(tonumber(arg[1])))
