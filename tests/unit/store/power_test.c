/*
 * What a power cut leaves: the calls of a save and of a journal are recorded as a disk sees them, and for the moment after each call
 * every state that the disk may then be in is made and looked at. Data that was not synced may be missing, there in part, torn in a
 * write, or be zeros of the right size, in part or all; names that were not synced with their folder may be there up to any one of them.
 * A journal is put right when it is opened: there the power goes a second time.
 */
#include "image/format/replace.h"
#include "image/store/journal.h"
#include "vm/base/io.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_MAX = 8192,
    FILES_MAX = 32,
    WRITES_MAX = 32,
    NAMES_MAX = 32,
    FDS_MAX = 64,
    FOLDER = -2, /* of a descriptor: it is the folder */
    NAME_SIZE = 128,
    PATH_SIZE = 512
};

enum data_variant {
    DATA_NONE,
    DATA_ALL,
    DATA_FIRST_HALF,
    DATA_LAST_TORN,
    DATA_LAST_HALF_ZEROS,
    DATA_ZEROS,
    DATA_VARIANTS
};

struct written {
    off_t offset;
    size_t size; /* of a cut: unused */
    bool is_cut;
    uint8_t bytes[FILE_MAX];
};

struct disk_file {
    uint8_t bytes[FILE_MAX]; /* as synced */
    size_t size;
    struct written *pending[WRITES_MAX];
    size_t pending_count;
};

/* An entry appears, moves or goes. `to` is empty for the last. */
struct name_change {
    char from[NAME_SIZE]; /* empty: a new file */
    char to[NAME_SIZE];
    int file;
    bool keeps_from;
};

struct entry {
    char name[NAME_SIZE]; /* empty: none */
    int file;
};

struct disk {
    struct io table;
    const struct io *real;
    char folder[PATH_SIZE]; /* where the calls really happen */
    char image[PATH_SIZE];  /* of the disk after the cut */
    struct disk_file *files[FILES_MAX];
    int file_count;
    struct entry names[NAMES_MAX]; /* as synced */
    struct name_change changes[NAMES_MAX];
    size_t change_count;
    int fds[FDS_MAX]; /* the file of a descriptor */
    off_t positions[FDS_MAX];
    void (*check)(struct disk *disk);
    unsigned states;       /* looked at */
    unsigned acknowledged; /* by what is tested */
};

/* --- the disk --------------------------------------------------------------------------------------------------------------- */

static struct entry *find_entry(struct entry *names, const char *name)
{
    for (size_t i = 0; i < NAMES_MAX; i++)
        if (strcmp(names[i].name, name) == 0)
            return &names[i];
    return NULL;
}

static void set_entry(struct entry *names, const char *name, int file)
{
    struct entry *entry = find_entry(names, name);
    if (entry == NULL)
        entry = find_entry(names, "");
    assert_non_null(entry);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->file = file;
}

static void change_names(struct entry *names, const struct name_change *change)
{
    int file = change->file;
    if (change->from[0] != 0) {
        struct entry *from = find_entry(names, change->from);
        if (from == NULL)
            return;
        file = from->file;
        if (!change->keeps_from)
            from->name[0] = 0;
    }
    if (change->to[0] != 0)
        set_entry(names, change->to, file);
}

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void note_change(struct disk *disk, const char *from, const char *to, int file, bool keeps)
{
    assert_true(disk->change_count < NAMES_MAX);
    struct name_change *change = &disk->changes[disk->change_count++];
    snprintf(change->from, sizeof change->from, "%s", from == NULL ? "" : name_in(from));
    snprintf(change->to, sizeof change->to, "%s", to == NULL ? "" : name_in(to));
    change->file = file;
    change->keeps_from = keeps;
}

static int new_file(struct disk *disk)
{
    assert_true(disk->file_count < FILES_MAX);
    disk->files[disk->file_count] = calloc(1, sizeof(struct disk_file));
    assert_non_null(disk->files[disk->file_count]);
    return disk->file_count++;
}

static void apply(uint8_t *bytes, size_t *size, const struct written *write, size_t count)
{
    size_t end = (size_t)write->offset + count;
    assert_true(end <= FILE_MAX);
    if (write->is_cut) {
        *size = (size_t)write->offset;
        return;
    }
    if (end > *size) {
        memset(bytes + *size, 0, end - *size);
        *size = end;
    }
    memcpy(bytes + write->offset, write->bytes, count);
}

