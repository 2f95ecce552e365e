/*
 * SocketPlugin on the loopback: connections of both kinds, what is watched is told, the resolver, options, datagrams; stale and forged
 * handles and every wrong argument fail.
 */
#include "primitives/socket_table.h"
#include "tests/unit/primitives/modules.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <time.h>

enum { PATIENCE_MS = 5000, STEP_MS = 2, LARGE = 1 << 20 };

static const char *const NET = "SocketPlugin";

static void pause_a_moment(void)
{
    nanosleep(&(struct timespec){0, STEP_MS * 1000000L}, NULL);
}

static oop loopback(struct world *world)
{
    return bytes_of(world, "\x7F\x00\x00\x01", 4);
}

static oop new_socket(struct world *world, int64_t kind)
{
    oop handle = CALL(world, NET, "primitiveSocketCreate", world->heap->nil, small(0), small(kind),
                      small(0), small(0), small(0));
    assert_int_equal(world->result, PRIM_OK);
    return handle;
}

static int64_t status_of(struct world *world, oop socket)
{
    return oop_to_integer(CALL(world, NET, "primitiveSocketConnectionStatus", socket, socket));
}

static void wait_for_status(struct world *world, oop socket, int64_t wanted)
{
    for (int i = 0; i < PATIENCE_MS / STEP_MS && status_of(world, socket) != wanted; i++)
        pause_a_moment();
    assert_int_equal(status_of(world, socket), wanted);
}

static oop listen_on(struct world *world, int64_t backlog)
{
    oop listener = new_socket(world, 0);
    CALL(world, NET, "primitiveSocketListenOnPortBacklogInterface", listener, listener, small(0),
         small(backlog), loopback(world));
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(status_of(world, listener), SOCKET_WAITING);
    return listener;
}

static oop connect_to(struct world *world, oop listener)
{
    oop client = new_socket(world, 0);
    oop port = CALL(world, NET, "primitiveSocketLocalPort", listener, listener);
    CALL(world, NET, "primitiveSocketConnectToPort", client, client, loopback(world), port);
    assert_int_equal(world->result, PRIM_OK);
    wait_for_status(world, client, SOCKET_CONNECTED);
    return client;
}

static oop accept_from(struct world *world, oop listener)
{
    wait_for_status(world, listener, SOCKET_CONNECTED);
    oop server =
        CALL(world, NET, "primitiveSocketAccept", listener, listener, small(0), small(0), small(0));
    assert_int_equal(world->result, PRIM_OK);
    return server;
}

static void destroy(struct world *world, oop socket)
{
    CALL(world, NET, "primitiveSocketDestroy", socket, socket);
    assert_int_equal(world->result, PRIM_OK);
    assert_int_equal(status_of(world, socket), SOCKET_INVALID);
}

static int64_t send_text(struct world *world, oop socket, const char *text)
{
    oop sent = CALL(world, NET, "primitiveSocketSendDataBufCount", socket, socket,
                    string_of(world, text), small(1), small((int64_t)strlen(text)));
    assert_int_equal(world->result, PRIM_OK);
    return oop_to_integer(sent);
}

static void wait_for_data(struct world *world, oop socket)
{
    oop yes = world->heap->true_object;
    for (int i = 0; i < PATIENCE_MS / STEP_MS; i++) {
        if (oop_same(CALL(world, NET, "primitiveSocketReceiveDataAvailable", socket, socket), yes))
            return;
        pause_a_moment();
    }
    fail_msg("no data came");
}

static void expect_text(struct world *world, oop socket, const char *text)
{
    oop buffer = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 64);
    wait_for_data(world, socket);
    oop got = CALL(world, NET, "primitiveSocketReceiveDataBufCount", socket, socket, buffer,
                   small(3), small(62));
    assert_true(oop_same(got, small((int64_t)strlen(text))));
    assert_memory_equal(object_bytes(buffer) + 2, text, strlen(text));
}

