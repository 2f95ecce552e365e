/* What tests of converted images say of an object. */
#ifndef VIV_TESTS_UNIT_IMPORT_ASSERT_OBJECT_H
#define VIV_TESTS_UNIT_IMPORT_ASSERT_OBJECT_H

#include "vm/object/object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline void assert_oop(oop found, oop wanted)
{
    assert_int_equal(found.bits, wanted.bits);
}

static inline void assert_shape(oop object, uint32_t class_index, unsigned format, size_t slots)
{
    assert_true(oop_is_object(object));
    assert_int_equal(object_class_index(object), class_index);
    assert_int_equal(object_format(object), format);
    assert_int_equal(object_slot_count(object), slots);
}

#endif
