# The benchmark programs answer the same while the collector and the stack are under stress.
exec python3 "$(dirname "$0")/../../tools/bench" --agree
