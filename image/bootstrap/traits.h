/*
 * Traits at build time: what the compositions of a model mean, and the copies of methods that users get, so that the genesis
 * compiles them as methods of the users. The result is that of the image's own TraitComposer, except that a conflict between
 * traits is an error here.
 */
#ifndef VIV_BOOTSTRAP_TRAITS_H
#define VIV_BOOTSTRAP_TRAITS_H

#include "image/bootstrap/model.h"

/* Finds the traits of all classes, and the variables of all classes and class sides, those of traits after the own ones. */
void traits_resolve(struct model *model);

/* Adds the methods of traits to the classes that use them. All methods have been handed out. */
void traits_compose(struct model *model);

#endif
