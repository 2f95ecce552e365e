// Allocation: one short-lived point a step.
class BenchPoints {
    static class Point {
        final int x;
        final int y;

        Point(int x, int y) {
            this.x = x;
            this.y = y;
        }
    }

    static long points(int count) {
        long sum = 0;
        for (int i = 1; i <= count; i++) {
            Point point = new Point(i, 1);
            sum += point.y;
        }
        return sum;
    }

    public static void main(String[] arguments) {
        System.out.println(points(Integer.parseInt(arguments[0])));
    }
}