static void a_server_takes_connections_and_both_talk(void **state)
{
    struct world *world = *state;
    oop listener = listen_on(world, 5);
    CALL(world, NET, "primitiveSocketAccept", listener, listener, small(0), small(0), small(0));
    assert_int_equal(world->result, PRIM_OPERATING_SYSTEM_ERROR);
    oop one = connect_to(world, listener);
    oop server = accept_from(world, listener);
    oop two = connect_to(world, listener);
    oop other = accept_from(world, listener);
    assert_int_equal(send_text(world, one, "hello"), 5);
    assert_int_equal(send_text(world, other, "second"), 6);
    expect_text(world, server, "hello");
    expect_text(world, two, "second");
    assert_true(
        oop_same(CALL(world, NET, "primitiveSocketSendDone", one, one), world->heap->true_object));
    assert_true(oop_same(CALL(world, NET, "primitiveSocketReceiveDataAvailable", server, server),
                         world->heap->false_object));
    assert_true(oop_same(CALL(world, NET, "primitiveSocketRemotePort", one, one),
                         CALL(world, NET, "primitiveSocketLocalPort", server, server)));
    oop host = CALL(world, NET, "primitiveSocketRemoteAddress", one, one);
    assert_memory_equal(object_bytes(host), "\x7F\x00\x00\x01", 4);
    CALL(world, NET, "primitiveSocketCloseConnection", one, one);
    assert_int_equal(status_of(world, one), SOCKET_UNCONNECTED);
    wait_for_status(world, server, SOCKET_OTHER_END_CLOSED);
    oop sockets[] = {listener, one, two, server, other};
    for (size_t i = 0; i < 5; i++)
        destroy(world, sockets[i]);
}

static void a_socket_that_listens_for_one_becomes_the_connection(void **state)
{
    struct world *world = *state;
    oop listener = listen_on(world, 0);
    oop client = connect_to(world, listener);
    wait_for_status(world, listener, SOCKET_CONNECTED);
    send_text(world, client, "to the listener");
    expect_text(world, listener, "to the listener");
    CALL(world, NET, "primitiveSocketAccept", listener, listener, small(0), small(0), small(0));
    assert_int_equal(world->result, PRIM_OPERATING_SYSTEM_ERROR);
    CALL(world, NET, "primitiveSocketAbortConnection", client, client);
    wait_for_status(world, listener, SOCKET_OTHER_END_CLOSED);
    destroy(world, listener);
    destroy(world, client);
}

static void much_is_sent_in_parts(void **state)
{
    struct world *world = *state;
    oop listener = listen_on(world, 5);
    oop client = connect_to(world, listener);
    oop server = accept_from(world, listener);
    oop data = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, LARGE);
    oop copy = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, LARGE);
    for (size_t i = 0; i < LARGE; i++)
        object_bytes(data)[i] = (uint8_t)(i * 7 + i / 1000);
    int64_t sent = 0, got = 0;
    for (int i = 0; i < 100000 && got < LARGE; i++) {
        if (sent < LARGE)
            sent += oop_to_integer(CALL(world, NET, "primitiveSocketSendDataBufCount", client,
                                        client, data, small(sent + 1), small(LARGE - sent)));
        int64_t part = LARGE - got < 5000 ? LARGE - got : 5000;
        got += oop_to_integer(CALL(world, NET, "primitiveSocketReceiveDataBufCount", server, server,
                                   copy, small(got + 1), small(part)));
    }
    assert_int_equal(got, LARGE);
    assert_memory_equal(object_bytes(copy), object_bytes(data), LARGE);
    oop sockets[] = {listener, client, server};
    for (size_t i = 0; i < 3; i++)
        destroy(world, sockets[i]);
}

static void nobody_there_is_an_error_in_the_status(void **state)
{
    struct world *world = *state;
    oop listener = listen_on(world, 5);
    oop port = CALL(world, NET, "primitiveSocketLocalPort", listener, listener);
    destroy(world, listener);
    oop client = new_socket(world, 0);
    CALL(world, NET, "primitiveSocketConnectToPort", client, client, loopback(world), port);
    wait_for_status(world, client, SOCKET_UNCONNECTED);
    assert_true(oop_to_integer(CALL(world, NET, "primitiveSocketError", client, client)) > 0);
    CALL(world, NET, "primitiveSocketSendDataBufCount", client, client, string_of(world, "x"),
         small(1), small(1));
    assert_int_equal(world->result, PRIM_OPERATING_SYSTEM_ERROR);
    destroy(world, client);
}

