// N-body: five bodies attract one another; symplectic steps of one hundredth.
class BenchBodies {
    static class Body {
        double x;
        double y;
        double z;
        double vx;
        double vy;
        double vz;
        final double mass;

        Body(double x, double y, double z, double vx, double vy, double vz, double mass) {
            this.x = x;
            this.y = y;
            this.z = z;
            this.vx = vx;
            this.vy = vy;
            this.vz = vz;
            this.mass = mass;
        }

        void attract(Body other, double dt) {
            double dx = x - other.x;
            double dy = y - other.y;
            double dz = z - other.z;
            double squared = dx * dx + dy * dy + dz * dz;
            double pull = dt / (squared * Math.sqrt(squared));
            double mine = other.mass * pull;
            double theirs = mass * pull;
            vx -= dx * mine;
            vy -= dy * mine;
            vz -= dz * mine;
            other.vx += dx * theirs;
            other.vy += dy * theirs;
            other.vz += dz * theirs;
        }

        void move(double dt) {
            x += dt * vx;
            y += dt * vy;
            z += dt * vz;
        }

        double kinetic() {
            return 0.5 * mass * (vx * vx + vy * vy + vz * vz);
        }

        double potential(Body other) {
            double dx = x - other.x;
            double dy = y - other.y;
            double dz = z - other.z;
            return mass * other.mass / Math.sqrt(dx * dx + dy * dy + dz * dz);
        }
    }

    final Body[] bodies = {
        new Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0),
        new Body(5.0, 0.5, -0.1, -0.25, 2.75, 0.0625, 0.04),
        new Body(-8.5, 4.0, 0.25, -1.0, -1.75, 0.03125, 0.0125),
        new Body(13.0, -15.0, -0.25, 1.0, 0.875, -0.0125, 0.0017),
        new Body(15.5, -26.0, 0.1875, 1.0, 0.5625, -0.03125, 0.002),
    };

    void step(double dt) {
        for (int i = 0; i < bodies.length; i++) {
            Body body = bodies[i];
            for (int j = i + 1; j < bodies.length; j++) {
                body.attract(bodies[j], dt);
            }
        }
        for (int i = 0; i < bodies.length; i++) {
            bodies[i].move(dt);
        }
    }

    double energy() {
        double sum = 0.0;
        for (int i = 0; i < bodies.length; i++) {
            Body body = bodies[i];
            sum += body.kinetic();
            for (int j = i + 1; j < bodies.length; j++) {
                sum -= body.potential(bodies[j]);
            }
        }
        return sum;
    }

    long simulate(int steps) {
        for (int i = 1; i <= steps; i++) {
            step(0.01);
        }
        return (long) Math.floor(energy() * 1000000000.0);
    }

    public static void main(String[] arguments) {
        System.out.println(new BenchBodies().simulate(Integer.parseInt(arguments[0])));
    }
}
