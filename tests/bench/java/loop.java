// Integer loop: addition, multiplication and remainder in two nested loops, and a counting loop around them.
class BenchLoop {
    static long loop(int times) {
        long sum = 0;
        int round = 0;
        while (round < times) {
            for (int i = 1; i <= 1000; i++) {
                for (int j = 1; j <= 100; j++) {
                    sum += i * j % 7;
                }
            }
            round++;
        }
        return sum;
    }

    public static void main(String[] arguments) {
        System.out.println(loop(Integer.parseInt(arguments[0])));
    }
}
