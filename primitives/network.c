#include "primitives/network.h"

#include <stdlib.h>

static void release_network(void *state)
{
    struct network *network = state;
    if (network->opened)
        socket_table_close(&network->sockets);
    if (network->resolver != NULL)
        resolver_close(network->resolver);
    free(network);
}

void network_signal(void *context, size_t semaphore)
{
    (void)vm_signal_external(context, semaphore);
}

struct network *network_of(struct vm *vm)
{
    struct network *network =
        vm_ensure_module_state(vm, "SocketPlugin", sizeof *network, NULL, release_network);
    if (network != NULL && !network->opened)
        network->opened = socket_table_open(&network->sockets, network_signal, vm);
    return network != NULL && network->opened ? network : NULL;
}

prim_result arg_semaphore(struct vm *vm, const prim_call *call, size_t argument, size_t *semaphore)
{
    int64_t value = 0;
    if (oop_same(prim_argument(call, argument), vm_heap(vm)->nil)) {
        *semaphore = 0;
        return PRIM_OK;
    }
    prim_result result = arg_integer(call, argument, &value);
    if (result == PRIM_OK && (value < 0 || value > INT32_MAX))
        result = PRIM_BAD_ARGUMENT;
    if (result == PRIM_OK)
        *semaphore = (size_t)value;
    return result;
}

prim_result arg_host(const prim_call *call, size_t argument, int64_t port,
                     struct socket_address *address)
{
    uint8_t *bytes;
    size_t size;
    prim_result result = arg_bytes(call, argument, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (size != sizeof address->v4.sin_addr || port < 0 || port > UINT16_MAX)
        return PRIM_BAD_ARGUMENT;
    memset(address, 0, sizeof *address);
    address->size = sizeof address->v4;
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons((uint16_t)port);
    memcpy(&address->v4.sin_addr, bytes, size);
    return PRIM_OK;
}

oop new_host(struct vm *vm, const struct socket_address *address)
{
    size_t size = sizeof address->v4.sin_addr;
    oop bytes = heap_allocate_bytes(vm_heap(vm), CLASS_BYTE_ARRAY, size);
    if (!oop_is_none(bytes) && address->any.sa_family == AF_INET)
        memcpy(object_bytes(bytes), &address->v4.sin_addr, size);
    return bytes;
}

uint16_t port_of(const struct socket_address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohs(address->v4.sin_port);
    return address->any.sa_family == AF_INET6 ? ntohs(address->v6.sin6_port) : 0;
}

bool read_socket_address(const struct network *network, oop object, struct socket_address *address)
{
    uint32_t header[2];
    if (!oop_is_bytes(object) || object_byte_count(object) < sizeof header)
        return false;
    memcpy(header, object_bytes(object), sizeof header);
    size_t size = object_byte_count(object) - sizeof header;
    memset(address, 0, sizeof *address);
    if (header[0] != (uint32_t)network->sockets.session || header[1] != size ||
        (size != sizeof address->v4 && size != sizeof address->v6))
        return false;
    memcpy(&address->any, object_bytes(object) + sizeof header, size);
    address->size = (socklen_t)size;
    return address->any.sa_family == (size == sizeof address->v4 ? AF_INET : AF_INET6);
}

prim_result write_socket_address(const struct network *network, oop object,
                                 const struct socket_address *address)
{
    uint32_t header[2] = {(uint32_t)network->sockets.session, address->size};
    if (!oop_is_bytes(object) || object_byte_count(object) != sizeof header + address->size)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(object))
        return PRIM_NO_MODIFICATION;
    memcpy(object_bytes(object), header, sizeof header);
    memcpy(object_bytes(object) + sizeof header, &address->any, address->size);
    return PRIM_OK;
}
