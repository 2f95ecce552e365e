/*
 * The sockets that one VM has open, named by handles (vm/base/handle.h), and the thread that watches them. Nothing here knows
 * objects. Nothing waits: what cannot be done at once is watched for, and the semaphores of the socket are signalled when it can.
 *
 * All functions but open and close of the table may be called while the thread runs; they lock the table. Functions answer 0 or an
 * error number.
 */
#ifndef VIV_PRIMITIVES_SOCKET_TABLE_H
#define VIV_PRIMITIVES_SOCKET_TABLE_H

#include "vm/base/assert.h"
#include "vm/base/handle.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

/* As images count them. */
enum socket_status {
    SOCKET_INVALID = -1,
    SOCKET_UNCONNECTED,
    SOCKET_WAITING, /* connecting, or listening */
    SOCKET_CONNECTED,
    SOCKET_OTHER_END_CLOSED,
    SOCKET_THIS_END_CLOSED
};

enum socket_semaphore { SOCKET_CONNECTION, SOCKET_READING, SOCKET_WRITING, SOCKET_SEMAPHORES };

struct socket_address {
    socklen_t size;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

struct open_socket {
    int fd;       /* -1: closed, or no socket */
    int accepted; /* a connection that was made and not yet taken, or -1 */
    uint32_t generation;
    bool used;
    bool datagrams;
    bool listening;
    bool takes_over; /* listening for one connection, which this socket becomes */
    short watched;   /* POLLIN, POLLOUT: told once */
    enum socket_status status;
    int error;
    size_t semaphores[SOCKET_SEMAPHORES]; /* indices of external semaphores; 0: none */
};

typedef void socket_signal(void *context, size_t semaphore);

struct socket_table {
    pthread_mutex_t mutex;
    pthread_t thread;
    bool started;
    bool stopping;
    int wake; /* eventfd: the thread looks again */
    uint64_t session;
    struct open_socket *sockets;
    size_t count;
    socket_signal *signal;
    void *context;
};

/* False when the system gives no thread, descriptor or random number. */
bool socket_table_open(struct socket_table *table, socket_signal *signal,
                       void *context) VIV_MUST_USE;
/* Ends the thread and closes every socket. */
void socket_table_close(struct socket_table *table);

/* Each writes HANDLE_SIZE bytes when it answers 0. family: AF_INET, AF_INET6. */
int socket_create(struct socket_table *table, int family, bool datagrams,
                  const size_t semaphores[SOCKET_SEMAPHORES], uint8_t *handle) VIV_MUST_USE;
/* Takes the connection that a listening socket has; EAGAIN when there is none. */
int socket_accept(struct socket_table *table, size_t listener,
                  const size_t semaphores[SOCKET_SEMAPHORES], uint8_t *handle) VIV_MUST_USE;

/* The index of the socket that a handle names; false when it names none. */
bool socket_find(struct socket_table *table, const uint8_t *handle, size_t size,
                 size_t *index) VIV_MUST_USE;

/* Closes the socket, if it is open, and frees its entry. */
void socket_destroy(struct socket_table *table, size_t index);
/* Ends the connection: what was sent still arrives, or, with at_once, is dropped. */
void socket_end(struct socket_table *table, size_t index, bool at_once);

/* The result shows in the status. */
int socket_connect(struct socket_table *table, size_t index,
                   const struct socket_address *address) VIV_MUST_USE;
int socket_bind(struct socket_table *table, size_t index,
                const struct socket_address *address) VIV_MUST_USE;
/* backlog 0 or 1: the socket becomes the first connection that comes. */
int socket_listen(struct socket_table *table, size_t index, int backlog) VIV_MUST_USE;

enum socket_status socket_status_of(struct socket_table *table, size_t index);
int socket_error_of(struct socket_table *table, size_t index);
/* The address of this end, or of the other; ENOTCONN. */
int socket_address_of(struct socket_table *table, size_t index, bool remote,
                      struct socket_address *address) VIV_MUST_USE;

/* Whether it could be read, or written, now; watches for it where not. */
bool socket_is_ready(struct socket_table *table, size_t index, bool writing);
/* *taken 0 when there is nothing to read, or no room to send: that is watched for. from, to: of datagrams, or NULL. */
int socket_receive(struct socket_table *table, size_t index, void *bytes, size_t size,
                   struct socket_address *from, size_t *taken) VIV_MUST_USE;
int socket_send(struct socket_table *table, size_t index, const void *bytes, size_t size,
                const struct socket_address *to, size_t *taken) VIV_MUST_USE;

/* An option of level and name as an int. */
int socket_get_option(struct socket_table *table, size_t index, int level, int name,
                      int *value) VIV_MUST_USE;
int socket_set_option(struct socket_table *table, size_t index, int level, int name,
                      int value) VIV_MUST_USE;

#endif
