// An incremental constraint solver: constraints of several strengths between variables; the planner keeps a hierarchy of them
// satisfied by walkabout strengths. Written for this comparison from the description of DeltaBlue.
"use strict";

const REQUIRED = 0;
const STRONG = 2;
const PREFERRED = 3;
const NORMAL = 4;
const WEAKEST = 6;
const NONE = 0;
const FORWARD = 1;
const BACKWARD = 2;

class Variable {
    constructor(value) {
        this.value = value;
        this.constraints = [];
        this.determinedBy = null;
        this.walkStrength = WEAKEST;
        this.stays = true;
        this.mark = 0;
    }

    add(constraint) {
        this.constraints.push(constraint);
    }

    drop(constraint) {
        const index = this.constraints.indexOf(constraint);
        if (index >= 0) this.constraints.splice(index, 1);
        if (this.determinedBy === constraint) this.determinedBy = null;
    }
}

class Constraint {
    constructor(strength) {
        this.strength = strength;
    }

    post(planner) {
        this.join();
        planner.add(this);
    }

    retract(planner) {
        if (this.isSatisfied()) {
            planner.remove(this);
        } else {
            this.leave();
        }
    }

    isInput() {
        return false;
    }

    satisfy(planner, mark) {
        this.choose(mark);
        if (!this.isSatisfied()) {
            if (this.strength === REQUIRED) throw new Error("a required constraint cannot be satisfied");
            return null;
        }
        this.markInputs(mark);
        const target = this.output();
        const overridden = target.determinedBy;
        if (overridden !== null) overridden.unsatisfy();
        target.determinedBy = this;
        if (!planner.propagate(this, mark)) throw new Error("a cycle of constraints");
        target.mark = mark;
        return overridden;
    }
}

// Constraints on one variable
class Unary extends Constraint {
    constructor(variable, strength) {
        super(strength);
        this.variable = variable;
        this.satisfied = false;
    }

    join() {
        this.variable.add(this);
        this.satisfied = false;
    }

    leave() {
        this.variable.drop(this);
        this.satisfied = false;
    }

    choose(mark) {
        this.satisfied = this.variable.mark !== mark && this.strength < this.variable.walkStrength;
    }

    isSatisfied() {
        return this.satisfied;
    }

    unsatisfy() {
        this.satisfied = false;
    }

    markInputs(_) {}

    inputsKnown(_) {
        return true;
    }

    output() {
        return this.variable;
    }

    recalculate() {
        this.variable.walkStrength = this.strength;
        this.variable.stays = !this.isInput();
        if (this.variable.stays) this.execute();
    }

    execute() {}
}

class Stay extends Unary {}

class Edit extends Unary {
    isInput() {
        return true;
    }
}

// Constraints between two variables
class Binary extends Constraint {
    constructor(first, second, strength) {
        super(strength);
        this.first = first;
        this.second = second;
        this.direction = NONE;
    }

    join() {
        this.first.add(this);
        this.second.add(this);
        this.direction = NONE;
    }

    leave() {
        this.first.drop(this);
        this.second.drop(this);
        this.direction = NONE;
    }

    choose(mark) {
        this.direction = NONE;
        if (this.first.mark === mark) {
            if (this.second.mark !== mark && this.strength < this.second.walkStrength) this.direction = FORWARD;
        } else if (this.second.mark === mark) {
            if (this.strength < this.first.walkStrength) this.direction = BACKWARD;
        } else if (this.first.walkStrength > this.second.walkStrength) {
            if (this.strength < this.first.walkStrength) this.direction = BACKWARD;
        } else if (this.strength < this.second.walkStrength) {
            this.direction = FORWARD;
        }
    }

    isSatisfied() {
        return this.direction !== NONE;
    }

    unsatisfy() {
        this.direction = NONE;
    }

    input() {
        return this.direction === FORWARD ? this.first : this.second;
    }

    output() {
        return this.direction === FORWARD ? this.second : this.first;
    }

    markInputs(mark) {
        this.input().mark = mark;
    }

    inputsKnown(mark) {
        const source = this.input();
        return source.mark === mark || source.stays || source.determinedBy === null;
    }

    recalculate() {
        const source = this.input();
        const target = this.output();
        target.walkStrength = Math.max(this.strength, source.walkStrength);
        target.stays = source.stays;
        if (target.stays) this.execute();
    }
}

class Equal extends Binary {
    execute() {
        this.output().value = this.input().value;
    }
}

// second = first * scale + offset
class Scale extends Binary {
    constructor(first, second, scale, offset, strength) {
        super(first, second, strength);
        this.scale = scale;
        this.offset = offset;
    }

    join() {
        super.join();
        this.scale.add(this);
        this.offset.add(this);
    }

    leave() {
        super.leave();
        this.scale.drop(this);
        this.offset.drop(this);
    }

    markInputs(mark) {
        super.markInputs(mark);
        this.scale.mark = mark;
        this.offset.mark = mark;
    }

    recalculate() {
        const source = this.input();
        const target = this.output();
        target.walkStrength = Math.max(this.strength, source.walkStrength);
        target.stays = source.stays && this.scale.stays && this.offset.stays;
        if (target.stays) this.execute();
    }

