// A scheduler simulation: a kernel runs the task of highest priority that can go on; tasks send packets to one another
// and are held until a device has done its work. Written for this comparison, in the manner of Richards.
class BenchScheduler {
    static final int WORK = 1;
    static final int DEVICE = 2;
    static final int IDLE = 1;
    static final int WORKER = 2;
    static final int HANDLER_A = 3;
    static final int HANDLER_B = 4;
    static final int DEVICE_A = 5;
    static final int DEVICE_B = 6;
    static final int PAYLOAD = 4;

    static class Packet {
        int owner;
        final int kind;
        Packet link;
        int position;
        final int[] payload = new int[PAYLOAD];

        Packet(int owner, int kind, Packet link) {
            this.owner = owner;
            this.kind = kind;
            this.link = link;
        }

        Packet appendTo(Packet queue) {
            link = null;
            if (queue == null) return this;
            Packet last = queue;
            while (last.link != null) last = last.link;
            last.link = this;
            return queue;
        }
    }

    abstract static class Task {
        final Kernel kernel;
        final int id;
        final int priority;
        Packet inbox;
        boolean waiting;
        boolean held;
        Task link;

        Task(Kernel kernel, int id, int priority, Packet inbox) {
            this.kernel = kernel;
            this.id = id;
            this.priority = priority;
            this.inbox = inbox;
            this.waiting = inbox == null;
        }

        abstract Task process(Packet packet);

        boolean isStuck() {
            return held || (waiting && inbox == null);
        }

        Task takeTurn() {
            Packet packet = null;
            if (waiting) {
                packet = inbox;
                inbox = packet.link;
                waiting = false;
            }
            return process(packet);
        }

        Task receive(Packet packet, Task sender) {
            if (inbox == null) {
                packet.link = null;
                inbox = packet;
                if (priority > sender.priority) return this;
            } else {
                inbox = packet.appendTo(inbox);
            }
            return sender;
        }
    }

    static class Kernel {
        final Task[] tasks = new Task[DEVICE_B + 1];
        Task first;
        Task current;
        int sends;
        int holds;

        void add(Task task) {
            tasks[task.id] = task;
            task.link = first;
            first = task;
        }

        void run() {
            current = first;
            while (current != null) {
                current = current.isStuck() ? current.link : current.takeTurn();
            }
        }

        Task await() {
            current.waiting = true;
            return current;
        }

        Task hold() {
            holds++;
            current.held = true;
            return current.link;
        }

        Task release(int id) {
            Task task = tasks[id];
            task.held = false;
            return task.priority > current.priority ? task : current;
        }

        Task send(Packet packet) {
            Task receiver = tasks[packet.owner];
            sends++;
            packet.owner = current.id;
            return receiver.receive(packet, current);
        }
    }

    // The idle task lets the devices go on, one or the other.
    static class IdleTask extends Task {
        int turns;
        int seed = 1;

        IdleTask(Kernel kernel, int turns) {
            super(kernel, IDLE, 0, null);
            this.turns = turns;
            waiting = false;
        }

        @Override
        Task process(Packet packet) {
            turns--;
            if (turns == 0) return kernel.hold();
            seed = (seed * 3877 + 29573) % 139968;
            return kernel.release(seed < 69984 ? DEVICE_A : DEVICE_B);
        }
    }

    // The worker fills a packet and sends it to the handlers in turn.
    static class WorkerTask extends Task {
        int target = HANDLER_A;
        int letter;

        WorkerTask(Kernel kernel, int priority, Packet inbox) {
            super(kernel, WORKER, priority, inbox);
            waiting = true;
        }

        @Override
        Task process(Packet packet) {
            if (packet == null) return kernel.await();
            target = target == HANDLER_A ? HANDLER_B : HANDLER_A;
            packet.owner = target;
            packet.position = 0;
            for (int i = 0; i < PAYLOAD; i++) {
                letter++;
                if (letter > 26) letter = 1;
                packet.payload[i] = 64 + letter;
            }
            return kernel.send(packet);
        }
    }

    // A handler sends each letter of a work packet to its device, then the packet back.
    static class HandlerTask extends Task {
        Packet work;
        Packet devices;

        HandlerTask(Kernel kernel, int id, int priority, Packet inbox) {
            super(kernel, id, priority, inbox);
            waiting = true;
        }

        @Override
        Task process(Packet packet) {
            if (packet != null) {
                if (packet.kind == WORK) {
                    work = packet.appendTo(work);
                } else {
                    devices = packet.appendTo(devices);
                }
            }
            Packet job = work;
            if (job != null) {
                int done = job.position;
                if (done == PAYLOAD) {
                    work = job.link;
                    return kernel.send(job);
                }
                Packet carrier = devices;
                if (carrier != null) {
                    devices = carrier.link;
                    carrier.position = job.payload[done];
                    job.position = done + 1;
                    return kernel.send(carrier);
                }
            }
            return kernel.await();
        }
    }

    // A device keeps a packet until it is released.
    static class DeviceTask extends Task {
        Packet pending;

        DeviceTask(Kernel kernel, int id, int priority) {
            super(kernel, id, priority, null);
        }

        @Override
        Task process(Packet packet) {
            if (packet != null) {
                pending = packet;
                return kernel.hold();
            }
            Packet finished = pending;
            if (finished == null) return kernel.await();
            pending = null;
            return kernel.send(finished);
        }
    }

    static Packet devicePackets(int owner) {
        return new Packet(owner, DEVICE, new Packet(owner, DEVICE, new Packet(owner, DEVICE, null)));
    }

    static long simulate(int turns) {
        Kernel kernel = new Kernel();
        kernel.add(new IdleTask(kernel, turns));
        Packet work = new Packet(WORKER, WORK, new Packet(WORKER, WORK, null));
        kernel.add(new WorkerTask(kernel, 1000, work));
        kernel.add(new HandlerTask(kernel, HANDLER_A, 2000, devicePackets(DEVICE_A)));
        kernel.add(new HandlerTask(kernel, HANDLER_B, 3000, devicePackets(DEVICE_B)));
        kernel.add(new DeviceTask(kernel, DEVICE_A, 4000));
        kernel.add(new DeviceTask(kernel, DEVICE_B, 5000));
        kernel.run();
        return kernel.sends * 100000L + kernel.holds;
    }

    static long scheduler(int times) {
        long sum = 0;
        for (int i = 1; i <= times; i++) {
            sum += simulate(10000);
        }
        return sum;
    }

    public static void main(String[] arguments) {
        System.out.println(scheduler(Integer.parseInt(arguments[0])));
    }
}
