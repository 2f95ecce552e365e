# The programs print the same in Smalltalk, Lua, JavaScript and Java, those of the library in Smalltalk and in Python.
python3 "$(dirname "$0")/../../tools/bench" --agree && python3 "$(dirname "$0")/../../tools/bench" --agree --library
