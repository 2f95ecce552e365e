// String building: pieces are collected and joined, then the result is read back byte by byte.
"use strict";

function build(lines) {
    const parts = [];
    for (let i = 1; i <= lines; i++) {
        parts.push("line ");
        parts.push(String(i));
        parts.push(": the quick brown fox");
        parts.push("\n");
    }
    return parts.join("");
}

function strings(times) {
    let sum = 0;
    for (let round = 1; round <= times; round++) {
        const text = build(1000);
        for (let i = 0; i < text.length; i++) {
            sum = (sum * 31 + text.charCodeAt(i)) % 65521;
        }
    }
    return sum;
}

console.log(strings(Number(process.argv[2])));
