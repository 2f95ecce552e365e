// Binary trees: a long-lived tree stays while many short-lived ones come and go.
class BenchTrees {
    static class Node {
        final Node left;
        final Node right;

        Node(Node left, Node right) {
            this.left = left;
            this.right = right;
        }

        static Node grow(int depth) {
            if (depth == 0) return new Node(null, null);
            return new Node(grow(depth - 1), grow(depth - 1));
        }

        int count() {
            if (left == null) return 1;
            return 1 + left.count() + right.count();
        }
    }

    static long trees(int depth) {
        Node kept = Node.grow(depth);
        long total = 0;
        for (int size = 4; size <= depth; size += 4) {
            int rounds = 1 << (depth - size + 4);
            for (int round = 1; round <= rounds; round++) {
                total += Node.grow(size).count();
            }
        }
        return total + kept.count();
    }

    public static void main(String[] arguments) {
        System.out.println(trees(Integer.parseInt(arguments[0])));
    }
}
