/*
 * Hashed tables of the image, seen from C: Dictionary, IdentityDictionary and SystemDictionary (package Collections), SymbolSet
 * (package Strings) and MethodDictionary. The place of a key follows from its hash just as the Smalltalk methods compute it.
 */
#ifndef VIV_BOOTSTRAP_IMAGE_TABLES_H
#define VIV_BOOTSTRAP_IMAGE_TABLES_H

#include "image/bootstrap/materialise.h"

/* How a dictionary hashes its keys, which are Symbols. */
enum key_hash { HASH_BY_IDENTITY, HASH_BY_CHARACTERS };

/* String>>hash. */
uint32_t image_text_hash(struct text text);
/* The same of a String or Symbol in the image. */
uint32_t image_string_hash(oop string);
/* Whether a String or Symbol has just these characters. */
bool image_string_is(oop string, struct text text);
/* A String or Symbol as UTF-8; false when the object is neither. */
bool image_string_text(oop string, struct text *text);

/* The Association with a key; NO_OOP when there is none. */
oop image_dictionary_find(struct heap *heap, oop dictionary, enum key_hash hash, oop key);

/* Adds an association whose key is not there; the array grows before it is more than three quarters full. */
void image_dictionary_add(struct object_maker *maker, oop dictionary, enum key_hash hash,
                          oop association);

/* The symbol with these characters in a SymbolSet; NO_OOP when there is none. */
oop image_symbol_find(struct heap *heap, oop symbol_set, struct text name);

/* A MethodDictionary of the class index given, for parallel arrays of selectors and methods. */
oop method_dictionary_make(struct object_maker *maker, uint32_t class_index, const oop *selectors,
                           const oop *methods, size_t count);

#endif
