/*
 * SocketPlugin: sockets by handle. What cannot be done at once is not waited for: the primitive answers what was done, and a semaphore
 * is signalled when more can be. Handles, system calls and the thread that watches are in socket_table.c; here are arguments and
 * answers.
 */
#include "primitives/files.h"
#include "primitives/network.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORK_ANY = 0, NETWORK_V4 = 2, NETWORK_V6 = 3, KIND_TCP = 0, KIND_UDP = 1 };
enum { BACKLOG_MAX = 4096, DATAGRAM_FIELDS = 4 };

/* The socket that the first argument names. A stale, forged or foreign handle is a bad argument. */
static prim_result arg_socket(struct vm *vm, const prim_call *call, struct socket_table **table,
                              size_t *index)
{
    struct network *network = network_of(vm);
    if (network == NULL)
        return PRIM_NO_C_MEMORY;
    *table = &network->sockets;
    oop handle = prim_argument(call, 0);
    return oop_is_bytes(handle) &&
                   socket_find(*table, object_bytes(handle), object_byte_count(handle), index)
               ? PRIM_OK
               : PRIM_BAD_ARGUMENT;
}

/* --- making ------------------------------------------------------------------------------------------------------------------ */

/* One semaphore for everything, or three, from number `argument` on. */
static prim_result arg_semaphores(struct vm *vm, const prim_call *call, size_t argument,
                                  size_t semaphores[SOCKET_SEMAPHORES])
{
    bool three = call->argument_count == argument + SOCKET_SEMAPHORES;
    prim_result result = PRIM_OK;
    for (size_t i = 0; result == PRIM_OK && i < SOCKET_SEMAPHORES; i++)
        result = arg_semaphore(vm, call, argument + (three ? i : 0), &semaphores[i]);
    return result;
}

static oop new_handle(struct vm *vm)
{
    return heap_allocate_bytes(vm_heap(vm), CLASS_BYTE_ARRAY, HANDLE_SIZE);
}

/* create: network type: type receiveBufferSize: n sendBufferSize: n, and one semaphore or three. The sizes are the system's. */
prim_result prim_socket_create(struct vm *vm, const prim_call *call)
{
    struct network *network = network_of(vm);
    size_t semaphores[SOCKET_SEMAPHORES];
    int64_t family, kind;
    if (network == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_integer(call, 0, &family);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &kind);
    if (result == PRIM_OK)
        result = arg_semaphores(vm, call, 4, semaphores);
    if (result != PRIM_OK)
        return result;
    if ((family != NETWORK_ANY && family != NETWORK_V4 && family != NETWORK_V6) ||
        (kind != KIND_TCP && kind != KIND_UDP))
        return PRIM_BAD_ARGUMENT;
    oop handle = new_handle(vm);
    if (oop_is_none(handle))
        return PRIM_NO_MEMORY;
    int error = socket_create(&network->sockets, family == NETWORK_V6 ? AF_INET6 : AF_INET,
                              kind == KIND_UDP, semaphores, object_bytes(handle));
    return error == 0 ? answer(vm, call, handle) : fail_with_os_error(vm, error);
}

/* accept: listener receiveBufferSize: n sendBufferSize: n, and one semaphore or three: fails while no connection waits. */
prim_result prim_socket_accept(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    size_t listener;
    size_t semaphores[SOCKET_SEMAPHORES];
    prim_result result = arg_socket(vm, call, &table, &listener);
    if (result == PRIM_OK)
        result = arg_semaphores(vm, call, 3, semaphores);
    if (result != PRIM_OK)
        return result;
    oop handle = new_handle(vm);
    if (oop_is_none(handle))
        return PRIM_NO_MEMORY;
    int error = socket_accept(table, listener, semaphores, object_bytes(handle));
    return error == 0 ? answer(vm, call, handle) : fail_with_os_error(vm, error);
}

/* --- ending ------------------------------------------------------------------------------------------------------------------ */

