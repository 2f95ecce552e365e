/*
 * Control primitives: those that change frames, processes or where objects are. They run with the registers spilled: the
 * arguments lie at vm->sp[argument_count - 1] .. vm->sp[0], the receiver above them. On PRIM_OK they have popped these and
 * pushed the answer, or built a frame; on failure they have left everything as it was.
 */
#ifndef VIV_EXECUTION_CONTROL_H
#define VIV_EXECUTION_CONTROL_H

#include "vm/primitive.h"

control_function control_perform, control_perform_with_arguments, control_perform_in_superclass;
control_function control_signal, control_wait, control_resume, control_suspend, control_yield;
control_function control_exit_critical, control_enter_critical, control_try_enter_critical;
control_function control_execute_method_array, control_execute_method;
control_function control_find_unwind, control_terminate_to, control_find_handler, control_marker;
control_function control_value, control_value_with_array;
control_function control_block_copy, control_block_value, control_block_value_with_array;
control_function control_context_at, control_context_at_put, control_context_size, control_stackp;
control_function control_snapshot, control_snapshot_in_background;
control_function control_full_collection, control_scavenge;
control_function control_become, control_become_forward, control_become_forward_hash;
control_function control_become_forward_no_hash;
control_function control_set_pinned;
control_function control_block_as_context;
control_function control_signal_at_ms, control_signal_at_us, control_signal_at_monotonic;
control_function control_relinquish;
control_function control_flush_all, control_flush_method, control_flush_selector;
control_function control_try_primitive, control_try_named_primitive;
control_function control_inst_var_at, control_inst_var_at_put, control_slot_at, control_slot_at_put;
control_function control_st80_become, control_st80_snapshot, control_st80_signal_at_ms;
control_function control_next_mourner, control_context_xray, control_shallow_copy;

#endif
