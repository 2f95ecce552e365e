/* SocketPlugin, its resolver: names become addresses and addresses names, while the image waits for a semaphore. */
#include "primitives/functions.h"
#include "primitives/network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLAG_NUMERIC = 1, FLAG_PASSIVE = 2 };
/* Families, types and protocols as images count them. */
enum { FAMILY_ANY, FAMILY_LOCAL, FAMILY_V4, FAMILY_V6 };
enum { TYPE_ANY, TYPE_STREAM, TYPE_DATAGRAM };
enum { PROTOCOL_ANY, PROTOCOL_TCP, PROTOCOL_UDP };

/* initializeNetwork: semaphore, of the resolver. */
prim_result prim_network_initialize(struct vm *vm, const prim_call *call)
{
    struct network *network = network_of(vm);
    size_t semaphore;
    if (network == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_semaphore(vm, call, 0, &semaphore);
    if (result != PRIM_OK)
        return result;
    if (network->resolver == NULL)
        network->resolver = resolver_open(network_signal, vm, semaphore);
    else
        resolver_set_semaphore(network->resolver, semaphore);
    return network->resolver == NULL ? PRIM_NO_C_MEMORY : answer_self(vm, call);
}

/* The state with a resolver; NULL before the image has asked for the network. */
static struct network *initialized(struct vm *vm)
{
    struct network *network = network_of(vm);
    return network != NULL && network->resolver != NULL ? network : NULL;
}

prim_result prim_resolver_status(struct vm *vm, const prim_call *call)
{
    struct network *network = initialized(vm);
    return answer_integer(
        vm, call, network == NULL ? RESOLVER_UNINITIALIZED : resolver_status(network->resolver));
}

/* The last answer on the C heap, to be freed; NULL where there is no resolver or no memory. */
static struct resolver_answer *last_answer(struct network *network)
{
    struct resolver_answer *found = network == NULL ? NULL : malloc(sizeof *found);
    if (found != NULL)
        resolver_last(network->resolver, found);
    return found;
}

prim_result prim_resolver_error(struct vm *vm, const prim_call *call)
{
    struct resolver_answer *found = last_answer(initialized(vm));
    int error = found == NULL ? 0 : found->error;
    free(found);
    return answer_integer(vm, call, error < 0 ? -error : error);
}

prim_result prim_resolver_abort(struct vm *vm, const prim_call *call)
{
    struct network *network = initialized(vm);
    if (network != NULL)
        resolver_abort(network->resolver);
    return answer_self(vm, call);
}

static prim_result ask(struct vm *vm, const prim_call *call, struct resolver_question *question)
{
    struct network *network = initialized(vm);
    if (network == NULL)
        return PRIM_INAPPROPRIATE;
    int error = resolver_ask(network->resolver, question);
    if (error == 0)
        network->next_answer = 0;
    if (error == EBUSY)
        return PRIM_INAPPROPRIATE;
    return error == 0 ? answer_self(vm, call) : PRIM_NO_C_MEMORY;
}

/* A string without a zero inside, into a buffer. */
static prim_result arg_text(const prim_call *call, size_t argument, char *text, size_t room)
{
    uint8_t *bytes;
    size_t size;
    prim_result result = arg_bytes(call, argument, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (size >= room || memchr(bytes, 0, size) != NULL)
        return PRIM_BAD_ARGUMENT;
    memcpy(text, bytes, size);
    text[size] = '\0';
    return PRIM_OK;
}

prim_result prim_resolver_start_name(struct vm *vm, const prim_call *call)
{
    struct resolver_question question = {
        .hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}};
    prim_result result = arg_text(call, 0, question.host, sizeof question.host);
    if (result != PRIM_OK)
        return result;
    return question.host[0] == '\0' ? PRIM_BAD_ARGUMENT : ask(vm, call, &question);
}

prim_result prim_resolver_start_address(struct vm *vm, const prim_call *call)
{
    struct resolver_question question = {.backwards = true, .flags = NI_NAMEREQD};
    prim_result result = arg_host(call, 0, 0, &question.address);
    return result == PRIM_OK ? ask(vm, call, &question) : result;
}

/* The first address of the last answer, or nil. */
prim_result prim_resolver_name_result(struct vm *vm, const prim_call *call)
{
    struct resolver_answer *found = last_answer(initialized(vm));
    if (found == NULL)
        return PRIM_INAPPROPRIATE;
    prim_result result = found->count == 0
                             ? answer_nil(vm, call)
                             : answer_new(vm, call, new_host(vm, &found->addresses[0].address));
    free(found);
    return result;
}

/* The name that the last answer holds; nil where there is none. */
prim_result prim_resolver_address_result(struct vm *vm, const prim_call *call)
{
    struct resolver_answer *found = last_answer(initialized(vm));
    if (found == NULL)
        return PRIM_INAPPROPRIATE;
    prim_result result = found->host[0] == '\0'
                             ? answer_nil(vm, call)
                             : answer_string(vm, call, found->host, strlen(found->host));
    free(found);
    return result;
}

/* --- this host --------------------------------------------------------------------------------------------------------------- */

/* The address by which this machine would go into the world; nothing is sent to find it. That of the loopback without a way there. */
prim_result prim_resolver_local_address(struct vm *vm, const prim_call *call)
{
    struct socket_address there = {.size = sizeof there.v4};
    struct socket_address here = {.size = sizeof here.v4};
    there.v4 = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(0xC6336401)}};
    here.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct socket_address found = here;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool known = fd >= 0 && connect(fd, &there.any, there.size) == 0 &&
                 getsockname(fd, &found.any, &found.size) == 0;
    if (fd >= 0)
        close(fd);
    return answer_new(vm, call, new_host(vm, known ? &found : &here));
}

