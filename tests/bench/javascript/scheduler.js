// A scheduler simulation: a kernel runs the task of highest priority that can go on; tasks send packets to one another
// and are held until a device has done its work. Written for this comparison, in the manner of Richards.
"use strict";

const WORK = 1;
const DEVICE = 2;
const IDLE = 1;
const WORKER = 2;
const HANDLER_A = 3;
const HANDLER_B = 4;
const DEVICE_A = 5;
const DEVICE_B = 6;
const PAYLOAD = 4;

class Packet {
    constructor(owner, kind, link) {
        this.owner = owner;
        this.kind = kind;
        this.link = link;
        this.position = 0;
        this.payload = [0, 0, 0, 0];
    }

    appendTo(queue) {
        this.link = null;
        if (queue === null) return this;
        let last = queue;
        while (last.link !== null) last = last.link;
        last.link = this;
        return queue;
    }
}

class Task {
    constructor(kernel, id, priority, inbox) {
        this.kernel = kernel;
        this.id = id;
        this.priority = priority;
        this.inbox = inbox;
        this.waiting = inbox === null;
        this.held = false;
        this.link = null;
    }

    isStuck() {
        return this.held || (this.waiting && this.inbox === null);
    }

    takeTurn() {
        let packet = null;
        if (this.waiting) {
            packet = this.inbox;
            this.inbox = packet.link;
            this.waiting = false;
        }
        return this.process(packet);
    }

    receive(packet, sender) {
        if (this.inbox === null) {
            packet.link = null;
            this.inbox = packet;
            if (this.priority > sender.priority) return this;
        } else {
            this.inbox = packet.appendTo(this.inbox);
        }
        return sender;
    }
}

class Kernel {
    constructor() {
        this.tasks = new Array(DEVICE_B + 1).fill(null);
        this.first = null;
        this.current = null;
        this.sends = 0;
        this.holds = 0;
    }

    add(task) {
        this.tasks[task.id] = task;
        task.link = this.first;
        this.first = task;
    }

    run() {
        this.current = this.first;
        while (this.current !== null) {
            this.current = this.current.isStuck() ? this.current.link : this.current.takeTurn();
        }
    }

    wait() {
        this.current.waiting = true;
        return this.current;
    }

    hold() {
        this.holds++;
        this.current.held = true;
        return this.current.link;
    }

    release(id) {
        const task = this.tasks[id];
        task.held = false;
        return task.priority > this.current.priority ? task : this.current;
    }

    send(packet) {
        const receiver = this.tasks[packet.owner];
        this.sends++;
        packet.owner = this.current.id;
        return receiver.receive(packet, this.current);
    }
}

// The idle task lets the devices go on, one or the other.
class IdleTask extends Task {
    constructor(kernel, turns) {
        super(kernel, IDLE, 0, null);
        this.waiting = false;
        this.turns = turns;
        this.seed = 1;
    }

    process(_) {
        this.turns--;
        if (this.turns === 0) return this.kernel.hold();
        this.seed = (this.seed * 3877 + 29573) % 139968;
        return this.kernel.release(this.seed < 69984 ? DEVICE_A : DEVICE_B);
    }
}

// The worker fills a packet and sends it to the handlers in turn.
class WorkerTask extends Task {
    constructor(kernel, priority, inbox) {
        super(kernel, WORKER, priority, inbox);
        this.waiting = true;
        this.target = HANDLER_A;
        this.letter = 0;
    }

    process(packet) {
        if (packet === null) return this.kernel.wait();
        this.target = this.target === HANDLER_A ? HANDLER_B : HANDLER_A;
        packet.owner = this.target;
        packet.position = 0;
        for (let i = 0; i < PAYLOAD; i++) {
            this.letter++;
            if (this.letter > 26) this.letter = 1;
            packet.payload[i] = 64 + this.letter;
        }
        return this.kernel.send(packet);
    }
}

// A handler sends each letter of a work packet to its device, then the packet back.
class HandlerTask extends Task {
    constructor(kernel, id, priority, inbox) {
        super(kernel, id, priority, inbox);
        this.waiting = true;
        this.work = null;
        this.devices = null;
    }

    process(packet) {
        if (packet !== null) {
            if (packet.kind === WORK) {
                this.work = packet.appendTo(this.work);
            } else {
                this.devices = packet.appendTo(this.devices);
            }
        }
        const job = this.work;
        if (job !== null) {
            const done = job.position;
            if (done === PAYLOAD) {
                this.work = job.link;
                return this.kernel.send(job);
            }
            const carrier = this.devices;
            if (carrier !== null) {
                this.devices = carrier.link;
                carrier.position = job.payload[done];
                job.position = done + 1;
                return this.kernel.send(carrier);
            }
        }
        return this.kernel.wait();
    }
}

// A device keeps a packet until it is released.
class DeviceTask extends Task {
    constructor(kernel, id, priority) {
        super(kernel, id, priority, null);
        this.pending = null;
    }

    process(packet) {
        if (packet !== null) {
            this.pending = packet;
            return this.kernel.hold();
        }
        const finished = this.pending;
        if (finished === null) return this.kernel.wait();
        this.pending = null;
        return this.kernel.send(finished);
    }
}

function devicePackets(owner) {
    return new Packet(owner, DEVICE, new Packet(owner, DEVICE, new Packet(owner, DEVICE, null)));
}

function simulate(turns) {
    const kernel = new Kernel();
    kernel.add(new IdleTask(kernel, turns));
    const work = new Packet(WORKER, WORK, new Packet(WORKER, WORK, null));
    kernel.add(new WorkerTask(kernel, 1000, work));
    kernel.add(new HandlerTask(kernel, HANDLER_A, 2000, devicePackets(DEVICE_A)));
    kernel.add(new HandlerTask(kernel, HANDLER_B, 3000, devicePackets(DEVICE_B)));
    kernel.add(new DeviceTask(kernel, DEVICE_A, 4000));
    kernel.add(new DeviceTask(kernel, DEVICE_B, 5000));
    kernel.run();
    return kernel.sends * 100000 + kernel.holds;
}

function scheduler(times) {
    let sum = 0;
    for (let i = 1; i <= times; i++) {
        sum += simulate(10000);
    }
    return sum;
}

console.log(scheduler(Number(process.argv[2])));