    execute() {
        if (this.direction === FORWARD) {
            this.second.value = this.first.value * this.scale.value + this.offset.value;
        } else {
            this.first.value = Math.floor((this.second.value - this.offset.value) / this.scale.value);
        }
    }
}

class Planner {
    constructor() {
        this.mark = 0;
    }

    nextMark() {
        this.mark++;
        return this.mark;
    }

    add(constraint) {
        const mark = this.nextMark();
        let overridden = constraint.satisfy(this, mark);
        while (overridden !== null) {
            overridden = overridden.satisfy(this, mark);
        }
    }

    remove(constraint) {
        const target = constraint.output();
        constraint.unsatisfy();
        constraint.leave();
        const waiting = this.free(target);
        for (let strength = REQUIRED; strength <= WEAKEST; strength++) {
            for (let i = 0; i < waiting.length; i++) {
                if (waiting[i].strength === strength) this.add(waiting[i]);
            }
        }
    }

    // Takes back what followed from a variable that nothing determines now; answers the constraints that may be satisfied instead.
    free(target) {
        target.determinedBy = null;
        target.walkStrength = WEAKEST;
        target.stays = true;
        const waiting = [];
        const todo = [target];
        while (todo.length > 0) {
            const variable = todo.pop();
            const constraints = variable.constraints;
            for (let i = 0; i < constraints.length; i++) {
                const constraint = constraints[i];
                if (!constraint.isSatisfied()) {
                    waiting.push(constraint);
                } else if (constraint !== variable.determinedBy) {
                    constraint.recalculate();
                    todo.push(constraint.output());
                }
            }
        }
        return waiting;
    }

    pushConsumers(variable, list) {
        const constraints = variable.constraints;
        for (let i = 0; i < constraints.length; i++) {
            const constraint = constraints[i];
            if (constraint !== variable.determinedBy && constraint.isSatisfied()) list.push(constraint);
        }
    }

    propagate(constraint, mark) {
        const todo = [constraint];
        while (todo.length > 0) {
            const next = todo.pop();
            if (next.output().mark === mark) {
                this.remove(constraint);
                return false;
            }
            next.recalculate();
            this.pushConsumers(next.output(), todo);
        }
        return true;
    }

    planFrom(inputs) {
        const mark = this.nextMark();
        const plan = [];
        const todo = [];
        for (let i = 0; i < inputs.length; i++) {
            if (inputs[i].isInput() && inputs[i].isSatisfied()) todo.push(inputs[i]);
        }
        while (todo.length > 0) {
            const constraint = todo.pop();
            const target = constraint.output();
            if (target.mark !== mark && constraint.inputsKnown(mark)) {
                plan.push(constraint);
                target.mark = mark;
                this.pushConsumers(target, todo);
            }
        }
        return plan;
    }
}

function execute(plan) {
    for (let i = 0; i < plan.length; i++) plan[i].execute();
}

function change(planner, variable, value) {
    const edit = new Edit(variable, PREFERRED);
    edit.post(planner);
    const plan = planner.planFrom([edit]);
    for (let i = 1; i <= 10; i++) {
        variable.value = value;
        execute(plan);
    }
    edit.retract(planner);
}

// A chain of equalities: what is put in at one end comes out at the other.
function chain(size) {
    const planner = new Planner();
    const variables = [];
    for (let i = 0; i <= size; i++) variables.push(new Variable(0));
    for (let i = 0; i < size; i++) {
        new Equal(variables[i], variables[i + 1], REQUIRED).post(planner);
    }
    new Stay(variables[size], STRONG).post(planner);
    const edit = new Edit(variables[0], REQUIRED + 1);
    edit.post(planner);
    const plan = planner.planFrom([edit]);
    let sum = 0;
    for (let i = 1; i <= 100; i++) {
        variables[0].value = i;
        execute(plan);
        sum += variables[size].value;
    }
    edit.retract(planner);
    return sum;
}

// Pairs of variables, each pair tied by the same scale and offset, which are then edited.
function projection(size) {
    const planner = new Planner();
    const scale = new Variable(10);
    const offset = new Variable(1000);
    let source = null;
    let target = null;
    const targets = [];
    for (let i = 1; i <= size; i++) {
        source = new Variable(i);
        target = new Variable(i);
        targets.push(target);
        new Stay(source, NORMAL).post(planner);
        new Scale(source, target, scale, offset, REQUIRED).post(planner);
    }
    change(planner, source, 17);
    let sum = target.value;
    change(planner, target, 1050);
    sum += source.value;
    change(planner, scale, 5);
    for (let i = 0; i < size; i++) sum += targets[i].value;
    change(planner, offset, 2000);
    for (let i = 0; i < size; i++) sum += targets[i].value;
    return sum;
}

function constraints(times) {
    let sum = 0;
    for (let i = 1; i <= times; i++) {
        sum += chain(1000) + projection(1000);
    }
    return sum;
}

console.log(constraints(Number(process.argv[2])));
