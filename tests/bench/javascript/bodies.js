// N-body: five bodies attract one another; symplectic steps of one hundredth.
"use strict";

class Body {
    constructor(x, y, z, vx, vy, vz, mass) {
        this.x = x;
        this.y = y;
        this.z = z;
        this.vx = vx;
        this.vy = vy;
        this.vz = vz;
        this.mass = mass;
    }

    attract(other, dt) {
        const dx = this.x - other.x;
        const dy = this.y - other.y;
        const dz = this.z - other.z;
        const squared = dx * dx + dy * dy + dz * dz;
        const pull = dt / (squared * Math.sqrt(squared));
        const mine = other.mass * pull;
        const theirs = this.mass * pull;
        this.vx -= dx * mine;
        this.vy -= dy * mine;
        this.vz -= dz * mine;
        other.vx += dx * theirs;
        other.vy += dy * theirs;
        other.vz += dz * theirs;
    }

    move(dt) {
        this.x += dt * this.vx;
        this.y += dt * this.vy;
        this.z += dt * this.vz;
    }

    kinetic() {
        return 0.5 * this.mass * (this.vx * this.vx + this.vy * this.vy + this.vz * this.vz);
    }

    potential(other) {
        const dx = this.x - other.x;
        const dy = this.y - other.y;
        const dz = this.z - other.z;
        return this.mass * other.mass / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
}

function start() {
    return [
        new Body(0, 0, 0, 0, 0, 0, 40),
        new Body(5, 0.5, -0.1, -0.25, 2.75, 0.0625, 0.04),
        new Body(-8.5, 4, 0.25, -1, -1.75, 0.03125, 0.0125),
        new Body(13, -15, -0.25, 1, 0.875, -0.0125, 0.0017),
        new Body(15.5, -26, 0.1875, 1, 0.5625, -0.03125, 0.002),
    ];
}

function step(bodies, dt) {
    for (let i = 0; i < bodies.length; i++) {
        const body = bodies[i];
        for (let j = i + 1; j < bodies.length; j++) {
            body.attract(bodies[j], dt);
        }
    }
    for (let i = 0; i < bodies.length; i++) {
        bodies[i].move(dt);
    }
}

function energy(bodies) {
    let sum = 0;
    for (let i = 0; i < bodies.length; i++) {
        const body = bodies[i];
        sum += body.kinetic();
        for (let j = i + 1; j < bodies.length; j++) {
            sum -= body.potential(bodies[j]);
        }
    }
    return sum;
}

function simulate(steps) {
    const bodies = start();
    for (let i = 1; i <= steps; i++) {
        step(bodies, 0.01);
    }
    return Math.floor(energy(bodies) * 1000000000);
}

console.log(simulate(Number(process.argv[2])));
