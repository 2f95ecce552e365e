/*
 * Dictionaries of the image that hash by identity, seen from C: IdentityDictionary and SystemDictionary (package Collections)
 * and MethodDictionary. The place of a key follows from its identity hash just as the Smalltalk methods compute it.
 */
#ifndef VIV_BOOTSTRAP_IDENTITY_TABLE_H
#define VIV_BOOTSTRAP_IDENTITY_TABLE_H

#include "image/bootstrap/materialise.h"

/* The Association with a key; NO_OOP when there is none. */
oop identity_dictionary_find(struct heap *heap, oop dictionary, oop key);

/* Adds an association whose key is not there; the array grows before it is more than three quarters full. */
void identity_dictionary_add(struct object_maker *maker, oop dictionary, oop association);

/* A MethodDictionary of the class index given, for parallel arrays of selectors and methods. */
oop method_dictionary_make(struct object_maker *maker, uint32_t class_index, const oop *selectors,
                           const oop *methods, size_t count);

#endif