static struct written *note_write(struct disk *disk, int fd, off_t offset, const void *bytes,
                                  size_t size)
{
    struct disk_file *file = disk->files[disk->fds[fd]];
    struct written *write = calloc(1, sizeof *write);
    assert_non_null(write);
    assert_true(file->pending_count < WRITES_MAX && size <= FILE_MAX);
    write->offset = offset;
    write->size = size;
    if (size > 0)
        memcpy(write->bytes, bytes, size);
    file->pending[file->pending_count++] = write;
    return write;
}

/* What the disk has of a file after the cut. */
static void file_after_cut(const struct disk_file *file, enum data_variant variant, uint8_t *bytes,
                           size_t *size)
{
    size_t count = file->pending_count;
    memcpy(bytes, file->bytes, file->size);
    *size = file->size;
    if (variant == DATA_NONE)
        return;
    if (variant == DATA_FIRST_HALF)
        count /= 2;
    for (size_t i = 0; i < count; i++) {
        const struct written *write = file->pending[i];
        bool is_last = i + 1 == count;
        apply(bytes, size, write,
              variant == DATA_LAST_TORN && is_last ? write->size / 2 : write->size);
        if (variant == DATA_ZEROS && !write->is_cut)
            memset(bytes + write->offset, 0, write->size);
        if (variant == DATA_LAST_HALF_ZEROS && is_last && !write->is_cut)
            memset(bytes + write->offset + write->size / 2, 0, write->size - write->size / 2);
    }
}

static void empty_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    char path[2 * PATH_SIZE];
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        (void)unlink(path);
    }
    closedir(directory);
}

static void write_whole(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
}

/* Makes each state in disk->image, and has it checked. */
static void look_at_cuts(struct disk *disk)
{
    static uint8_t bytes[FILE_MAX];
    char path[2 * PATH_SIZE];
    size_t size;
    int error = errno;
    for (size_t known = 0; known <= disk->change_count; known++) {
        struct entry names[NAMES_MAX];
        memcpy(names, disk->names, sizeof names);
        for (size_t i = 0; i < known; i++)
            change_names(names, &disk->changes[i]);
        for (int variant = 0; variant < DATA_VARIANTS; variant++) {
            empty_folder(disk->image);
            for (size_t i = 0; i < NAMES_MAX; i++) {
                if (names[i].name[0] == 0)
                    continue;
                file_after_cut(disk->files[names[i].file], (enum data_variant)variant, bytes,
                               &size);
                snprintf(path, sizeof path, "%s/%s", disk->image, names[i].name);
                write_whole(path, bytes, size);
            }
            disk->states++;
            disk->check(disk);
        }
    }
    errno = error; /* of the recorded call */
}

/* --- the recorded calls ------------------------------------------------------------------------------------------------------ */

static int record_open(void *context, const char *path, int flags, mode_t mode)
{
    struct disk *disk = context;
    bool existed = access(path, F_OK) == 0;
    int fd = disk->real->open(disk->real->context, path, flags, mode);
    if (fd < 0)
        return fd;
    assert_true(fd < FDS_MAX);
    disk->positions[fd] = 0;
    if ((flags & O_DIRECTORY) != 0) {
        disk->fds[fd] = FOLDER;
        return fd;
    }
    if (!existed) {
        disk->fds[fd] = new_file(disk);
        note_change(disk, NULL, path, disk->fds[fd], false);
    } else {
        struct entry names[NAMES_MAX];
        memcpy(names, disk->names, sizeof names);
        for (size_t i = 0; i < disk->change_count; i++)
            change_names(names, &disk->changes[i]);
        struct entry *entry = find_entry(names, name_in(path));
        assert_non_null(entry);
        disk->fds[fd] = entry->file;
        if ((flags & O_TRUNC) != 0)
            note_write(disk, fd, 0, NULL, 0)->is_cut = true;
    }
    look_at_cuts(disk);
    return fd;
}

static ssize_t record_pwrite(void *context, int fd, const void *bytes, size_t size, off_t offset)
{
    struct disk *disk = context;
    ssize_t written = disk->real->pwrite(disk->real->context, fd, bytes, size, offset);
    if (written > 0)
        note_write(disk, fd, offset, bytes, (size_t)written);
    look_at_cuts(disk);
    return written;
}

static ssize_t record_write(void *context, int fd, const void *bytes, size_t size)
{
    struct disk *disk = context;
    ssize_t written = disk->real->write(disk->real->context, fd, bytes, size);
    if (written > 0) {
        note_write(disk, fd, disk->positions[fd], bytes, (size_t)written);
        disk->positions[fd] += written;
    }
    look_at_cuts(disk);
    return written;
}

