/* What the primitives of sockets and of the resolver share: the state of SocketPlugin, addresses as images hold them. */
#ifndef VIV_PRIMITIVES_NETWORK_H
#define VIV_PRIMITIVES_NETWORK_H

#include "primitives/resolver.h"
#include "primitives/socket_table.h"
#include "vm/primitive.h"

struct network {
    bool opened;
    struct socket_table sockets;
    struct resolver *resolver; /* NULL: the image has not asked for the network */
    size_t next_answer;        /* of the resolver's, which the image looks at */
};

/* The state of this VM, made on first use; NULL without memory, thread or descriptor. */
struct network *network_of(struct vm *vm);
/* The signal function of both: context is the VM. */
void network_signal(void *context, size_t semaphore);

/* The index of an external semaphore, 0 for none: nil is none, too. */
prim_result arg_semaphore(struct vm *vm, const prim_call *call, size_t argument,
                          size_t *semaphore) VIV_MUST_USE;

/* Four bytes, the first of them the highest, and a port. */
prim_result arg_host(const prim_call *call, size_t argument, int64_t port,
                     struct socket_address *address) VIV_MUST_USE;
/* The four bytes of an address of IPv4, in a new ByteArray; zeros for any other. */
oop new_host(struct vm *vm, const struct socket_address *address);
uint16_t port_of(const struct socket_address *address);

/*
 * A SocketAddress: a ByteArray of a word that is the session's, a word with the size of what follows, and an address as the system has
 * it. False for one of another session or of a kind that is not known here.
 */
enum { ADDRESS_HEADER_SIZE = 8 };
bool read_socket_address(const struct network *network, oop object,
                         struct socket_address *address) VIV_MUST_USE;
/* Fills a ByteArray of exactly the size needed. */
prim_result write_socket_address(const struct network *network, oop object,
                                 const struct socket_address *address) VIV_MUST_USE;

#endif
