// Allocation: one short-lived point a step.
"use strict";

class Point {
    constructor(x, y) {
        this.x = x;
        this.y = y;
    }
}

function points(count) {
    let sum = 0;
    for (let i = 1; i <= count; i++) {
        const point = new Point(i, 1);
        sum += point.y;
    }
    return sum;
}

console.log(points(Number(process.argv[2])));
