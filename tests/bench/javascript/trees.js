// Binary trees: a long-lived tree stays while many short-lived ones come and go.
"use strict";

class Node {
    constructor(left, right) {
        this.left = left;
        this.right = right;
    }

    static grow(depth) {
        if (depth === 0) return new Node(null, null);
        return new Node(Node.grow(depth - 1), Node.grow(depth - 1));
    }

    count() {
        if (this.left === null) return 1;
        return 1 + this.left.count() + this.right.count();
    }
}

function trees(depth) {
    const kept = Node.grow(depth);
    let total = 0;
    for (let size = 4; size <= depth; size += 4) {
        const rounds = 1 << (depth - size + 4);
        for (let round = 1; round <= rounds; round++) {
            total += Node.grow(size).count();
        }
    }
    return total + kept.count();
}

console.log(trees(Number(process.argv[2])));