static bool own_name(char name[NI_MAXHOST])
{
    name[NI_MAXHOST - 1] = '\0';
    return gethostname(name, NI_MAXHOST - 1) == 0;
}

prim_result prim_resolver_host_name_size(struct vm *vm, const prim_call *call)
{
    char name[NI_MAXHOST];
    return own_name(name) ? answer_integer(vm, call, (int64_t)strlen(name)) : PRIM_NOT_FOUND;
}

/* Fills a string of just that size. */
static prim_result fill_string(struct vm *vm, const prim_call *call, const char *text)
{
    uint8_t *bytes;
    size_t size;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (size < strlen(text))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 0)))
        return PRIM_NO_MODIFICATION;
    memcpy(bytes, text, strlen(text));
    return answer_self(vm, call);
}

prim_result prim_resolver_host_name(struct vm *vm, const prim_call *call)
{
    char name[NI_MAXHOST];
    return own_name(name) ? fill_string(vm, call, name) : PRIM_NOT_FOUND;
}

/* --- addresses of any family ------------------------------------------------------------------------------------------------- */

/* One of the numbers that images use, as the system's; false for another. */
static bool arg_choice(const prim_call *call, size_t argument, const int *values, size_t count,
                       int *value)
{
    int64_t number;
    if (arg_integer(call, argument, &number) != PRIM_OK || number < 0 || (size_t)number >= count ||
        values[number] < 0)
        return false;
    *value = values[number];
    return true;
}

/* getAddressInfo: host service: service flags: flags family: family type: type protocol: protocol. */
prim_result prim_resolver_get_address_info(struct vm *vm, const prim_call *call)
{
    static const int families[] = {AF_UNSPEC, -1, AF_INET, AF_INET6};
    static const int types[] = {0, SOCK_STREAM, SOCK_DGRAM};
    static const int protocols[] = {0, IPPROTO_TCP, IPPROTO_UDP};
    struct resolver_question question = {.flags = 0};
    int64_t flags;
    prim_result result = arg_text(call, 0, question.host, sizeof question.host);
    if (result == PRIM_OK)
        result = arg_text(call, 1, question.service, sizeof question.service);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &flags);
    if (result != PRIM_OK)
        return result;
    if (!arg_choice(call, 3, families, 4, &question.hints.ai_family) ||
        !arg_choice(call, 4, types, 3, &question.hints.ai_socktype) ||
        !arg_choice(call, 5, protocols, 3, &question.hints.ai_protocol))
        return PRIM_BAD_ARGUMENT;
    question.flags = ((flags & FLAG_NUMERIC) != 0 ? AI_NUMERICHOST : 0) |
                     ((flags & FLAG_PASSIVE) != 0 ? AI_PASSIVE : 0);
    return ask(vm, call, &question);
}

