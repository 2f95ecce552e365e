#include "primitives/socket_table.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SOCKETS_MAX = 1 << 14, FIRST_SOCKETS = 8 };

/* --- the thread that watches ------------------------------------------------------------------------------------------------- */

static void wake(struct socket_table *table)
{
    uint64_t one = 1;
    while (write(table->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void tell(struct socket_table *table, const struct open_socket *socket,
                 enum socket_semaphore which)
{
    if (socket->semaphores[which] != 0)
        table->signal(table->context, socket->semaphores[which]);
}

/* Watches for an event; the thread learns of it. */
static void watch(struct socket_table *table, struct open_socket *socket, short events)
{
    if (socket->fd < 0 || (socket->watched & events) == events)
        return;
    socket->watched = (short)(socket->watched | events);
    wake(table);
}

static void close_descriptor(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The first connection of a socket that listened for one. */
static void take_over(struct socket_table *table, struct open_socket *socket)
{
    close_descriptor(&socket->fd);
    socket->fd = socket->accepted;
    socket->accepted = -1;
    socket->listening = false;
    socket->status = SOCKET_CONNECTED;
    watch(table, socket, POLLIN);
}

static void accept_waiting(struct socket_table *table, struct open_socket *socket)
{
    if (socket->accepted < 0)
        socket->accepted = accept4(socket->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket->accepted < 0) {
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
            watch(table, socket, POLLIN);
        else
            socket->error = errno;
        return;
    }
    if (socket->takes_over)
        take_over(table, socket);
    else
        socket->status = SOCKET_CONNECTED;
    tell(table, socket, SOCKET_CONNECTION);
}

/* What became of a connection that was begun. */
static void finish_connecting(struct socket_table *table, struct open_socket *socket)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    socket->error = error;
    socket->status = error == 0 ? SOCKET_CONNECTED : SOCKET_UNCONNECTED;
    if (error == 0)
        watch(table, socket, POLLIN);
    else
        close_descriptor(&socket->fd);
    tell(table, socket, SOCKET_CONNECTION);
}

static void happened(struct socket_table *table, struct open_socket *socket, short events)
{
    short broken = POLLERR | POLLHUP | POLLNVAL;
    bool readable = (events & (POLLIN | broken)) != 0 && (socket->watched & POLLIN) != 0;
    bool writable = (events & (POLLOUT | broken)) != 0 && (socket->watched & POLLOUT) != 0;
    socket->watched =
        (short)(socket->watched & ~((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)));
    if (socket->listening) {
        if (readable)
            accept_waiting(table, socket);
        return;
    }
    if (socket->status == SOCKET_WAITING) {
        if (writable)
            finish_connecting(table, socket);
        return;
    }
    char byte;
    if (readable && !socket->datagrams &&
        recv(socket->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        socket->status = SOCKET_OTHER_END_CLOSED;
        tell(table, socket, SOCKET_CONNECTION);
    }
    if (readable)
        tell(table, socket, SOCKET_READING);
    if (writable)
        tell(table, socket, SOCKET_WRITING);
}

/* What the thread waits for: the wake-up first, then every socket that is watched. `indices` are theirs. */
static nfds_t collect(struct socket_table *table, struct pollfd *waiting, size_t *indices)
{
    nfds_t count = 0;
    waiting[count++] = (struct pollfd){.fd = table->wake, .events = POLLIN};
    for (size_t i = 0; i < table->count; i++) {
        const struct open_socket *socket = &table->sockets[i];
        if (socket->used && socket->fd >= 0 && socket->watched != 0) {
            indices[count] = i;
            waiting[count++] = (struct pollfd){.fd = socket->fd, .events = socket->watched};
        }
    }
    return count;
}

static void look(struct socket_table *table, const struct pollfd *waiting, const size_t *indices,
                 nfds_t count)
{
    uint64_t wakes;
    if (waiting[0].revents != 0 && read(table->wake, &wakes, sizeof wakes) < 0)
        wakes = 0;
    for (nfds_t i = 1; i < count; i++) {
        struct open_socket *socket = &table->sockets[indices[i]];
        /* It may have been closed, and its entry used again, while nobody held the lock: then the event is not its own, and watching
         * goes on. */
        if (waiting[i].revents != 0 && socket->used && socket->fd == waiting[i].fd)
            happened(table, socket, waiting[i].revents);
    }
}

static void *thread_main(void *context)
{
    struct socket_table *table = context;
    struct pollfd *waiting = malloc((SOCKETS_MAX + 1) * sizeof *waiting);
    size_t *indices = malloc((SOCKETS_MAX + 1) * sizeof *indices);
    pthread_mutex_lock(&table->mutex);
    while (waiting != NULL && indices != NULL && !table->stopping) {
        nfds_t count = collect(table, waiting, indices);
        pthread_mutex_unlock(&table->mutex);
        int found = poll(waiting, count, -1);
        pthread_mutex_lock(&table->mutex);
        if (found > 0)
            look(table, waiting, indices, count);
    }
    pthread_mutex_unlock(&table->mutex);
    free(waiting);
    free(indices);
    return NULL;
}

/* --- the table --------------------------------------------------------------------------------------------------------------- */

bool socket_table_open(struct socket_table *table, socket_signal *signal, void *context)
{
    *table = (struct socket_table){.signal = signal, .context = context};
    if (!handle_new_session(&table->session))
        return false;
    table->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (table->wake < 0)
        return false;
    pthread_mutex_init(&table->mutex, NULL);
    return true;
}

void socket_table_close(struct socket_table *table)
{
    pthread_mutex_lock(&table->mutex);
    table->stopping = true;
    pthread_mutex_unlock(&table->mutex);
    if (table->started) {
        wake(table);
        pthread_join(table->thread, NULL);
    }
    for (size_t i = 0; i < table->count; i++)
        if (table->sockets[i].used) {
            close_descriptor(&table->sockets[i].fd);
            close_descriptor(&table->sockets[i].accepted);
        }
    free(table->sockets);
    close(table->wake);
    pthread_mutex_destroy(&table->mutex);
}

/* A free entry; NULL when memory or the limit is used up. */
static struct open_socket *free_entry(struct socket_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (!table->sockets[i].used)
            return &table->sockets[i];
    if (table->count >= SOCKETS_MAX)
        return NULL;
    size_t capacity = table->count == 0 ? FIRST_SOCKETS : 2 * table->count;
    struct open_socket *sockets = realloc(table->sockets, capacity * sizeof *sockets);
    if (sockets == NULL)
        return NULL;
    memset(sockets + table->count, 0, (capacity - table->count) * sizeof *sockets);
    struct open_socket *entry = &sockets[table->count];
    table->sockets = sockets;
    table->count = capacity;
    return entry;
}

/* Takes over the descriptor, which is closed where there is no place for it. The table is locked. */
static int enter(struct socket_table *table, int fd, bool datagrams, enum socket_status status,
                 const size_t semaphores[SOCKET_SEMAPHORES], uint8_t *handle)
{
    struct open_socket *entry = free_entry(table);
    if (entry == NULL) {
        close(fd);
        return ENOMEM;
    }
    uint32_t generation = entry->generation + 1;
    *entry = (struct open_socket){.fd = fd,
                                  .accepted = -1,
                                  .generation = generation,
                                  .used = true,
                                  .datagrams = datagrams,
                                  .status = status};
    memcpy(entry->semaphores, semaphores, sizeof entry->semaphores);
    handle_write(handle, table->session, (size_t)(entry - table->sockets), generation);
    if (!table->started)
        table->started = pthread_create(&table->thread, NULL, thread_main, table) == 0;
    return 0;
}

int socket_create(struct socket_table *table, int family, bool datagrams,
                  const size_t semaphores[SOCKET_SEMAPHORES], uint8_t *handle)
{
    int kind = datagrams ? SOCK_DGRAM : SOCK_STREAM;
    int fd = socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    pthread_mutex_lock(&table->mutex);
    int error = enter(table, fd, datagrams, datagrams ? SOCKET_CONNECTED : SOCKET_UNCONNECTED,
                      semaphores, handle);
    pthread_mutex_unlock(&table->mutex);
    return error;
}

bool socket_find(struct socket_table *table, const uint8_t *bytes, size_t size, size_t *index)
{
    struct handle handle;
    pthread_mutex_lock(&table->mutex);
    bool found = handle_read(&handle, bytes, size, table->session, table->count) &&
                 table->sockets[handle.index].used &&
                 table->sockets[handle.index].generation == handle.generation;
    pthread_mutex_unlock(&table->mutex);
    if (found)
        *index = handle.index;
    return found;
}

static struct open_socket *lock(struct socket_table *table, size_t index)
{
    pthread_mutex_lock(&table->mutex);
    return &table->sockets[index];
}

static int unlock(struct socket_table *table, int error)
{
    pthread_mutex_unlock(&table->mutex);
    return error;
}

void socket_destroy(struct socket_table *table, size_t index)
{
    struct open_socket *socket = lock(table, index);
    close_descriptor(&socket->fd);
    close_descriptor(&socket->accepted);
    socket->used = false;
    wake(table);
    unlock(table, 0);
}

void socket_end(struct socket_table *table, size_t index, bool at_once)
{
    struct open_socket *socket = lock(table, index);
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (socket->fd >= 0 && at_once)
        setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close_descriptor(&socket->fd);
    close_descriptor(&socket->accepted);
    socket->status = SOCKET_UNCONNECTED;
    socket->listening = false;
    socket->watched = 0;
    for (size_t i = 0; i < SOCKET_SEMAPHORES; i++)
        tell(table, socket, (enum socket_semaphore)i);
    wake(table);
    unlock(table, 0);
}

/* --- connections ------------------------------------------------------------------------------------------------------------- */

int socket_connect(struct socket_table *table, size_t index, const struct socket_address *address)
{
    struct open_socket *socket = lock(table, index);
    if (socket->fd < 0)
        return unlock(table, EBADF);
    if (connect(socket->fd, &address->any, address->size) == 0) {
        socket->status = SOCKET_CONNECTED;
        watch(table, socket, POLLIN);
        tell(table, socket, SOCKET_CONNECTION);
    } else if (errno == EINPROGRESS || errno == EINTR) {
        socket->status = SOCKET_WAITING;
        watch(table, socket, POLLOUT);
    } else {
        socket->error = errno;
        socket->status = socket->datagrams ? SOCKET_CONNECTED : SOCKET_UNCONNECTED;
        tell(table, socket, SOCKET_CONNECTION);
    }
    return unlock(table, 0);
}

int socket_bind(struct socket_table *table, size_t index, const struct socket_address *address)
{
    struct open_socket *socket = lock(table, index);
    int error = bind(socket->fd, &address->any, address->size) == 0 ? 0 : errno;
    socket->error = error;
    return unlock(table, error);
}

int socket_listen(struct socket_table *table, size_t index, int backlog)
{
    struct open_socket *socket = lock(table, index);
    if (socket->datagrams)
        return unlock(table, 0);
    int error = listen(socket->fd, backlog < 1 ? 1 : backlog) == 0 ? 0 : errno;
    socket->error = error;
    if (error == 0) {
        socket->listening = true;
        socket->takes_over = backlog <= 1;
        socket->status = SOCKET_WAITING;
        watch(table, socket, POLLIN);
    }
    return unlock(table, error);
}

int socket_accept(struct socket_table *table, size_t listener,
                  const size_t semaphores[SOCKET_SEMAPHORES], uint8_t *handle)
{
    struct open_socket *socket = lock(table, listener);
    if (!socket->listening)
        return unlock(table, EINVAL);
    int fd = socket->accepted;
    if (fd < 0)
        return unlock(table, EAGAIN);
    socket->accepted = -1;
    socket->status = SOCKET_WAITING;
    watch(table, socket, POLLIN);
    /* The table may move. */
    return unlock(table, enter(table, fd, false, SOCKET_CONNECTED, semaphores, handle));
}

enum socket_status socket_status_of(struct socket_table *table, size_t index)
{
    char byte;
    struct open_socket *socket = lock(table, index);
    if (socket->status == SOCKET_CONNECTED && !socket->datagrams && !socket->listening) {
        ssize_t size = recv(socket->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
            socket->error = size == 0 ? 0 : errno;
            socket->status = SOCKET_OTHER_END_CLOSED;
        }
    }
    enum socket_status status = socket->status;
    unlock(table, 0);
    return status;
}

int socket_error_of(struct socket_table *table, size_t index)
{
    return unlock(table, lock(table, index)->error);
}

int socket_address_of(struct socket_table *table, size_t index, bool remote,
                      struct socket_address *address)
{
    struct open_socket *socket = lock(table, index);
    address->size = sizeof *address - offsetof(struct socket_address, any);
    int result = remote ? getpeername(socket->fd, &address->any, &address->size)
                        : getsockname(socket->fd, &address->any, &address->size);
    return unlock(table, result == 0 ? 0 : errno);
}

/* --- data -------------------------------------------------------------------------------------------------------------------- */

bool socket_is_ready(struct socket_table *table, size_t index, bool writing)
{
    struct open_socket *socket = lock(table, index);
    struct pollfd asked = {.fd = socket->fd, .events = writing ? POLLOUT : POLLIN};
    bool open = socket->fd >= 0 && !socket->listening &&
                (socket->status == SOCKET_CONNECTED || socket->status == SOCKET_OTHER_END_CLOSED);
    bool ready = open && poll(&asked, 1, 0) > 0 && (asked.revents & asked.events) != 0;
    /* The end of what can be read is no data. */
    char byte;
    if (ready && !writing && !socket->datagrams &&
        recv(socket->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
        socket->status = SOCKET_OTHER_END_CLOSED;
        ready = false;
    } else if (open && !ready) {
        watch(table, socket, asked.events);
    }
    unlock(table, 0);
    return ready;
}

/* What a transfer of `size` bytes means that answered less than none. */
static int failed_transfer(struct socket_table *table, struct open_socket *socket, short event)
{
    if (errno == EAGAIN || errno == EINTR) {
        watch(table, socket, event);
        return 0;
    }
    socket->error = errno;
    if (!socket->datagrams)
        socket->status = SOCKET_OTHER_END_CLOSED;
    return errno;
}

int socket_receive(struct socket_table *table, size_t index, void *bytes, size_t size,
                   struct socket_address *from, size_t *taken)
{
    struct open_socket *socket = lock(table, index);
    struct socket_address ignored;
    struct socket_address *source = from != NULL ? from : &ignored;
    *taken = 0;
    if (socket->fd < 0 || socket->listening)
        return unlock(table, ENOTCONN);
    source->size = sizeof *source - offsetof(struct socket_address, any);
    ssize_t got = recvfrom(socket->fd, bytes, size, 0, &source->any, &source->size);
    if (got < 0)
        return unlock(table, failed_transfer(table, socket, POLLIN));
    if (got == 0 && size > 0 && !socket->datagrams) {
        socket->status = SOCKET_OTHER_END_CLOSED;
        tell(table, socket, SOCKET_CONNECTION);
    } else {
        watch(table, socket, POLLIN);
    }
    *taken = (size_t)got;
    return unlock(table, 0);
}

int socket_send(struct socket_table *table, size_t index, const void *bytes, size_t size,
                const struct socket_address *to, size_t *taken)
{
    struct open_socket *socket = lock(table, index);
    *taken = 0;
    if (socket->fd < 0 || socket->listening)
        return unlock(table, ENOTCONN);
    ssize_t sent = sendto(socket->fd, bytes, size, MSG_NOSIGNAL, to == NULL ? NULL : &to->any,
                          to == NULL ? 0 : to->size);
    if (sent < 0)
        return unlock(table, failed_transfer(table, socket, POLLOUT));
    if ((size_t)sent < size)
        watch(table, socket, POLLOUT);
    *taken = (size_t)sent;
    return unlock(table, 0);
}

int socket_get_option(struct socket_table *table, size_t index, int level, int name, int *value)
{
    struct linger linger = {0, 0};
    int fd = lock(table, index)->fd;
    bool lingers = level == SOL_SOCKET && name == SO_LINGER;
    socklen_t size = lingers ? sizeof linger : sizeof *value;
    *value = 0;
    int error =
        getsockopt(fd, level, name, lingers ? (void *)&linger : value, &size) == 0 ? 0 : errno;
    if (lingers)
        *value = linger.l_onoff ? linger.l_linger : 0;
    return unlock(table, error);
}

int socket_set_option(struct socket_table *table, size_t index, int level, int name, int value)
{
    struct linger linger = {value > 0, value};
    int fd = lock(table, index)->fd;
    bool lingers = level == SOL_SOCKET && name == SO_LINGER;
    socklen_t size = lingers ? sizeof linger : sizeof value;
    int error = setsockopt(fd, level, name, lingers ? (const void *)&linger : &value, size) == 0
                    ? 0
                    : errno;
    return unlock(table, error);
}