prim_result prim_socket_destroy(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    size_t index;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result != PRIM_OK)
        return result;
    socket_destroy(table, index);
    return answer_self(vm, call);
}

static prim_result end(struct vm *vm, const prim_call *call, bool at_once)
{
    struct socket_table *table;
    size_t index;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result != PRIM_OK)
        return result;
    socket_end(table, index, at_once);
    return answer_self(vm, call);
}

prim_result prim_socket_close(struct vm *vm, const prim_call *call)
{
    return end(vm, call, false);
}

prim_result prim_socket_abort(struct vm *vm, const prim_call *call)
{
    return end(vm, call, true);
}

/* --- connecting -------------------------------------------------------------------------------------------------------------- */

/* An address, which is a SocketAddress, or four bytes with a port behind them. */
static prim_result arg_address(struct vm *vm, const prim_call *call, size_t argument, bool has_port,
                               struct socket_address *address)
{
    int64_t port;
    if (!has_port)
        return read_socket_address(network_of(vm), prim_argument(call, argument), address)
                   ? PRIM_OK
                   : PRIM_BAD_ARGUMENT;
    prim_result result = arg_integer(call, argument + 1, &port);
    return result == PRIM_OK ? arg_host(call, argument, port, address) : result;
}

typedef int address_function(struct socket_table *table, size_t index,
                             const struct socket_address *address);

static prim_result with_address(struct vm *vm, const prim_call *call, address_function *function)
{
    struct socket_table *table;
    struct socket_address address;
    size_t index;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK)
        result = arg_address(vm, call, 1, call->argument_count == 3, &address);
    return result == PRIM_OK ? finish_with(vm, call, function(table, index, &address)) : result;
}

/* connect: socket to: address, or to: bytes port: port. Whether it comes about is seen in the status. */
prim_result prim_socket_connect(struct vm *vm, const prim_call *call)
{
    return with_address(vm, call, socket_connect);
}

prim_result prim_socket_bind(struct vm *vm, const prim_call *call)
{
    return with_address(vm, call, socket_bind);
}

static prim_result arg_backlog(const prim_call *call, size_t argument, int *backlog)
{
    int64_t value;
    prim_result result = arg_integer(call, argument, &value);
    if (result == PRIM_OK && (value < 0 || value > INT32_MAX))
        result = PRIM_BAD_ARGUMENT;
    if (result == PRIM_OK)
        *backlog = value > BACKLOG_MAX ? BACKLOG_MAX : (int)value;
    return result;
}

/* listen: socket backlog: count, of a socket that is bound. */
prim_result prim_socket_listen_bound(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    size_t index;
    int backlog;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK)
        result = arg_backlog(call, 1, &backlog);
    return result == PRIM_OK ? finish_with(vm, call, socket_listen(table, index, backlog)) : result;
}

/* listen: socket onPort: port, then where given backlog: count and interface: bytes. Where no backlog is given the socket becomes the
 * first connection. */
prim_result prim_socket_listen(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    struct socket_address address = {.size = sizeof address.v4};
    size_t index;
    int64_t port;
    int backlog = 1;
    if (call->argument_count < 2 || call->argument_count > 4)
        return PRIM_BAD_ARGUMENT_COUNT;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK)
        result = arg_integer(call, 1, &port);
    if (result == PRIM_OK && (port < 0 || port > UINT16_MAX))
        result = PRIM_BAD_ARGUMENT;
    if (result == PRIM_OK && call->argument_count > 2)
        result = arg_backlog(call, 2, &backlog);
    if (result == PRIM_OK && call->argument_count > 3)
        result = arg_host(call, 3, port, &address);
    if (result != PRIM_OK)
        return result;
    if (call->argument_count <= 3)
        address.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int error = socket_set_option(table, index, SOL_SOCKET, SO_REUSEADDR, 1);
    if (error == 0)
        error = socket_bind(table, index, &address);
    return finish_with(vm, call, error != 0 ? error : socket_listen(table, index, backlog));
}