/* The address that the image looks at; false past the last. */
static bool current_answer(struct vm *vm, struct resolver_address *address)
{
    struct network *network = initialized(vm);
    struct resolver_answer *found = last_answer(network);
    bool valid = found != NULL && network->next_answer < found->count;
    if (valid)
        *address = found->addresses[network->next_answer];
    free(found);
    return valid;
}

/* Bytes of the SocketAddress; -1 past the last. */
prim_result prim_resolver_info_size(struct vm *vm, const prim_call *call)
{
    struct resolver_address address;
    return answer_integer(
        vm, call,
        current_answer(vm, &address) ? (int64_t)address.address.size + ADDRESS_HEADER_SIZE : -1);
}

prim_result prim_resolver_info_result(struct vm *vm, const prim_call *call)
{
    struct resolver_address address;
    if (!current_answer(vm, &address))
        return PRIM_NOT_FOUND;
    prim_result result =
        write_socket_address(network_of(vm), prim_argument(call, 0), &address.address);
    return result == PRIM_OK ? answer_self(vm, call) : result;
}

prim_result prim_resolver_info_family(struct vm *vm, const prim_call *call)
{
    struct resolver_address address;
    if (!current_answer(vm, &address))
        return PRIM_NOT_FOUND;
    return answer_integer(vm, call, address.family == AF_INET ? FAMILY_V4 : FAMILY_V6);
}

prim_result prim_resolver_info_type(struct vm *vm, const prim_call *call)
{
    struct resolver_address address;
    if (!current_answer(vm, &address))
        return PRIM_NOT_FOUND;
    return answer_integer(vm, call,
                          address.type == SOCK_STREAM  ? TYPE_STREAM
                          : address.type == SOCK_DGRAM ? TYPE_DATAGRAM
                                                       : TYPE_ANY);
}

prim_result prim_resolver_info_protocol(struct vm *vm, const prim_call *call)
{
    struct resolver_address address;
    if (!current_answer(vm, &address))
        return PRIM_NOT_FOUND;
    return answer_integer(vm, call,
                          address.protocol == IPPROTO_TCP   ? PROTOCOL_TCP
                          : address.protocol == IPPROTO_UDP ? PROTOCOL_UDP
                                                            : PROTOCOL_ANY);
}

/* Goes on to the next address; whether there is one. */
prim_result prim_resolver_info_next(struct vm *vm, const prim_call *call)
{
    struct network *network = initialized(vm);
    struct resolver_address address;
    if (current_answer(vm, &address))
        network->next_answer++;
    return answer_boolean(vm, call, current_answer(vm, &address));
}

/* getNameInfo: address flags: flags. */
prim_result prim_resolver_get_name_info(struct vm *vm, const prim_call *call)
{
    struct network *network = initialized(vm);
    struct resolver_question question = {.backwards = true};
    int64_t flags;
    if (network == NULL)
        return PRIM_INAPPROPRIATE;
    prim_result result = arg_integer(call, 1, &flags);
    if (result != PRIM_OK)
        return result;
    if (!read_socket_address(network, prim_argument(call, 0), &question.address))
        return PRIM_BAD_ARGUMENT;
    question.flags = (flags & FLAG_NUMERIC) != 0 ? NI_NUMERICHOST | NI_NUMERICSERV : 0;
    return ask(vm, call, &question);
}

/* How long the host, or the service, of the last answer is; with a string to fill, fills it. */
static prim_result with_name(struct vm *vm, const prim_call *call, bool service)
{
    struct resolver_answer *found = last_answer(initialized(vm));
    if (found == NULL)
        return PRIM_INAPPROPRIATE;
    const char *text = service ? found->service : found->host;
    prim_result result = call->argument_count == 0 ? answer_integer(vm, call, (int64_t)strlen(text))
                                                   : fill_string(vm, call, text);
    free(found);
    return result;
}

prim_result prim_resolver_name_host(struct vm *vm, const prim_call *call)
{
    return with_name(vm, call, false);
}

prim_result prim_resolver_name_service(struct vm *vm, const prim_call *call)
{
    return with_name(vm, call, true);
}
