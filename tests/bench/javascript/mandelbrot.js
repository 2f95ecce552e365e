// Mandelbrot: how many points of a square grid stay bounded for fifty rounds?
"use strict";

function stays(cr, ci) {
    let zr = 0;
    let zi = 0;
    for (let round = 0; round < 50; round++) {
        const squareR = zr * zr;
        const squareI = zi * zi;
        if (squareR + squareI > 4) return false;
        zi = 2 * zr * zi + ci;
        zr = squareR - squareI + cr;
    }
    return true;
}

function mandelbrot(side) {
    let inside = 0;
    for (let row = 0; row < side; row++) {
        const ci = 2 * row / side - 1;
        for (let column = 0; column < side; column++) {
            const cr = 2 * column / side - 1.5;
            if (stays(cr, ci)) inside++;
        }
    }
    return inside;
}

console.log(mandelbrot(Number(process.argv[2])));