/* --- asking ------------------------------------------------------------------------------------------------------------------ */

/* A handle that names nothing has a status, too. */
prim_result prim_socket_status(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    size_t index;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_BAD_ARGUMENT && oop_is_bytes(prim_argument(call, 0)))
        return answer_integer(vm, call, SOCKET_INVALID);
    return result == PRIM_OK ? answer_integer(vm, call, socket_status_of(table, index)) : result;
}

prim_result prim_socket_error(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    size_t index;
    prim_result result = arg_socket(vm, call, &table, &index);
    return result == PRIM_OK ? answer_integer(vm, call, socket_error_of(table, index)) : result;
}

enum answer_kind { ANSWER_HOST, ANSWER_PORT, ANSWER_SIZE, FILL_ADDRESS };

/* What is known of an end; zeros where it has no address. */
static prim_result answer_end(struct vm *vm, const prim_call *call, bool remote,
                              enum answer_kind kind)
{
    struct socket_table *table;
    struct socket_address address = {.size = 0};
    size_t index;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result != PRIM_OK)
        return result;
    int error = socket_address_of(table, index, remote, &address);
    if (error != 0)
        memset(&address, 0, sizeof address);
    switch (kind) {
    case ANSWER_HOST:
        return answer_new(vm, call, new_host(vm, &address));
    case ANSWER_PORT:
        return answer_integer(vm, call, port_of(&address));
    case ANSWER_SIZE:
        return error != 0 ? fail_with_os_error(vm, error)
                          : answer_integer(vm, call, (int64_t)address.size + ADDRESS_HEADER_SIZE);
    default:
        if (error != 0)
            return fail_with_os_error(vm, error);
        result = write_socket_address(network_of(vm), prim_argument(call, 1), &address);
        return result == PRIM_OK ? answer_self(vm, call) : result;
    }
}

prim_result prim_socket_local_host(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, false, ANSWER_HOST);
}

prim_result prim_socket_local_port(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, false, ANSWER_PORT);
}

prim_result prim_socket_local_size(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, false, ANSWER_SIZE);
}

prim_result prim_socket_local_address(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, false, FILL_ADDRESS);
}

prim_result prim_socket_remote_host(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, true, ANSWER_HOST);
}

prim_result prim_socket_remote_port(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, true, ANSWER_PORT);
}

prim_result prim_socket_remote_size(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, true, ANSWER_SIZE);
}

prim_result prim_socket_remote_address(struct vm *vm, const prim_call *call)
{
    return answer_end(vm, call, true, FILL_ADDRESS);
}

/* The port of a SocketAddress, which is the receiver. */
prim_result prim_socket_address_port(struct vm *vm, const prim_call *call)
{
    struct network *network = network_of(vm);
    struct socket_address address;
    if (network == NULL || !read_socket_address(network, call->receiver, &address))
        return PRIM_BAD_RECEIVER;
    return answer_integer(vm, call, port_of(&address));
}

prim_result prim_socket_address_set_port(struct vm *vm, const prim_call *call)
{
    struct network *network = network_of(vm);
    struct socket_address address;
    int64_t port;
    if (network == NULL || !read_socket_address(network, call->receiver, &address))
        return PRIM_BAD_RECEIVER;
    prim_result result = arg_integer(call, 0, &port);
    if (result != PRIM_OK)
        return result;
    if (port < 0 || port > UINT16_MAX)
        return PRIM_BAD_ARGUMENT;
    if (address.any.sa_family == AF_INET)
        address.v4.sin_port = htons((uint16_t)port);
    else
        address.v6.sin6_port = htons((uint16_t)port);
    result = write_socket_address(network, call->receiver, &address);
    return result == PRIM_OK ? answer_self(vm, call) : result;
}

/* --- data -------------------------------------------------------------------------------------------------------------------- */

static prim_result answer_ready(struct vm *vm, const prim_call *call, bool writing)
{
    struct socket_table *table;
    size_t index;
    prim_result result = arg_socket(vm, call, &table, &index);
    return result == PRIM_OK ? answer_boolean(vm, call, socket_is_ready(table, index, writing))
                             : result;
}

