// Integer loop: addition, multiplication and remainder in two nested loops, and a counting loop around them.
"use strict";

function loop(times) {
    let sum = 0;
    let round = 0;
    while (round < times) {
        for (let i = 1; i <= 1000; i++) {
            for (let j = 1; j <= 100; j++) {
                sum += i * j % 7;
            }
        }
        round++;
    }
    return sum;
}

console.log(loop(Number(process.argv[2])));
