// Dictionary of strings: how often does each of the made words occur?
"use strict";

function dictionary(times) {
    const counts = new Map();
    let seed = 42;
    for (let i = 1; i <= times; i++) {
        seed = (seed * 3877 + 29573) % 139968;
        const word = "word" + String(seed % 5000);
        counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    let most = 0;
    for (const count of counts.values()) {
        if (count > most) most = count;
    }
    return counts.size * 1000000 + most;
}

console.log(dictionary(Number(process.argv[2])));