prim_result prim_socket_data_available(struct vm *vm, const prim_call *call)
{
    return answer_ready(vm, call, false);
}

prim_result prim_socket_send_done(struct vm *vm, const prim_call *call)
{
    return answer_ready(vm, call, true);
}

/* `buffer, start, count`, at the arguments named: bytes, or words, in whose elements start and count are. */
static prim_result arg_part(const prim_call *call, size_t buffer, size_t start, struct buffer *part)
{
    oop object = prim_argument(call, buffer);
    int64_t first, count;
    if (!oop_is_object(object) || !format_is_bits(object_format(object)))
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_integer(call, start, &first);
    if (result == PRIM_OK)
        result = arg_integer(call, start + 1, &count);
    if (result != PRIM_OK)
        return result;
    if (first < 1 || count < 0)
        return PRIM_BAD_INDEX;
    unsigned format = object_format(object);
    result = buffer_of(object, (uint64_t)first, (uint64_t)count, part);
    return result == PRIM_OK && !format_is_bytes(format) && !format_is_words32(format)
               ? PRIM_BAD_ARGUMENT
               : result;
}

/* receiveData: socket into: buffer startingAt: first count: count: how many elements came, 0 for none. */
prim_result prim_socket_receive(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    struct buffer part;
    size_t index, taken;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK)
        result = arg_part(call, 1, 2, &part);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    if (socket_receive(table, index, part.bytes, part.size, NULL, &taken) != 0)
        taken = 0;
    return answer_integer(vm, call, (int64_t)(taken / part.element_size));
}

/* sendData: socket from: buffer startingAt: first count: count: how many elements went. */
prim_result prim_socket_send(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    struct buffer part;
    size_t index, taken;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK)
        result = arg_part(call, 1, 2, &part);
    if (result != PRIM_OK)
        return result;
    int error = socket_send(table, index, part.bytes, part.size, NULL, &taken);
    if (error != 0)
        return fail_with_os_error(vm, error);
    return answer_integer(vm, call, (int64_t)(taken / part.element_size));
}

/* The same with who sent it: an Array of count, host, port and false, for nothing of a datagram is kept. */
prim_result prim_socket_receive_datagram(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    struct socket_address from;
    struct buffer part;
    size_t index, taken;
    memset(&from, 0, sizeof from);
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK)
        result = arg_part(call, 1, 2, &part);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    oop fields = heap_allocate_array(vm_heap(vm), DATAGRAM_FIELDS);
    oop host = oop_is_none(fields) ? NO_OOP : new_host(vm, &from);
    if (oop_is_none(host))
        return PRIM_NO_MEMORY;
    if (socket_receive(table, index, part.bytes, part.size, &from, &taken) != 0 || taken == 0)
        memset(&from, 0, sizeof from);
    if (from.any.sa_family == AF_INET)
        memcpy(object_bytes(host), &from.v4.sin_addr, sizeof from.v4.sin_addr);
    object_slot_init(fields, 0, oop_from_integer((int64_t)(taken / part.element_size)));
    object_slot_init(fields, 1, host);
    object_slot_init(fields, 2, oop_from_integer(port_of(&from)));
    object_slot_init(fields, 3, vm_heap(vm)->false_object);
    return answer(vm, call, fields);
}

/* sendDatagram: socket from: buffer toHost: host port: port startingAt: first count: count. */
prim_result prim_socket_send_datagram(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    struct socket_address to;
    struct buffer part;
    size_t index, taken;
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK)
        result = arg_address(vm, call, 2, true, &to);
    if (result == PRIM_OK)
        result = arg_part(call, 1, 4, &part);
    if (result != PRIM_OK)
        return result;
    int error = socket_send(table, index, part.bytes, part.size, &to, &taken);
    if (error != 0)
        return fail_with_os_error(vm, error);
    return answer_integer(vm, call, (int64_t)(taken / part.element_size));
}

