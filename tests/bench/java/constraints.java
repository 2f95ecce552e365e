// An incremental constraint solver: constraints of several strengths between variables; the planner keeps a hierarchy of them
// satisfied by walkabout strengths. Written for this comparison from the description of DeltaBlue.
import java.util.ArrayList;
import java.util.List;

class BenchConstraints {
    static final int REQUIRED = 0;
    static final int STRONG = 2;
    static final int PREFERRED = 3;
    static final int NORMAL = 4;
    static final int WEAKEST = 6;
    static final int NONE = 0;
    static final int FORWARD = 1;
    static final int BACKWARD = 2;

    static class Variable {
        int value;
        final List<Constraint> constraints = new ArrayList<>();
        Constraint determinedBy;
        int walkStrength = WEAKEST;
        boolean stays = true;
        int mark;

        Variable(int value) {
            this.value = value;
        }

        void add(Constraint constraint) {
            constraints.add(constraint);
        }

        void drop(Constraint constraint) {
            constraints.remove(constraint);
            if (determinedBy == constraint) determinedBy = null;
        }
    }

    abstract static class Constraint {
        final int strength;

        Constraint(int strength) {
            this.strength = strength;
        }

        abstract void join();

        abstract void leave();

        abstract void choose(int mark);

        abstract boolean isSatisfied();

        abstract void unsatisfy();

        abstract void markInputs(int mark);

        abstract boolean inputsKnown(int mark);

        abstract Variable output();

        abstract void recalculate();

        abstract void execute();

        void post(Planner planner) {
            join();
            planner.add(this);
        }

        void retract(Planner planner) {
            if (isSatisfied()) {
                planner.remove(this);
            } else {
                leave();
            }
        }

        boolean isInput() {
            return false;
        }

        Constraint satisfy(Planner planner, int mark) {
            choose(mark);
            if (!isSatisfied()) {
                if (strength == REQUIRED) throw new IllegalStateException("a required constraint cannot be satisfied");
                return null;
            }
            markInputs(mark);
            Variable target = output();
            Constraint overridden = target.determinedBy;
            if (overridden != null) overridden.unsatisfy();
            target.determinedBy = this;
            if (!planner.propagate(this, mark)) throw new IllegalStateException("a cycle of constraints");
            target.mark = mark;
            return overridden;
        }
    }

    // Constraints on one variable
    abstract static class Unary extends Constraint {
        final Variable variable;
        boolean satisfied;

        Unary(Variable variable, int strength) {
            super(strength);
            this.variable = variable;
        }

        @Override
        void join() {
            variable.add(this);
            satisfied = false;
        }

        @Override
        void leave() {
            variable.drop(this);
            satisfied = false;
        }

        @Override
        void choose(int mark) {
            satisfied = variable.mark != mark && strength < variable.walkStrength;
        }

        @Override
        boolean isSatisfied() {
            return satisfied;
        }

        @Override
        void unsatisfy() {
            satisfied = false;
        }

        @Override
        void markInputs(int mark) {}

        @Override
        boolean inputsKnown(int mark) {
            return true;
        }

        @Override
        Variable output() {
            return variable;
        }

        @Override
        void recalculate() {
            variable.walkStrength = strength;
            variable.stays = !isInput();
            if (variable.stays) execute();
        }

        @Override
        void execute() {}
    }

    static class Stay extends Unary {
        Stay(Variable variable, int strength) {
            super(variable, strength);
        }
    }

    static class Edit extends Unary {
        Edit(Variable variable, int strength) {
            super(variable, strength);
        }

        @Override
        boolean isInput() {
            return true;
        }
    }

    // Constraints between two variables
    abstract static class Binary extends Constraint {
        final Variable first;
        final Variable second;
        int direction = NONE;

        Binary(Variable first, Variable second, int strength) {
            super(strength);
            this.first = first;
            this.second = second;
        }

        @Override
        void join() {
            first.add(this);
            second.add(this);
            direction = NONE;
        }

        @Override
        void leave() {
            first.drop(this);
            second.drop(this);
            direction = NONE;
        }

