/* Many WebSocket clients in one thread, for bench/fanout.py.
 *
 *   sockets PORT PATH CLIENTS [AUTH...]
 *
 * Connects CLIENTS WebSockets to 127.0.0.1:PORT. With AUTH (JSON texts, dealt out in turn) it
 * speaks Socket.IO: connects to the namespace and answers pings; without, it takes bare messages.
 * Then it obeys lines on stdin and answers each with one line on stdout:
 *
 *   one N          N times: have the server emit to everybody, wait until all have it.
 *                  -> seconds deliveries p50_ms p99_ms
 *   rate R S N     R times a second, S seconds long: have it emit to one of N rooms in turn.
 *                  -> seconds deliveries p50_ms p99_ms
 *
 * An emit is asked for by POST /bench/emit?room=K on a connection of its own; K is -1 for all.
 * A message carries the monotonic time of its emit as "t":"<20 digits of nanoseconds>".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 16, EVENTS = 512 };

struct client { int fd; unsigned held; char *rest; int open; };

static struct client *clients;
static int count, joined, poller, port, asking = -1;
static const char *path;
static char **auths;
static int auth_count;
static double *delays;
static size_t delays_used, delays_size;

static void fail(const char *what) { perror(what); exit(1); }

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int dial(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0) fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) fail("connect");
    return fd;
}

static void say(int fd, const char *text) {
    char frame[4096];
    size_t size = strlen(text), head = size < 126 ? 2 : 4;
    frame[0] = (char)0x81;
    if (size < 126) frame[1] = (char)(0x80 | size);
    else { frame[1] = (char)(0x80 | 126); frame[2] = (char)(size >> 8); frame[3] = (char)size; }
    memset(frame + head, 0, 4); /* a mask of zeros leaves the text as it is */
    memcpy(frame + head + 4, text, size);
    if (write(fd, frame, head + 4 + size) < 0) fail("write");
}

static void note(const char *text, size_t size) {
    const char *stamp = memmem(text, size, "\"t\":\"", 5);
    if (!stamp) return;
    if (delays_used == delays_size)
        delays = realloc(delays, (delays_size = delays_size * 2 + 4096) * sizeof *delays);
    delays[delays_used++] = (double)(now_ns() - strtoll(stamp + 5, NULL, 10)) / 1e6;
}

static void hear(struct client *client, const char *text, size_t size) {
    if (!auth_count) { note(text, size); return; }
    if (size && text[0] == '2') say(client->fd, "3");
    else if (size && text[0] == '0') {
        char packet[2048];
        snprintf(packet, sizeof packet, "40%s", auths[(client - clients) % auth_count]);
        say(client->fd, packet);
    } else if (size > 1 && text[0] == '4' && text[1] == '0') { client->open = 1; joined++; }
    else if (size > 1 && text[0] == '4' && text[1] == '4') { fprintf(stderr, "refused: %.*s\n", (int)size, text); exit(1); }
    else if (size > 1 && text[0] == '4' && text[1] == '2') note(text, size);
}

/* Whole frames from the start of data; returns how many bytes they took. */
static size_t parse(struct client *client, const char *data, size_t size) {
    size_t at = 0;
    while (size - at >= 2) {
        size_t length = (unsigned char)data[at + 1] & 0x7F, head = 2;
        if (length == 126) {
            if (size - at < 4) break;
            length = (size_t)(unsigned char)data[at + 2] << 8 | (unsigned char)data[at + 3];
            head = 4;
        }
        if (size - at < head + length) break;
        if ((data[at] & 0x0F) == 8) { fprintf(stderr, "closed by the server\n"); exit(1); }
        if ((data[at] & 0x0F) == 1) hear(client, data + at + head, length);
        at += head + length;
    }
    return at;
}

static void take(struct client *client) {
    static char data[ROOM];
    memcpy(data, client->rest, client->held);
    ssize_t got = recv(client->fd, data + client->held, ROOM - client->held, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { fprintf(stderr, "a connection was cut\n"); exit(1); }
    size_t size = client->held + (size_t)got, used = parse(client, data, size);
    client->held = (unsigned)(size - used);
    free(client->rest);
    client->rest = NULL;
    if (client->held) {
        client->rest = malloc(client->held);
        memcpy(client->rest, data + used, client->held);
    }
}

static void turn(int milliseconds) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, milliseconds);
    for (int i = 0; i < ready; i++)
        if (events[i].data.ptr) take(events[i].data.ptr);
        else {
            char answer[4096];
            if (recv(asking, answer, sizeof answer, MSG_DONTWAIT) == 0) {
                close(asking);
                asking = -1;
            }
        }
}

