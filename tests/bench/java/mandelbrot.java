// Mandelbrot: how many points of a square grid stay bounded for fifty rounds?
class BenchMandelbrot {
    static boolean stays(double cr, double ci) {
        double zr = 0.0;
        double zi = 0.0;
        for (int round = 0; round < 50; round++) {
            double squareR = zr * zr;
            double squareI = zi * zi;
            if (squareR + squareI > 4.0) return false;
            zi = 2.0 * zr * zi + ci;
            zr = squareR - squareI + cr;
        }
        return true;
    }

    static int mandelbrot(int side) {
        int inside = 0;
        for (int row = 0; row < side; row++) {
            double ci = 2.0 * row / side - 1.0;
            for (int column = 0; column < side; column++) {
                double cr = 2.0 * column / side - 1.5;
                if (stays(cr, ci)) inside++;
            }
        }
        return inside;
    }

    public static void main(String[] arguments) {
        System.out.println(mandelbrot(Integer.parseInt(arguments[0])));
    }
}