static void datagrams_come_with_their_sender(void **state)
{
    struct world *world = *state;
    oop one = new_socket(world, 1), two = new_socket(world, 1);
    CALL(world, NET, "primitiveSocketBindToPort", one, one, loopback(world), small(0));
    oop port = CALL(world, NET, "primitiveSocketLocalPort", one, one);
    CALL(world, NET, "primitiveSocketSendUDPDataBufCount", two, two, string_of(world, "a datagram"),
         loopback(world), port, small(3), small(8));
    assert_int_equal(world->result, PRIM_OK);
    wait_for_data(world, one);
    oop buffer = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, 64);
    oop fields = CALL(world, NET, "primitiveSocketReceiveUDPDataBufCount", one, one, buffer,
                      small(1), small(64));
    assert_true(oop_same(object_slot(fields, 0), small(8)));
    assert_memory_equal(object_bytes(buffer), "datagram", 8);
    assert_memory_equal(object_bytes(object_slot(fields, 1)), "\x7F\x00\x00\x01", 4);
    assert_true(
        oop_same(object_slot(fields, 2), CALL(world, NET, "primitiveSocketLocalPort", two, two)));
    fields = CALL(world, NET, "primitiveSocketReceiveUDPDataBufCount", one, one, buffer, small(1),
                  small(64));
    assert_true(oop_same(object_slot(fields, 0), small(0)));
    destroy(world, one);
    destroy(world, two);
}

static void options_are_set_and_read(void **state)
{
    struct world *world = *state;
    oop socket = new_socket(world, 0);
    oop name = string_of(world, "TCP_NODELAY");
    oop values[] = {world->heap->true_object, small(1), string_of(world, "1"),
                    bytes_of(world, (int[]){1}, 4)};
    for (size_t i = 0; i < 4; i++) {
        CALL(world, NET, "primitiveSocketSetOptions", socket, socket, name,
             world->heap->false_object);
        oop pair = CALL(world, NET, "primitiveSocketSetOptions", socket, socket, name, values[i]);
        assert_true(oop_same(object_slot(pair, 0), small(0)));
        pair = CALL(world, NET, "primitiveSocketGetOptions", socket, socket, name);
        assert_true(oop_same(object_slot(pair, 1), small(1)));
    }
    CALL(world, NET, "primitiveSocketGetOptions", socket, socket, string_of(world, "NO_SUCH"));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, NET, "primitiveSocketSetOptions", socket, socket, string_of(world, "SO_LINGER"),
         string_of(world, "x"));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    destroy(world, socket);
}

static void stale_and_forged_handles_name_nothing(void **state)
{
    struct world *world = *state;
    oop socket = new_socket(world, 0);
    oop stale = bytes_of(world, object_bytes(socket), HANDLE_SIZE);
    destroy(world, socket);
    oop again = new_socket(world, 0);
    oop forged = bytes_of(world, object_bytes(again), HANDLE_SIZE);
    object_bytes(forged)[8] = 77;
    oop wrong[] = {stale, forged, bytes_of(world, "", 0), world->heap->nil, small(1)};
    for (size_t i = 0; i < 5; i++) {
        CALL(world, NET, "primitiveSocketDestroy", wrong[i], wrong[i]);
        assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    }
    assert_int_equal(status_of(world, again), SOCKET_UNCONNECTED);
    destroy(world, again);
}

/* --- the resolver ------------------------------------------------------------------------------------------------------------ */

static void wait_for_answer(struct world *world)
{
    oop nil = world->heap->nil;
    for (int i = 0; i < PATIENCE_MS / STEP_MS &&
                    oop_same(CALL0(world, NET, "primitiveResolverStatus", nil), small(2));
         i++)
        pause_a_moment();
}

