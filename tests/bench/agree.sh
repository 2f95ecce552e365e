# The ten programs print the same in Smalltalk and in Lua.
exec python3 "$(dirname "$0")/../../tools/bench" --agree