static void join_one(int number) {
    struct client *client = &clients[number];
    client->fd = dial();
    char request[1024], answer[1024];
    int size = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
        "Accept-Language: zh-CN,zh;q=0.8,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, port);
    if (write(client->fd, request, size) != size) fail("write");
    size_t got = 0;
    char *end = NULL;
    while (!end) {
        ssize_t more = read(client->fd, answer + got, sizeof answer - 1 - got);
        if (more <= 0) fail("handshake");
        answer[got += more] = 0;
        end = strstr(answer, "\r\n\r\n");
    }
    if (strncmp(answer, "HTTP/1.1 101", 12)) { fprintf(stderr, "%s\n", answer); exit(1); }
    size_t used = end + 4 - answer;
    if (got > used) {
        client->held = got - used;
        client->rest = malloc(client->held);
        memcpy(client->rest, answer + used, client->held);
        size_t parsed = parse(client, client->rest, client->held);
        memmove(client->rest, client->rest + parsed, client->held -= parsed);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event);
    if (!auth_count) joined++;
}

/* A new connection for each order: servers close one that is idle. */
static void begin_asking(void) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (asking >= 0) close(asking);
    asking = dial();
    epoll_ctl(poller, EPOLL_CTL_ADD, asking, &event);
}

static void ask(int room) {
    char request[256];
    int size = snprintf(request, sizeof request,
        "POST /bench/emit?room=%d HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", room);
    if (write(asking, request, size) != size) fail("ask");
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(int64_t begin) {
    double seconds = (now_ns() - begin) / 1e9;
    qsort(delays, delays_used, sizeof *delays, by_value);
    printf("%f %zu %f %f\n", seconds, delays_used, delays_used ? delays[delays_used / 2] : 0,
           delays_used ? delays[(size_t)(delays_used * 0.99)] : 0);
    fflush(stdout);
    delays_used = 0;
}

static void emit_and_wait(int times) {
    begin_asking();
    int64_t begin = now_ns();
    for (int i = 1; i <= times; i++) {
        ask(-1);
        int64_t until = now_ns() + 30000000000;
        while (delays_used < (size_t)i * count) {
            turn(1000);
            if (now_ns() > until) { fprintf(stderr, "not all was delivered\n"); exit(1); }
        }
    }
    report(begin);
}

static void emit_at_rate(int rate, double seconds, int rooms) {
    begin_asking();
    int64_t begin = now_ns(), each = 1000000000 / rate;
    long total = rate * seconds, asked = 0, expected = total * (count / rooms);
    while (asked < total || ((long)delays_used < expected && now_ns() < begin + (int64_t)((seconds + 20) * 1e9))) {
        int64_t due = begin + asked * each;
        if (asked < total && now_ns() >= due) ask(asked++ % rooms);
        else turn(asked < total ? (due - now_ns()) / 1000000 : 10);
    }
    if ((long)delays_used < expected) { fprintf(stderr, "not all was delivered\n"); exit(1); }
    report(begin);
}

int main(int argc, char **argv) {
    if (argc < 4) { fprintf(stderr, "sockets PORT PATH CLIENTS [AUTH...]\n"); return 2; }
    port = atoi(argv[1]), path = argv[2], count = atoi(argv[3]);
    auths = argv + 4, auth_count = argc - 4;
    clients = calloc(count, sizeof *clients);
    poller = epoll_create1(0);
    for (int i = 0; i < count; i++) {
        join_one(i);
        /* No storm of connects: that is another benchmark. */
        while (joined < i + 1 - 20) turn(1000);
    }
    while (joined < count) turn(1000);
    printf("joined %d\n", joined);
    fflush(stdout);
    fcntl(0, F_SETFL, O_NONBLOCK);
    char line[256];
    for (;;) {
        /* Pings are answered between the orders. */
        turn(50);
        ssize_t got = read(0, line, sizeof line - 1);
        if (got == 0) return 0;
        if (got < 0) continue;
        line[got] = 0;
        int a, c; double b;
        if (sscanf(line, "one %d", &a) == 1) emit_and_wait(a);
        else if (sscanf(line, "rate %d %lf %d", &a, &b, &c) == 3) emit_at_rate(a, b, c);
    }
}
