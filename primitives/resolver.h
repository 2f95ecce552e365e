/*
 * Names and addresses of the network, asked for in a thread of their own: one question at a time, whose answers stay until the next.
 * An answer that comes after its question was given up is dropped. Nothing here knows objects.
 */
#ifndef VIV_PRIMITIVES_RESOLVER_H
#define VIV_PRIMITIVES_RESOLVER_H

#include "primitives/socket_table.h"

#include <netdb.h>

enum { RESOLVER_ANSWERS_MAX = 32 };

/* As images count them. */
enum resolver_status { RESOLVER_UNINITIALIZED, RESOLVER_READY, RESOLVER_BUSY, RESOLVER_ERROR };

struct resolver_address {
    struct socket_address address;
    int family; /* AF_INET, AF_INET6 */
    int type;   /* SOCK_STREAM ... */
    int protocol;
};

struct resolver_question {
    bool backwards; /* the name of an address */
    int flags;      /* AI_..., or NI_... backwards */
    struct addrinfo hints;
    struct socket_address address;
    char host[NI_MAXHOST]; /* empty: none */
    char service[NI_MAXSERV];
};

struct resolver_answer {
    int error; /* of getaddrinfo; 0 for none */
    size_t count;
    struct resolver_address addresses[RESOLVER_ANSWERS_MAX];
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
};

struct resolver;

/* NULL without memory. semaphore: told when an answer has come; 0: none. */
struct resolver *resolver_open(socket_signal *signal, void *context, size_t semaphore);
/* Nobody is told anything after this, also where an answer is still awaited. */
void resolver_close(struct resolver *resolver);

void resolver_set_semaphore(struct resolver *resolver, size_t semaphore);
enum resolver_status resolver_status(struct resolver *resolver);
/* EBUSY while another question is open; EAGAIN without a thread. */
int resolver_ask(struct resolver *resolver, const struct resolver_question *question) VIV_MUST_USE;
/* Gives the question up. */
void resolver_abort(struct resolver *resolver);
/* A copy of the last answer; all zeros where there was none. */
void resolver_last(struct resolver *resolver, struct resolver_answer *answer);

#endif
