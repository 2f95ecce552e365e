/*
 * The compiler as a primitive of the image: module VivariumCompiler, function primitiveCompile. Its row is in
 * primitives/primitives.def.
 *
 *     Compiler class>>bootstrapCompile: aString class: aClass kind: aSymbol workspace: aDictionary
 *
 * kind is #doit (statements; the method answers the last value) or #method. Answers the CompiledMethod; or, when the source
 * is wrong, an Array of message, line, column and character index; or, when something must be added to the image first, an
 * Array of nil, an Array of Strings that must become Symbols and an Array of names that must become variables of the
 * workspace: the caller adds them and asks again. The primitive itself changes nothing but Undeclared.
 */
#ifndef VIV_BOOTSTRAP_COMPILE_PRIMITIVE_H
#define VIV_BOOTSTRAP_COMPILE_PRIMITIVE_H

#include "vm/primitive.h"

prim_result prim_compile(struct vm *vm, const prim_call *call);

#endif
