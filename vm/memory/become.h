/* Forwarders, for whoever moves objects. Used inside vm/memory only. */
#ifndef VIV_MEMORY_BECOME_H
#define VIV_MEMORY_BECOME_H

#include "vm/memory/heap.h"

/* From now on, whoever meets `from` takes `to` instead. The class table must name neither. */
void become_forwarder(struct heap *heap, oop from, oop to);
/* What is held from outside names no forwarder afterwards. */
void become_follow_roots(struct heap *heap);

#endif