static int record_fsync(void *context, int fd)
{
    struct disk *disk = context;
    int result = disk->real->fsync(disk->real->context, fd);
    if (disk->fds[fd] == FOLDER) {
        for (size_t i = 0; i < disk->change_count; i++)
            change_names(disk->names, &disk->changes[i]);
        disk->change_count = 0;
    } else {
        struct disk_file *file = disk->files[disk->fds[fd]];
        for (size_t i = 0; i < file->pending_count; i++) {
            apply(file->bytes, &file->size, file->pending[i], file->pending[i]->size);
            free(file->pending[i]);
        }
        file->pending_count = 0;
    }
    look_at_cuts(disk);
    return result;
}

static int record_ftruncate(void *context, int fd, off_t size)
{
    struct disk *disk = context;
    int result = disk->real->ftruncate(disk->real->context, fd, size);
    note_write(disk, fd, size, NULL, 0)->is_cut = true;
    look_at_cuts(disk);
    return result;
}

static int record_rename(void *context, const char *from, const char *to)
{
    struct disk *disk = context;
    int result = disk->real->rename(disk->real->context, from, to);
    if (result == 0)
        note_change(disk, from, to, 0, false);
    look_at_cuts(disk);
    return result;
}

static int record_link(void *context, const char *from, const char *to)
{
    struct disk *disk = context;
    int result = disk->real->link(disk->real->context, from, to);
    if (result == 0)
        note_change(disk, from, to, 0, true);
    look_at_cuts(disk);
    return result;
}

static int record_unlink(void *context, const char *path)
{
    struct disk *disk = context;
    int result = disk->real->unlink(disk->real->context, path);
    if (result == 0)
        note_change(disk, path, NULL, 0, false);
    look_at_cuts(disk);
    return result;
}

static void make_folder(char *folder)
{
    const char *scratch = getenv("SCRATCH");
    snprintf(folder, PATH_SIZE, "%s/power_test.XXXXXX", scratch != NULL ? scratch : "/tmp");
    assert_non_null(mkdtemp(folder));
}

static int begin(void **state)
{
    struct disk *disk = calloc(1, sizeof *disk);
    assert_non_null(disk);
    disk->real = io_system();
    disk->table = *disk->real;
    disk->table.context = disk;
    disk->table.open = record_open;
    disk->table.write = record_write;
    disk->table.pwrite = record_pwrite;
    disk->table.fsync = record_fsync;
    disk->table.fdatasync = record_fsync;
    disk->table.ftruncate = record_ftruncate;
    disk->table.rename = record_rename;
    disk->table.link = record_link;
    disk->table.unlink = record_unlink;
    make_folder(disk->folder);
    make_folder(disk->image);
    *state = disk;
    return 0;
}

static int end(void **state)
{
    struct disk *disk = *state;
    for (int i = 0; i < disk->file_count; i++) {
        for (size_t k = 0; k < disk->files[i]->pending_count; k++)
            free(disk->files[i]->pending[k]);
        free(disk->files[i]);
    }
    empty_folder(disk->folder);
    empty_folder(disk->image);
    rmdir(disk->folder);
    rmdir(disk->image);
    free(disk);
    return 0;
}

/* --- a save ------------------------------------------------------------------------------------------------------------------ */

static const char *const generations[] = {
    "the first image", "the second image, longer than the first", "the third", "the fourth image"};

enum { GENERATIONS = sizeof generations / sizeof generations[0] };

/* Which of the images a file of the disk is; -1 for none. */
static int generation_in(const struct disk *disk, const char *name)
{
    char path[2 * PATH_SIZE];
    char text[FILE_MAX];
    snprintf(path, sizeof path, "%s/%s", disk->image, name);
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return -1;
    size_t size = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[size] = 0;
    for (int i = 0; i < GENERATIONS; i++)
        if (strlen(generations[i]) == size && memcmp(text, generations[i], size) == 0)
            return i;
    return -1;
}

/* The image is what it was before the save that goes on, or after it. */
static void check_image(struct disk *disk)
{
    int found = generation_in(disk, "world.image");
    assert_true(found == (int)disk->acknowledged || found == (int)disk->acknowledged + 1);
}

static bool save(struct disk *disk, const char *path, const char *text)
{
    struct replacement file;
    struct status status = {0};
    size_t half = strlen(text) / 2;
    assert_true(replacement_open(&file, &disk->table, path, &status));
    file.keep = 2;
    bool saved = replacement_reserve(&file, strlen(text)) &&
                 replacement_write(&file, "????????", 8) &&
                 replacement_write_at(&file, text + half, strlen(text) - half, half) &&
                 replacement_sync(&file) && replacement_write_at(&file, text, half, 0) &&
                 replacement_commit(&file);
    replacement_close(&file);
    return saved;
}