        @Override
        void choose(int mark) {
            direction = NONE;
            if (first.mark == mark) {
                if (second.mark != mark && strength < second.walkStrength) direction = FORWARD;
            } else if (second.mark == mark) {
                if (strength < first.walkStrength) direction = BACKWARD;
            } else if (first.walkStrength > second.walkStrength) {
                if (strength < first.walkStrength) direction = BACKWARD;
            } else if (strength < second.walkStrength) {
                direction = FORWARD;
            }
        }

        @Override
        boolean isSatisfied() {
            return direction != NONE;
        }

        @Override
        void unsatisfy() {
            direction = NONE;
        }

        Variable input() {
            return direction == FORWARD ? first : second;
        }

        @Override
        Variable output() {
            return direction == FORWARD ? second : first;
        }

        @Override
        void markInputs(int mark) {
            input().mark = mark;
        }

        @Override
        boolean inputsKnown(int mark) {
            Variable source = input();
            return source.mark == mark || source.stays || source.determinedBy == null;
        }

        @Override
        void recalculate() {
            Variable source = input();
            Variable target = output();
            target.walkStrength = Math.max(strength, source.walkStrength);
            target.stays = source.stays;
            if (target.stays) execute();
        }
    }

    static class Equal extends Binary {
        Equal(Variable first, Variable second, int strength) {
            super(first, second, strength);
        }

        @Override
        void execute() {
            output().value = input().value;
        }
    }

    // second = first * scale + offset
    static class Scale extends Binary {
        final Variable scale;
        final Variable offset;

        Scale(Variable first, Variable second, Variable scale, Variable offset, int strength) {
            super(first, second, strength);
            this.scale = scale;
            this.offset = offset;
        }

        @Override
        void join() {
            super.join();
            scale.add(this);
            offset.add(this);
        }

        @Override
        void leave() {
            super.leave();
            scale.drop(this);
            offset.drop(this);
        }

        @Override
        void markInputs(int mark) {
            super.markInputs(mark);
            scale.mark = mark;
            offset.mark = mark;
        }

        @Override
        void recalculate() {
            Variable source = input();
            Variable target = output();
            target.walkStrength = Math.max(strength, source.walkStrength);
            target.stays = source.stays && scale.stays && offset.stays;
            if (target.stays) execute();
        }

        @Override
        void execute() {
            if (direction == FORWARD) {
                second.value = first.value * scale.value + offset.value;
            } else {
                first.value = Math.floorDiv(second.value - offset.value, scale.value);
            }
        }
    }

    static class Planner {
        int mark;

        int nextMark() {
            mark++;
            return mark;
        }

        void add(Constraint constraint) {
            int mark = nextMark();
            Constraint overridden = constraint.satisfy(this, mark);
            while (overridden != null) {
                overridden = overridden.satisfy(this, mark);
            }
        }

        void remove(Constraint constraint) {
            Variable target = constraint.output();
            constraint.unsatisfy();
            constraint.leave();
            List<Constraint> waiting = free(target);
            for (int strength = REQUIRED; strength <= WEAKEST; strength++) {
                for (int i = 0; i < waiting.size(); i++) {
                    if (waiting.get(i).strength == strength) add(waiting.get(i));
                }
            }
        }

        // Takes back what followed from a variable that nothing determines now; answers the constraints that may be satisfied
        // instead.
        List<Constraint> free(Variable target) {
            target.determinedBy = null;
            target.walkStrength = WEAKEST;
            target.stays = true;
            List<Constraint> waiting = new ArrayList<>();
            List<Variable> todo = new ArrayList<>();
            todo.add(target);
            while (!todo.isEmpty()) {
                Variable variable = todo.remove(todo.size() - 1);
                List<Constraint> constraints = variable.constraints;
                for (int i = 0; i < constraints.size(); i++) {
                    Constraint constraint = constraints.get(i);
                    if (!constraint.isSatisfied()) {
                        waiting.add(constraint);
                    } else if (constraint != variable.determinedBy) {
                        constraint.recalculate();
                        todo.add(constraint.output());
                    }
                }
            }
            return waiting;
        }

