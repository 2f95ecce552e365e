// String building: pieces are collected, then the result is read back byte by byte.
class BenchStrings {
    static String build(int lines) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= lines; i++) {
            text.append("line ");
            text.append(i);
            text.append(": the quick brown fox");
            text.append('\n');
        }
        return text.toString();
    }

    static int strings(int times) {
        int sum = 0;
        for (int round = 1; round <= times; round++) {
            String text = build(1000);
            for (int i = 0; i < text.length(); i++) {
                sum = (sum * 31 + text.charAt(i)) % 65521;
            }
        }
        return sum;
    }

    public static void main(String[] arguments) {
        System.out.println(strings(Integer.parseInt(arguments[0])));
    }
}
