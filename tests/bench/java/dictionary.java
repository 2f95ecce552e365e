// Dictionary of strings: how often does each of the made words occur?
import java.util.HashMap;
import java.util.Map;

class BenchDictionary {
    static long dictionary(int times) {
        Map<String, Integer> counts = new HashMap<>();
        int seed = 42;
        for (int i = 1; i <= times; i++) {
            seed = (seed * 3877 + 29573) % 139968;
            String word = "word" + seed % 5000;
            counts.put(word, counts.getOrDefault(word, 0) + 1);
        }
        int most = 0;
        for (int count : counts.values()) {
            if (count > most) most = count;
        }
        return counts.size() * 1000000L + most;
    }

    public static void main(String[] arguments) {
        System.out.println(dictionary(Integer.parseInt(arguments[0])));
    }
}