/* --- options ----------------------------------------------------------------------------------------------------------------- */

struct option {
    const char *name;
    int level;
    int number;
};

static const struct option *arg_option(const prim_call *call)
{
    static const struct option options[] = {{"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
                                            {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR},
                                            {"SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT},
                                            {"SO_BROADCAST", SOL_SOCKET, SO_BROADCAST},
                                            {"SO_LINGER", SOL_SOCKET, SO_LINGER},
                                            {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
                                            {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},
                                            {"SO_SNDLOWAT", SOL_SOCKET, SO_SNDLOWAT},
                                            {"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT},
                                            {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE},
                                            {"SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE},
                                            {"SO_ERROR", SOL_SOCKET, SO_ERROR},
                                            {"SO_TYPE", SOL_SOCKET, SO_TYPE},
                                            {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
                                            {"TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG},
                                            {"TCP_CORK", IPPROTO_TCP, TCP_CORK},
                                            {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},
                                            {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL},
                                            {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT},
                                            {"IP_TTL", IPPROTO_IP, IP_TTL},
                                            {"IP_MULTICAST_TTL", IPPROTO_IP, IP_MULTICAST_TTL},
                                            {"IP_MULTICAST_LOOP", IPPROTO_IP, IP_MULTICAST_LOOP}};
    uint8_t *bytes;
    size_t size;
    if (arg_bytes(call, 1, &bytes, &size) != PRIM_OK)
        return NULL;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strlen(options[i].name) == size && memcmp(bytes, options[i].name, size) == 0)
            return &options[i];
    return NULL;
}

/* A value of an option: a boolean, a SmallInteger, four bytes in the order of the machine, or the digits of a number. */
static bool arg_option_value(struct vm *vm, const prim_call *call, int *value)
{
    oop object = prim_argument(call, 2);
    int64_t number = 0;
    if (oop_is_integer(object)) {
        number = oop_to_integer(object);
    } else if (oop_is_bytes(object)) {
        size_t size = object_byte_count(object);
        const uint8_t *bytes = object_bytes(object);
        bool digits = size > 0;
        for (size_t i = 0; i < size && i < 10; i++)
            digits = digits && bytes[i] >= '0' && bytes[i] <= '9';
        if (!digits && size == sizeof *value) {
            memcpy(value, bytes, size);
            return true;
        }
        if ((!digits && size > 0) || size > 10)
            return false;
        for (size_t i = 0; i < size; i++)
            number = 10 * number + bytes[i] - '0';
    } else {
        bool on;
        if (arg_boolean(vm, call, 2, &on) != PRIM_OK)
            return false;
        number = on;
    }
    *value = (int)number;
    return number >= INT32_MIN && number <= INT32_MAX;
}

static prim_result answer_option(struct vm *vm, const prim_call *call, int error, int value)
{
    return answer_pair(vm, call, oop_from_integer(error), oop_from_integer(value));
}

/* getOption: socket name: name: an Array of an error number, 0 for none, and the value. */
prim_result prim_socket_get_option(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    size_t index;
    int value;
    const struct option *option = arg_option(call);
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK && option == NULL)
        result = PRIM_BAD_ARGUMENT;
    if (result != PRIM_OK)
        return result;
    int error = socket_get_option(table, index, option->level, option->number, &value);
    return answer_option(vm, call, error, value);
}

prim_result prim_socket_set_option(struct vm *vm, const prim_call *call)
{
    struct socket_table *table;
    size_t index;
    int value;
    const struct option *option = arg_option(call);
    prim_result result = arg_socket(vm, call, &table, &index);
    if (result == PRIM_OK && (option == NULL || !arg_option_value(vm, call, &value)))
        result = PRIM_BAD_ARGUMENT;
    if (result != PRIM_OK)
        return result;
    int error = socket_set_option(table, index, option->level, option->number, value);
    return answer_option(vm, call, error, value);
}