static void names_and_addresses_are_found(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    assert_true(oop_same(CALL0(world, NET, "primitiveResolverStatus", nil), small(0)));
    CALL(world, NET, "primitiveResolverStartNameLookup", nil, string_of(world, "localhost"));
    assert_int_equal(world->result, PRIM_INAPPROPRIATE);
    CALL(world, NET, "primitiveInitializeNetwork", nil, small(0));
    assert_true(oop_same(CALL0(world, NET, "primitiveResolverStatus", nil), small(1)));
    CALL(world, NET, "primitiveResolverStartNameLookup", nil, string_of(world, "localhost"));
    wait_for_answer(world);
    oop address = CALL0(world, NET, "primitiveResolverNameLookupResult", nil);
    assert_memory_equal(object_bytes(address), "\x7F\x00\x00\x01", 4);
    CALL(world, NET, "primitiveResolverStartAddressLookup", nil, address);
    wait_for_answer(world);
    oop name = CALL0(world, NET, "primitiveResolverAddressLookupResult", nil);
    assert_true(oop_is_bytes(name) && object_byte_count(name) > 0);
    CALL(world, NET, "primitiveResolverStartNameLookup", nil,
         string_of(world, "not a name..of anything"));
    wait_for_answer(world);
    assert_true(oop_same(CALL0(world, NET, "primitiveResolverStatus", nil), small(3)));
    assert_true(oop_to_integer(CALL0(world, NET, "primitiveResolverError", nil)) > 0);
    assert_true(oop_same(CALL0(world, NET, "primitiveResolverNameLookupResult", nil), nil));
    CALL0(world, NET, "primitiveResolverAbortLookup", nil);
    assert_true(oop_same(CALL0(world, NET, "primitiveResolverStatus", nil), small(1)));
}

static void socket_addresses_are_found_and_used(void **state)
{
    struct world *world = *state;
    oop nil = world->heap->nil;
    CALL(world, NET, "primitiveInitializeNetwork", nil, small(0));
    CALL(world, NET, "primitiveResolverGetAddressInfo", nil, string_of(world, "127.0.0.1"),
         string_of(world, ""), small(1), small(2), small(1), small(1));
    wait_for_answer(world);
    oop size = CALL0(world, NET, "primitiveResolverGetAddressInfoSize", nil);
    oop address = heap_allocate_bytes(world->heap, CLASS_BYTE_ARRAY, (size_t)oop_to_integer(size));
    CALL(world, NET, "primitiveResolverGetAddressInfoResult", nil, address);
    assert_int_equal(world->result, PRIM_OK);
    assert_true(
        oop_same(CALL0(world, NET, "primitiveResolverGetAddressInfoFamily", nil), small(2)));
    assert_true(oop_same(CALL0(world, NET, "primitiveResolverGetAddressInfoNext", nil),
                         world->heap->false_object));
    assert_true(oop_same(CALL0(world, NET, "primitiveResolverGetAddressInfoSize", nil), small(-1)));
    oop listener = new_socket(world, 0);
    CALL(world, NET, "primitiveSocketBindTo", listener, listener, address);
    CALL(world, NET, "primitiveSocketListenWithBacklog", listener, listener, small(4));
    assert_int_equal(world->result, PRIM_OK);
    CALL(world, NET, "primitiveSocketLocalAddressResult", listener, listener, address);
    oop port = CALL0(world, NET, "primitiveSocketAddressGetPort", address);
    assert_true(oop_same(port, CALL(world, NET, "primitiveSocketLocalPort", listener, listener)));
    oop client = new_socket(world, 0);
    CALL(world, NET, "primitiveSocketConnectTo", client, client, address);
    wait_for_status(world, client, SOCKET_CONNECTED);
    CALL(world, NET, "primitiveSocketAddressSetPort", address, small(80));
    assert_true(oop_same(CALL0(world, NET, "primitiveSocketAddressGetPort", address), small(80)));
    CALL(world, NET, "primitiveSocketAddressSetPort", address, small(65536));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    object_bytes(address)[0] ^= 1;
    CALL(world, NET, "primitiveSocketConnectTo", client, client, address);
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    CALL(world, NET, "primitiveResolverGetNameInfo", nil, address, small(1));
    assert_int_equal(world->result, PRIM_BAD_ARGUMENT);
    destroy(world, client);
    destroy(world, listener);
}

/* --- what is watched --------------------------------------------------------------------------------------------------------- */

static atomic_uint told[8];

static void note(void *context, size_t semaphore)
{
    (void)context;
    atomic_fetch_add(&told[semaphore], 1);
}

static void wait_until_told(size_t semaphore)
{
    for (int i = 0; i < PATIENCE_MS / STEP_MS && atomic_load(&told[semaphore]) == 0; i++)
        pause_a_moment();
    if (atomic_load(&told[semaphore]) == 0)
        fail_msg("semaphore %zu was not told", semaphore);
    atomic_store(&told[semaphore], 0);
}