        void addConsumers(Variable variable, List<Constraint> list) {
            List<Constraint> constraints = variable.constraints;
            for (int i = 0; i < constraints.size(); i++) {
                Constraint constraint = constraints.get(i);
                if (constraint != variable.determinedBy && constraint.isSatisfied()) list.add(constraint);
            }
        }

        boolean propagate(Constraint constraint, int mark) {
            List<Constraint> todo = new ArrayList<>();
            todo.add(constraint);
            while (!todo.isEmpty()) {
                Constraint next = todo.remove(todo.size() - 1);
                if (next.output().mark == mark) {
                    remove(constraint);
                    return false;
                }
                next.recalculate();
                addConsumers(next.output(), todo);
            }
            return true;
        }

        List<Constraint> planFrom(List<? extends Constraint> inputs) {
            int mark = nextMark();
            List<Constraint> plan = new ArrayList<>();
            List<Constraint> todo = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                Constraint input = inputs.get(i);
                if (input.isInput() && input.isSatisfied()) todo.add(input);
            }
            while (!todo.isEmpty()) {
                Constraint constraint = todo.remove(todo.size() - 1);
                Variable target = constraint.output();
                if (target.mark != mark && constraint.inputsKnown(mark)) {
                    plan.add(constraint);
                    target.mark = mark;
                    addConsumers(target, todo);
                }
            }
            return plan;
        }
    }

    static void execute(List<Constraint> plan) {
        for (int i = 0; i < plan.size(); i++) plan.get(i).execute();
    }

    static void change(Planner planner, Variable variable, int value) {
        Edit edit = new Edit(variable, PREFERRED);
        edit.post(planner);
        List<Constraint> plan = planner.planFrom(List.of(edit));
        for (int i = 1; i <= 10; i++) {
            variable.value = value;
            execute(plan);
        }
        edit.retract(planner);
    }

    // A chain of equalities: what is put in at one end comes out at the other.
    static long chain(int size) {
        Planner planner = new Planner();
        Variable[] variables = new Variable[size + 1];
        for (int i = 0; i <= size; i++) variables[i] = new Variable(0);
        for (int i = 0; i < size; i++) {
            new Equal(variables[i], variables[i + 1], REQUIRED).post(planner);
        }
        new Stay(variables[size], STRONG).post(planner);
        Edit edit = new Edit(variables[0], REQUIRED + 1);
        edit.post(planner);
        List<Constraint> plan = planner.planFrom(List.of(edit));
        long sum = 0;
        for (int i = 1; i <= 100; i++) {
            variables[0].value = i;
            execute(plan);
            sum += variables[size].value;
        }
        edit.retract(planner);
        return sum;
    }

    // Pairs of variables, each pair tied by the same scale and offset, which are then edited.
    static long projection(int size) {
        Planner planner = new Planner();
        Variable scale = new Variable(10);
        Variable offset = new Variable(1000);
        Variable source = null;
        Variable target = null;
        List<Variable> targets = new ArrayList<>();
        for (int i = 1; i <= size; i++) {
            source = new Variable(i);
            target = new Variable(i);
            targets.add(target);
            new Stay(source, NORMAL).post(planner);
            new Scale(source, target, scale, offset, REQUIRED).post(planner);
        }
        change(planner, source, 17);
        long sum = target.value;
        change(planner, target, 1050);
        sum += source.value;
        change(planner, scale, 5);
        for (int i = 0; i < size; i++) sum += targets.get(i).value;
        change(planner, offset, 2000);
        for (int i = 0; i < size; i++) sum += targets.get(i).value;
        return sum;
    }

    static long constraints(int times) {
        long sum = 0;
        for (int i = 1; i <= times; i++) {
            sum += chain(1000) + projection(1000);
        }
        return sum;
    }

    public static void main(String[] arguments) {
        System.out.println(constraints(Integer.parseInt(arguments[0])));
    }
}
