#include "primitives/resolver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Lives as long as the owner or a thread needs it. */
struct resolver {
    pthread_mutex_t mutex;
    size_t users;
    socket_signal *signal; /* NULL: closed */
    void *context;
    size_t semaphore;
    uint64_t number; /* of the question that is awaited */
    enum resolver_status status;
    struct resolver_answer answer;
};

struct errand {
    struct resolver *resolver;
    uint64_t number;
    struct resolver_question question;
    struct resolver_answer answer;
};

struct resolver *resolver_open(socket_signal *signal, void *context, size_t semaphore)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL)
        return NULL;
    pthread_mutex_init(&resolver->mutex, NULL);
    resolver->users = 1;
    resolver->signal = signal;
    resolver->context = context;
    resolver->semaphore = semaphore;
    resolver->status = RESOLVER_READY;
    return resolver;
}

/* The lock is held, and given back. */
static void leave(struct resolver *resolver)
{
    bool last = --resolver->users == 0;
    pthread_mutex_unlock(&resolver->mutex);
    if (last) {
        pthread_mutex_destroy(&resolver->mutex);
        free(resolver);
    }
}

void resolver_close(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->mutex);
    resolver->signal = NULL;
    leave(resolver);
}

void resolver_set_semaphore(struct resolver *resolver, size_t semaphore)
{
    pthread_mutex_lock(&resolver->mutex);
    resolver->semaphore = semaphore;
    pthread_mutex_unlock(&resolver->mutex);
}

enum resolver_status resolver_status(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->mutex);
    enum resolver_status status = resolver->status;
    pthread_mutex_unlock(&resolver->mutex);
    return status;
}

/* Addresses of a kind that is known here. */
static void keep_addresses(struct resolver_answer *answer, const struct addrinfo *list)
{
    for (; list != NULL && answer->count < RESOLVER_ANSWERS_MAX; list = list->ai_next) {
        struct resolver_address *address = &answer->addresses[answer->count];
        size_t room = sizeof address->address - offsetof(struct socket_address, any);
        if ((list->ai_family != AF_INET && list->ai_family != AF_INET6) || list->ai_addrlen > room)
            continue;
        memcpy(&address->address.any, list->ai_addr, list->ai_addrlen);
        address->address.size = list->ai_addrlen;
        address->family = list->ai_family;
        address->type = list->ai_socktype;
        address->protocol = list->ai_protocol;
        answer->count++;
    }
}

static void find_addresses(struct errand *errand)
{
    struct resolver_question *question = &errand->question;
    struct addrinfo *list = NULL;
    question->hints.ai_flags = question->flags;
    errand->answer.error = getaddrinfo(question->host[0] == '\0' ? NULL : question->host,
                                       question->service[0] == '\0' ? NULL : question->service,
                                       &question->hints, &list);
    if (errand->answer.error == 0) {
        keep_addresses(&errand->answer, list);
        freeaddrinfo(list);
    }
    if (errand->answer.error == 0 && errand->answer.count == 0)
        errand->answer.error = EAI_NONAME;
}

static void find_name(struct errand *errand)
{
    const struct resolver_question *question = &errand->question;
    errand->answer.error =
        getnameinfo(&question->address.any, question->address.size, errand->answer.host,
                    sizeof errand->answer.host, errand->answer.service,
                    sizeof errand->answer.service, question->flags);
}

static void *errand_main(void *context)
{
    struct errand *errand = context;
    struct resolver *resolver = errand->resolver;
    if (errand->question.backwards)
        find_name(errand);
    else
        find_addresses(errand);
    pthread_mutex_lock(&resolver->mutex);
    if (resolver->number == errand->number && resolver->status == RESOLVER_BUSY) {
        resolver->answer = errand->answer;
        resolver->status = errand->answer.error == 0 ? RESOLVER_READY : RESOLVER_ERROR;
        if (resolver->signal != NULL && resolver->semaphore != 0)
            resolver->signal(resolver->context, resolver->semaphore);
    }
    leave(resolver);
    free(errand);
    return NULL;
}

static int start(struct errand *errand)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attributes, errand_main, errand);
    pthread_attr_destroy(&attributes);
    return error == 0 ? 0 : EAGAIN;
}

int resolver_ask(struct resolver *resolver, const struct resolver_question *question)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL)
        return ENOMEM;
    pthread_mutex_lock(&resolver->mutex);
    int error = resolver->status == RESOLVER_BUSY ? EBUSY : 0;
    if (error == 0) {
        errand->resolver = resolver;
        errand->number = ++resolver->number;
        errand->question = *question;
        resolver->users++;
        resolver->status = RESOLVER_BUSY;
        memset(&resolver->answer, 0, sizeof resolver->answer);
        error = start(errand);
        if (error != 0) {
            resolver->users--;
            resolver->status = RESOLVER_READY;
        }
    }
    pthread_mutex_unlock(&resolver->mutex);
    if (error != 0)
        free(errand);
    return error;
}

void resolver_abort(struct resolver *resolver)
{
    pthread_mutex_lock(&resolver->mutex);
    resolver->number++;
    resolver->status = RESOLVER_READY;
    pthread_mutex_unlock(&resolver->mutex);
}

void resolver_last(struct resolver *resolver, struct resolver_answer *answer)
{
    pthread_mutex_lock(&resolver->mutex);
    *answer = resolver->answer;
    pthread_mutex_unlock(&resolver->mutex);
}