static void semaphores_are_told_what_happened(void **state)
{
    (void)state;
    struct socket_table table;
    uint8_t handle[HANDLE_SIZE];
    size_t listener, client, server, taken;
    static const size_t first[] = {1, 2, 3}, second[] = {4, 5, 6};
    struct socket_address here = {.size = sizeof here.v4};
    char byte;
    here.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_true(socket_table_open(&table, note, NULL));
    assert_int_equal(socket_create(&table, AF_INET, false, first, handle), 0);
    assert_true(socket_find(&table, handle, sizeof handle, &listener));
    assert_int_equal(socket_bind(&table, listener, &here), 0);
    assert_int_equal(socket_listen(&table, listener, 5), 0);
    assert_int_equal(socket_address_of(&table, listener, false, &here), 0);
    assert_int_equal(socket_create(&table, AF_INET, false, second, handle), 0);
    assert_true(socket_find(&table, handle, sizeof handle, &client));
    assert_int_equal(socket_connect(&table, client, &here), 0);
    wait_until_told(4);
    wait_until_told(1);
    assert_int_equal(socket_accept(&table, listener, first, handle), 0);
    assert_true(socket_find(&table, handle, sizeof handle, &server));
    assert_false(socket_is_ready(&table, server, false));
    assert_int_equal(socket_send(&table, client, "x", 1, NULL, &taken), 0);
    wait_until_told(2);
    assert_true(socket_is_ready(&table, server, false));
    assert_int_equal(socket_receive(&table, server, &byte, 1, NULL, &taken), 0);
    assert_int_equal(taken, 1);
    /* Sends until there is no room; told when there is again. */
    static char much[1 << 16];
    size_t sent = 0, received = 0;
    do {
        /* Before the call that finds no room: there may be some as soon as it returns. */
        atomic_store(&told[6], 0);
        assert_int_equal(socket_send(&table, client, much, sizeof much, NULL, &taken), 0);
        sent += taken;
    } while (taken > 0);
    for (int i = 0; i < PATIENCE_MS / STEP_MS && received < sent; i++) {
        do {
            assert_int_equal(socket_receive(&table, server, much, sizeof much, NULL, &taken), 0);
            received += taken;
        } while (taken > 0);
        /* What was on its way is there, and told: only the end is still awaited when nothing is left. */
        pause_a_moment();
    }
    assert_int_equal(received, sent);
    assert_int_equal(socket_receive(&table, server, much, sizeof much, NULL, &taken), 0);
    assert_int_equal(taken, 0);
    wait_until_told(6);
    socket_destroy(&table, client);
    wait_until_told(1);
    socket_table_close(&table);
}

static void nothing_else_is_accepted(void **state)
{
    struct world *world = *state;
    oop listener = listen_on(world, 5);
    oop client = connect_to(world, listener);
    oop own[] = {client,   loopback(world), new_socket(world, 1), string_of(world, "TCP_NODELAY"),
                 small(1), small(0)};
    call_with_everything(
        world, NET, own, 6,
        "primitiveSocketCreate3Semaphores primitiveSocketListenOnPortBacklogInterface primitiveSocketListenWithOrWithoutBacklog primitiveSocketListenOnPortBacklog primitiveResolverStartNameLookup primitiveResolverStartAddressLookup primitiveResolverGetAddressInfo primitiveSocketSendUDPDataBufCount");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_takes_connections_and_both_talk),
        cmocka_unit_test(a_socket_that_listens_for_one_becomes_the_connection),
        cmocka_unit_test(much_is_sent_in_parts),
        cmocka_unit_test(nobody_there_is_an_error_in_the_status),
        cmocka_unit_test(datagrams_come_with_their_sender),
        cmocka_unit_test(options_are_set_and_read),
        cmocka_unit_test(stale_and_forged_handles_name_nothing),
        cmocka_unit_test(names_and_addresses_are_found),
        cmocka_unit_test(socket_addresses_are_found_and_used),
        cmocka_unit_test(semaphores_are_told_what_happened),
        cmocka_unit_test(nothing_else_is_accepted),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