static void no_power_cut_loses_an_image(void **state)
{
    struct disk *disk = *state;
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/world.image", disk->folder);
    write_whole(path, (const uint8_t *)generations[0], strlen(generations[0]));
    struct disk_file *first = disk->files[new_file(disk)];
    first->size = strlen(generations[0]);
    memcpy(first->bytes, generations[0], first->size);
    set_entry(disk->names, "world.image", 0);
    disk->check = check_image;

    for (int i = 1; i < GENERATIONS; i++) {
        assert_true(save(disk, path, generations[i]));
        disk->acknowledged = (unsigned)i;
        look_at_cuts(disk);
        assert_int_equal(generation_in(disk, "world.image"), i);
    }

    assert_int_equal(generation_in(disk, "world.image.1"), GENERATIONS - 2);
    assert_int_equal(generation_in(disk, "world.image.2"), GENERATIONS - 3);
    assert_true(disk->states > 200);
}

/* --- a journal --------------------------------------------------------------------------------------------------------------- */

/* Every record that was acknowledged is there, in order; opening it for writing, as the next start does, keeps it so. */
static void check_records(struct disk *disk)
{
    char path[2 * PATH_SIZE];
    struct journal journal;
    struct journal_contents contents;
    struct journal_record record;
    struct status status = {0};
    uint64_t offset = 0;
    unsigned found = 0;
    snprintf(path, sizeof path, "%s/world.journal", disk->image);
    if (disk->acknowledged == 0 && access(path, F_OK) != 0)
        return;
    bool opened = journal_open(&journal, io_system(), path, &status);
    /* Zeros of the right size, before anything was acknowledged, are no journal; nobody lost anything. */
    if (!opened && disk->acknowledged == 0)
        return;
    assert_true(opened);
    journal_close(&journal);
    assert_true(journal_read(&contents, path, &status));
    while (journal_next(&contents, &offset, &record)) {
        assert_int_equal(record.sequence, found + 1);
        assert_int_equal(record.size, 40 + 100 * found);
        for (size_t i = 0; i < record.size; i++)
            assert_int_equal(record.payload[i], 'x');
        found++;
    }
    journal_contents_free(&contents);
    assert_true(found >= disk->acknowledged);
}

/* The state of the disk becomes what a second disk has synced, and the power goes again at every call that opening it makes. */
static void open_under_cuts(const struct disk *disk, struct disk *second)
{
    char from[2 * PATH_SIZE];
    char path[2 * PATH_SIZE];
    struct journal journal;
    struct status status = {0};
    snprintf(from, sizeof from, "%s/world.journal", disk->image);
    snprintf(path, sizeof path, "%s/world.journal", second->folder);
    FILE *stream = fopen(from, "rb");
    if (stream != NULL) {
        struct disk_file *file = second->files[new_file(second)];
        file->size = fread(file->bytes, 1, sizeof file->bytes, stream);
        fclose(stream);
        write_whole(path, file->bytes, file->size);
        set_entry(second->names, "world.journal", 0);
    }
    second->acknowledged = disk->acknowledged;
    second->check = check_records;
    if (journal_open(&journal, &second->table, path, &status))
        journal_close(&journal);
}

static void check_journal(struct disk *disk)
{
    void *second = NULL;
    begin(&second);
    open_under_cuts(disk, second);
    disk->states += ((struct disk *)second)->states;
    end(&second);
    check_records(disk);
}

static void no_power_cut_loses_an_acknowledged_record(void **state)
{
    struct disk *disk = *state;
    char path[2 * PATH_SIZE];
    char text[1000];
    struct journal journal;
    struct status status = {0};
    memset(text, 'x', sizeof text);
    snprintf(path, sizeof path, "%s/world.journal", disk->folder);
    disk->check = check_journal;

    assert_true(journal_open(&journal, &disk->table, path, &status));
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(journal_append(&journal, 0, 7, text, 40 + 100 * (size_t)i, &status),
                         i + 1);
        assert_true(journal_sync(&journal, &status));
        disk->acknowledged = i + 1;
        look_at_cuts(disk);
    }
    journal_close(&journal);

    assert_true(disk->states > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_power_cut_loses_an_image, begin, end),
        cmocka_unit_test_setup_teardown(no_power_cut_loses_an_acknowledged_record, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
